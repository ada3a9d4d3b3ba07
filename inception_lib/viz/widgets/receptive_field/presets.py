"""The stacks of layers that the receptive-field widget offers, and how a graph travels to it.

Small stacks are written in the widget's notation, one word a layer: ``"3x3"``, ``"1x7"``,
``"3x3/2"`` (stride), ``"2x2p1"`` (padding). Without ``p`` an odd window stays centred. The modules
of the figures are traced from the library's own classes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import torch
from torch import nn

from inception_lib.graph import Graph, Node, trace
from inception_lib.nets import (
    AsymmetricModule,
    ExpandedModule,
    FactorizedModule,
    GridReduction,
    OriginalModule,
)
from inception_lib.viz.graphs import graph_of

# No padding centres a single 2×2. Of two, the first pads by one and the second by none: together
# they keep the grid, and the window of both stays centred.
CHAINS: dict[str, tuple[str, ...]] = {
    "5x5": ("5x5",),
    "two-3x3": ("3x3", "3x3"),
    "3x3": ("3x3",),
    "3x1-1x3": ("3x1", "1x3"),
    "two-2x2": ("2x2p1", "2x2p0"),
    "7x7": ("7x7",),
    "1x7-7x1": ("1x7", "7x1"),
}

# (module, grid of its input): the paper's 17×17 where the window is wide, a small one elsewhere.
MODULES: dict[str, tuple[Callable[[], nn.Module], int]] = {
    "figure-4": (lambda: OriginalModule(192), 11),
    "figure-5": (lambda: FactorizedModule(192), 11),
    "figure-6": (lambda: AsymmetricModule(768), 17),
    "figure-7": (lambda: ExpandedModule(1280), 11),
    "grid-reduction": (lambda: GridReduction(288), 17),
}

NETWORK = "inception-v3"
NAMES = (*CHAINS, *MODULES, NETWORK)

_LAYER = re.compile(r"(\d+)x(\d+)(?:/(\d+))?(?:p(\d+))?")
_MERGES = ("concat", "add")


def build_chain(layers: Sequence[str]) -> nn.Sequential:
    """Layers in the widget's notation as a module over one channel.

    Raises
    ------
    ValueError
        If a word is not a layer.
    """
    built: list[nn.Module] = []
    for kernel, stride, padding in map(_parse, layers):
        built.append(nn.Conv2d(1, 1, kernel, stride, padding, bias=False))
    return nn.Sequential(*built)


def fits(layers: Sequence[str], grid: int) -> bool:
    """Whether an input of ``grid`` × ``grid`` pixels leaves a cell of output."""
    for kernel, stride, padding in map(_parse, layers):
        grid = (grid + min(2 * p - k for p, k in zip(padding, kernel, strict=True))) // stride + 1
        if grid < 1:
            return False
    return True


def _parse(word: str) -> tuple[tuple[int, int], int, tuple[int, int]]:
    """Kernel, stride and padding of a layer."""
    found = _LAYER.fullmatch(word)
    if found is None:
        raise ValueError(
            f"layers has {word!r}, which is not a layer: write height x width, as in '3x3', "
            "'1x7', '3x3/2' (stride) or '2x2p1' (padding)"
        )
    height, width, stride, padding = (found[i] for i in range(1, 5))
    kernel = int(height), int(width)
    same = (kernel[0] - 1) // 2, (kernel[1] - 1) // 2
    return kernel, int(stride or 1), same if padding is None else (int(padding), int(padding))


def words(layer: str) -> str:
    """A layer in print: ``"2x2p1"`` is "2×2"."""
    return layer.split("p")[0].replace("x", "×")


@cache
def named_graph(name: str) -> Graph:
    """The traced graph of a module of the figures, or of the whole network at 299×299."""
    if name == NETWORK:
        return graph_of("inception_v3")
    make, grid = MODULES[name]
    with torch.device("meta"):
        return trace(make(), grid)


def windows(graph: Graph) -> list[Node]:
    """The nodes that a window passes through: the input, convolutions, pools and merges.

    What works on each cell alone is looked through; what follows the last grid is left out.
    Parents are those of the returned nodes.
    """
    kept: dict[str, Node] = {}
    stands_for: dict[str, str] = {}
    for node in graph:
        parents = tuple(dict.fromkeys(stands_for[p] for p in node.parents if p in stands_for))
        if node.op == "parameter" or len(node.shape) != 3 or (node.op != "input" and not parents):
            continue
        if node.op == "input" or node.kernel or (len(parents) > 1 and node.op in _MERGES):
            kept[node.name] = replace(node, parents=parents)
            stands_for[node.name] = node.name
        elif len(parents) == 1 and node.shape[1:] == kept[parents[0]].shape[1:]:
            stands_for[node.name] = parents[0]
    return list(kept.values())


def rows(graph: Graph) -> list[list[Any]]:
    """The windows of a graph as the front end reads them, one row a node.

    ``[name, op, parents, height, width, kernel ×2, stride ×2, padding ×2, dilation ×2]`` with
    trailing defaults left out; parents are row numbers.
    """
    nodes = windows(graph)
    number = {node.name: i for i, node in enumerate(nodes)}
    defaults = [1, 1, 1, 1, 0, 0, 1, 1]
    table = []
    for node in nodes:
        window = [*node.kernel, *node.stride, *node.padding, *node.dilation]
        while window and window[-1] == defaults[len(window) - 1]:
            window.pop()
        parents = [number[p] for p in node.parents]
        table.append([node.name, node.op, parents, *node.shape[1:], *window])
    return table


def blocks(graph: Graph) -> list[list[str]]:
    """Outermost modules whose output is a grid, as [module, node], in order of execution.

    Blocks that see nothing new (an activation, a dropout) and global pools are left out. A model
    without such modules is one block.
    """
    order = {node.name: i for i, node in enumerate(windows(graph))}
    found: dict[str, str] = {}
    for path, name in graph.containers.items():
        if path and "." not in path:
            while name not in order and len(graph[name].parents) == 1:
                name = graph[name].parents[0]
            if name in order and graph[name].shape[1:] != (1, 1):
                found.setdefault(name, path)
    if not found:
        last = next(reversed(order))
        found[last] = last
    return [[found[name], name] for name in sorted(found, key=order.__getitem__)]
