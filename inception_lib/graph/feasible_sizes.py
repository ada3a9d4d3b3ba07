"""From which image size on a layer still has something to add.

A kernel widens the window of what it reads. Where that window already holds the whole image, what
the kernel adds lies outside: it sees the image's border, and the layer brings no new pixel
(Richter et al., 2021, arXiv 2106.12307, call it unproductive). Branches and shortcuts widen by
different amounts, so a layer reads windows of several sizes at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .layout import Grid, layouts, mixes, sides_of
from .nodes import Graph, Node

__all__ = ["FeasibleSize", "FeasibleSizes", "feasible_sizes"]

Pair = tuple[int, int]


@dataclass(frozen=True)
class FeasibleSize:
    """What one layer asks of the image's size, each value as (height, width) in pixels.

    Attributes
    ----------
    least : (int, int)
        The smallest image of which the layer adds pixels to what the narrowest path before it
        has seen, in the middle of the grid; 1 along an axis that its kernel does not widen. In a
        smaller image it sees nothing new but the border.
    narrowest : (int, int)
        The window behind the layer by the narrowest path: from this size on all that the layer
        adds to that path can lie in the image.
    widest : (int, int)
        The window behind the layer by the widest path: a larger image shows it no more at once.
    """

    least: Pair
    narrowest: Pair
    widest: Pair


class FeasibleSizes(Mapping[str, FeasibleSize]):
    """The layers that widen the window, by name; see ``feasible_sizes``."""

    def __init__(self, graph: Graph, sizes: dict[str, FeasibleSize]) -> None:
        self._graph, self._sizes = graph, sizes

    def __getitem__(self, name: str) -> FeasibleSize:
        node = self._graph[name].name
        if node not in self._sizes:
            raise ValueError(f"{name} widens no window: name a convolution or a pool that does")
        return self._sizes[node]

    def __iter__(self) -> Iterator[str]:
        return iter(self._sizes)

    def __len__(self) -> int:
        return len(self._sizes)

    @property
    def range(self) -> tuple[Pair, Pair]:
        """The sizes between which every layer has something to add and all windows are used.

        From the largest of ``narrowest`` to the largest of ``widest``, as (height, width) each.
        """
        return self._largest("narrowest"), self._largest("widest")

    def _largest(self, what: str) -> Pair:
        sizes: list[Pair] = [getattr(size, what) for size in self._sizes.values()]
        return max((h for h, _ in sizes), default=1), max((w for _, w in sizes), default=1)


def feasible_sizes(graph: Graph) -> FeasibleSizes:
    """What each convolution and pool that widens the window asks of the image's size.

    Parameters
    ----------
    graph : Graph
        From ``trace``; kernels and strides are read off it, and it may be of any size.

    Returns
    -------
    mapping of str to FeasibleSize
        By node or module. Pools over the whole grid are left out, whose kernel grows with the
        image, paths through them, and layers behind an operation of unknown reach (the reasons are
        those of ``receptive_field``).

    Examples
    --------
    >>> from torchvision.models import resnet50
    >>> feasible_sizes(trace(resnet50(), 224)).range
    ((75, 75), (427, 427))
    """
    found = layouts(graph)
    paths: dict[str, tuple[_Path, _Path]] = {}  # of nodes that some path reaches window by window
    sizes: dict[str, FeasibleSize] = {}
    for node in graph:
        place = found.places.get(node.name)
        if node.op == "input":
            paths[node.name] = (_Path(1, 1, 1), _Path(1, 1, 1))
        parents = [p for p in found.parents.get(node.name, ()) if p in paths]
        if not parents or not isinstance(place, Grid):
            continue
        before = found.places[parents[0]]
        if mixes(node, before) or (node.axes and sides_of(place) == (1, 1) != sides_of(before)):
            continue
        rows, columns = (_meet([paths[p][axis] for p in parents]) for axis in (0, 1))
        if node.kernel:
            wider = rows.widened(node, 0), columns.widened(node, 1)
            if max(node.kernel) > 1:
                sizes[node.name] = FeasibleSize(
                    (_least(rows, wider[0]), _least(columns, wider[1])),
                    (wider[0].narrowest, wider[1].narrowest),
                    (wider[0].widest, wider[1].widest),
                )
            rows, columns = wider
        paths[node.name] = rows, columns
    return FeasibleSizes(graph, sizes)


@dataclass(frozen=True)
class _Path:
    """Along one axis, the windows by the narrowest and the widest path, and their stride."""

    narrowest: int
    widest: int
    stride: int

    def widened(self, node: Node, axis: int) -> _Path:
        more = self.stride * node.dilation[axis] * (node.kernel[axis] - 1)
        stride = self.stride * node.stride[axis]
        return _Path(self.narrowest + more, self.widest + more, stride)


def _meet(paths: list[_Path]) -> _Path:
    narrowest, widest = min(p.narrowest for p in paths), max(p.widest for p in paths)
    return _Path(narrowest, widest, paths[0].stride)


def _least(before: _Path, after: _Path) -> int:
    return before.narrowest + 1 if after.narrowest > before.narrowest else 1
