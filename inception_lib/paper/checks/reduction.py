"""Section 5: halving a grid by convolving first, by pooling first, and by both side by side.

From d×d×k to d/2×d/2×2k, with the 1×1 convolutions that the paper's formulas count.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

from inception_lib.graph import Graph, bottleneck, trace
from inception_lib.nets.layers import Conv, Pool
from inception_lib.nets.modules import InceptionModule, SequentialReduction

from .measured import Measured, apart, check

GRIDS, WIDTHS = (8, 16, 34), (3, 32, 320)
HALVE = Pool("max", 3, 2)
FIGURE_9 = (320, 35, 640)  # channels and side before, channels after


@functools.lru_cache(maxsize=32)
def _graph(way: str, side: int, width: int) -> Graph:
    twice = Conv(2 * width)
    ways: dict[str, dict[str, Sequence[Conv | Pool]]] = {
        "conv first": {"only": (twice, HALVE)},
        "pool first": {"only": (HALVE, twice)},
        "side by side": {"conv": (Conv(width, 1, 2),), "pool": (HALVE,)},
    }
    return trace(InceptionModule(width, ways[way]), (width, side, side))


def _macs(way: str, side: int = 16, width: int = 32) -> int:
    return sum(node.macs for node in _graph(way, side, width))


@check
def macs_of_conv_then_pool() -> Measured:
    """Against 2d²k²."""
    return apart(_macs("conv first", d, k) / (2 * d**2 * k**2) - 1 for d in GRIDS for k in WIDTHS)


@check
def macs_of_pool_then_conv() -> Measured:
    """Against 2(d/2)²k²."""
    return apart(
        _macs("pool first", d, k) / (2 * (d / 2) ** 2 * k**2) - 1 for d in GRIDS for k in WIDTHS
    )


@check
def saving_of_pool_then_conv() -> Measured:
    """Percent of multiply-adds saved by pooling first."""
    return Measured(100 * (1 - _macs("pool first") / _macs("conv first")))


@check
def figure_9_right_beside_left() -> Measured:
    """By how many times its cost convolving first exceeds pooling first, on the figure's grids."""
    width, side, out = FIGURE_9
    left, right = (
        sum(n.macs for n in trace(SequentialReduction(width, out, width, way), (width, side, side)))
        for way in ("pool_first", "conv_first")
    )
    return Measured(right / left - 1)


@check
def macs_side_by_side() -> Measured:
    """Multiply-adds of Figure 10's way as a share of those of pooling first, in percent."""
    return Measured(100 * _macs("side by side") / _macs("pool first"))


def _narrowest(way: str) -> float:
    """The least that is alive on the way, as a share of what comes out."""
    graph = _graph(way, 16, 32)
    out = graph[graph.outputs[0]].size
    return min(bottleneck(graph).size, out) / out


@check
def narrowest_of_pool_then_conv() -> Measured:
    """The narrowest place of pooling first, in percent of its output."""
    return Measured(100 * _narrowest("pool first"))


@check
def narrowest_side_by_side() -> Measured:
    """The narrowest place of Figure 10's way, in percent of its output."""
    return Measured(100 * _narrowest("side by side"))
