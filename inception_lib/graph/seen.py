"""What each node of a graph sees, by groups of channels: followed from the image on.

The rules of one step (what a convolution, a pool, a concatenation, a shuffle does to the channels
and their fields) are here; the sets themselves are ``reach``'s, and where rows and columns lie is
``layout``'s.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from .layout import MOVES, REDUCES, SHUFFLES, Grid, Layouts, layouts, mixes, sides_of
from .nodes import Graph, Node
from .ops import is_pointwise
from .reach import AxisField, Group, Interval, Reaches, by_channel, hull

__all__ = ["Groups", "Seen", "Window"]

Groups = tuple[Group, ...]
Window = tuple[Interval, Interval]
Step = Callable[[AxisField, int], AxisField]

_BENDS = (
    "padding before {0} repeats pixels of the image: cells at its border see more than their window"
)
_PARTS = frozenset(["getitem", "chunk", "split"])
_JOINS = frozenset(["concat", "stack"])
_ACROSS = frozenset(["linear", "softmax2d"])


class Seen:
    """What is known of a graph's fields.

    Attributes
    ----------
    groups : dict of str to tuple of Group
        By node.
    windows : dict of str to (Interval, Interval)
        The one window of rows and columns, where all cells' are alike.
    reasons : dict of str to str
        Why a node has no such window. Nodes that have ``groups`` all the same are seen through:
        each of their cells has its own window.
    layouts : Layouts
    image : (AxisField, AxisField)
        Rows and columns of the input.
    """

    image: tuple[AxisField, AxisField]

    def __init__(self, graph: Graph) -> None:
        self.layouts: Layouts = layouts(graph)
        self.groups: dict[str, Groups] = {}
        self.windows: dict[str, Window] = {}
        self.reasons: dict[str, str] = {}
        self._reaches = Reaches()
        self._hulls: dict[frozenset[AxisField], Interval | str] = {}
        self._bends = any(node.padding_mode != "zeros" for node in graph)
        for node in graph:
            if node.op == "parameter":
                continue
            self._step(graph, node)

    def _step(self, graph: Graph, node: Node) -> None:
        name, places = node.name, self.layouts.places
        if name not in places:
            self.reasons[name] = f"{name} reads no image"
            return
        place = places[name]
        parents = self.layouts.parents[name]
        unseen = next((p for p in parents if p not in self.groups), None)
        if isinstance(place, str) or unseen is not None:
            self.reasons[name] = self.reasons[unseen] if unseen is not None else str(place)
            return
        groups = self.groups[name] = _coalesced(self._groups(graph, node, parents))
        window = self.window(groups)
        if isinstance(window, str):
            before = next((self.reasons[p] for p in parents if p in self.reasons), None)
            self.reasons[name] = before or window.replace("{0}", name)
        else:
            self.windows[name] = window

    def window(self, groups: Groups) -> Window | str:
        """The hull of all that the groups see, or why there is none: ``{0}`` is the node."""
        both: list[Interval] = []
        for axis in (0, 1):
            fields = frozenset(box[axis] for group in groups for box in group.boxes)
            if fields not in self._hulls:
                found = hull(list(fields))
                if self._bends and isinstance(found, Interval):
                    pixels = len(self.image[axis].cells)
                    if not all(_inside(field, found, pixels) for field in fields):
                        found = _BENDS
                self._hulls[fields] = found
            found = self._hulls[fields]
            if isinstance(found, str):
                return found
            both.append(found)
        return both[0], both[1]

    def _groups(self, graph: Graph, node: Node, parents: tuple[str, ...]) -> list[Group]:
        reaches = self._reaches
        if node.op == "input":
            channels, height, width = node.shape
            self.image = reaches.image(height), reaches.image(width)
            return [Group(channels, frozenset([self.image]))]
        place = self.layouts.places[node.name]
        before = self.layouts.places[parents[0]]
        sides = sides_of(place)
        first = self.groups[parents[0]]
        channels = node.shape[0] if node.shape else 1
        if node.kernel and isinstance(before, Grid):
            if node.op.startswith("conv"):
                first = self._convolved(node, first, graph[parents[0]].shape[0])
            return [self._map(g, lambda f, i: self._slide(f, node, i, sides[i])) for g in first]
        if node.op.startswith("adaptive_") and isinstance(before, Grid):
            why = f"the windows of {node.name} ({node.op}) are not all alike"
            return [self._map(g, lambda f, i: reaches.uneven(f, sides[i], why)) for g in first]
        if isinstance(before, Grid) and mixes(node, before):
            first = self._mixed(node, first, channels)
            return [self._map(g, lambda f, i: reaches.together(f, sides[i])) for g in first]
        if len(set(parents)) > 1 or node.op in _JOINS:
            return self._joined(graph, node, parents, channels, sides)
        if sides != sides_of(before) and sides != (1, 1):  # a single cell, shown to many
            first = tuple(self._map(g, lambda f, i: reaches.spread(f, sides[i])) for g in first)
        if sides == (1, 1) != sides_of(before):
            first = tuple(self._map(g, lambda f, i: reaches.together(f)) for g in first)
            if node.op in MOVES:
                mixed = f"each number of {node.name} is one cell of the grid before it"
                one = reaches.merge(first, channels, mixed)
                return [Group(channels, one.boxes, mixed, one.less)]
        return self._single(graph, node, first, parents[0], channels)

    def _single(
        self, graph: Graph, node: Node, groups: Groups, parent: str, channels: int
    ) -> list[Group]:
        """An operation of one tensor that leaves the grid as it is."""
        before = graph[parent].shape
        place = self.layouts.places[parent]
        beside = set(range(len(before))) - set(place.axes if isinstance(place, Grid) else ())
        of_all = beside <= set(node.axes) or (node.op in _ACROSS and len(beside) == 1)
        if of_all and node.op not in _PARTS | MOVES:
            return [self._reaches.merge(groups, channels)]
        same = bool(before) and before[0] == channels
        if node.op in SHUFFLES or node.op in MOVES:
            first = {"permute": node.axes[:1] == (0,), "transpose": 0 not in node.axes}
            if same and first.get(node.op, node.op in MOVES) and self._ahead(parent, node.name):
                return list(groups)
            mixed = f"which channels {node.name} moves where is not followed"
            return [self._reaches.merge(groups, channels, mixed)]
        if node.op in _PARTS or node.op == "repeat":
            if same and 0 not in node.axes:
                return list(groups)
            return [
                self._part(groups, channels, f"which channels {node.name} takes is not followed")
            ]
        alone = node.op in REDUCES or (is_pointwise(node.op) and node.op != "local_response_norm")
        if same and (alone or node.op in ("expand", "expand_as")):
            return list(groups)
        if len(groups) == 1 and not groups[0].mixed:
            return [self._reaches.merge(groups, channels)]
        return [self._part(groups, channels, f"which channels {node.name} reads is not followed")]

    def _ahead(self, *names: str) -> bool:
        """Whether channels are the first axis: before a grid of rows and columns, or alone."""
        places = (self.layouts.places[name] for name in names)
        return all(p is None or (isinstance(p, Grid) and p.axes == (1, 2)) for p in places)

    def _part(self, groups: Groups, channels: int, less: str) -> Group:
        """Some of the channels, not known which."""
        one = self._reaches.merge(groups, channels, less)
        return Group(channels, one.boxes, "", one.mixed or one.less)

    def _convolved(self, node: Node, groups: Groups, channels: int) -> Groups:
        """For each group of a convolution the channels that it reads, as one."""
        out = node.shape[0]
        if node.groups == 1:
            return (self._reaches.merge(groups, out),)
        if len(groups) == 1:
            return (self._reaches.merge(groups, out, groups[0].mixed),)
        width = channels // node.groups
        runs: list[tuple[int, int, Group]] = []
        for group in groups:
            start = runs[-1][1] if runs else 0
            runs.append((start, start + group.channels, group))
        found = []
        for low in range(0, channels, width):
            read = [run for run in runs if run[0] < low + width and run[1] > low]
            one = self._reaches.merge([group for *_, group in read], out // node.groups)
            cut = [g.mixed for a, b, g in read if g.mixed and (a < low or b > low + width)]
            found.append(replace(one, less=cut[0]) if cut else one)
        return tuple(_coalesced(found))

    def _mixed(self, node: Node, groups: Groups, channels: int) -> Groups:
        """An operation over the whole grid: of each channel by itself, of all, or of some."""
        if node.op in ("instancenorm2d", "instance_norm", "batch_norm") or (
            node.axes and 0 not in node.axes
        ):
            return groups
        if node.op in ("layer_norm", "multiheadattention"):
            return (self._reaches.merge(groups, channels),)
        if len(groups) == 1:
            return groups
        return (self._part(groups, channels, f"which channels {node.name} joins is not followed"),)

    def _joined(
        self,
        graph: Graph,
        node: Node,
        parents: tuple[str, ...],
        channels: int,
        sides: tuple[int, int],
    ) -> list[Group]:
        """Where several tensors meet."""
        tensors: list[Groups] = []
        for parent in parents:
            spread = [
                self._map(g, lambda f, i: self._reaches.spread(f, sides[i]))
                for g in self.groups[parent]
            ]
            tensors.append(tuple(spread))
        ahead = self._ahead(*parents, node.name)
        if node.op == "concat" and ahead and node.axes in ((0,), ()):
            return [group for tensor in tensors for group in tensor]
        if node.op in _JOINS:
            every = tuple(group for tensor in tensors for group in tensor)
            mixed = f"which channels {node.name} puts where is not followed"
            return [self._reaches.merge(every, channels, mixed)]
        for i, tensor in enumerate(tensors):
            shape = graph[parents[i]].shape
            beside = len(shape) == len(node.shape) or node.op == "batch_norm"
            aligned = ahead and beside and shape[0] == channels and is_pointwise(node.op)
            if len(tensor) > 1 and not aligned:
                less = f"which channels of {parents[i]} meet at {node.name} is not followed"
                tensors[i] = (self._part(tensor, channels, less),)
        found = []
        for width, level in by_channel(tensors):
            boxes, lost = self._reaches.union(box for group in level for box in group.boxes)
            mixed = next((group.mixed for group in level if group.mixed), "")
            less = next((group.less for group in level if group.less), "")
            found.append(Group(width, boxes, mixed, less or lost))
        return [replace(found[0], channels=channels)] if len(found) == 1 else found

    def _slide(self, field: AxisField, node: Node, axis: int, cells: int) -> AxisField:
        return self._reaches.window(
            field,
            node.kernel[axis],
            node.stride[axis],
            node.padding[axis],
            node.dilation[axis],
            cells,
            node.padding_mode,
        )

    def _map(self, group: Group, step: Step) -> Group:
        """The same step along both axes of all its rectangles."""
        boxes, lost = self._reaches.union(
            (step(rows, 0), step(cols, 1)) for rows, cols in group.boxes
        )
        return Group(group.channels, boxes, group.mixed, group.less or lost)


def _coalesced(groups: Iterable[Group]) -> Groups:
    """Neighbours that see the same, as one; what is mixed was mixed apart."""
    found: list[Group] = []
    for group in groups:
        last = found[-1] if found else None
        if last is not None and not last.mixed and replace(last, channels=group.channels) == group:
            found[-1] = replace(last, channels=last.channels + group.channels)
        else:
            found.append(group)
    return tuple(found)


def _inside(field: AxisField, window: Interval, pixels: int) -> bool:
    """Whether each cell sees nothing beside the window."""
    return not any(seen & ~window.clipped(i, pixels) for i, seen in enumerate(field.cells))
