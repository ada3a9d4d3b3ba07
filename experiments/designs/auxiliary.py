"""Section 4: no side head, a plain one, a batch-normalised one."""

from __future__ import annotations

from dataclasses import replace

from _design import Comparison, Design
from _trial import Trial
from torch import nn

from inception_lib.nets.tiny import tiny

from .networks import SIDE, from_spec


def plain(num_classes: int) -> nn.Module:
    """With a side head on the medium grid, nothing in it normalised."""
    return from_spec(tiny(SIDE, aux_batch_norm=False), num_classes)


def normalised(num_classes: int) -> nn.Module:
    """With the side head of Figure 8: both its layers batch-normalised."""
    return from_spec(tiny(SIDE), num_classes)


def lower(num_classes: int) -> nn.Module:
    """The normalised head on the fine grid in place of the medium one."""
    spec = tiny(SIDE)
    return from_spec(replace(spec, aux_after="Mixed_5b"), num_classes)


_LIGHT = (("aux_weight", 0.1),)

DESIGN = Design(
    name="auxiliary",
    question="Does a side head speed up training, raise its plateau, and does it regularize?",
    variants={
        "none": Trial("designs.networks:base"),
        "plain": Trial("designs.auxiliary:plain"),
        "normalised": Trial("designs.auxiliary:normalised"),
        "normalised, weight 0.1": Trial("designs.auxiliary:normalised", recipe=_LIGHT),
        "normalised, lower": Trial("designs.auxiliary:lower"),
    },
    first=("none", "plain", "normalised"),
    comparisons=(
        Comparison("aux-early", "none", "normalised", "early", 0, margin=2.0),
        Comparison("aux-late", "none", "normalised", "error", +1),
        Comparison("aux-bn", "plain", "normalised", "error", +1),
        Comparison("aux-gap", "none", "normalised", "overfit", +1),
    ),
    measures=("gradients",),
)
