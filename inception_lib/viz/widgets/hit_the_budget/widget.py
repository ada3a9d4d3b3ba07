"""A smaller photograph at the price of a large one: section 9 as two switches and a line."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache, lru_cache
from typing import Any, Literal

import torch
from traitlets import Dict

from inception_lib.graph import Graph, Node, cost, trace
from inception_lib.nets.build import Inception, build
from inception_lib.nets.spec import Spec
from inception_lib.nets.specs import SPECS
from inception_lib.nets.specs.inception_v3 import section9_stem
from inception_lib.viz.base import BookWidget, Readouts
from inception_lib.viz.photos import PHOTOS
from inception_lib.viz.traits import Bounded, OneOf

__all__ = ["STAGES", "HitTheBudget", "remade"]

Switch = Literal["on", "off"]
PHOTO = PHOTOS["astronaut"]
LARGEST, SMALLEST = 299, 79  # pixels, of Table 2

# The parts of the network by the modules in them, and the last of each.
STAGES = {
    "first": ("Conv2d_1a_3x3", "Conv2d_2a_3x3", "Conv2d_2b_3x3"),
    "second": ("Conv2d_3b_1x1", "Conv2d_4a_3x3"),
    "fine": ("Mixed_5b", "Mixed_5c", "Mixed_5d"),
    "medium": ("Mixed_6a", "Mixed_6b", "Mixed_6c", "Mixed_6d", "Mixed_6e"),
    "coarse": ("Mixed_7a", "Mixed_7b", "Mixed_7c", "fc"),
}


class HitTheBudget(BookWidget):
    """A photograph resampled to fewer pixels, and what Inception-v3 spends on it.

    Section 9 makes the network for small images by taking the stride out of its first layer, and
    then its first pool. The figure shows what each costs, and asks for the switches that bring the
    cost for 151×151 and for 79×79 pixels back to that for 299×299.

    Parameters
    ----------
    side : int
        Of the photograph, 79 to 299 pixels.
    stride : int
        Of the first layer, 2 or 1.
    pool : str
        The first pool: ``"on"`` or ``"off"``.
    reached : int
        Which tasks have been solved: 1 for 151×151, 2 for 79×79, 3 for both; the reader's way
        through the figure sets it.
    guess : str
        The reader's answer to what follows then, ``"none"`` before; one of ``GUESSES``.
    uid : str, optional
        Name of the widget in its page, see `BookWidget`.

    Raises
    ------
    ValueError
        If a value is outside its limits.

    Examples
    --------
    >>> HitTheBudget(side=151).readouts()["macs"]
    1082439776
    """

    image: Dict = Dict(read_only=True).tag(sync=True)
    network: Dict = Dict(read_only=True).tag(sync=True)
    side = Bounded(LARGEST, SMALLEST, LARGEST, "pixels")
    stride = Bounded(2, 1, 2)
    pool = OneOf("on", ("on", "off"))
    reached = Bounded(0, 0, 3)
    guess = OneOf("none", ("none", "60", "70", "75", "77"))

    def __init__(
        self,
        side: int = LARGEST,
        stride: int = 2,
        pool: str = "on",
        reached: int = 0,
        guess: str = "none",
        uid: str | None = None,
    ) -> None:
        super().__init__(uid=uid, side=side, stride=stride, pool=pool, reached=reached, guess=guess)
        self.set_trait("image", {"src": PHOTO.src, "alt": PHOTO.alt})
        self.set_trait("network", _layers())

    def graph(self) -> Graph:
        """The network of the present switches, built, and traced at the photograph's side."""
        return _graph(self.side, self.stride, self.pool)

    def readouts(self) -> Readouts:
        """Multiply-adds in all and by part, as a share of the line, and the parts' grids."""
        graph, line = self.graph(), cost(_graph(LARGEST, 2, "on")).macs
        part = {module: stage for stage, modules in STAGES.items() for module in modules}
        macs = dict.fromkeys(STAGES, 0)
        for row in cost(graph).rows:
            if row.macs:
                macs[part[row.name.partition(".")[0]]] += row.macs
        total = sum(macs.values())
        return {
            "macs": total,
            "ratio": total / line,
            **{f"macs-{stage}": value for stage, value in macs.items()},
            **{f"grid-{stage}": graph[_last(stage)].shape[-1] for stage in STAGES},
        }


def remade(stride: int, pool: str) -> Spec:
    """Inception-v3 with another stride in its first layer, and with its first pool or without."""
    name = f"inception_v3_stride_{stride}_pool_{pool}"
    return replace(SPECS["inception_v3"], name=name, stem=section9_stem(stride, pool == "on"))


def _last(stage: str) -> str:
    """The module whose output leaves a part as a grid."""
    return [module for module in STAGES[stage] if module != "fc"][-1]


@cache
def _built(stride: int, pool: str) -> Inception:
    with torch.device("meta"):
        return build(remade(stride, pool))


@lru_cache(maxsize=64)
def _graph(side: int, stride: int, pool: str) -> Graph:
    return trace(_built(stride, pool), side, train=False)


@cache
def _layers() -> dict[str, Any]:
    """What JavaScript needs to count by itself, read off the traced graph.

    ``grids``: each grid that differs from the one before, by the layer that makes it (``from`` is
    the place of the grid that it reads, 0 that of the image). ``work``: multiply-adds an output
    cell, by part and grid (None: the classifier, which has no grid). ``stages``: the grid that
    leaves each part.
    """
    graph = _graph(LARGEST, 2, "on")
    part = {module: stage for stage, modules in STAGES.items() for module in modules}
    grids: list[dict[str, Any]] = [{}]
    place: dict[str, int | None] = {graph.input.name: 0}
    work: dict[tuple[str, int | None], int] = {}
    for node in graph:
        if not node.parents:
            continue
        on = place[node.parents[0]]
        if len(node.shape) != 3 or (node.op == "avg_pool" and node.axes):
            on = None
        elif on is not None and not _keeps(node):
            made = {
                "layer": node.module.partition(".")[0] or node.name,
                "from": on,
                "kernel": node.kernel[0],
                "stride": node.stride[0],
                "padding": node.padding[0],
            }
            same = [i for i, grid in enumerate(grids) if _without_name(grid) == _without_name(made)]
            if not same:
                grids.append(made)
            on = same[0] if same else len(grids) - 1
        place[node.name] = on
        if node.macs:
            key = part[node.name.partition(".")[0]], on
            cells = math.prod(node.shape[1:]) if on is not None else 1
            work[key] = work.get(key, 0) + node.macs // cells
    return {
        "grids": grids[1:],
        "work": [{"stage": stage, "grid": on, "macs": macs} for (stage, on), macs in work.items()],
        "stages": [{"stage": s, "grid": place[graph[_last(s)].name]} for s in STAGES],
    }


def _keeps(node: Node) -> bool:
    """Whether the output has the grid of the input, whatever its side."""
    if not node.kernel:
        return True
    padded = all(2 * p == k - 1 for p, k in zip(node.padding, node.kernel, strict=True))
    return padded and set(node.stride) == {1}


def _without_name(grid: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in grid.items() if key != "layer"}
