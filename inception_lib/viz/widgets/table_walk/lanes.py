"""Table 1 and the released network as two lanes of tensors, one where they agree.

A lane is a chain: plain layers one by one, modules as wholes. What a tensor costs at any size of
the image follows from two numbers, its multiply-adds for a cell of the grid that it reads and for
a cell of its own, so that a page can follow a handle without a kernel.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

from inception_lib.graph import Graph, Node, receptive_field
from inception_lib.nets.modules import KINDS
from inception_lib.nets.specs import SPECS
from inception_lib.viz.graphs import graph_of
from inception_lib.viz.widgets.tensor_scene.layout import lay_out

__all__ = ["LANES", "SIZE", "STEPS", "Station", "at_size", "lane", "walk"]

LANES = {"paper": "inception_v3_table1", "release": "inception_v3"}
SIZE = 299

# The rows of Table 1, and the two grid reductions, which have none.
STEPS = ("1", "2", "3", "4", "5", "6", "7", "8", "6a", "9", "7a", "10", "11", "12", "13")


@dataclass(frozen=True)
class Station:
    """A tensor on the way.

    Attributes
    ----------
    name : str
        The layer or module that makes it.
    step : str
        The row of Table 1 that makes it, or the reduction; "0" is the image.
    lane : str
        ``"paper"``, ``"release"``, or ``"both"`` where the two agree.
    does : str
        What makes it: ``"conv 3×3/2"``, ``"Figure 5"``.
    kind : str
        Its colour.
    channels : int
    grid : (int, int, int) or ()
        Kernel, stride and padding that make its grid from the one before; empty for a vector.
    sees : (int, int, int) or ()
        The window of one of its cells on the tensor before, with the step and the padding.
    macs : (int, int)
        Multiply-adds for each cell of the grid that it reads, and for each cell of its own.
    parts : tuple of (int, str)
        Channels and colour of what a concatenation stacks, in order.
    box : str
        Its name in the scene of the whole network, where it has a face.
    parent : int
        The tensor that it reads; -1 for the image.
    """

    name: str
    step: str
    lane: str
    does: str
    kind: str
    channels: int
    grid: tuple[int, ...]
    sees: tuple[int, ...]
    macs: tuple[int, int]
    parts: tuple[tuple[int, str], ...]
    box: str
    parent: int

    def state(self) -> dict[str, Any]:
        """Plain lists, for the front end."""
        found = {key: value for key, value in asdict(self).items() if value not in ((), "")}
        return {k: list(map(_plain, v)) if isinstance(v, tuple) else v for k, v in found.items()}


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def at_size(lane_: str, size: int) -> Graph:
    """The network of a lane, traced at a size."""
    return graph_of(LANES[lane_], size)


@lru_cache(maxsize=4)
def lane(name: str) -> tuple[Station, ...]:
    """One network as a chain of tensors; the parent of each is the one before it."""
    spec, graph = SPECS[LANES[name]], at_size(name, SIZE)
    fields = receptive_field(graph)
    boxes = {box.node: box for box in lay_out(graph).boxes}
    image = boxes[graph.input.name].name
    same = (1, 1, 0)
    found = [Station("input", "0", name, "image", "ink", 3, same, same, (0, 0), (), image, -1)]
    before = graph.input
    row = 0

    def add(part: str, step: str, does: str, kind: str, grid: tuple[int, ...]) -> None:
        nonlocal before
        inside = [n for n in graph if n.name == part or n.name.startswith(f"{part}.")]
        out, reads, was = inside[-1], fields[before.name], fields[inside[-1].name]
        stride = was.stride[0] // reads.stride[0]
        kernel = (was.size[0] - reads.size[0]) // reads.stride[0] + 1
        padding = (was.padding[0] - reads.padding[0]) // reads.stride[0]
        macs = _per_cell(inside, before, out)
        channels = out.shape[0]
        sees = (kernel, stride, padding)
        box = boxes[out.name]
        found.append(
            Station(
                *(part, step, name, does, kind, channels, grid, sees, macs, box.parts, box.name),
                parent=len(found) - 1,
            )
        )
        before = out

    for layer, _ in spec.stem:
        row += 1
        node = next(n for n in graph if n.name in (layer, f"{layer}.conv"))
        grid = (node.kernel[0], node.stride[0], node.padding[0])
        add(layer, str(row), _does(node), _kind(node), grid)
    row += 1
    for part in spec.blocks:
        reduction = part.kind == "reduction"
        step = part.name.removeprefix("Mixed_") if reduction else str(row)
        figure = KINDS[part.kind].figure
        if any(n.kernel == (5, 5) and n.name.startswith(f"{part.name}.") for n in graph):
            figure += " with a 5×5"
        add(part.name, step, figure, "ink", (3, 2, 0) if reduction else (1, 1, 0))
        row += reduction  # the modules behind a reduction are the next row
    whole = graph[graph.outputs[0]]
    for head, step, does, kind in (
        ("avgpool", "11", "pool", "pool"),
        ("fc", "12", "linear", "1x1"),
    ):
        macs = (0, sum(n.macs for n in graph if n.name == head))
        channels = found[-1].channels if head == "avgpool" else whole.size
        box = next(b for b in boxes.values() if b.name == head)
        found.append(
            Station(
                *(head, step, name, does, kind, channels, (), (), macs, (), box.name),
                parent=len(found) - 1,
            )
        )
    return tuple(found)


def _per_cell(inside: Sequence[Node], before: Node, out: Node) -> tuple[int, int]:
    """Multiply-adds for each cell of the grid that is read, and of the one that is made."""
    found = [0, 0]
    for node in inside:
        if node.macs:
            made = node.shape[1:] == out.shape[1:]
            if not made and node.shape[1:] != before.shape[1:]:
                raise ValueError(f"{node.name} has a third grid, {node.shape}")
            found[made] += node.macs // (node.shape[1] * node.shape[2])
    return found[0], found[1]


def _does(node: Node) -> str:
    words = "pool" if "pool" in node.op else node.op
    if node.op == "conv" and any(node.padding):
        words += " padded"
    return f"{words} {node.kernel[0]}×{node.kernel[1]}/{node.stride[0]}"


def _kind(node: Node) -> str:
    if "pool" in node.op:
        return "pool"
    return "kxk" if max(node.kernel) > 1 else "1x1"


def walk() -> tuple[Station, ...]:
    """Both lanes as one list, in the order of the data: what they share stands there once.

    After the lanes have met again, what is shared reads the released network's last tensor.
    """
    paper, release = lane("paper"), lane("release")
    same = [_alike(p, r) for p, r in zip(paper, release, strict=False)]
    first = same.index(False)
    last = 0  # how many at the end are shared
    while _alike(paper[-1 - last], release[-1 - last]):
        last += 1
    found: list[Station] = []

    def put(stations: Sequence[Station], lane_: str, parent: int) -> int:
        for station in stations:
            found.append(Station(**{**vars(station), "lane": lane_, "parent": parent}))
            parent = len(found) - 1
        return parent

    fork = put(release[:first], "both", -1)
    put(paper[first:-last], "paper", fork)
    join = put(release[first:-last], "release", fork)
    put(release[-last:], "both", join)
    return tuple(found)


def _alike(a: Station, b: Station) -> bool:
    return {**vars(a), "lane": "", "parent": 0} == {**vars(b), "lane": "", "parent": 0}
