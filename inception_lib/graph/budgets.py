"""Budgets besides multiply-adds of one inference: a training step, activations, the narrowest cut.

The introduction weighs computation and memory; principle 1 of section 2 asks where a network's
representation is narrowest.
"""

from __future__ import annotations

from dataclasses import dataclass

from .nodes import Graph

__all__ = ["Cut", "activation_count", "cuts", "training_macs"]


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
    trained: set[str] = set()  # nodes with parameters at or before them
    total = 0
    for node in graph:
        behind = any(parent in trained for parent in node.parents)
        total += node.macs * (3 if behind else 2)
        if node.params or behind:
            trained.add(node.name)
    return total


def activation_count(graph: Graph) -> int:
    """Numbers that convolutions and linear layers write, for one image."""
    return sum(node.size for node in graph if node.op in ("conv", "linear"))


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
