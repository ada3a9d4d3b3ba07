"""Where the rows and columns of the image are among the axes of each tensor.

Convolutions keep them last. Permutations move them, a channel shuffle splits and joins the axes
beside them, a transformer merges them into one axis of tokens. As long as the cells stay apart and
in order they can be followed, and with them what each cell sees.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from .nodes import Graph, Node
from .ops import is_pointwise
from .writes import values_read

__all__ = [
    "MOVES",
    "REDUCES",
    "SHUFFLES",
    "Grid",
    "Layouts",
    "Place",
    "layouts",
    "mixes",
    "sides_of",
]


@dataclass(frozen=True)
class Grid:
    """The cells of a tensor.

    Attributes
    ----------
    axes : (int, int) or (int,)
        The axes of rows and columns, or the one axis in which they are merged, row by row.
    sides : (int, int)
        How many rows and columns there are.
    """

    axes: tuple[int, ...]
    sides: tuple[int, int]


# What a tensor has: a grid, None (a vector, one cell without a place), or why it cannot be told.
Place = Grid | None | str


@dataclass(frozen=True)
class Layouts:
    """Where the grid lies in each tensor of a graph, and who reads whom.

    Attributes
    ----------
    places : dict of str to Place
        By node: its grid, None for a vector, or the reason why it has neither. Parameters are left
        out, and so is what is computed from them alone.
    parents : dict of str to tuple of str
        By node of ``places``: what it reads that holds something of the image. In-place writes
        are taken into account: these are the nodes whose values it sees.
    """

    places: dict[str, Place]
    parents: dict[str, tuple[str, ...]]


# Each cell of the output depends on all cells of the input.
_MIXES = frozenset(["groupnorm", "group_norm", "multiheadattention"])
REDUCES = frozenset(["mean", "sum", "amax"])
MOVES = frozenset(["permute", "transpose", "reshape", "flatten", "unsqueeze", "squeeze"])
_SOFTMAX = frozenset(["softmax", "log_softmax", "logsoftmax", "softmin", "softmax2d"])
_STATISTICS = frozenset(["batch_norm", "instancenorm2d", "instance_norm"])
_BY_AXIS = frozenset(["layer_norm", *_SOFTMAX, *_STATISTICS])
_LIKE = frozenset(["expand_as", "type_as", "view_as", "reshape_as"])  # the second for its form
SHUFFLES = frozenset(["channelshuffle", "channel_shuffle", "native_channel_shuffle"])
_COPIES = frozenset(
    [
        *("expand", "expand_as", "stack", "repeat", "contiguous", "linear", "sum_to_size"),
        *SHUFFLES,
    ]
)


def layouts(graph: Graph) -> Layouts:
    """Follow rows and columns through a graph."""
    found: dict[str, Place] = {}
    read, stale = values_read(graph)
    images: dict[str, tuple[str, ...]] = {}
    for node in graph:
        if node.op == "parameter":
            continue
        if node.op == "input":
            shape = node.shape
            found[node.name] = Grid((1, 2), (shape[1], shape[2]))
            images[node.name] = ()
            continue
        parents = tuple(p for p in read[node.name] if p in found)
        if node.op in _LIKE and len(read[node.name]) == 2:
            parents = tuple(p for p in read[node.name][:1] if p in found)
        if not parents:
            continue
        images[node.name] = parents
        reason = stale.get(node.name)
        reason = reason or next((str(found[p]) for p in parents if _lost(found[p])), None)
        found[node.name] = reason or _place(graph, node, parents, found)
    return Layouts(found, images)


def _lost(place: Place) -> bool:
    return isinstance(place, str)


def sides_of(place: Place) -> tuple[int, int]:
    """Rows and columns; a vector is a single cell."""
    return place.sides if isinstance(place, Grid) else (1, 1)


def mixes(node: Node, before: Place) -> bool:
    """Whether every cell of a node depends on all cells of the grid that it reads."""
    if not isinstance(before, Grid):
        return False
    if node.op in _BY_AXIS:
        return bool(set(node.axes) & set(before.axes))
    return node.op in _MIXES


def _place(graph: Graph, node: Node, parents: Sequence[str], found: dict[str, Place]) -> Place:
    first = found[parents[0]]
    if all(found[p] is None for p in parents):
        return _of_vector(node)
    if node.kernel or node.op.startswith("adaptive_"):
        if len(set(parents)) > 1:
            return f"{node.name} ({node.op}) has weights that are computed from the image"
        if not isinstance(first, Grid) or first.axes != (1, 2) or len(node.shape) != 3:
            return f"{node.name} ({node.op}) reads rows and columns that are not its last axes"
        return Grid((1, 2), (node.shape[1], node.shape[2]))
    if node.op in REDUCES:
        return _reduced(node, first, len(graph[parents[0]].shape))
    if node.op in MOVES and isinstance(first, Grid):
        return _moved(node, first, graph[parents[0]].shape)
    if node.op in _SOFTMAX and not node.axes:
        return f"{node.name} ({node.op}) does not say along which axis it works"
    if mixes(node, first) and node.op in _BY_AXIS:
        assert isinstance(first, Grid)
        if set(first.axes) - set(node.axes):
            return f"{node.name} ({node.op}) works along a part of the grid"
    known = node.op in _COPIES or node.op in _BY_AXIS or node.op in _MIXES
    if not known and not is_pointwise(node.op):
        return f"the reach of {node.name} ({node.op}) is not known"
    return _together(graph, node, parents, found)


def _together(graph: Graph, node: Node, parents: Sequence[str], found: dict[str, Place]) -> Place:
    """An operation that treats each cell by itself, of one tensor or of several."""
    grids = [grid for grid in (found[p] for p in parents) if isinstance(grid, Grid)]
    if not grids:
        return None
    grid = max(grids, key=lambda g: math.prod(g.sides))
    if any(g.sides not in (grid.sides, (1, 1)) or len(g.axes) != len(grid.axes) for g in grids):
        return f"grids of different sides or layouts meet at {node.name} ({node.op})"
    rank = len(graph[parents[0]].shape)
    if node.op == "linear" and rank - 1 in grid.axes:
        return f"{node.name} (linear) reads along a part of the grid"
    if node.op == "concat" and min(node.axes, default=0) < 0:
        return f"{node.name} (concat) joins the images of a batch"
    if node.op == "concat" and set(node.axes) & set(grid.axes):
        return f"{node.name} (concat) joins tensors along the grid, so that cells lose their places"
    if node.op == "stack":
        if not node.axes or min(node.axes) < 0:
            return f"{node.name} (stack) joins the images of a batch, or does not name its axis"
        return replace(grid, axes=tuple(a + (a >= node.axes[0]) for a in grid.axes))
    if node.op == "getitem" and len(node.shape) != rank - len(node.axes):
        return f"{node.name} (getitem) drops or adds axes in a way that is not known"
    if len(node.shape) < rank:  # an index drops axes
        if set(node.axes) & set(grid.axes):
            return f"{node.name} ({node.op}) takes a part of the grid"
        grid = replace(grid, axes=tuple(a - sum(d < a for d in node.axes) for a in grid.axes))
    elif any(g.axes != grid.axes for g in grids):
        return f"grids of different sides or layouts meet at {node.name} ({node.op})"
    if node.op in ("expand", "expand_as") and grid.sides == (1, 1) and grid.axes == (1, 2):
        return Grid((1, 2), (node.shape[-2], node.shape[-1]))
    sides = tuple(node.shape[a] for a in grid.axes if a < len(node.shape))
    if sides != (grid.sides if len(grid.axes) == 2 else (math.prod(grid.sides),)):
        return f"{node.name} ({node.op}) takes a part of the grid"
    return grid


def _reduced(node: Node, before: Place, rank: int) -> Place:
    if not isinstance(before, Grid):
        return None
    if not node.axes:  # of all axes, the batch's included
        return None if not node.shape else f"{node.name} ({node.op}) does not name its axes"
    if min(node.axes) < 0:
        return f"{node.name} ({node.op}) works along the images of a batch"
    inside = set(before.axes) & set(node.axes)
    keeps = len(node.shape) == rank
    if not inside:
        axes = before.axes
        return replace(
            before,
            axes=axes if keeps else tuple(a - sum(d < a for d in node.axes) for a in axes),
        )
    if inside != set(before.axes):
        return f"{node.name} ({node.op}) works along a part of the grid"
    return Grid(before.axes, (1, 1)) if keeps else None


def _of_vector(node: Node) -> Place:
    """What is made of a vector sees no more than it; it may be given a single row and column."""
    return Grid((1, 2), (1, 1)) if len(node.shape) == 3 and node.shape[1:] == (1, 1) else None


def _moved(node: Node, grid: Grid, before: tuple[int, ...]) -> Place:
    after = node.shape
    if node.op == "permute" and len(node.axes) == len(after):
        return replace(grid, axes=tuple(node.axes.index(a) for a in grid.axes))
    if node.op == "transpose" and len(node.axes) == 2:
        swap = {node.axes[0]: node.axes[1], node.axes[1]: node.axes[0]}
        return replace(grid, axes=tuple(swap.get(a, a) for a in grid.axes))
    if node.op in ("permute", "transpose"):
        return f"{node.name} ({node.op}) moves axes in a way that is not known"
    if grid.sides == (1, 1):
        return _of_vector(node)
    if len(after) == 1:
        return None  # all cells in one vector
    rows, columns = grid.sides
    start = math.prod(before[: grid.axes[0]])
    if len(grid.axes) == 2:
        other = math.prod(before[: grid.axes[1]])
        for i, side in enumerate(after):
            if side != rows or math.prod(after[:i]) != start:
                continue
            for j, width in enumerate(after):
                if j != i and width == columns and math.prod(after[:j]) == other:
                    return Grid((i, j), grid.sides)
        merged = other == start * rows
    else:
        merged = True
    for i, side in enumerate(after):
        if not merged or math.prod(after[:i]) != start:
            continue
        if side == rows * columns:
            return Grid((i,), grid.sides)
        if side == rows and i + 1 < len(after) and after[i + 1] == columns:
            return Grid((i, i + 1), grid.sides)
    return f"{node.name} ({node.op}) rearranges the grid"
