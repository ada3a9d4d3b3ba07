"""Section 5: halving the grid by a pool first, by a convolution first, or by both side by side."""

from __future__ import annotations

from _design import Comparison, Design
from _trial import Trial
from torch import nn

from inception_lib.nets.tiny import tiny

from .networks import SIDE, from_spec


def pool_first(num_classes: int) -> nn.Module:
    """Figure 9, left: both halvings pool, then convolve."""
    return from_spec(tiny(SIDE, aux=False, reduction="pool_first"), num_classes)


def conv_first(num_classes: int) -> nn.Module:
    """Figure 9, right: both halvings convolve, then pool."""
    return from_spec(tiny(SIDE, aux=False, reduction="conv_first"), num_classes)


DESIGN = Design(
    name="grid_reduction",
    question="Which way of halving the grid errs least at equal cost?",
    variants={
        "parallel": Trial("designs.networks:base"),
        "pool first": Trial("designs.grid_reduction:pool_first"),
        "conv first": Trial("designs.grid_reduction:conv_first"),
    },
    comparisons=(
        Comparison("reduction-bottleneck", "pool first", "parallel", "error", +1),
        Comparison("reduction-cost", "conv first", "parallel", "error", +1),
        Comparison("reduction-shift-pool", "pool first", "parallel", "changed", +1),
        Comparison("reduction-shift-conv", "parallel", "conv first", "changed", +1),
    ),
    measures=("shift",),
)
