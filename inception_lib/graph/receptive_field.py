"""Which pixels a cell can see (sections 3.1 and 3.2), and which cells a pixel can reach.

Along each axis, cell i of a node sees the pixels from ``stride·i − padding`` to
``stride·i − padding + size − 1``. Convolutions and pools widen that interval; where branches meet,
it is the hull of theirs. A hull may hold more than is seen: channels of different branches see
different windows, 1×3 beside 3×1 see a cross, a stride of 2 under a 1×1 leaves every other pixel
out, and at the border a cell may see less than its neighbours. ``Field.exact`` says whether the
window is all seen, ``Field.why`` why not, and ``ReceptiveFields.seen`` which pixels are.

Batch normalisation with running statistics counts as a function of each cell, as it is in
evaluation; any other over the grid sees all of it, as attention does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from .layout import Place, sides_of
from .nodes import Graph
from .reach import AxisField, Boxes, Group, fills_window, loses_at_border
from .seen import Seen, Window

__all__ = [
    "ChannelField",
    "Field",
    "ProjectiveField",
    "ProjectiveFields",
    "ReceptiveFields",
    "projective_field",
    "receptive_field",
]

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
    exact : bool
        Whether each channel of each cell sees every pixel of its window, as far as that lies in
        the image. Otherwise the window is a hull: nothing outside it is seen.
    why : tuple of str
        Where it is a hull, the reasons.
    groups : tuple of ChannelField
        Where channels see different windows: each group's, in order of channels.
    """

    size: Pair
    stride: Pair
    padding: Pair
    exact: bool = field(default=True, repr=False, compare=False)
    why: tuple[str, ...] = field(default=(), repr=False, compare=False)
    groups: tuple[ChannelField, ...] = field(default=(), repr=False, compare=False)

    def window(self, cell: Pair) -> tuple[Pair, Pair]:
        """First and last pixel (row, column) that a cell sees, outside the image included."""
        first = tuple(s * i - p for s, i, p in zip(self.stride, cell, self.padding, strict=True))
        last = tuple(f + n - 1 for f, n in zip(first, self.size, strict=True))
        return (first[0], first[1]), (last[0], last[1])


@dataclass(frozen=True)
class ChannelField:
    """The field of neighbouring channels: ``channels`` is the range of their indices."""

    channels: range
    field: Field


class _ByNode:
    """What is known of a graph by node or module, and why not of the others."""

    def __init__(self, graph: Graph, seen: Seen) -> None:
        self._graph, self._seen = graph, seen

    @property
    def reasons(self) -> dict[str, str]:
        """Why the nodes that are left out have no one window."""
        return dict(self._seen.reasons)

    @property
    def places(self) -> Mapping[str, Place]:
        """Where the rows and columns of each node are; see ``graph.layout``."""
        return self._seen.layouts.places

    def _groups(self, name: str) -> tuple[str, tuple[Group, ...]]:
        """A node's name, and what its channels see."""
        node = self._graph[name].name
        if node not in self._seen.groups:
            raise ValueError(f"{name} has no receptive field: {self._seen.reasons[node]}")
        return node, self._seen.groups[node]


class ReceptiveFields(_ByNode, Mapping[str, Field]):
    """The fields of a graph by node or module name; see ``receptive_field``."""

    def __init__(self, graph: Graph, seen: Seen) -> None:
        super().__init__(graph, seen)
        self._fields: dict[str, Field] = {}
        self._parts: dict[tuple[Group, Window], Field] = {}

    def __getitem__(self, name: str) -> Field:
        node = self._graph[name].name
        if node not in self._seen.windows:
            raise ValueError(f"{name} has no receptive field: {self._seen.reasons[node]}")
        if node not in self._fields:
            self._fields[node] = self._field(node)
        return self._fields[node]

    def __contains__(self, name: object) -> bool:
        return name in self._graph and self._graph[str(name)].name in self._seen.windows

    def __iter__(self) -> Iterator[str]:
        return iter(self._seen.windows)

    def __len__(self) -> int:
        return len(self._seen.windows)

    def _field(self, node: str) -> Field:
        """The window of a node, and whether it is all seen."""
        groups, found = self._seen.groups[node], _plain(self._seen.windows[node])
        parts: list[Field] = []
        for group in groups:
            key = replace(group, channels=1), self._seen.windows[node]
            if key not in self._parts:
                self._parts[key] = _part(group, self._seen, self._seen.windows[node])
            parts.append(self._parts[key])
        apart = any(part != found for part in parts)
        why: list[str] = []
        if apart:
            sizes = sorted({part.size for part in parts})
            listed = ", ".join(f"{height}×{width}" for height, width in sizes)
            why.append(f"channels see different windows: {listed}")
        inner = dict.fromkeys(reason for part in parts for reason in part.why)
        why += dict.fromkeys(r.partition(":")[0] if apart else r for r in inner)
        by_group: list[ChannelField] = []
        start = 0
        for group, part in zip(groups, parts, strict=True):
            last = by_group[-1] if by_group else None
            if last is not None and (last.field, last.field.why) == (part, part.why):
                by_group.pop()
                start = last.channels.start
            stop = (last.channels.stop if last is not None else 0) + group.channels
            by_group.append(ChannelField(range(start, stop), part))
            start = stop
        return replace(
            found, exact=not why, why=tuple(why), groups=tuple(by_group) if apart else ()
        )

    def seen(self, name: str, cell: Pair, channel: int | None = None) -> Tensor:
        """The pixels that one cell sees: each of them, and at the border too.

        Parameters
        ----------
        name : str
            A node or module; its windows need not be all alike.
        cell : (int, int)
            Row and column; (0, 0) for a vector.
        channel : int, optional
            Of one channel; otherwise of all together.

        Returns
        -------
        Tensor
            Height×width of the input, bool.

        Raises
        ------
        ValueError
            If an operation of unknown reach stands before the node, or the cell or the channel
            is not in it.
        """
        node, groups = self._groups(name)
        height, width = sides_of(self._seen.layouts.places[node])
        if not (0 <= cell[0] < height and 0 <= cell[1] < width):
            raise ValueError(f"cell is {tuple(cell)}: the grid of {name} is {height}×{width}")
        _, rows, columns = self._graph.input.shape
        found = torch.zeros(rows, columns, dtype=torch.bool)
        for group in _of_channel(groups, channel, name):
            for down, across in group.boxes:
                found |= _bits(down.cells[cell[0]], rows)[:, None] & _bits(
                    across.cells[cell[1]], columns
                )
        return found


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
        uneven, padding repeats pixels of the image, a part of a tensor is written over, or an
        operation stands before it whose reach is not known. It says which. ``reasons`` holds the
        sentences of all such nodes.
    """
    return ReceptiveFields(graph, Seen(graph))


@dataclass(frozen=True)
class ProjectiveField:
    """Which cells of a node see a pixel.

    Attributes
    ----------
    cells : Tensor
        Rows×columns of the node, bool: exactly the cells that the pixel reaches, in any channel.
    exact : bool
        Whether every channel of these cells is reached.
    """

    cells: Tensor
    exact: bool

    @property
    def window(self) -> tuple[Pair, Pair] | None:
        """First and last cell (row, column) that is reached; None where none is."""
        reached = self.cells.nonzero()
        if not len(reached):
            return None
        (top, left), (bottom, right) = reached.amin(0).tolist(), reached.amax(0).tolist()
        return (top, left), (bottom, right)


class ProjectiveFields(_ByNode, Mapping[str, ProjectiveField]):
    """The projective fields of one pixel by node or module name; see ``projective_field``."""

    def __init__(self, graph: Graph, seen: Seen, pixel: Pair) -> None:
        super().__init__(graph, seen)
        self._pixel = pixel

    def __getitem__(self, name: str) -> ProjectiveField:
        node, groups = self._groups(name)
        rows, columns = sides_of(self._seen.layouts.places[node])
        by_group = [self._reached(group.boxes, rows, columns) for group in groups]
        cells = torch.stack(by_group).any(0)
        loose = any(group.mixed or group.less for group in groups)
        return ProjectiveField(cells, not loose and all(cells.equal(one) for one in by_group))

    def __contains__(self, name: object) -> bool:
        return name in self._graph and self._graph[str(name)].name in self._seen.groups

    def __iter__(self) -> Iterator[str]:
        return iter(self._seen.groups)

    def __len__(self) -> int:
        return len(self._seen.groups)

    def _reached(self, boxes: Boxes, rows: int, columns: int) -> Tensor:
        found = torch.zeros(rows, columns, dtype=torch.bool)
        for down, across in boxes:
            found |= _sees(down, self._pixel[0])[:, None] & _sees(across, self._pixel[1])
        return found


def projective_field(graph: Graph, pixel: Pair) -> ProjectiveFields:
    """Which cells of each later tensor a pixel reaches: receptive fields, the other way round.

    Parameters
    ----------
    graph : Graph
        From ``trace``.
    pixel : (int, int)
        Row and column in the input.

    Returns
    -------
    mapping of str to ProjectiveField
        By node, or by module: ``projective_field(graph, (150, 150))["Mixed_5b"].cells``.

    Raises
    ------
    ValueError
        If the pixel is not in the input; on access to a node behind an operation of unknown reach.
    """
    _, height, width = graph.input.shape
    if not (0 <= pixel[0] < height and 0 <= pixel[1] < width):
        raise ValueError(f"pixel is {tuple(pixel)}: the input is {height}×{width}")
    return ProjectiveFields(graph, Seen(graph), pixel)


def _part(group: Group, seen: Seen, whole: Window) -> Field:
    """The window of one group of channels, or that of the ``whole`` node; and if it is all seen."""
    window = seen.window((group,))
    if isinstance(window, str):
        window = whole
    why = [reason for reason in (group.mixed, group.less) if reason]
    if not fills_window(group.boxes, window):
        why.append(_shape(group.boxes))
    rows, columns = seen.image
    if loses_at_border(group.boxes, (len(rows.cells), len(columns.cells))):
        why.append("at the border some cells see less, where padding or leftover pixels cut it off")
    return replace(_plain(window), exact=not why, why=tuple(why))


def _plain(window: Window) -> Field:
    rows, columns = window
    return Field(
        (rows.size, columns.size), (rows.stride, columns.stride), (rows.padding, columns.padding)
    )


def _shape(boxes: Boxes) -> str:
    """Why rectangles do not fill their window."""
    sides = sorted({(r.pattern.bit_length(), c.pattern.bit_length()) for r, c in boxes})
    if len(sides) > 1:
        listed = ", ".join(f"{height}×{width}" for height, width in sides)
        return f"windows of different shapes meet, which together are no rectangle: {listed}"
    gaps = any(f.pattern & (f.pattern + 1) for box in boxes for f in box)
    if gaps:
        return "pixels between those seen are stepped over"
    return "windows that lie beside one another meet, which together are no rectangle"


def _of_channel(groups: tuple[Group, ...], channel: int | None, name: str) -> list[Group]:
    if channel is None:
        return list(groups)
    start = 0
    for group in groups:
        if start <= channel < start + group.channels:
            return [group]
        start += group.channels
    raise ValueError(f"channel is {channel}: {name} has {start} channels")


def _bits(mask: int, length: int) -> Tensor:
    return torch.tensor([mask >> i & 1 for i in range(length)], dtype=torch.bool)


def _sees(field: AxisField, pixel: int) -> Tensor:
    """By cell, whether it sees a pixel."""
    return torch.tensor([mask >> pixel & 1 for mask in field.cells], dtype=torch.bool)
