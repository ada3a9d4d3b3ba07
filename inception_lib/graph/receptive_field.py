"""Which pixels a cell can see, and by how many paths (sections 3.1 and 3.2).

Along each axis, cell i of a node sees the pixels from ``stride·i − padding`` to
``stride·i − padding + size − 1``. Convolutions and pools widen that interval; where branches
meet, it is the hull of theirs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from .nodes import Graph, Node
from .ops import POINTWISE

__all__ = ["Field", "ReceptiveFields", "path_counts", "receptive_field"]

Pair = tuple[int, int]


@dataclass(frozen=True)
class Field:
    """The receptive field of a node, each value as (height, width) in pixels of the input.

    Attributes
    ----------
    size : (int, int)
        Extent of the window that one cell sees.
    stride : (int, int)
        How far the window moves from one cell to the next; 0 where all cells share one window,
        after a branch that pools the whole grid was multiplied back onto it.
    padding : (int, int)
        How far the window of the first cell begins outside the image.
    """

    size: Pair
    stride: Pair
    padding: Pair

    def window(self, cell: Pair) -> tuple[Pair, Pair]:
        """First and last pixel (row, column) that a cell sees, outside the image included."""
        first = tuple(s * i - p for s, i, p in zip(self.stride, cell, self.padding, strict=True))
        last = tuple(f + n - 1 for f, n in zip(first, self.size, strict=True))
        return (first[0], first[1]), (last[0], last[1])


class ReceptiveFields(Mapping[str, Field]):
    """The fields of a graph by node or module name; see ``receptive_field``."""

    def __init__(self, graph: Graph, fields: dict[str, Field], reasons: dict[str, str]) -> None:
        self._graph, self._fields, self._reasons = graph, fields, reasons

    def __getitem__(self, name: str) -> Field:
        node = self._graph[name].name
        if node in self._reasons:
            raise ValueError(f"{name} has no receptive field: {self._reasons[node]}")
        return self._fields[node]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)


def receptive_field(graph: Graph) -> ReceptiveFields:
    """The theoretical receptive field of every node.

    Parameters
    ----------
    graph : Graph
        From ``trace``.

    Returns
    -------
    mapping of str to Field
        By node, or by module: ``receptive_field(graph)["Mixed_7c"].size``.

    Raises
    ------
    ValueError
        On access to a node that has no one window: branches of different strides meet before it,
        or an operation stands before it whose reach is not known.
    """
    fields: dict[str, Field] = {}
    reasons: dict[str, str] = {}
    for node in graph:
        if node.op == "parameter":
            continue
        parents = [p for p in node.parents if graph[p].op != "parameter"]
        blocked = next((reasons[p] for p in parents if p in reasons), None)
        if blocked is not None:
            reasons[node.name] = blocked
            continue
        found = _field(graph, node, [fields[p] for p in parents], parents)
        if isinstance(found, Field):
            fields[node.name] = found
        else:
            reasons[node.name] = found
    return ReceptiveFields(graph, fields, reasons)


def _field(graph: Graph, node: Node, before: list[Field], parents: list[str]) -> Field | str:
    """The field of one node from its parents', or why it has none."""
    if node.op == "input":
        return Field((1, 1), (1, 1), (0, 0))
    if not before:
        return f"{node.name} reads no image"
    if node.kernel:
        return _window(before[0], node.kernel, node.stride, node.padding, node.dilation)
    if node.op in POINTWISE:
        return _hull(graph, node, before, parents)
    shape = graph[parents[0]].shape
    if node.op in ("flatten", "reshape", "mean", "adaptive_avg_pool", "adaptive_max_pool"):
        if len(shape) == 3 and (node.op != "reshape" or len(node.shape) == 1):
            return _window(before[0], shape[1:], shape[1:], (0, 0), (1, 1))  # sees all
        return before[0] if len(shape) == 1 else f"{node.name} ({node.op}) rearranges the grid"
    if node.op == "linear":
        return before[0] if len(shape) == 1 else f"{node.name} (linear) reads a whole grid"
    return f"the reach of {node.name} ({node.op}) is not known"


def _window(
    before: Field,
    kernel: tuple[int, ...],
    stride: tuple[int, ...],
    padding: tuple[int, ...],
    dilation: tuple[int, ...],
) -> Field:
    def axis(i: int) -> tuple[int, int, int]:
        step = before.stride[i]
        return (
            before.size[i] + step * dilation[i] * (kernel[i] - 1),
            step * stride[i],
            before.padding[i] + step * padding[i],
        )

    (size_h, stride_h, pad_h), (size_w, stride_w, pad_w) = axis(0), axis(1)
    return Field((size_h, size_w), (stride_h, stride_w), (pad_h, pad_w))


def _hull(graph: Graph, node: Node, before: list[Field], parents: list[str]) -> Field | str:
    """The window of a place where branches meet."""
    if len({f.stride for f in before}) > 1:
        return _broadcast(graph, node, before, parents)

    def axis(i: int) -> tuple[int, int]:
        first = min(-f.padding[i] for f in before)
        last = max(f.size[i] - f.padding[i] for f in before)
        return last - first, -first

    (size_h, pad_h), (size_w, pad_w) = axis(0), axis(1)
    return Field((size_h, size_w), before[0].stride, (pad_h, pad_w))


def _broadcast(graph: Graph, node: Node, before: list[Field], parents: list[str]) -> Field | str:
    """A branch of a single cell meets a grid, as in squeeze-and-excitation.

    Every cell then sees what the single cell saw. That is all that the grid's own cells see too,
    so the window is one and the same for all: its stride is 0.
    """
    whole: list[tuple[Field, tuple[int, ...]]] = []
    local: list[tuple[Field, tuple[int, ...]]] = []
    for field, parent in zip(before, parents, strict=True):
        alone = field.stride == (0, 0) or graph[parent].shape[1:] == (1, 1)
        (whole if alone else local).append((field, graph[parent].shape[1:]))
    failed = f"branches of strides {sorted({f.stride for f in before})} meet at {node.name}"
    if not whole or len({field for field, _ in whole}) > 1:
        return failed
    one = whole[0][0]
    for field, grid in local:
        for i in (0, 1):
            last = field.stride[i] * (grid[i] - 1) + field.size[i] - field.padding[i]
            if field.padding[i] > one.padding[i] or last > one.size[i] - one.padding[i]:
                return failed
    return Field(one.size, (0, 0), one.padding)


def path_counts(graph: Graph, name: str, cell: Pair | None = None) -> Tensor:
    """How many paths lead from one cell back to each pixel of the input.

    It is the gradient of the cell if every weight were one: two 3×3 count 1, 2, 3, 2, 1 along a
    row, so the window's edge is heard less than its centre. Channels are not counted apart.

    Parameters
    ----------
    graph : Graph
        From ``trace``.
    name : str
        A node or module whose output is a grid.
    cell : (int, int), optional
        Row and column in that grid; the middle one by default.

    Returns
    -------
    Tensor
        Height×width of the input, float64: exact up to 2⁵³ paths.

    Raises
    ------
    ValueError
        If the node is not a grid, the cell lies outside it, or an operation before it is of
        unknown reach.
    """
    target = graph[name]
    if len(target.shape) != 3:
        raise ValueError(f"{name} is {target.shape}, not a grid: name one of C×H×W")
    height, width = target.shape[1:]
    row, column = (height // 2, width // 2) if cell is None else cell
    if not (0 <= row < height and 0 <= column < width):
        raise ValueError(f"cell is ({row}, {column}): the grid of {name} is {height}×{width}")

    counts = {target.name: torch.zeros(height, width, dtype=torch.float64)}
    counts[target.name][row, column] = 1
    for node in reversed(graph.nodes):
        here = counts.pop(node.name, None)
        if here is None or node.op == "parameter":
            continue
        if node.op == "input":
            return here
        if not node.kernel and node.op not in POINTWISE:
            raise ValueError(f"the reach of {node.name} ({node.op}) is not known")
        for parent in node.parents:
            shape = graph[parent].shape
            if graph[parent].op == "parameter":
                continue
            back = _spread(here, node, shape) if node.kernel else here
            if not node.kernel and shape[1:] == (1, 1):
                back = here.sum().reshape(1, 1)  # one cell was read by all
            counts[parent] = counts[parent] + back if parent in counts else back
    raise ValueError(f"{name} does not depend on the input")


def _spread(here: Tensor, node: Node, shape: tuple[int, ...]) -> Tensor:
    """Give each cell's count to every cell of its window; what falls on padding is lost."""
    (rows, columns), (step_h, step_w) = here.shape, node.stride
    reach = [
        (n - 1) * s + d * (k - 1) + 1
        for n, s, d, k in zip(here.shape, node.stride, node.dilation, node.kernel, strict=True)
    ]
    top, left = node.padding
    canvas = here.new_zeros(max(reach[0], top + shape[1]), max(reach[1], left + shape[2]))
    for i in range(node.kernel[0]):
        for j in range(node.kernel[1]):
            y, x = i * node.dilation[0], j * node.dilation[1]
            canvas[
                y : y + (rows - 1) * step_h + 1 : step_h,
                x : x + (columns - 1) * step_w + 1 : step_w,
            ] += here
    return canvas[top : top + shape[1], left : left + shape[2]]
