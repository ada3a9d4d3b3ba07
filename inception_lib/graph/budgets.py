"""Budgets besides multiply-adds of one inference: a training step, activations, the narrowest cut.

The introduction weighs computation and memory; principle 1 of section 2 asks where a network's
representation is narrowest.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from .gradients import step_macs
from .nodes import Graph, Node
from .ops import CONVOLUTIONS

__all__ = [
    "Cut",
    "Neck",
    "Stage",
    "activation_count",
    "bottleneck",
    "cuts",
    "stages",
    "training_macs",
]

FEW = 8  # stages: where the outermost modules are fewer, those within them are taken


@dataclass(frozen=True)
class Cut:
    """One place between operations.

    Attributes
    ----------
    after : str
        The last node before the cut.
    alive : tuple of str
        The nodes whose outputs are still needed behind it.
    size : int
        The numbers in those outputs together, for one image.
    """

    after: str
    alive: tuple[str, ...]
    size: int


def training_macs(graph: Graph) -> int:
    """Multiply-adds of one training step for one image.

    Each convolution or linear layer is computed once forward and twice backward: for the gradient
    of its weights and for that of its input. Layers that read nothing but the image need no
    gradient of their input.

    Parameters
    ----------
    graph : Graph
        From ``trace(model, size, train=True)``.
    """
    return step_macs(graph)


def activation_count(graph: Graph) -> int:
    """Numbers that convolutions and linear layers write, for one image."""
    return sum(node.size for node in graph if counts_as_activation(node))


def counts_as_activation(node: Node) -> bool:
    """Whether the numbers that a node writes are counted: those of products alone."""
    return node.op == "linear" or node.op in CONVOLUTIONS


def cuts(graph: Graph) -> tuple[Cut, ...]:
    """The size of the representation at every cut of the graph, in order of execution.

    A cut between two operations is crossed by the outputs that were made before it and are read
    behind it. Principle 1 warns of cuts that are narrow early on. The last cut, where only the
    network's outputs are left, is the end and not listed.

    Parameters
    ----------
    graph : Graph
        From ``trace``.
    """
    position = {node.name: i for i, node in enumerate(graph)}
    last_read = dict.fromkeys(position, -1)
    for node in graph:
        for parent in node.parents:
            last_read[parent] = max(last_read[parent], position[node.name])
    for name in graph.outputs:
        last_read[name] = len(graph)
    found: list[Cut] = []
    alive: list[str] = []
    for i, node in enumerate(graph.nodes[:-1]):
        if node.op != "parameter":
            alive.append(node.name)
        alive = [name for name in alive if last_read[name] > i]
        found.append(Cut(node.name, tuple(alive), sum(graph[name].size for name in alive)))
    return tuple(found)


@dataclass(frozen=True)
class Stage:
    """A stretch of a network that is drawn as one step: a layer, or a module with branches.

    Attributes
    ----------
    name : str
        Path of the module; ``"image"`` for the input.
    op : str
        Of its only operation that computes, or ``"module"``.
    shape : tuple of int
        Of its output: (channels, height, width), or (features,).
    size : int
        The numbers that are needed behind it, for one image (``Cut.size``).
    """

    name: str
    op: str
    shape: tuple[int, ...]
    size: int


def stages(graph: Graph) -> tuple[Stage, ...]:
    """The representation from stage to stage, the image first and the network's output last.

    A stage is one of the outermost modules, or of those within them where they are fewer than
    eight. An operation that multiplies nothing and leaves as many numbers as it found (an
    activation, a dropout, a flattening) belongs to the stage before it.

    Parameters
    ----------
    graph : Graph
        From ``trace``: ``[s.size for s in stages(trace(inception_v3(), 299))][:3]`` is
        ``[268203, 710432, 691488]``.
    """
    deepest = max(node.name.count(".") for node in graph) + 1
    found: list[Stage] = []
    for depth in range(1, deepest + 1):
        found = _stages(graph, depth)
        if len(found) >= FEW:
            break
    return tuple(found)


def _stages(graph: Graph, depth: int) -> list[Stage]:
    """Stages as runs of nodes whose paths begin with the same ``depth`` parts."""
    alive = {cut.after: cut.size for cut in cuts(graph)}
    alive[graph.nodes[-1].name] = sum(graph[name].size for name in graph.outputs)
    computing = [node for node in graph if node.op not in ("parameter", "input")]
    found = [Stage("image", "input", graph.input.shape, graph.input.size)]
    for name, run in groupby(computing, key=lambda n: ".".join(n.name.split(".")[:depth])):
        nodes = list(run)
        last, macs = nodes[-1], [node for node in nodes if node.macs]
        size = alive[last.name]
        if macs or size != found[-1].size:
            alone = macs[0].op if len(macs) == 1 else last.op if len(nodes) == 1 else "module"
            found.append(Stage(name, alone, last.shape, size))
    return found


@dataclass(frozen=True)
class Neck:
    """The narrowest place of a network, and all its cuts to draw beside it.

    Attributes
    ----------
    after : str
        The last node before the narrowest cut.
    size : int
        The numbers that cross it, for one image.
    relative : float
        The same divided by the size of the input.
    alive : tuple of str
        The nodes whose outputs cross it.
    profile : tuple of (str, float)
        For every cut in order of execution: the node before it, and its size divided by that of
        the input.
    """

    after: str
    size: int
    relative: float
    alive: tuple[str, ...]
    profile: tuple[tuple[str, float], ...]


def bottleneck(graph: Graph, *, before: str | None = None) -> Neck:
    """The narrowest cut between the image and the classifier (principle 1 of section 2).

    Parameters
    ----------
    graph : Graph
        From ``trace``.
    before : str, optional
        The node or module that ends the search. By default the first operation whose output is
        no grid any more (1×1 cells, or a vector): from there on a network decides, and each
        network is narrow.

    Returns
    -------
    Neck
        Of several equal cuts the one of fewest tensors, and of those the first.

    Raises
    ------
    KeyError
        If no node or module is called ``before``.
    ValueError
        If nothing stands between the input and it.
    """
    found = cuts(graph)
    places = {cut.after: i for i, cut in enumerate(found)}
    end = len(found)
    if before is None:
        for node in graph:
            grid = len(node.shape) == 3 and max(node.shape[1:]) > 1
            alone = node.name in places and found[places[node.name]].alive == (node.name,)
            if alone and not grid:
                end = places[node.name]
                break
    else:
        module = [n.name for n in graph if f"{n.name}.".startswith(f"{before}.")]
        end = places.get(module[0] if module else graph[before].name, end)
    size = graph.input.size
    if end < 1:
        raise ValueError(f"nothing stands between the input and {before or graph.nodes[0].name}")
    narrow = min(found[1:end] or found[:1], key=lambda cut: (cut.size, len(cut.alive)))
    return Neck(
        after=narrow.after,
        size=narrow.size,
        relative=narrow.size / size,
        alive=narrow.alive,
        profile=tuple((cut.after, cut.size / size) for cut in found),
    )
