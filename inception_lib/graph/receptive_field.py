"""Which pixels a cell can see (sections 3.1 and 3.2).

Along each axis, cell i of a node sees the pixels from ``stride·i − padding`` to
``stride·i − padding + size − 1``. Convolutions and pools widen that interval; where branches
meet, it is the hull of theirs. A field is that of all channels together: where channels are split,
each part is given the field of the whole. Batch normalisation counts as a function of each cell, as
it is in evaluation; group and layer normalisation over the grid see all of it, as attention does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from .layout import Grid, Place, layouts, mixes, sides_of
from .nodes import Graph, Node

__all__ = ["Field", "ReceptiveFields", "receptive_field"]

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
        the grid is cut or rearranged (windows of attention, tokens joined with others), pooling is
        uneven, or an operation stands before it whose reach is not known. It says which.
    """
    fields: dict[str, Field] = {}
    reasons: dict[str, str] = {}
    wholes: dict[str, Field] = {}  # what all cells see together, where no cell has a field
    places = layouts(graph)
    for node in graph:
        if node.op == "parameter":
            continue
        if node.name not in places:
            reasons[node.name] = f"{node.name} reads no image"
            continue
        parents = [p for p in node.parents if p in places]
        blocked = next((reasons[p] for p in parents if p in reasons), None)
        place = places[node.name]
        found: Field | str
        if len(parents) == 1 and parents[0] in wholes:
            # Uneven windows have no field each, but all of them together do.
            whole = wholes[parents[0]]
            found = whole if place is None else reasons[parents[0]]
            if place is not None:
                wholes[node.name] = whole
        elif blocked or isinstance(place, str):
            found = blocked or str(place)
        else:
            found = _field(node, parents, fields, places)
            before = places[parents[0]] if parents else None
            if isinstance(found, str) and node.op.startswith("adaptive_"):
                assert isinstance(before, Grid)
                wholes[node.name] = _all(fields[parents[0]], before)
        if isinstance(found, Field):
            fields[node.name] = found
        else:
            reasons[node.name] = found
    return ReceptiveFields(graph, fields, reasons)


def _field(
    node: Node, parents: list[str], fields: dict[str, Field], places: dict[str, Place]
) -> Field | str:
    """The field of one node from its parents', or why it has none."""
    if node.op == "input":
        return Field((1, 1), (1, 1), (0, 0))
    before, place = fields[parents[0]], places[parents[0]]
    if node.kernel:
        return _window(before, node.kernel, node.stride, node.padding, node.dilation)
    here = places[node.name]
    if isinstance(place, Grid):
        if mixes(node, place):
            return replace(_all(before, place), stride=(0, 0))
        if here is None or (isinstance(here, Grid) and here.sides == (1, 1) != place.sides):
            return _all(before, place)
        if isinstance(here, Grid) and here.sides != place.sides and len(parents) == 1:
            if place.sides == (1, 1):  # a single cell, shown to many
                return replace(before, stride=(0, 0))
            return f"the windows of {node.name} ({node.op}) are not all alike"
    return _hull(node, parents, fields, places)


def _all(before: Field, grid: Grid) -> Field:
    """The window of all cells together."""
    return _window(before, grid.sides, grid.sides, (0, 0), (1, 1))


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


def _hull(
    node: Node, parents: list[str], fields: dict[str, Field], places: dict[str, Place]
) -> Field | str:
    """The window of a place where branches meet."""
    single = [sides_of(places[p]) == (1, 1) or fields[p].stride == (0, 0) for p in parents]
    strides = {fields[p].stride for p in parents}
    if len(strides) > 1 and not all(single):
        return _broadcast(node, parents, fields, places)
    before = [fields[p] for p in parents]

    def axis(i: int) -> tuple[int, int]:
        first = min(-f.padding[i] for f in before)
        last = max(f.size[i] - f.padding[i] for f in before)
        return last - first, -first

    (size_h, pad_h), (size_w, pad_w) = axis(0), axis(1)
    return Field((size_h, size_w), max(strides), (pad_h, pad_w))


def _broadcast(
    node: Node, parents: list[str], fields: dict[str, Field], places: dict[str, Place]
) -> Field | str:
    """A branch of a single cell meets a grid, as in squeeze-and-excitation.

    Every cell then sees what the single cell saw. That is all that the grid's own cells see too,
    so the window is one and the same for all: its stride is 0.
    """
    whole: list[Field] = []
    local: list[tuple[Field, Pair]] = []
    for parent in parents:
        field, grid = fields[parent], sides_of(places[parent])
        if field.stride == (0, 0) or grid == (1, 1):
            whole.append(field)
        else:
            local.append((field, grid))
    strides = sorted({fields[p].stride for p in parents})
    failed = f"branches of strides {strides} meet at {node.name}"
    if not whole or len({(f.size, f.padding) for f in whole}) > 1:
        return failed
    one = whole[0]
    for field, grid in local:
        for i in (0, 1):
            last = field.stride[i] * (grid[i] - 1) + field.size[i] - field.padding[i]
            if field.padding[i] > one.padding[i] or last > one.size[i] - one.padding[i]:
                return failed
    return Field(one.size, (0, 0), one.padding)
