"""The backward pass, run on sizes alone: which gradients are in memory when."""

from __future__ import annotations

from collections import Counter
from collections.abc import Set

from .nodes import Graph, Node
from .saved import HANDED_ON, INDEX, kept

__all__ = ["backward_memory"]


class _Gradients:
    """Gradients that wait for their operation, and the memory that they lie in."""

    def __init__(self, in_place: bool) -> None:
        self._in_place = in_place
        self.highest = 0  # the total while the last one was added
        self.waiting: dict[str, int] = {}  # node -> number of the memory
        self.size: dict[int, int] = {}
        self._holders: Counter[int] = Counter()
        self._made = 0

    @property
    def total(self) -> int:
        return sum(self.size.values())

    def write(self, size: int) -> int:
        self._made += 1
        self.size[self._made] = size
        return self._made

    def hold(self, memory: int) -> None:
        self._holders[memory] += 1

    def drop(self, memory: int) -> None:
        self._holders[memory] -= 1
        if self._holders[memory] <= 0:
            self.size.pop(memory, None)

    def arrive(self, name: str, memory: int, size: int) -> None:
        """Let a gradient wait, or add it to the one that waits already."""
        before = self.waiting.get(name)
        self.highest = self.total
        if before is None:
            self.waiting[name] = memory
        elif self._in_place and self._holders[before] == 1 and self.size[before] == size:
            self.drop(memory)
        else:
            total = self.waiting[name] = self.write(size)
            self.hold(total)
            self.highest = self.total
            self.drop(before)
            self.drop(memory)


def backward_memory(
    graph: Graph,
    trained: frozenset[str],
    held: Set[str],
    width: int,
    images: int,
    *,
    in_place: bool = True,
) -> tuple[int, str]:
    """The most bytes that kept activations and gradients take together, and where.

    ``trained`` are the nodes that get a gradient, ``held`` those whose outputs the caller keeps,
    as it does the gradients of the network's outputs. Gradients that arrive at one place are added
    ``in_place`` where nobody else holds the memory; autograd does not while something listens to
    its operations.
    """
    keeps = {node.name: kept(graph, node, trained) for node in graph}
    users = Counter(name for keep in keeps.values() for name in keep.tensors)
    users.update(held)
    extra = {
        name: (keep.numbers * images + keep.statistics) * width + keep.indices * INDEX * images
        for name, keep in keeps.items()
    }
    bytes_of = {name: graph[name].size * width * images for name in users}
    activations = sum(bytes_of.values()) + sum(extra.values())
    parameters = 0
    gradients = _Gradients(in_place)
    for name in graph.outputs:
        if name in trained:
            memory = gradients.write(graph[name].size * width * images)
            gradients.hold(memory)
            gradients.hold(memory)  # the caller
            gradients.waiting[name] = memory
    best, at = 0, ""
    for node in reversed(graph.nodes):
        if node.name not in gradients.waiting or node.op == "parameter":
            continue
        mine = gradients.waiting.pop(node.name)
        new = _new(graph, node, trained, gradients, mine, width * images)
        parameters += node.params * width
        most = activations + parameters + gradients.total
        gradients.drop(mine)
        activations -= extra[node.name]
        for name in keeps[node.name].tensors:
            users[name] -= 1
            activations -= bytes_of[name] if users[name] == 0 else 0
        for parent, memory, size in new:
            gradients.arrive(parent, memory, size)
            most = max(most, activations + parameters + gradients.highest)
        if most > best:
            best, at = most, node.name
    return best, at


def _new(
    graph: Graph, node: Node, trained: frozenset[str], gradients: _Gradients, mine: int, width: int
) -> list[tuple[str, int, int]]:
    """For each parent that gets a gradient: its name, the memory and size of what it gets."""
    found = []
    for parent in node.parents:
        if parent not in trained or graph[parent].op == "parameter":
            continue
        size = graph[parent].size * width
        view = node.op in HANDED_ON or (node.memory != node.name and not node.rewrites)
        memory = mine if view else gradients.write(size)
        gradients.hold(memory)
        found.append((parent, memory, size))
    return found
