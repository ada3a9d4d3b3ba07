"""Table 1 beside the released network, to be walked through row by row (section 6)."""

from __future__ import annotations

import html
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from traitlets import Dict, List, Unicode, validate

from inception_lib.graph import Graph, Node, ReceptiveFields, receptive_field
from inception_lib.viz.base import BookWidget, Readouts
from inception_lib.viz.format import compact
from inception_lib.viz.photos import PHOTOS
from inception_lib.viz.traits import Bounded, Camera, CellIndex, OneOf, StateError
from inception_lib.viz.widgets.table_walk.lanes import LANES, SIZE, STEPS, Station, at_size, walk
from inception_lib.viz.widgets.tensor_scene import faces

__all__ = ["TableWalk"]


class TableWalk(BookWidget):
    """The rows of Table 1 as a path in space: one where paper and release agree, two where not.

    Height and width of a box are its grid, depth is the square root of its channels. The side of
    the image is a handle; border cells that the next layer never reads are red. The faces are
    trained feature maps, recorded at 299 pixels; for Table 1 as printed nobody has trained weights.

    Parameters
    ----------
    step : str
        Where the walk stands: ``"whole"``, a row of the table (``"1"`` to ``"13"``), or one of the
        grid reductions, which have no row (``"6a"``, ``"7a"``).
    size : int
        Side of the image, 75 to 331 pixels.
    photo : str
        One of the book's photographs.
    tensor : str
        The tensor that is picked, as ``"release Mixed_5d"``, or ``""``.
    row, column : int
        The cell that is picked in it; -1 for the middle.
    camera : list of float
        Yaw and pitch in degrees, distance, and the point looked at; empty for the step's own view.
    drawing : str
        ``"space"``, or ``"flat"`` for a drawing without WebGL.
    uid : str, optional
        Name of the widget in its page, see `BookWidget`.

    Raises
    ------
    ValueError
        If a value is outside its limits.

    Examples
    --------
    >>> numbers = TableWalk("5").readouts()
    >>> numbers["row-paper"], numbers["row-release"]
    (232289280, 27284480)
    """

    stations: List = List(read_only=True).tag(sync=True)
    picture: Dict = Dict(read_only=True).tag(sync=True)
    step = OneOf("whole", ("whole", *STEPS))
    size = Bounded(299, 75, 331, "pixels")
    tensor = Unicode("").tag(sync=True)
    row = CellIndex()
    column = CellIndex()
    camera = Camera()
    drawing = OneOf("space", ("space", "flat"))

    def __init__(
        self,
        step: str = "whole",
        size: int = 299,
        photo: str = "chelsea",
        *,
        uid: str | None = None,
        **state: Any,
    ) -> None:
        if photo not in PHOTOS:
            raise StateError(
                f"photo is {photo!r}, which is not known: give one of {', '.join(PHOTOS)}"
            )
        super().__init__(uid=uid, step=step, size=size)
        self.set_trait("stations", [station.state() for station in _stations()])
        self.set_trait("picture", _picture(photo))
        for name, value in state.items():
            if name not in self.limits:
                raise StateError(f"{name} is not known: give one of {', '.join(self.limits)}")
            setattr(self, name, value)

    # -- numbers -----------------------------------------------------------------------------------

    def readouts(self) -> Readouts:
        """Both networks' totals, the row's numbers, what is cut off, the picked cell's window."""
        found: Readouts = {f"macs-{lane}": _macs(lane, self.size) for lane in LANES}
        cut = sum(bool(part.left) for part in _parts("release", self.size).values())
        if cut:
            found["cut"] = cut
        if self.step != "whole":
            for lane in LANES:
                found |= self._of_row(lane)
        if self.tensor:
            found |= self._of_cell()
        return found

    def _of_row(self, lane: str) -> Readouts:
        parts = _parts(lane, self.size)
        if self.step == "13":  # the softmax reads the logits and multiplies nothing
            return {f"reads-{lane}": parts["fc"].dims, f"row-{lane}": 0}
        chain = _chain(lane)
        there = [i for i, station in enumerate(chain) if station.step == self.step]
        found: Readouts = {
            f"reads-{lane}": parts[chain[there[0] - 1].name].dims,
            f"row-{lane}": sum(parts[chain[i].name].macs for i in there),
        }
        left = sum(parts[chain[i].name].left for i in there)
        if left:
            found[f"left-{lane}"] = left
        return found

    def _of_cell(self) -> Readouts:
        lane, _, name = self.tensor.partition(" ")
        lane = "release" if lane == "both" else lane
        parts = _parts(lane, self.size)
        sides = parts[name].sides
        cell = [
            side // 2 if at < 0 else min(at, side - 1)
            for at, side in zip((self.row, self.column), sides, strict=True)
        ]
        found: Readouts = {"tensor-shape": parts[name].dims, "cell": f"{cell[0]}, {cell[1]}"}
        way = [station for station in _chain(lane) if station.sees]
        if name not in [station.name for station in way]:  # behind the last pool: the whole image
            found["cell-seen"] = f"{self.size}×{self.size}"
            return found
        way = way[: [station.name for station in way].index(name) + 1]
        spans = []
        for axis in (0, 1):
            first = last = cell[axis]
            for station, read in reversed(list(zip(way[1:], way, strict=False))):
                kernel, stride, padding = station.sees
                first = max(stride * first - padding, 0)
                last = min(stride * last - padding + kernel - 1, parts[read.name].sides[axis] - 1)
            spans.append(last - first + 1)
        node = _inside(at_size(lane, SIZE), name)[-1]
        found["cell-window"] = "×".join(map(str, _fields(lane)[node.name].size))
        found["cell-seen"] = f"{spans[0]}×{spans[1]}"
        return found

    # -- limits ------------------------------------------------------------------------------------

    @validate("tensor")
    def _checked_tensor(self, proposal: Any) -> str:
        value = proposal["value"]
        known = ["", *(f"{s.lane} {s.name}" for s in _stations())]
        if value not in known:
            raise StateError(
                f"tensor is {value!r}, which is not known: pass one of {', '.join(known[1:])}"
            )
        return value

    # -- how it is shown ---------------------------------------------------------------------------

    def fallback_html(self) -> str:
        """A table: what each row is in the paper and in the release."""
        lines = "\n".join(
            f'<tr><th scope="row">{step}</th>'
            + "".join(f"<td>{html.escape(cell)}</td>" for cell in cells)
            + "</tr>"
            for step, *cells in _table(self.size)
        )
        ends = "".join(f"<td></td><td>{compact(_macs(lane, self.size))}</td>" for lane in LANES)
        heads = "".join(
            f'<th scope="col">{words}</th>'
            for words in ("row", "Table 1", "multiply-adds", "released", "multiply-adds")
        )
        return (
            f"<table>\n<caption>{html.escape(self.words()['label'])}, from an image of {self.size} "
            f"pixels</caption>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{lines}\n</tbody>\n"
            f'<tfoot><tr><th scope="row">all</th>{ends}</tr></tfoot>\n</table>'
        )


@cache
def _stations() -> tuple[Station, ...]:
    return walk()


@cache
def _picture(photo: str) -> dict[str, Any]:
    """The photograph, and the faces of the tensors on the way."""
    names = [s.box for s in _stations() if s.lane != "paper"]
    return {
        "src": PHOTOS[photo].src,
        "alt": PHOTOS[photo].alt,
        "faces": faces.part_of(faces.recorded(photo), names).state(),
    }


@cache
def _chain(lane: str) -> tuple[Station, ...]:
    return tuple(s for s in _stations() if s.lane in (lane, "both"))


@cache
def _fields(lane: str) -> ReceptiveFields:
    return receptive_field(at_size(lane, SIZE))


@dataclass(frozen=True)
class _Part:
    """What a layer or a module is at a size: its grid, its cost, rows that it never reads."""

    dims: str
    sides: tuple[int, int]
    macs: int
    left: int


def _inside(graph: Graph, part: str) -> list[Node]:
    if part == "input":
        return [graph.input]
    return [node for node in graph if node.name == part or node.name.startswith(f"{part}.")]


@lru_cache(maxsize=64)
def _macs(lane: str, size: int) -> int:
    return sum(node.macs for node in at_size(lane, size))


@lru_cache(maxsize=64)
def _parts(lane: str, size: int) -> dict[str, _Part]:
    """Every part of a lane, by name, as the graph traced at that size has it.

    Of a module the layers with a stride count, which all read the same grid or one of its size.
    """
    graph = at_size(lane, size)
    found = {}
    for station in _chain(lane):
        nodes = _inside(graph, station.name)
        over = [0]
        for node in nodes:
            if node.kernel and not node.axes:
                side = graph[node.parents[0]].shape[1]
                over.append((side + 2 * node.padding[0] - node.kernel[0]) % node.stride[0])
        channels, rows, columns = (*nodes[-1].shape, 1, 1)[:3]
        found[station.name] = _Part(
            dims=f"{rows}×{columns}×{channels}",
            sides=(rows, columns),
            macs=sum(node.macs for node in nodes),
            left=max(over),
        )
    return found


def _table(size: int) -> list[tuple[str, ...]]:
    """What each step is in each lane, with its multiply-adds."""
    found = []
    for step in STEPS:
        cells = []
        for lane in LANES:
            chain, parts = _chain(lane), _parts(lane, size)
            there = [i for i, station in enumerate(chain) if station.step == step]
            does = chain[there[0]].does if there else "softmax"
            times = f"{len(there)} × " if len(there) > 1 else ""
            reads = parts[chain[there[0] - 1 if there else -1].name].dims
            macs = sum(parts[chain[i].name].macs for i in there)
            cells += [f"{times}{does} on {reads}", compact(macs)]
        found.append((step, *cells))
    return found
