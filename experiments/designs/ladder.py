"""Table 3, rung by rung: each change is kept by those after it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from _design import Comparison, Design
from _trial import Trial
from torch import nn

from inception_lib.nets import Head
from inception_lib.nets.layers import Conv
from inception_lib.nets.tiny import tiny

from .networks import SIDE, from_spec
from .recipe import MOMENTUM, RMSPROP

SEVEN = (("Conv2d_1a_7x7", Conv(12, 7)),)
THREES = (
    ("Conv2d_1a_3x3", Conv(8, 3)),
    ("Conv2d_1b_3x3", Conv(8, 3)),
    ("Conv2d_2a_3x3", Conv(12, 3)),
)
RATES = {"momentum": 0.2, "RMSProp": 2.0}


def _network(num_classes: int, stem: tuple[tuple[str, Conv], ...], head: str) -> nn.Module:
    spec = tiny(SIDE)
    with_head = Head(**{**vars(spec.head), "batch_norm": head})
    return from_spec(replace(spec, stem=stem, head=with_head), num_classes)


def seven(num_classes: int) -> nn.Module:
    """A stem of one 7×7; the side head's fully connected layer is not normalised."""
    return _network(num_classes, SEVEN, "1x1")


def threes(num_classes: int) -> nn.Module:
    """Three 3×3 in place of the 7×7."""
    return _network(num_classes, THREES, "1x1")


def normalised(num_classes: int) -> nn.Module:
    """And the whole side head normalised."""
    return _network(num_classes, THREES, "all")


def _trial(network: str, optimizer: dict[str, Any], rate: float, epsilon: float) -> Trial:
    changes = {**optimizer, "eps": 1.0, "lr": rate, "label_smoothing": epsilon}
    return Trial(f"designs.ladder:{network}", recipe=tuple(changes.items()))


_MOMENTUM, _RMSPROP = (MOMENTUM, RATES["momentum"]), (RMSPROP, RATES["RMSProp"])
RUNGS = ("Inception-v2", "RMSProp", "Label Smoothing", "Factorized 7×7", "BN-auxiliary")

DESIGN = Design(
    name="ladder",
    question="Does each change of Table 3, kept, make the network err less?",
    variants=dict(
        zip(
            RUNGS,
            (
                _trial("seven", *_MOMENTUM, 0.0),
                _trial("seven", *_RMSPROP, 0.0),
                _trial("seven", *_RMSPROP, 0.1),
                _trial("threes", *_RMSPROP, 0.1),
                _trial("normalised", *_RMSPROP, 0.1),
            ),
            strict=True,
        )
    ),
    first=(RUNGS[0], RUNGS[-1]),
    comparisons=(
        Comparison("ladder-whole", RUNGS[0], RUNGS[-1], "error", +1),
        Comparison("ladder-rmsprop", RUNGS[0], RUNGS[1], "error", +1),
        Comparison("ladder-smoothing", RUNGS[1], RUNGS[2], "error", +1),
        Comparison("ladder-stem", RUNGS[2], RUNGS[3], "error", +1),
        Comparison("ladder-head", RUNGS[3], RUNGS[4], "error", +1),
    ),
)
