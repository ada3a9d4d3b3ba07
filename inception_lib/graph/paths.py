"""By how many paths a cell sees each pixel (sections 3.1 and 3.2)."""

from __future__ import annotations

import torch
from torch import Tensor

from .layout import Grid, layouts, mixes, sides_of
from .nodes import Graph, Node
from .reach import source

__all__ = ["path_counts"]

Pair = tuple[int, int]


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
    found = layouts(graph)
    places = found.places
    place = places.get(target.name)
    if isinstance(place, str):
        raise ValueError(place)
    if not isinstance(place, Grid):
        raise ValueError(f"{name} is {target.shape}, not a grid: name one of C×H×W")
    height, width = place.sides
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
        for parent in found.parents.get(node.name, ()):
            before = places[parent]
            sides = sides_of(before)
            if node.kernel and isinstance(before, Grid):
                back = _spread(here, node, sides)
            elif sides == tuple(here.shape) and not mixes(node, before):
                back = here
            elif sides == (1, 1):
                back = here.sum().reshape(1, 1)  # one cell was read by all
            elif here.numel() == 1 or mixes(node, before):
                back = here.sum().expand(sides)  # all cells were read
            else:
                raise ValueError(f"the windows of {node.name} ({node.op}) are not all alike")
            counts[parent] = counts[parent] + back if parent in counts else back
    raise ValueError(f"{name} does not depend on the input")


def _spread(here: Tensor, node: Node, sides: Pair) -> Tensor:
    """Give each cell's count to every cell of its window; what falls on zeros is lost."""
    (rows, columns), (step_h, step_w) = here.shape, node.stride
    reach = [
        (n - 1) * s + d * (k - 1) + 1
        for n, s, d, k in zip(here.shape, node.stride, node.dilation, node.kernel, strict=True)
    ]
    top, left = node.padding
    canvas = here.new_zeros(max(reach[0], top + sides[0]), max(reach[1], left + sides[1]))
    for i in range(node.kernel[0]):
        for j in range(node.kernel[1]):
            y, x = i * node.dilation[0], j * node.dilation[1]
            canvas[
                y : y + (rows - 1) * step_h + 1 : step_h,
                x : x + (columns - 1) * step_w + 1 : step_w,
            ] += here
    if node.padding_mode == "zeros":
        return canvas[top : top + sides[0], left : left + sides[1]]
    for axis, (length, before) in enumerate(zip(sides, node.padding, strict=True)):
        # What stands in the padding is a cell of the image's: it is counted there.
        stands = [source(i - before, length, node.padding_mode) for i in range(canvas.shape[axis])]
        kept = [i for i, cell in enumerate(stands) if cell is not None]
        cells = torch.tensor([cell for cell in stands if cell is not None])
        shape = [length if i == axis else side for i, side in enumerate(canvas.shape)]
        parts = canvas.index_select(axis, torch.tensor(kept))
        canvas = canvas.new_zeros(shape).index_add_(axis, cells, parts)
    return canvas
