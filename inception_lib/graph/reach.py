"""Exactly which pixels a cell sees: the sets that receptive and projective fields are read off.

Along one axis a cell sees a set of pixels. What a cell of a grid sees is a rectangle of such sets
(these rows in these columns) or, where branches of different shapes meet, a union of rectangles:
after 1×3 beside 3×1 a cross, which no single rectangle is. Each set is kept twice, as bits of an
integer: by cell in the image at hand, where padding and leftover pixels are seen by nobody, and
once for all cells as a pattern on a plane without end.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

__all__ = [
    "AxisField",
    "Boxes",
    "Group",
    "Interval",
    "Reaches",
    "by_channel",
    "fills_window",
    "hull",
    "loses_at_border",
    "source",
]

MOST_BOXES = 32  # rectangles kept apart in one union; more are replaced by one that holds them all


@dataclass(frozen=True, eq=False)
class AxisField:
    """What the cells along one axis see; equal ones are one object.

    Attributes
    ----------
    pattern : int
        What one cell sees on a plane without end, bit 0 being the first pixel of its window; 0
        where the cells' windows are not alike.
    stride : int
        From one window to the next; 0 where all cells share one.
    padding : int
        How far the first cell's window begins outside the image.
    cells : tuple of int
        By cell, what it sees of this image; bit i is pixel i.
    uneven : str
        Why the windows are not alike, else empty.
    whole : (pattern, stride, padding) or None
        All cells together, where their windows are not alike.
    """

    pattern: int
    stride: int
    padding: int
    cells: tuple[int, ...]
    uneven: str = ""
    whole: tuple[int, int, int] | None = None


Box = tuple[AxisField, AxisField]
Boxes = frozenset[Box]


@dataclass(frozen=True)
class Group:
    """Neighbouring channels that see the same.

    Attributes
    ----------
    channels : int
        How many; for a tensor whose channels are not its first axis, all that it has.
    boxes : frozenset of (AxisField, AxisField)
        (rows, columns): the union of these rectangles is what a cell sees.
    mixed : str
        Why a channel may see less than the union, although all of them together see it.
    less : str
        Why even all channels together may see less.
    """

    channels: int
    boxes: Boxes
    mixed: str = ""
    less: str = ""


@dataclass(frozen=True)
class Interval:
    """The window of one axis: size, stride and padding in pixels."""

    size: int
    stride: int
    padding: int

    def first(self, cell: int) -> int:
        """The first pixel that a cell sees, outside the image included."""
        return self.stride * cell - self.padding

    def clipped(self, cell: int, pixels: int) -> int:
        """The pixels of the window that lie in the image, as bits."""
        low, high = max(0, self.first(cell)), min(pixels, self.first(cell) + self.size)
        return ((1 << (high - low)) - 1) << low if high > low else 0


def source(position: int, length: int, mode: str) -> int | None:
    """The cell that stands at a position beside or in an axis, by the padding's mode."""
    if 0 <= position < length:
        return position
    if mode == "circular":
        return position % length
    if mode == "replicate":
        return min(max(position, 0), length - 1)
    if mode == "reflect":
        return -position if position < 0 else 2 * (length - 1) - position
    return None


class Reaches:
    """Makes the fields of one graph; each is computed once, however many branches share it."""

    def __init__(self) -> None:
        self._made: dict[object, AxisField] = {}
        self._steps: dict[object, AxisField] = {}
        self._covers: dict[tuple[AxisField, AxisField], bool] = {}
        self._unions: dict[Boxes, tuple[Boxes, str]] = {}

    def image(self, pixels: int) -> AxisField:
        """Of the image: each pixel sees itself."""
        return self._make(1, 1, 0, tuple(1 << i for i in range(pixels)))

    def window(
        self,
        before: AxisField,
        kernel: int,
        stride: int,
        padding: int,
        dilation: int,
        cells: int,
        mode: str,
    ) -> AxisField:
        """After a convolution or a pool that gives so many cells."""
        if (kernel, stride, padding) == (1, 1, 0) and cells == len(before.cells):
            return before
        key = (before, kernel, stride, padding, dilation, cells, mode)
        if key in self._steps:
            return self._steps[key]
        seen, length = [], len(before.cells)
        for i in range(cells):
            bits = 0
            for tap in range(kernel):
                found = source(i * stride - padding + tap * dilation, length, mode)
                bits |= 0 if found is None else before.cells[found]
            seen.append(bits)
        pattern = 0
        for tap in range(kernel if not before.uneven else 0):
            pattern |= before.pattern << (before.stride * dilation * tap)
        after = self._steps[key] = self._make(
            pattern,
            before.stride * stride,
            before.padding + before.stride * padding,
            tuple(seen),
            before.uneven,
        )
        return after

    def uneven(self, before: AxisField, cells: int, why: str) -> AxisField:
        """After adaptive pooling: window i of m goes from ⌊i·n/m⌋ to ⌈(i+1)·n/m⌉ − 1."""
        length = len(before.cells)
        if cells == length:
            return before
        seen = []
        for i in range(cells):
            bits = 0
            for j in range(i * length // cells, -(-(i + 1) * length // cells)):
                bits |= before.cells[j]
            seen.append(bits)
        return self._make(0, 0, 0, tuple(seen), before.uneven or why, _whole(before))

    def together(self, before: AxisField, cells: int | None = None) -> AxisField:
        """Where each cell sees what all cells saw; without ``cells``, the one that is left."""
        key = (before, "together", cells)
        if key not in self._steps:
            pattern, stride, padding = _whole(before)
            bits = 0
            for mask in before.cells:
                bits |= mask
            kept = (bits,) * (1 if cells is None else cells)
            self._steps[key] = self._make(pattern, 0 if cells else stride, padding, kept)
        return self._steps[key]

    def spread(self, before: AxisField, cells: int) -> AxisField:
        """Where a single cell is shown to many."""
        if len(before.cells) == cells:
            return before
        kept = before.cells * cells
        return self._make(before.pattern, 0, before.padding, kept, before.uneven, before.whole)

    def union(self, boxes: Iterable[Box]) -> tuple[Boxes, str]:
        """The rectangles without those that lie in others; and what was lost, else empty."""
        all_of = frozenset(boxes)
        if all_of in self._unions:
            return self._unions[all_of]
        kept: list[Box] = []
        for box in all_of:
            if any(self._holds(other, box) for other in kept):
                continue
            kept = [other for other in kept if not self._holds(box, other)] + [box]
        lost = ""
        if len(kept) > MOST_BOXES:
            lost = f"more than {MOST_BOXES} windows of different shapes meet"
            kept = [(self._bound([b[0] for b in kept]), self._bound([b[1] for b in kept]))]
        found = self._unions[all_of] = frozenset(kept), lost
        return found

    def merge(self, groups: Sequence[Group], channels: int, mixed: str = "") -> Group:
        """All channels together. ``mixed``: why each may see less, if they do not see the same."""
        if len(groups) == 1:
            one = groups[0]
            return Group(channels, one.boxes, one.mixed if mixed else "", one.less)
        boxes, lost = self.union(box for group in groups for box in group.boxes)
        less = next((group.less for group in groups if group.less), "")
        return Group(channels, boxes, mixed, less or lost)

    def _holds(
        self, outer: tuple[AxisField, AxisField], inner: tuple[AxisField, AxisField]
    ) -> bool:
        return self._covers_axis(outer[0], inner[0]) and self._covers_axis(outer[1], inner[1])

    def _covers_axis(self, outer: AxisField, inner: AxisField) -> bool:
        if outer is inner:
            return True
        key = (outer, inner)
        if key not in self._covers:
            self._covers[key] = _covers(outer, inner)
        return self._covers[key]

    def _bound(self, fields: list[AxisField]) -> AxisField:
        """One axis that sees all that any of them sees."""
        cells = tuple(_either(f.cells[i] for f in fields) for i in range(len(fields[0].cells)))
        alike = hull(fields)
        if isinstance(alike, str):
            return self._make(0, 0, 0, cells, alike)
        return self._make((1 << alike.size) - 1, alike.stride, alike.padding, cells)

    def _make(
        self,
        pattern: int,
        stride: int,
        padding: int,
        cells: tuple[int, ...],
        uneven: str = "",
        whole: tuple[int, int, int] | None = None,
    ) -> AxisField:
        if uneven:
            pattern, stride, padding = 0, 0, 0
            whole = whole or _within(cells)
        key = (pattern, stride, padding, cells, uneven, whole)
        if key not in self._made:
            self._made[key] = AxisField(pattern, stride, padding, cells, uneven, whole)
        return self._made[key]


def _either(masks: Iterable[int]) -> int:
    bits = 0
    for mask in masks:
        bits |= mask
    return bits


def _within(cells: tuple[int, ...]) -> tuple[int, int, int]:
    """Pattern, stride and padding of all that cells see of the image."""
    bits = _either(cells)
    first = max((bits & -bits).bit_length() - 1, 0)
    return (bits >> first) or 1, 0, -first


def _whole(field: AxisField) -> tuple[int, int, int]:
    """Pattern, stride and padding of all cells together."""
    if field.whole is not None:
        return field.whole
    pattern, cells = 0, len(field.cells)
    for i in range(cells if field.stride else 1):
        pattern |= field.pattern << (field.stride * i)
    return pattern, field.stride * cells, field.padding


def _covers(outer: AxisField, inner: AxisField) -> bool:
    """Whether each cell of one sees all that it sees by the other, in and out of the image."""
    if any(small & ~large for large, small in zip(outer.cells, inner.cells, strict=True)):
        return False
    if outer.uneven or inner.uneven:
        return not outer.uneven and outer.stride == 0
    for i in (0,) if outer.stride == inner.stride else range(len(inner.cells)):
        shift = (inner.stride * i - inner.padding) - (outer.stride * i - outer.padding)
        if shift < 0 or (inner.pattern << shift) & ~outer.pattern:
            return False
    return True


def hull(fields: Sequence[AxisField]) -> Interval | str:
    """The least window that holds those of all; or why there is none.

    A window that all cells share (stride 0) holds those that move, if it reaches as far as they.
    """
    uneven = next((field.uneven for field in fields if field.uneven), "")
    if uneven:
        return uneven
    strides = {field.stride for field in fields}
    shared = [f for f in fields if f.stride == 0 or len(f.cells) == 1]
    if len(strides) == 1 or len(shared) == len(fields):
        last = max(f.pattern.bit_length() - f.padding for f in fields)
        first = max(f.padding for f in fields)
        return Interval(first + last, max(strides), first)
    ends = {(f.padding, f.pattern.bit_length() - f.padding) for f in shared}
    if len(ends) == 1:
        first, last = ends.pop()
        moving = [f for f in fields if f not in shared]
        if all(
            f.padding <= first
            and f.stride * (len(f.cells) - 1) + f.pattern.bit_length() - f.padding <= last
            for f in moving
        ):
            return Interval(first + last, 0, first)
    return f"branches of strides {sorted(strides)} meet at {{0}}"


def by_channel(groups: Sequence[Sequence[Group]]) -> list[tuple[int, list[Group]]]:
    """Side by side, the groups of tensors that have the same channels, or a single one."""
    channels = max(sum(g.channels for g in tensor) for tensor in groups)
    ends: set[int] = {channels}
    for tensor in groups:
        if len(tensor) > 1:
            total = 0
            for group in tensor:
                total += group.channels
                ends.add(total)
    found, start = [], 0
    for end in sorted(ends):
        beside = []
        for tensor in groups:
            at, index = 0, 0
            while len(tensor) > 1 and at + tensor[index].channels <= start:
                at += tensor[index].channels
                index += 1
            beside.append(tensor[index])
        found.append((end - start, beside))
        start = end
    return found


def fills_window(boxes: Boxes, window: tuple[Interval, Interval]) -> bool:
    """Whether the rectangles fill their window on a plane without end."""
    placed: list[list[tuple[int]]] = [[], []]
    for box in boxes:
        if all(f.stride == w.stride for f, w in zip(box, window, strict=True)):
            for axis, (f, w) in enumerate(zip(box, window, strict=True)):
                placed[axis].append((f.pattern << (w.padding - f.padding),))
    (rows, columns), (height, width) = placed, ((1 << w.size) - 1 for w in window)
    return _fills(rows, columns, [height], [width])


def loses_at_border(boxes: Boxes, pixels: tuple[int, int]) -> bool:
    """Whether some cell does not see all that its pattern says of the image.

    So it is where a window begins or ends in the padding of a layer in between, or where pixels
    are left over on which no window of a stride falls.
    """
    rows, columns = [box[0].cells for box in boxes], [box[1].cells for box in boxes]
    for box in boxes:
        ideal = [
            [_of_pattern(f, i, n) for i in range(len(f.cells))]
            for f, n in zip(box, pixels, strict=True)
        ]
        if all(list(f.cells) == cells for f, cells in zip(box, ideal, strict=True)):
            continue
        if not _fills(rows, columns, *ideal):
            return True
    return False


def _of_pattern(field: AxisField, cell: int, pixels: int) -> int:
    """The pixels of the image that a cell sees by its pattern."""
    first = field.stride * cell - field.padding
    bits = field.pattern << first if first >= 0 else field.pattern >> -first
    return bits & ((1 << pixels) - 1)


def _fills(
    rows: Sequence[Sequence[int]],
    columns: Sequence[Sequence[int]],
    tall: Sequence[int],
    wide: Sequence[int],
) -> bool:
    """Whether, for all i and j, the rectangles rows[·][i] × columns[·][j] cover tall[i] × wide[j].

    A row of pixels lies in some of the rectangles, and their columns must then cover all of it.
    """
    kinds: set[int] = set()  # which rectangles a row lies in, as bits
    for i, target in enumerate(tall):
        parts = {0: target}
        for index, masks in enumerate(rows):
            split: dict[int, int] = {}
            for kind, bits in parts.items():
                inside, outside = bits & masks[i], bits & ~masks[i]
                if inside:
                    split[kind | 1 << index] = inside
                if outside:
                    split[kind] = outside
            parts = split
        kinds.update(kind for kind, bits in parts.items() if bits)
    for kind in kinds:
        chosen = [masks for index, masks in enumerate(columns) if kind >> index & 1]
        for j, target in enumerate(wide):
            if target & ~_either(masks[j] for masks in chosen):
                return False
    return True
