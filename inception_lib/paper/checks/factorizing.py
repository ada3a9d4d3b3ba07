"""Section 3: what factorizing saves, and what it sees.

Savings are read off traced convolutions. They do not depend on width or grid as long as both
alternatives share them, so one width and one grid serve all.
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from inception_lib.graph import Graph, cost, receptive_field, trace
from inception_lib.nets import Conv, conv_stack
from inception_lib.nets.layers import make_layer

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


@check
def cost_of_sliding_without_sharing() -> Measured:
    """How many 5×5 convolutions two 3×3 cost if each cell computes its whole patch anew.

    Parts: ``shared``, the same where neighbours share the first layer; and per cell and pair of
    channels the multiplications of the 5×5 (``one``) and of the patch (``alone``).
    """
    first, _ = make_layer(WIDTH, Conv(WIDTH, 3, padding="valid"))
    second, _ = make_layer(WIDTH, Conv(WIDTH, 3, padding="valid"))
    single, _ = make_layer(WIDTH, Conv(WIDTH, 5, padding="valid"))
    patch = (WIDTH, 5, 5)  # what one cell sees
    alone = cost(trace(nn.Sequential(first, second), patch)).macs
    one = cost(trace(single, patch)).macs
    parts = {
        "shared": cost(_graph([3, 3])).macs / cost(_graph([5])).macs,
        "one": one / WIDTH**2,
        "alone": alone / WIDTH**2,
    }
    return Measured(alone / one, parts=parts)


@check
def free_numbers_of_3x3s() -> Measured:
    """Weights of three 3×3 in percent of those of the 7×7 whose window they have.

    Parts: the same for each odd k from 5 to 15 (``"k = 5"``), by (k − 1)/2 of them.
    """
    parts = {}
    for k in range(5, 16, 2):
        stack = [3] * ((k - 1) // 2)
        if _side_of_field(stack) != k:
            raise ValueError(f"{len(stack)} convolutions 3×3 do not see {k}×{k}")
        parts[f"k = {k}"] = 100 * cost(_graph(stack)).params / cost(_graph([k])).params
    return Measured(parts["k = 7"], parts=parts)
