"""Section 3: what factorizing saves, and what it sees.

Savings are read off traced convolutions. They do not depend on width or grid as long as both
alternatives share them, so one width and one grid serve all.
"""

from __future__ import annotations

from collections.abc import Sequence

from inception_lib.graph import Graph, cost, receptive_field, trace
from inception_lib.nets import conv_stack

from .measured import Measured, check

WIDTH, GRID = 64, 17
Kernels = Sequence["int | tuple[int, int]"]


def _graph(kernels: Kernels) -> Graph:
    return trace(conv_stack([WIDTH] * (len(kernels) + 1), kernels), GRID)


def _saving(instead: Kernels, of: Kernels, budget: str = "macs") -> float:
    """Percent saved by the convolutions ``instead`` over those in ``of``."""
    new, old = (getattr(cost(_graph(kernels)), budget) for kernels in (instead, of))
    return 100 * (1 - new / old)


def _side_of_field(kernels: Kernels) -> float:
    graph = _graph(kernels)
    height, width = receptive_field(graph)[graph.outputs[0]].size
    if height != width:
        raise ValueError(f"the window of {list(kernels)} is {height}×{width}, not a square")
    return height


@check
def cost_of_5x5_in_3x3() -> Measured:
    """How many 3×3 convolutions one 5×5 costs."""
    return Measured(cost(_graph([5])).macs / cost(_graph([3])).macs)


@check
def field_of_two_3x3() -> Measured:
    """Side of the window that two 3×3 see, in pixels."""
    return Measured(_side_of_field([3, 3]))


@check
def saving_of_two_3x3() -> Measured:
    """Percent of multiply-adds saved by two 3×3 in place of a 5×5."""
    return Measured(_saving([3, 3], of=[5]))


@check
def saving_of_two_3x3_in_params() -> Measured:
    """Percent of parameters saved by two 3×3 in place of a 5×5."""
    return Measured(_saving([3, 3], of=[5], budget="params"))


@check
def field_of_3x1_1x3() -> Measured:
    """Side of the window that a 3×1 and a 1×3 see, in pixels."""
    return Measured(_side_of_field([(3, 1), (1, 3)]))


@check
def saving_of_3x1_1x3() -> Measured:
    """Percent saved by a 3×1 and a 1×3 in place of a 3×3."""
    return Measured(_saving([(3, 1), (1, 3)], of=[3]))


@check
def saving_of_two_2x2() -> Measured:
    """Percent saved by two 2×2 in place of a 3×3."""
    return Measured(_saving([2, 2], of=[3]))


@check
def savings_of_1xn_nx1() -> Measured:
    """Percent saved by a 1×n and an n×1 in place of an n×n, for n from 2 to 15."""
    saved = {n: _saving([(1, n), (n, 1)], of=[n]) for n in range(2, 16)}
    return Measured(
        tuple(saved.values()),
        text=", ".join(f"{saved[n]:.0f} % at\u00a0n\u00a0=\u00a0{n}" for n in (3, 7, 15)),
    )
