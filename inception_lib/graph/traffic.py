"""How many bytes an inference and a training step move between memory and the processor.

Conventions. Every operation reads each tensor that it needs once and writes its result once; none
is joined with the next and nothing stays in a cache between them, so this is what PyTorch's eager
mode asks of memory. Views move nothing; an operation in place reads and writes its tensor. A
max-pool writes the places of its maxima too (64-bit integers), as PyTorch does, in inference too.
Parameters and running statistics are read once for a whole batch.

Backward, an operation reads the gradient of its output, what it kept (``graph.saved``) and its
weights, and writes the gradients of what it read and of its parameters. Sums, concatenations and
views hand gradients on without moving them. Where a tensor was read by several operations, each
gradient after the first is added: two reads and a write. The optimizer's step is not in it; it
reads and writes parameters, gradients and statistics once more.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import torch

from .gradients import differentiable
from .nodes import Graph, Node
from .saved import HANDED_ON, INDEX, kept

__all__ = ["Traffic", "traffic"]


@dataclass(frozen=True)
class Traffic:
    """What one operation moves, in bytes, and computes, for a whole batch.

    Attributes
    ----------
    name, op : str
    macs : int
        Multiply-adds; in training of the forward and both backward passes.
    read, written : int
        Activations, and in training their gradients.
    weights : int
        Parameters and running statistics, read or written, and in training their gradients.
    """

    name: str
    op: str
    macs: int
    read: int
    written: int
    weights: int

    @property
    def bytes(self) -> int:
        """All that is moved."""
        return self.read + self.written + self.weights

    @property
    def intensity(self) -> float:
        """Multiply-adds for each byte moved; 0 where nothing is moved."""
        return self.macs / self.bytes if self.bytes else 0.0

    def __add__(self, other: Traffic) -> Traffic:
        sums = (getattr(self, f.name) + getattr(other, f.name) for f in fields(self)[2:])
        return Traffic(self.name, self.op, *sums)


def traffic(
    graph: Graph, *, dtype: torch.dtype = torch.float32, images: int = 1, backward: bool = False
) -> tuple[Traffic, ...]:
    """The bytes that each operation moves.

    Parameters
    ----------
    graph : Graph
        From ``trace``; traced with ``train=True`` for a training step.
    dtype : torch.dtype
        Of all tensors: its width is what counts.
    images : int
        In the batch.
    backward : bool
        Count the backward pass too, as one training step.

    Returns
    -------
    tuple of Traffic
        One a node, in order of execution; ``sum(row.bytes for row in traffic(graph))`` is the
        network's.
    """
    if images < 1:
        raise ValueError(f"images is {images}: a batch has at least 1")
    width = dtype.itemsize
    trained = differentiable(graph)
    rows = []
    waiting: dict[str, int] = {}  # gradients that each node has been given
    if backward:
        for node in graph:
            for parent in node.parents:
                if node.name in trained:
                    waiting[parent] = waiting.get(parent, 0) + 1
    for node in graph:
        row = _forward(graph, node, width, images)
        if backward and node.name in trained:
            row += _backward(graph, node, trained, width, images)
            if (more := waiting.get(node.name, 1) - 1) > 0:
                size = node.size * width * images
                row += Traffic(node.name, node.op, 0, 2 * more * size, more * size, 0)
        rows.append(row)
    return tuple(rows)


def moves(node: Node) -> bool:
    """Whether an operation reads and writes memory, rather than giving a view of it."""
    if node.op in ("input", "parameter"):
        return False
    return node.memory == node.name or node.rewrites


def _forward(graph: Graph, node: Node, width: int, images: int) -> Traffic:
    read = written = weights = 0
    if moves(node):
        parents = dict.fromkeys(node.parents)
        read = sum(graph[p].size for p in parents if graph[p].op != "parameter")
        weights = sum(graph[p].size for p in parents if graph[p].op == "parameter")
        weights += node.weights + node.buffers
        if node.op == "batch_norm" and graph.train:
            weights += node.buffers  # the running statistics are written back
        written = node.size
    indices = node.size * INDEX * images if node.op == "max_pool" else 0
    return Traffic(
        node.name,
        node.op,
        node.macs * images,
        read * width * images,
        written * width * images + indices,
        weights * width,
    )


def _backward(
    graph: Graph, node: Node, trained: frozenset[str], width: int, images: int
) -> Traffic:
    parents = [p for p in dict.fromkeys(node.parents) if graph[p].op != "parameter"]
    inputs = [p for p in parents if p in trained]
    macs = node.macs * images * ((1 if inputs else 0) + 1)
    if node.op in HANDED_ON or not moves(node):
        return Traffic(node.name, node.op, 0, 0, 0, 0)
    keeps = kept(graph, node, trained)
    # A max-pool keeps what it read, but needs only the places of the maxima.
    needs = 0 if node.op in ("max_pool", "avg_pool") else sum(graph[t].size for t in keeps.tensors)
    read = (node.size + needs + keeps.numbers) * images * width + keeps.indices * INDEX * images
    written = sum(graph[p].size for p in inputs) * images * width
    # Weights are read for the gradient of the input; their own gradients are written.
    weights = (2 if inputs else 1) * node.weights - (node.biases if inputs else 0)
    return Traffic(node.name, node.op, macs, read, written, (weights + keeps.statistics) * width)
