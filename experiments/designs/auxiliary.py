"""Section 4: no side head, a plain one, one with batch normalisation or dropout, two of them."""

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


def dropout(num_classes: int) -> nn.Module:
    """The plain head, which drops 70 % of what its last layer reads, as GoogLeNet's heads do."""
    spec = tiny(SIDE, aux_batch_norm=False)
    return from_spec(replace(spec, head=replace(spec.head, dropout=0.7)), num_classes)


def two_heads(num_classes: int) -> nn.Module:
    """A normalised head on the fine grid beside the one on the medium grid."""
    return from_spec(replace(tiny(SIDE), lower_aux_after="Mixed_5b"), num_classes)


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
        "plain, dropout": Trial("designs.auxiliary:dropout"),
        "two heads": Trial("designs.auxiliary:two_heads"),
    },
    first=("none", "plain", "normalised", "plain, dropout", "two heads"),
    comparisons=(
        Comparison("aux-early", "none", "normalised", "early", 0, margin=2.0),
        Comparison("aux-late", "none", "normalised", "error", +1),
        Comparison("aux-bn", "plain", "normalised", "error", +1),
        Comparison("aux-gap", "none", "normalised", "overfit", +1),
        Comparison("aux-dropout", "plain", "plain, dropout", "error", +1),
        Comparison("aux-lower", "normalised", "two heads", "error", 0, margin=1.0),
    ),
    measures=("gradients",),
)
