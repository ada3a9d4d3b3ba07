"""Where the pool stands beside a convolution: before it, behind it, or side by side (section 5)."""

from __future__ import annotations

import math
from functools import cache
from types import MappingProxyType
from typing import Literal

import torch

from inception_lib.graph import Graph, cost, trace
from inception_lib.nets.layers import Conv, Layer, Pool
from inception_lib.nets.modules import InceptionModule
from inception_lib.viz.base import BookWidget, Readouts
from inception_lib.viz.traits import Bounded, OneOf

__all__ = ["PoolPlacement"]

PLACES = ("before", "beside", "behind")


class PoolPlacement(BookWidget):
    """Halving a grid while its channels double: the pool before, beside or behind the convolution.

    The input is ``grid × grid × channels``; half as many cells a side and twice as many channels
    come out, by a 3×3 convolution and a 3×3 max pooling with stride 2. An odd grid is pooled
    without padding, as Inception-v3 does (35 → 17 → 8); an even one with a border of one cell, so
    that exactly half of its sides is left.

    Parameters
    ----------
    place : str
        Of the pool: ``"before"`` the convolution (Figure 9, left), ``"behind"`` it (right), or
        ``"beside"`` a convolution with stride 2, the two concatenated (Figure 10).
    grid : int
        Height and width of the input, 6 to 70 cells.
    channels : int
        Of the input, 8 to 1024.
    uid : str, optional
        Name of the widget in its page, see `BookWidget`.

    Raises
    ------
    ValueError
        If a value is outside its limits.

    Examples
    --------
    >>> widget = PoolPlacement("before")
    >>> widget.readouts()["alive-middle"]
    92480
    """

    place = OneOf("before", PLACES)
    grid = Bounded(35, 6, 70, "cells")
    channels = Bounded(320, 8, 1024)

    def __init__(
        self, place: str = "before", grid: int = 35, channels: int = 320, uid: str | None = None
    ) -> None:
        super().__init__(uid=uid, place=place, grid=grid, channels=channels)

    def graphs(self) -> MappingProxyType[str, Graph]:
        """The three ways, built and traced, by the place of the pool."""
        return _graphs(self.grid, self.channels)

    def readouts(self) -> Readouts:
        """Numbers alive before, between and after the two operations, and what each way costs."""
        graphs = self.graphs()
        graph = graphs[self.place]
        sizes = {node.op: node.size for node in graph if node.op in ("conv", "max_pool")}
        between = {
            "before": sizes["max_pool"],
            "beside": sizes["max_pool"] + sizes["conv"],
            "behind": sizes["conv"],
        }
        macs = {f"macs-{place}": cost(graphs[place]).macs for place in PLACES}
        return {
            "alive-in": math.prod(graph.input.shape),
            "alive-middle": between[self.place],
            "alive-out": graph[graph.outputs[0]].size,
            **macs,
            "ratio": macs["macs-behind"] / macs["macs-before"],
        }


@cache
def _graphs(grid: int, channels: int) -> MappingProxyType[str, Graph]:
    edge: Literal["valid", "same"] = "valid" if grid % 2 else "same"
    pool, wide = Pool("max", 3, 2, edge), Conv(2 * channels, 3)
    ways: dict[str, dict[str, tuple[Layer, ...]]] = {
        "before": {"only": (pool, wide)},
        "beside": {"conv": (Conv(channels, 3, 2, edge),), "pool": (pool,)},
        "behind": {"only": (wide, pool)},
    }
    with torch.device("meta"):
        return MappingProxyType(
            {
                place: trace(InceptionModule(channels, branches), (channels, grid, grid))
                for place, branches in ways.items()
            }
        )
