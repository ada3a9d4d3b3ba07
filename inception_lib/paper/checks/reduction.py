"""Section 5: halving a grid by convolving first, by pooling first, and by both side by side.

From d×d×k to d/2×d/2×2k, with the 1×1 convolutions that the paper's formulas count.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Literal

from inception_lib.graph import Graph, bottleneck, trace
from inception_lib.nets.layers import Conv, Pool
from inception_lib.nets.modules import InceptionModule

from .measured import Measured, apart, check

GRIDS, WIDTHS = (8, 16, 34), (3, 32, 320)
FIGURE_9 = (320, 35, 640)  # channels and side before, channels after


def _ways(
    out: int, kernel: int = 1, padding: Literal["same", "valid"] = "same"
) -> dict[str, dict[str, Sequence[Conv | Pool]]]:
    """The branches of each way to ``out`` channels; side by side the pool brings half of them.

    ``padding`` is that of the layers with stride 2: "same" halves even grids.
    """
    conv, halve = Conv(out, kernel), Pool("max", 3, 2, padding)
    return {
        "conv first": {"only": (conv, halve)},
        "pool first": {"only": (halve, conv)},
        "side by side": {"conv": (Conv(out // 2, kernel, 2, padding),), "pool": (halve,)},
    }


@functools.lru_cache(maxsize=32)
def _graph(way: str, side: int, width: int) -> Graph:
    return trace(InceptionModule(width, _ways(2 * width)[way]), (width, side, side))


@functools.lru_cache(maxsize=8)
def _figure_9(way: str, kernel: int) -> Graph:
    """On the figure's own grids, whose pool is not padded, with one k×k convolution."""
    width, side, out = FIGURE_9
    branches = _ways(out, kernel, "valid")[way]
    return trace(InceptionModule(width, branches), (width, side, side))


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
    """By how many times its cost convolving first exceeds pooling first, by the two formulas.

    Parts, from 35×35×320 to 17×17×640 as in the figure: the same excess (``35 to 17``), and the
    millions of multiply-adds of each way with one convolution (``"pool first, 3×3"``). A 1×1 with
    stride 2 makes 18×18 of 35×35, so there is none side by side.
    """
    ways = [("pool first", 1), ("conv first", 1)]
    ways += [("pool first", 3), ("conv first", 3), ("side by side", 3)]
    parts = {
        f"{way}, {k}×{k}": sum(node.macs for node in _figure_9(way, k)) / 1e6 for way, k in ways
    }
    parts["35 to 17"] = parts["conv first, 1×1"] / parts["pool first, 1×1"] - 1
    return Measured(_macs("conv first") / _macs("pool first") - 1, parts=parts)


@check
def macs_side_by_side() -> Measured:
    """Multiply-adds of Figure 10's way as a share of those of pooling first, in percent."""
    return Measured(100 * _macs("side by side") / _macs("pool first"))


def _narrowest(way: str) -> Measured:
    """The least that is alive on the way, in percent of what comes out.

    Parts, in numbers alive from 35×35×320 to 17×17×640: ``in``, ``narrowest``, ``out``.
    """

    def alive(graph: Graph) -> tuple[int, int, int]:
        out = graph[graph.outputs[0]].size
        return graph.input.size, min(bottleneck(graph).size, out), out

    _, narrow, out = alive(_graph(way, 16, 32))
    names = ("in", "narrowest", "out")
    figure = dict(zip(names, map(float, alive(_figure_9(way, 3))), strict=True))
    return Measured(100 * narrow / out, parts=figure)


@check
def narrowest_of_pool_then_conv() -> Measured:
    """The narrowest place of pooling first, in percent of its output."""
    return _narrowest("pool first")


@check
def narrowest_side_by_side() -> Measured:
    """The narrowest place of Figure 10's way, in percent of its output."""
    return _narrowest("side by side")
