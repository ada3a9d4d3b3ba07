"""Where each tensor of a network stands in space: pure data, from the graph alone.

Lengths are in cells: a tensor of 35×35 is a box 35 high and 35 wide. Its depth is `DEPTH` times
the square root of its channels. Data flow along x, from left to right; y is up, from the floor on
which all boxes stand; z comes towards the reader. A network is cut into *blocks* where a single
tensor is alive, so that a block is a plain layer or a module of branches. Branches stand side by
side in z. Blocks stand in rows, a row for each stage of the grid, and rows come forward as the
grid shrinks.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any

from inception_lib.graph import Graph, Node, receptive_field
from inception_lib.graph.layout import MOVES, Grid, Place, mixes, sides_of
from inception_lib.graph.ops import POINTWISE

__all__ = ["DEPTH", "Block", "Box", "Scene", "lay_out"]

DEPTH = 1.2  # cells of depth for the square root of a channel
AISLE = 36.0  # between rows, cells; names of blocks stand there
FOLD = 3  # this many equal blocks in a row are shown as one
ALIKE = 4.3  # a row's first grid is at most so many times its last one
PERIOD = 4  # … or groups of at most so many blocks


@dataclass(frozen=True)
class Box:
    """A tensor: what an operation gives, with the normalisation and ReLU after it.

    Attributes
    ----------
    name : str
        Of the module that makes it (``"Mixed_5b.branch1x1"``), or of the graph's node.
    node : str
        The node of the graph whose output it is.
    op : str
        As in the graph: ``"conv"``, ``"max_pool"``, ``"concat"`` …
    kind : str
        Its colour: ``"1x1"``, ``"kxk"``, ``"factorized"``, ``"pool"``, ``"aux"`` or ``"ink"``. A
        branch has one colour, by its operations.
    shape : (int, int, int)
        Channels, rows, columns; a vector has one row and one column.
    kernel : (int, int) or ()
        Of the operation.
    params, macs : int
        Of the operation and of what follows it up to the next tensor.
    parents : tuple of int
        The boxes that it reads.
    reach : (int, …) or str
        Which cells of its parents a cell reads: kernel, stride, padding and dilation, each (rows,
        columns), or ``"same"``, ``"all"``, or ``""`` where it is not known.
    field : (int, …) or ()
        Window on the image, as the library has it: size, stride and padding, each (rows, columns);
        empty where there is none.
    parts : tuple of (int, str)
        Channels and colour of what a concatenation stacks, in order.
    at : (float, float, float)
        Middle of the box, from the origin of its block.
    size : (float, float, float)
        Depth, height, width.
    lanes : tuple of float or None
        For each parent, the z (in the block) past which its edge is led; None for the direct way.
    """

    name: str
    node: str
    op: str
    kind: str
    shape: tuple[int, int, int]
    kernel: tuple[int, ...] = ()
    params: int = 0
    macs: int = 0
    parents: tuple[int, ...] = ()
    reach: tuple[int, ...] | str = "same"
    field: tuple[int, ...] = ()
    parts: tuple[tuple[int, str], ...] = ()
    at: tuple[float, float, float] = (0.0, 0.0, 0.0)
    size: tuple[float, float, float] = (1.0, 1.0, 1.0)
    lanes: tuple[float | None, ...] = ()


@dataclass(frozen=True)
class Block:
    """Boxes between two places where a single tensor is alive.

    Attributes
    ----------
    name : str
        What the names of its boxes begin with.
    first, last : int
        Its boxes.
    side : bool
        A head beside the trunk, as the auxiliary classifier is.
    size : (float, float)
        Along x and z.
    at : (float, float) or ()
        Its origin (x of its left end, z of its middle) while equal blocks are folded; empty where
        it is folded into an earlier one.
    open : (float, float)
        The same with all blocks unfolded.
    row : (int, int)
        Its row, folded and unfolded.
    times : int
        How many equal blocks stand for which it stands.
    """

    name: str
    first: int
    last: int
    side: bool = False
    size: tuple[float, float] = (0.0, 0.0)
    at: tuple[float, ...] = ()
    open: tuple[float, ...] = ()
    row: tuple[int, int] = (0, 0)
    times: int = 1


@dataclass(frozen=True)
class Scene:
    """A network in space.

    Attributes
    ----------
    model : str
        Name of its class.
    boxes : tuple of Box
    blocks : tuple of Block
        In the order of the data; heads beside the trunk last.
    reasons : dict
        Why a box (by its index) has no window on the image.
    hulls : dict
        Why not all of a box's window is seen, where it is not.
    """

    model: str
    boxes: tuple[Box, ...]
    blocks: tuple[Block, ...]
    reasons: dict[int, str] = field(default_factory=dict)
    hulls: dict[int, str] = field(default_factory=dict)

    def index(self, name: str) -> int:
        """The box of that name."""
        for i, box in enumerate(self.boxes):
            if name in (box.name, box.node):
                return i
        raise KeyError(f"no tensor is called {name!r} in {self.model}")

    @property
    def folded(self) -> bool:
        """Whether some block stands for several."""
        return any(block.times > 1 for block in self.blocks)

    def state(self) -> dict[str, Any]:
        """The same as plain numbers, strings and lists, for the front end."""
        return {
            "model": self.model,
            "boxes": [_short(vars(box), ("node",)) for box in self.boxes],
            "blocks": [_short(vars(block)) for block in self.blocks],
            "reasons": {str(i): why for i, why in self.reasons.items()},
            "hulls": {str(i): why for i, why in self.hulls.items()},
        }


# What the front end takes for granted.
_USUAL: dict[str, Any] = {"reach": "same", "side": False, "times": 1, "params": 0, "macs": 0}
_USUAL |= {key: [] for key in ("parts", "kernel", "parents", "field")}


def _short(values: dict[str, Any], without: Sequence[str] = ()) -> dict[str, Any]:
    """Plain lists; what is empty or usual is left out."""
    found = {key: _plain(value) for key, value in values.items() if key not in without}
    if not any(lane is not None for lane in found.get("lanes", ())):
        found.pop("lanes", None)
    return {key: value for key, value in found.items() if _USUAL.get(key, ...) != value}


def _plain(value: Any) -> Any:
    kind = type(value)
    if kind is tuple:
        return [_plain(item) for item in value]
    if kind is float:
        return int(value) if value.is_integer() else round(value, 2)
    return value


def lay_out(graph: Graph) -> Scene:
    """The scene of a traced network.

    Parameters
    ----------
    graph : Graph
        From ``trace``; one that breaks off (``TraceError.graph``) does as well.

    Returns
    -------
    Scene
    """
    boxes, reasons, hulls = _boxes(graph)
    trunk, heads = _cut(boxes)
    blocks = []
    for members, side in [(m, False) for m in trunk] + [(m, True) for m in heads]:
        placed, size = _place(boxes, members, side)
        for i, box in placed.items():
            boxes[i] = box
        blocks.append(Block(_label(boxes, members), members[0], members[-1], side, size))
    return Scene(graph.model, tuple(boxes), tuple(_arrange(blocks, boxes)), reasons, hulls)


# -- tensors ---------------------------------------------------------------------------------------


def _boxes(graph: Graph) -> tuple[list[Box], dict[int, str], dict[int, str]]:
    """Every tensor that is worth a box, in order of execution.

    Beside them, by index: why some have no window, and why some do not see all of theirs.
    """
    fields = receptive_field(graph)
    places = fields.places
    readers: dict[str, list[str]] = {}
    for node in graph:
        for parent in node.parents:
            readers.setdefault(parent, []).append(node.name)
    primary: dict[str, int] = {}  # module -> operations of its own
    for node in graph:
        if node.module and not _follows(graph, node):
            primary[node.module] = primary.get(node.module, 0) + 1
    boxes: list[Box] = []
    reasons: dict[int, str] = {}
    hulls: dict[int, str] = {}
    sources: dict[str, list[int]] = {}  # node -> boxes that hold its output
    last: set[str] = set()  # nodes whose last axis holds the channels
    owed: dict[str, int] = {}  # parameters by themselves: they belong to what first reads them
    for node in graph:
        if node.op == "parameter":
            owed[node.name] = node.params
            continue
        params = node.params + sum(owed.pop(parent, 0) for parent in node.parents)
        if _channels_last(graph, node, places.get(node.name), last):
            last.add(node.name)
        shape = _shape(node, places.get(node.name), node.name in last)
        before = [b for p in node.parents for b in sources.get(p, ())]
        if before and _follows(graph, node) and len(set(before)) == 1:
            i = before[0]
            boxes[i] = replace(
                boxes[i],
                node=node.name,
                shape=shape,
                params=boxes[i].params + params,
                macs=boxes[i].macs + node.macs,
            )
            sources[node.name] = [i]
            continue
        if node.op == "concat" and [graph[r].op for r in readers.get(node.name, ())] == ["concat"]:
            sources[node.name] = before  # stacked again at once: one stack
            continue
        name = node.module if primary.get(node.module) == 1 else node.name
        sources[node.name] = [len(boxes)]
        boxes.append(
            Box(
                name=name,
                node=node.name,
                op=node.op,
                kind="",
                shape=shape,
                kernel=node.kernel,
                params=params,
                macs=node.macs,
                parents=tuple(before if node.op == "concat" else dict.fromkeys(before)),
                reach=_reach(node, places),
            )
        )
    for i, box in enumerate(boxes):
        try:
            window = fields[box.node]
        except ValueError as error:
            reasons[i] = str(error).partition(": ")[2]
            continue
        boxes[i] = replace(box, field=(*window.size, *window.stride, *window.padding))
        if not window.exact:
            hulls[i] = "; ".join(window.why)
    return boxes, reasons, hulls


def _follows(graph: Graph, node: Node) -> bool:
    """Normalisation, ReLU, dropout and views: they change no tensor worth a box of its own."""
    if node.op in POINTWISE and node.op not in ("concat", "add", "mul"):
        return True
    same = [p for p in node.parents if p in graph and graph[p].size == node.size]
    return node.op in ("flatten", "reshape", "squeeze", "contiguous") and bool(same)


def _channels_last(graph: Graph, node: Node, place: Place, known: set[str]) -> bool:
    """Whether the last axis holds the channels, as between the layers of a transformer."""
    if isinstance(place, Grid):
        return bool(place.axes) and max(place.axes) < len(node.shape) - 1
    if node.kernel or len(node.shape) < 2:
        return False
    if node.op in ("linear", "layer_norm"):
        return True
    before = [graph[p].shape for p in node.parents if p in known]
    return any(
        len(shape) == len(node.shape) and (node.op not in MOVES or shape[-1] == node.shape[-1])
        for shape in before
    )


def _shape(node: Node, place: Place, last: bool) -> tuple[int, int, int]:
    """Channels, rows and columns; tokens whose places on the grid are lost stand in a column."""
    rows = columns = 1
    if isinstance(place, Grid):
        rows, columns = place.sides
    elif isinstance(place, str) and len(node.shape) == 3:
        rows, columns = node.shape[:2] if last else node.shape[1:]
    elif isinstance(place, str) and last:
        rows = node.shape[0]
    return max(1, node.size // max(1, rows * columns)), rows, columns


def _reach(node: Node, places: Mapping[str, Place]) -> tuple[int, ...] | str:
    """Which cells of its parents a cell of a node reads."""
    if node.op == "input":
        return "same"
    here = places.get(node.name)
    parents = [places.get(p) for p in node.parents]
    if isinstance(here, str) or any(isinstance(p, str) for p in parents):
        return ""
    if len(node.kernel) == 2:
        return (*node.kernel, *node.stride, *node.padding, *node.dilation)
    sides = [sides_of(p) for p in parents]
    if any(mixes(node, p) for p in parents) or all(s == (1, 1) for s in [sides_of(here)]):
        return "all"
    return "same" if all(s in ((1, 1), sides_of(here)) for s in sides) else ""


# -- blocks ----------------------------------------------------------------------------------------


def _cut(boxes: list[Box]) -> tuple[list[list[int]], list[list[int]]]:
    """Boxes of the trunk, cut where a single tensor is alive, and the heads beside it.

    The trunk is what the output that took the longest way depends on.
    """
    children: dict[int, list[int]] = {}
    rank = [0] * len(boxes)
    for i, box in enumerate(boxes):
        for parent in box.parents:
            children.setdefault(parent, []).append(i)
            rank[i] = max(rank[i], rank[parent] + 1)
    end = max(range(len(boxes)), key=lambda i: (rank[i], i))
    trunk = {end}
    for i in range(end, -1, -1):
        if any(child in trunk for child in children.get(i, ())):
            trunk.add(i)
    blocks: list[list[int]] = [[]]
    ordered = sorted(trunk)
    last = {i: max([c for c in children.get(i, ()) if c in trunk], default=i) for i in ordered}
    alive: set[int] = set()
    for i in ordered:
        alive = {j for j in alive if last[j] > i} | {i}
        blocks[-1].append(i)
        if alive == {i}:
            blocks.append([])
    heads: dict[int, list[int]] = {}
    root: dict[int, int] = {}
    for i, box in enumerate(boxes):
        if i not in trunk:
            root[i] = next((root[p] for p in box.parents if p in root), i)
            heads.setdefault(root[i], []).append(i)
    return [b for b in blocks if b], list(heads.values())


def _label(boxes: list[Box], members: Sequence[int]) -> str:
    """What the names of the boxes begin with, in whole parts; else the name of the dearest one."""
    paths = [boxes[i].name.split(".") for i in members]
    shared = []
    for parts in zip(*paths, strict=False):
        if len(set(parts)) > 1:
            break
        shared.append(parts[0])
    dearest = max(members, key=lambda i: (boxes[i].params, i))
    return ".".join(shared) or boxes[dearest].name


# -- the places in a block -------------------------------------------------------------------------


def _place(
    boxes: list[Box], members: Sequence[int], side: bool
) -> tuple[dict[int, Box], tuple[float, float]]:
    """Colours and places of the boxes of one block, and its size along x and z."""
    inside = set(members)
    exit_ = members[-1]
    kinds = _kinds(boxes, members, side)
    ranks: dict[int, int] = {}
    for i in members:
        ranks[i] = 1 + max([ranks[p] for p in boxes[i].parents if p in ranks], default=-1)
    if len(members) > 1:
        ranks[exit_] = max(ranks.values())
    sizes = {i: _size(boxes[i].shape) for i in members}
    lanes, ways, count = _lanes(boxes, members)
    widest = max(sizes[i][2] for i in members)
    pitch = 1.3 * widest + 5 if count > 1 else 0.0
    columns, x = {}, 0.0
    for rank in range(max(ranks.values()) + 1):
        there = [sizes[i] for i in members if ranks[i] == rank]
        columns[rank] = x
        x += max(s[0] for s in there) + gap(max(s[1] for s in there))
    middle = (count - 1) / 2
    placed = {}
    for i in members:
        depth, height, _ = sizes[i]
        z = (lanes[i] - middle) * pitch
        placed[i] = replace(
            boxes[i],
            kind=kinds[i],
            at=(columns[ranks[i]] + depth / 2, height / 2, z),
            size=sizes[i],
            parts=_parts(boxes, boxes[i], kinds, inside),
            lanes=tuple(
                None if way is None else (way - middle) * pitch
                for way in (ways.get((i, n)) for n in range(len(boxes[i].parents)))
            ),
        )
    return placed, (x, pitch * (count - 1) + widest)


def gap(height: float) -> float:
    """Room after a tensor, so that the face of the next one can be seen."""
    return 5 + 0.42 * height


def _size(shape: tuple[int, int, int]) -> tuple[float, float, float]:
    return round(DEPTH * math.sqrt(shape[0]), 2), float(shape[1]), float(shape[2])


def _lanes(
    boxes: list[Box], members: Sequence[int]
) -> tuple[dict[int, float], dict[tuple[int, int], float], int]:
    """The lane of each box, of each edge that passes the block by, and the number of lanes.

    Each tensor that the last one reads has a lane; a box stands over the middle of the lanes that
    it leads to, beside those of its rank that are already there.
    """
    inside, exit_ = set(members), members[-1]
    if len(members) == 1:
        return {exit_: 0.0}, {}, 1
    reached: dict[int, list[float]] = {}
    ways: dict[tuple[int, int], float] = {}
    count = 0
    for n, parent in enumerate(boxes[exit_].parents):
        if parent not in inside:
            ways[exit_, n] = float(count)
        elif parent in reached:
            continue
        else:
            reached[parent] = [float(count)]
        count += 1
    lanes = {exit_: (count - 1) / 2}
    taken: dict[int, set[float]] = {}
    level = _levels(boxes, members)
    for i in reversed(members[:-1]):
        lane = sum(reached[i]) / len(reached[i]) if i in reached else 0.0
        others = taken.setdefault(level[i], set())
        while any(abs(lane - other) < 0.99 for other in others):
            lane += 1.0
        others.add(lane)
        lanes[i] = lane
        count = max(count, math.ceil(lane) + 1)
        for parent in boxes[i].parents:
            reached.setdefault(parent, []).append(lane)
    return lanes, ways, count


def _levels(boxes: list[Box], members: Sequence[int]) -> dict[int, int]:
    found: dict[int, int] = {}
    for i in members:
        found[i] = 1 + max([found[p] for p in boxes[i].parents if p in found], default=-1)
    return found


def _kinds(boxes: list[Box], members: Sequence[int], side: bool) -> dict[int, str]:
    """The colour of each box: that of its branch, by what the branch does."""
    if side:
        return dict.fromkeys(members, "aux")
    rest = [i for i in members if boxes[i].op not in ("concat", "add", "mul", "input")]
    group = {i: {i} for i in rest}
    for i in rest:
        for parent in boxes[i].parents:
            if parent in group and group[parent] is not group[i]:
                joined = group[parent] | group[i]
                for member in joined:
                    group[member] = joined
    return {i: _sort([boxes[j] for j in group[i]]) if i in group else "ink" for i in members}


def _sort(branch: Iterable[Box]) -> str:
    branch = list(branch)
    if any("pool" in box.op for box in branch):
        return "pool"
    convolutions = [box for box in branch if box.op == "conv"]
    large = sum(max(box.kernel) > 1 for box in convolutions)
    if not convolutions and not any(box.op == "linear" for box in branch):
        return "ink"
    return "1x1" if large == 0 else "kxk" if large == 1 else "factorized"


def _parts(
    boxes: list[Box], box: Box, kinds: dict[int, str], inside: set[int]
) -> tuple[tuple[int, str], ...]:
    """What a concatenation stacks: channels and colour, in order."""
    if box.op != "concat":
        return ()
    return tuple(
        (boxes[p].shape[0], kinds[p] if p in inside else boxes[p].kind or "ink")
        for p in box.parents
    )


# -- the places of blocks --------------------------------------------------------------------------


def _arrange(blocks: list[Block], boxes: Sequence[Box]) -> list[Block]:
    """Blocks in rows, once with equal ones folded and once without."""
    trunk = [i for i, block in enumerate(blocks) if not block.side]
    stands, hidden = _folds([_signature(boxes, blocks[i]) for i in trunk])
    for i, times in stands.items():
        blocks[i] = replace(blocks[i], times=times)
    for folded in (True, False):
        shown = [i for i in trunk if not (folded and i in hidden)]
        grids = [boxes[blocks[i].last].shape[1:] for i in shown]
        rows = _rows([blocks[i].size[0] for i in shown], grids)
        z = 0.0
        for r, row in enumerate(rows):
            members = [shown[n] for n in row]
            heads = _heads(blocks, boxes, members)
            behind = max([blocks[h].size[1] + AISLE / 2 for h in heads], default=0.0)
            deep = max(blocks[i].size[1] for i in members)
            x, middle = 0.0, z + behind + deep / 2
            for i in members:
                blocks[i] = _put(blocks[i], (x, middle), r, folded)
                for h, reads in heads.items():
                    if blocks[i].first <= reads <= blocks[i].last:
                        there = (x + boxes[reads].at[0] + boxes[reads].size[0], z)
                        there = (there[0], z + blocks[h].size[1] / 2)
                        blocks[h] = _put(blocks[h], there, r, folded)
                x += blocks[i].size[0]
            z += behind + deep + AISLE
    return blocks


def _put(block: Block, place: tuple[float, float], row: int, folded: bool) -> Block:
    if folded:
        return replace(block, at=place, row=(row, block.row[1]))
    return replace(block, open=place, row=(block.row[0], row))


def _heads(blocks: list[Block], boxes: Sequence[Box], members: Sequence[int]) -> dict[int, int]:
    """Heads that read from these blocks, and the box that each reads."""
    found = {}
    for h, block in enumerate(blocks):
        if block.side:
            for parent in boxes[block.first].parents:
                if any(blocks[i].first <= parent <= blocks[i].last for i in members):
                    found[h] = parent
    return found


def _rows(lengths: Sequence[float], grids: Sequence[tuple[int, ...]]) -> list[list[int]]:
    """Which blocks stand in one row.

    A stage is a run of one grid. Stages share a row as long as it is no longer than the longest
    stage and their grids are not too unlike; single cells go with what is before them. A stage much
    longer than the whole is deep is broken into several rows.
    """
    stages = [list(run) for _, run in groupby(range(len(grids)), key=lambda i: grids[i])]
    limit = max(sum(lengths[i] for i in stage) for stage in stages)
    limit = min(limit, max(2.6 * math.sqrt(sum(lengths) * 60), *lengths))
    rows: list[list[int]] = []
    length, first = 0.0, 0
    for stage in stages:
        long = sum(lengths[i] for i in stage)
        side = max(grids[stage[0]])
        alike = first <= ALIKE * side and length + long <= limit
        if not rows or not (alike or side == 1):
            rows.append([])
            length, first = 0.0, side
        for i in stage:
            if rows[-1] and length + lengths[i] > 1.05 * limit:
                rows.append([])
                length = 0.0
            rows[-1].append(i)
            length += lengths[i]
    return rows


def _signature(boxes: Sequence[Box], block: Block) -> tuple[Any, ...]:
    """What two blocks must share to be drawn as one."""
    members = range(block.first, block.last + 1)
    return tuple(
        (
            boxes[i].op,
            boxes[i].shape,
            boxes[i].reach,
            boxes[i].macs,
            boxes[i].params,
            tuple((max(p - block.first, -1), boxes[p].shape) for p in boxes[i].parents),
        )
        for i in members
    )


def _folds(signatures: Sequence[Any]) -> tuple[dict[int, int], set[int]]:
    """Blocks that stand for several, how many, and those for which they stand."""
    ids: dict[Any, int] = {}
    marks = [ids.setdefault(s, len(ids)) for s in signatures]
    stands: dict[int, int] = {}
    hidden: set[int] = set()
    i = 0
    while i < len(marks):
        best = (0, 1)
        for period in range(1, PERIOD + 1):
            unit, times = marks[i : i + period], 1
            while marks[i + times * period : i + (times + 1) * period] == unit:
                times += 1
            if times >= FOLD and times * period > best[0] * best[1]:
                best = (times, period)
        times, period = best
        if not times:
            i += 1
            continue
        for j in range(period):
            stands[i + j] = times
        hidden |= set(range(i + period, i + times * period))
        i += times * period
    return stands, hidden
