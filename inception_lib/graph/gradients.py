"""How far back gradients reach: which nodes get one, and what multiplying them costs."""

from __future__ import annotations

from collections.abc import Callable

from .nodes import Graph, Node

__all__ = ["differentiable", "step_macs"]


def has_parameters(node: Node) -> bool:
    """Whether a node reads parameters: it learns, where nothing is frozen."""
    return bool(node.weights or node.params)


def differentiable(graph: Graph, learns: Callable[[Node], bool] = has_parameters) -> frozenset[str]:
    """The nodes at or behind what learns: those whose output gets a gradient.

    Parameters
    ----------
    graph : Graph
        From ``trace``.
    learns : callable
        Whether a node has parameters that are trained; by default all are.
    """
    found: set[str] = set()
    for node in graph:
        if learns(node) or any(parent in found for parent in node.parents):
            found.add(node.name)
    return frozenset(found)


def step_macs(graph: Graph, learns: Callable[[Node], bool] = has_parameters) -> int:
    """Multiply-adds of one training step for one image.

    Each product is computed once forward, once more for the gradient of its weights where those
    are trained, and once for the gradient of its input where something before it learns. Frozen
    layers need no gradient of their weights, and nothing below the first trained one needs any.
    """
    reached = differentiable(graph, learns)
    total = 0
    for node in graph:
        behind = any(parent in reached for parent in node.parents)
        # A product of two activations (attention) has two inputs and no weights.
        weights = learns(node) or (behind and not has_parameters(node))
        total += node.macs * (1 + weights + behind)
    return total
