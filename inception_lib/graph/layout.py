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
from .ops import POINTWISE

__all__ = ["Grid", "Place", "layouts", "mixes", "sides_of"]


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

# Each cell of the output depends on all cells of the input.
_MIXES = frozenset(
    ["groupnorm", "group_norm", "instancenorm2d", "instance_norm", "multiheadattention"]
)
_REDUCES = frozenset(["mean", "sum", "amax"])
_MOVES = frozenset(["permute", "transpose", "reshape", "flatten", "unsqueeze", "squeeze"])
_BY_AXIS = frozenset(["softmax", "layer_norm"])
_COPIES = frozenset(["expand", "repeat", "contiguous", "linear", "sum_to_size", *POINTWISE])


def layouts(graph: Graph) -> dict[str, Place]:
    """For each node its grid, None for a vector, or the reason why it has neither.

    Parameters that are nodes of their own are left out, and what is computed from them alone.
    """
    found: dict[str, Place] = {}
    for node in graph:
        if node.op == "parameter":
            continue
        if node.op == "input":
            shape = node.shape
            found[node.name] = Grid((1, 2), (shape[1], shape[2]))
            continue
        parents = [p for p in node.parents if p in found]
        reason = next((found[p] for p in parents if isinstance(found[p], str)), None)
        if not parents:
            continue
        if reason is not None:
            found[node.name] = reason
        else:
            found[node.name] = _place(graph, node, parents, found)
    return found


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
    if node.kernel or node.op.startswith("adaptive_"):
        if not isinstance(first, Grid) or first.axes != (1, 2) or len(node.shape) != 3:
            return f"{node.name} ({node.op}) reads rows and columns that are not its last axes"
        return Grid((1, 2), (node.shape[1], node.shape[2]))
    if node.op in _REDUCES:
        return _reduced(node, first, len(graph[parents[0]].shape))
    if first is None and len(parents) == 1:
        return _of_vector(node)
    if node.op in _MOVES and isinstance(first, Grid):
        return _moved(node, first, graph[parents[0]].shape)
    if node.op in _BY_AXIS or node.op in _MIXES:
        whole = isinstance(first, Grid) and not set(first.axes) - set(node.axes)
        if mixes(node, first) and node.op in _BY_AXIS and not whole:
            return f"{node.name} ({node.op}) works along a part of the grid"
        return first
    if node.op not in _COPIES:
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
    if node.op == "concat" and set(node.axes) & set(grid.axes):
        return f"{node.name} (concat) joins tensors along the grid, so that cells lose their places"
    if len(node.shape) < rank:  # an index drops axes
        if set(node.axes) & set(grid.axes):
            return f"{node.name} ({node.op}) takes a part of the grid"
        grid = replace(grid, axes=tuple(a - sum(d < a for d in node.axes) for a in grid.axes))
    elif any(g.axes != grid.axes for g in grids):
        return f"grids of different sides or layouts meet at {node.name} ({node.op})"
    if node.op == "expand" and grid.sides == (1, 1) and grid.axes == (1, 2):
        return Grid((1, 2), (node.shape[-2], node.shape[-1]))
    sides = tuple(node.shape[a] for a in grid.axes if a < len(node.shape))
    if sides != (grid.sides if len(grid.axes) == 2 else (math.prod(grid.sides),)):
        return f"{node.name} ({node.op}) takes a part of the grid"
    return grid


def _reduced(node: Node, before: Place, rank: int) -> Place:
    if not isinstance(before, Grid):
        return None
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
    """A vector stays one, unless it is given axes of a single row and column."""
    if len(node.shape) == 3 and node.shape[1:] == (1, 1):
        return Grid((1, 2), (1, 1))
    if node.op == "reshape" and len(node.shape) > 1:
        return f"{node.name} (reshape) makes a grid of a vector"
    return None


def _moved(node: Node, grid: Grid, before: tuple[int, ...]) -> Place:
    after = node.shape
    if node.op == "permute" and len(node.axes) == len(after):
        return replace(grid, axes=tuple(node.axes.index(a) for a in grid.axes))
    if node.op == "transpose" and len(node.axes) == 2:
        swap = {node.axes[0]: node.axes[1], node.axes[1]: node.axes[0]}
        return replace(grid, axes=tuple(swap.get(a, a) for a in grid.axes))
    if node.op in ("permute", "transpose"):
        return f"{node.name} ({node.op}) moves axes in a way that is not known"
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
