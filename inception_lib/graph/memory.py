"""How much memory activations take at once: in one inference, and in one training step.

Conventions. An activation is the output of an operation; a view of it, or an operation that works
in place, takes no new memory. Parameters, buffers, workspaces of the kernels and the rounding of
allocators are left out. A max-pool writes the places of its maxima (64-bit integers) beside its
output, as PyTorch does, in inference too. Operations run in the order of the graph.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch

from .backward import backward_memory
from .gradients import differentiable
from .nodes import Graph, Node
from .saved import INDEX, kept

__all__ = ["Peak", "TrainingMemory", "peak_memory", "training_memory"]

_HELD = ("read", "call")


@dataclass(frozen=True)
class Peak:
    """The moment at which most memory is taken.

    Attributes
    ----------
    bytes : int
    after : str
        The operation that is running then.
    alive : tuple of str
        The nodes whose outputs are in memory, its own included.
    """

    bytes: int
    after: str
    alive: tuple[str, ...]


@dataclass(frozen=True)
class TrainingMemory:
    """Memory of one training step, in bytes.

    Attributes
    ----------
    saved : int
        Activations kept from the forward pass for the backward pass, once all is computed.
    peak : int
        The most that activations and their gradients take at once.
    after : str
        The operation whose forward or backward pass is running then.
    backward : bool
        Whether that moment lies in the backward pass.
    parameters : int
        The parameters; their gradients take as much again (they count in ``peak`` as they appear),
        and each statistic of an optimizer too (RMSProp with momentum has two).
    """

    saved: int
    peak: int
    after: str
    backward: bool
    parameters: int


def peak_memory(
    graph: Graph, *, dtype: torch.dtype = torch.float32, images: int = 1, held: str = "read"
) -> Peak:
    """The largest sum of activations that are in memory together in one inference.

    Parameters
    ----------
    graph : Graph
        From ``trace``.
    dtype : torch.dtype
        Of the activations: its width is what counts.
    images : int
        In the batch.
    held : str
        How long an activation stays. ``"read"``: until the last operation that reads it has run,
        the least that this order of operations allows (compilers come near it). ``"call"``: as
        PyTorch's eager mode does, until the modules that were given it have returned, because
        Python holds a call's arguments; the caller holds the image to the end.

    Returns
    -------
    Peak
    """
    width = _width(dtype, images)
    alive = Alive(graph, held)
    totals = [alive.bytes(i, width) * images for i in range(len(graph))]
    most = max(totals)
    at = totals.index(most)
    return Peak(most, graph.nodes[at].name, alive.during(at))


def training_memory(
    graph: Graph, *, dtype: torch.dtype = torch.float32, images: int = 1, held: str = "read"
) -> TrainingMemory:
    """What one training step takes: what is kept for the backward pass, and the peak.

    The backward pass runs the operations in the opposite order. Each frees what it kept when it is
    done; gradients of activations are freed once they are used, those of parameters stay. The
    gradient of the network's outputs is given, that of the image not computed.

    Parameters
    ----------
    graph : Graph
        From ``trace(model, size, train=True)``.
    dtype, images, held
        As for ``peak_memory``.

    Returns
    -------
    TrainingMemory
    """
    width = _width(dtype, images)
    trained = differentiable(graph)
    alive = Alive(graph, held)
    tensors: set[str] = set()
    extra = 0
    peak, after = 0, ""
    for i, node in enumerate(graph):
        keeps = kept(graph, node, trained)
        indices = node.size * INDEX * images if node.op == "max_pool" else 0
        names = tensors | set(alive.during(i))
        own = (keeps.numbers * images + keeps.statistics) * width
        total = sum(graph[name].size for name in names) * width * images + extra + own + indices
        if total > peak:
            peak, after = total, node.name
        tensors.update(keeps.tensors)
        extra += own + keeps.indices * INDEX * images
    saved = sum(graph[name].size for name in tensors) * width * images + extra
    ends = set(alive.during(len(graph)))
    back, at = backward_memory(graph, trained, ends, width, images)
    backward = back > peak
    return TrainingMemory(
        saved=saved,
        peak=max(back, peak),
        after=at if backward else after,
        backward=backward,
        parameters=sum(node.params for node in graph) * width,
    )


class Alive:
    """Which activations are in memory while an operation runs."""

    def __init__(self, graph: Graph, held: str) -> None:
        if held not in _HELD:
            raise ValueError(f"held is {held!r}: it must be 'read' or 'call'")
        self._graph = graph
        position = {node.name: i for i, node in enumerate(graph)}
        runs = _runs(graph)
        first = {node.memory: position[node.memory] for node in graph if _takes(graph, node)}
        last = dict(first)
        for i, node in enumerate(graph):
            if node.memory in last:
                last[node.memory] = max(last[node.memory], i)
            for parent in node.parents:
                root = graph[parent].memory
                if root in last:
                    end = i if held == "read" else _returned(node, position[parent], i, runs)
                    last[root] = max(last[root], end)
        for name in graph.outputs:
            last[graph[name].memory] = len(graph)
        if held == "call":
            last[graph.input.name] = len(graph)
        self._alive: list[list[str]] = [[] for _ in range(len(graph) + 1)]
        for root, start in first.items():
            for i in range(start, last[root] + 1):
                self._alive[i].append(root)

    def during(self, i: int) -> tuple[str, ...]:
        """The nodes whose memory is taken while the node at place ``i`` runs."""
        return tuple(self._alive[i])

    def bytes(self, i: int, width: int) -> int:
        """How much that is for one image, at so many bytes a number."""
        node = self._graph.nodes[i]
        indices = node.size * INDEX if node.op == "max_pool" else 0
        return sum(self._graph[name].size for name in self._alive[i]) * width + indices


def _takes(graph: Graph, node: Node) -> bool:
    return node.memory in graph and graph[node.memory].op != "parameter"


def _runs(graph: Graph) -> dict[tuple[str, int], tuple[int, int]]:
    """For each module and each of its nodes' places: first and last place of that call.

    A module that is called twice without anything between counts as called once.
    """
    found: dict[tuple[str, int], tuple[int, int]] = {}
    nodes = [[*_enclosing(node)] for node in graph]
    start: dict[str, int] = {}
    for i, paths in enumerate([*nodes, []]):
        for path in [p for p in start if p not in paths]:
            begin = start.pop(path)
            found |= {(path, j): (begin, i - 1) for j in range(begin, i)}
        for path in paths:
            start.setdefault(path, i)
    return found


def _enclosing(node: Node) -> Iterator[str]:
    parts = node.module.split(".") if node.module else []
    for depth in range(1, len(parts) + 1):
        yield ".".join(parts[:depth])


def _returned(
    node: Node, written: int, read: int, runs: dict[tuple[str, int], tuple[int, int]]
) -> int:
    """When the calls that were given a tensor have all returned."""
    end = read
    for path in _enclosing(node):
        begin, stop = runs[path, read]
        if written < begin:
            end = max(end, stop)
    return end


def _width(dtype: torch.dtype, images: int) -> int:
    if images < 1:
        raise ValueError(f"images is {images}: a batch has at least 1")
    return dtype.itemsize
