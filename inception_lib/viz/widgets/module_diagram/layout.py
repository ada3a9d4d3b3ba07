"""Where each box of a module's picture stands: Figures 4 to 7 and 10, laid out from the graph.

Input at the bottom, concatenation on top, as the paper draws them. The picture itself is drawn by
``diagram`` (still) or by the front end (alive).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from torch import nn

from inception_lib.graph import Graph, Node, cost, path_counts, receptive_field, trace
from inception_lib.graph.ops import POINTWISE
from inception_lib.viz.widgets.module_diagram.diagram import END, INPUT, OUTPUT, WORDS, Box, Diagram

__all__ = ["Diagram", "layout", "module_diagram"]

GAP = 1.8  # the least room for an arrow, in cells
LONGEST = 7  # kernels above this many cells are drawn to a smaller scale


def module_diagram(
    module: nn.Module | Graph, size: int | Sequence[int] = 35, *, height: float | None = None
) -> Diagram:
    """The picture of a module, drawn from its code.

    Parameters
    ----------
    module : torch.nn.Module or Graph
        An Inception module (Figures 4 to 7 and 10), or anything of parallel branches of
        convolutions and pools; or the graph that ``trace`` makes of it.
    size : int, (height, width) or (channels, height, width)
        Of the input, for a module. Costs and shapes depend on it.
    height : float, optional
        Of the picture in cells, at least what it needs; several with one height can be compared.

    Returns
    -------
    Diagram
        Shown as a picture in a notebook; ``.svg`` is its source.

    Raises
    ------
    ValueError
        If the module has more than one output, or its output is not a grid.

    Examples
    --------
    >>> from inception_lib import FactorizedModule
    >>> module_diagram(FactorizedModule(192), 35)["branch3x3dbl_2"].label
    '3×3, 96'
    """
    graph = module if isinstance(module, Graph) else trace(module, size)
    return layout(graph, height=height)


def layout(graph: Graph, *, height: float | None = None) -> Diagram:
    """Boxes and edges of a traced module, and where they stand.

    Each end of a branch gets a lane; a box stands over the middle of the lanes that it leads to.
    First layers stand in one row, the others evenly between it and the concatenation.
    See `module_diagram` for the parameters and errors.
    """
    boxes, parents, ends = _fuse(graph)
    if not ends or INPUT in ends:
        raise ValueError(
            f"{graph.model} has a branch with no convolution and no pool: there is nothing to draw "
            "in it; give a module whose branches each have a layer"
        )
    lanes = _lanes(boxes, parents, ends)
    ranks: dict[str, int] = {}
    for name in boxes:
        ranks[name] = 1 + max((ranks[p] for p in parents[name] if p in ranks), default=-1)
    branches = _branches(boxes, parents, lanes)
    boxes = {box.name: box for branch in branches for box in _roles(branch, boxes, ranks, branches)}
    placed, needed = _place(boxes, branches, ranks, lanes, len(ends), height)
    output = graph[graph.outputs[0]]
    edges = [(p, name) for name in placed for p in parents[name]] + [(e, OUTPUT) for e in ends]
    total = cost(graph)
    return Diagram(
        model=graph.model,
        boxes=tuple(placed.values()),
        edges=tuple(edges),
        input_shape=graph.input.shape,
        output_shape=output.shape,
        macs=total.macs,
        params=total.params,
        window=receptive_field(graph)[output.name].size,
        seen=int((path_counts(graph, output.name) > 0).sum()),
        height=needed,
    )


def _fuse(graph: Graph) -> tuple[dict[str, Box], dict[str, list[str]], list[str]]:
    """Boxes by name, the boxes that each reads (or the input), and those that are concatenated."""
    if len(graph.outputs) != 1 or len(graph[graph.outputs[0]].shape) != 3:
        raise ValueError(
            f"{graph.model} does not end in one grid (outputs: {', '.join(graph.outputs)}): "
            "a diagram shows modules from one C×H×W to one C×H×W"
        )
    fields = receptive_field(graph)
    boxes: dict[str, Box] = {}
    parents: dict[str, list[str]] = {}
    sources: dict[str, list[str]] = {}  # node -> the boxes that its tensor is made of
    for node in graph:
        before = list(dict.fromkeys(s for p in node.parents for s in sources.get(p, ())))
        if node.op == "input":
            sources[node.name] = [INPUT]
        elif node.op == "concat" or (node.op in POINTWISE and not node.params and not before[1:]):
            sources[node.name] = before
        elif node.op in POINTWISE and len(before) == 1 and before[0] in boxes:
            # Normalisation belongs to the convolution before it.
            box = boxes[before[0]]
            boxes[box.name] = replace(box, params=box.params + node.params)
            sources[node.name] = before
        else:
            container = node.module if node.module and node.module not in boxes else node.name
            channels = graph[node.parents[0]].shape[0]
            boxes[container] = _box(container, node, channels, fields[node.name].size)
            parents[container] = before
            sources[node.name] = [container]
    return boxes, parents, sources[graph.outputs[0]]


def _box(name: str, node: Node, channels: int, window: tuple[int, int]) -> Box:
    kernel = (node.kernel[0], node.kernel[1]) if len(node.kernel) == 2 else (1, 1)
    stride = (node.stride[0], node.stride[1]) if len(node.stride) == 2 else (1, 1)
    words = f"{kernel[0]}×{kernel[1]}"
    if max(stride) > 1:
        words += f"/{max(stride)}"
    if node.op in ("max_pool", "avg_pool"):
        words = f"{node.op[:3]} {words}"
    elif node.op == "conv":
        words = f"{words}, {node.shape[0]}"
    else:
        words = node.op
    scale = min(1.0, LONGEST / max(kernel))
    return Box(
        name, "", (0.0, 1.0), "", node.op, kernel, stride, node.shape, channels, node.macs,
        node.params, window, words, size=(kernel[0] * scale, kernel[1] * scale),
    )  # fmt: skip


def _lanes(
    boxes: dict[str, Box], parents: dict[str, list[str]], ends: list[str]
) -> dict[str, float]:
    """For each box, the middle of the lanes that it leads to; boxes that lead nowhere are left."""
    reached: dict[str, list[float]] = {end: [float(i)] for i, end in enumerate(ends)}
    middle = {}
    for name in reversed(boxes):
        if name in reached:
            middle[name] = sum(reached[name]) / len(reached[name])
            for parent in parents[name]:
                reached.setdefault(parent, []).append(middle[name])
    return middle


def _branches(
    boxes: dict[str, Box], parents: dict[str, list[str]], lanes: dict[str, float]
) -> list[list[str]]:
    """Boxes that are joined by edges, without the input and the last concatenation."""
    group = {name: {name} for name in boxes if name in lanes}
    for name in group:
        for parent in parents[name]:
            if parent in group and group[parent] is not group[name]:
                joined = group[parent] | group[name]
                for member in joined:
                    group[member] = joined
    found = {id(members): [n for n in boxes if n in members] for members in group.values()}
    return sorted(found.values(), key=lambda names: min(lanes[n] for n in names))


def _is_large(box: Box) -> bool:
    return box.op == "conv" and max(box.kernel) > 1


def _sort(names: list[str], boxes: dict[str, Box]) -> str:
    """What a branch is, by its operations: this is also its colour."""
    if any("pool" in boxes[n].op for n in names):
        return "pool"
    large = sum(_is_large(boxes[n]) for n in names)
    return "1x1" if large == 0 else "kxk" if large == 1 else "factorized"


def _roles(
    names: list[str], boxes: dict[str, Box], ranks: dict[str, int], branches: list[list[str]]
) -> list[Box]:
    """The boxes of one branch with role, span and colour."""
    kinds = [_sort(other, boxes) for other in branches]
    at = branches.index(names)
    kind = kinds[at]
    family = {"kxk": "large", "factorized": "large"}
    like = [i for i, k in enumerate(kinds) if family.get(k, k) == family.get(kind, kind)]
    role = family.get(kind, kind)
    if role == "large" or len(like) > 1:
        role += f"-{like.index(at) + 1}"
    steps = sorted({ranks[n] for n in names if _is_large(boxes[n])})
    found = []
    for name in names:
        rank = ranks[name]
        if _is_large(boxes[name]):
            beside = [n for n in names if ranks[n] == rank and _is_large(boxes[n])]
            width = 1 / len(steps) / len(beside)
            start = steps.index(rank) / len(steps) + beside.index(name) * width
            span = (start, start + width)
        else:
            # Before the large kernels below 0, after them above 1; pools and lone 1×1 below too.
            first = steps[0] if steps else len(names)
            start = rank - first if rank < first else rank - steps[-1]
            span = (float(start), float(start + 1))
        found.append(replace(boxes[name], role=role, kind=kind, span=span))
    return found


def _place(
    boxes: dict[str, Box],
    branches: list[list[str]],
    ranks: dict[str, int],
    lanes: dict[str, float],
    width: int,
    height: float | None,
) -> tuple[dict[str, Box], float]:
    """Centres of all boxes, and the height of the picture."""
    tall = [
        [max(boxes[n].size[0] for n in names if ranks[n] == r) for r in _levels(names, ranks)]
        for names in branches
    ]
    row = max(slots[0] for slots in tall)
    above = [[slot + WORDS for slot in slots[1:]] for slots in tall]
    room = max(sum(slots) + (len(slots) + 1) * GAP for slots in above)
    rest = 2 * END + GAP + row + WORDS
    height = max(height or 0.0, room + rest)
    room = height - rest
    placed = {}
    for names, slots in zip(branches, above, strict=True):
        first = height - END - GAP - row / 2
        centres = [first]
        gap = (room - sum(slots)) / (len(slots) + 1)
        edge = first - row / 2 - WORDS
        for slot in slots:
            edge -= gap + slot
            centres.append(edge + WORDS + (slot - WORDS) / 2)
        levels = _levels(names, ranks)
        for name in names:
            x, y = (lanes[name] + 0.5) / width, centres[levels.index(ranks[name])]
            placed[name] = replace(boxes[name], x=x, y=y)
    return {name: placed[name] for name in boxes}, height


def _levels(names: list[str], ranks: dict[str, int]) -> list[int]:
    return sorted({ranks[n] for n in names})
