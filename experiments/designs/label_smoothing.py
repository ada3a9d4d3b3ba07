"""Section 7: labels smoothed by ε, or hard."""

from __future__ import annotations

from _design import Comparison, Design
from _trial import Trial

BASE = "designs.networks:base"  # the recipe's ε is 0.1


def _trial(epsilon: float) -> Trial:
    return Trial(BASE, recipe=() if epsilon == 0.1 else (("label_smoothing", epsilon),))


DESIGN = Design(
    name="label_smoothing",
    question="What do smoothed labels do to error, calibration and the gaps between logits?",
    variants={f"{epsilon:g}": _trial(epsilon) for epsilon in (0, 0.05, 0.1, 0.2, 0.3)},
    first=("0", "0.1"),
    comparisons=(
        Comparison("smoothing-error", "0", "0.1", "error", +1),
        Comparison("smoothing-gap", "0", "0.1", "gap", +1),
        Comparison("smoothing-loss", "0", "0.1", "loss", +1),
        Comparison("smoothing-calibration", "0", "0.1", "ece", +1),
    ),
    measures=("gaps", "features"),
)
