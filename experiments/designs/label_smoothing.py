"""Section 7: labels smoothed by ε, or hard; on right labels, and with a fifth of them wrong."""

from __future__ import annotations

from _design import Comparison, Design
from _images import Images
from _trial import USUAL, Trial

BASE = "designs.networks:base"  # the recipe's ε is 0.1
WRONG = Images(wrong=0.2)


def _trial(epsilon: float, images: Images = USUAL) -> Trial:
    return Trial(BASE, images, () if epsilon == 0.1 else (("label_smoothing", epsilon),))


DESIGN = Design(
    name="label_smoothing",
    question="What do smoothed labels do to error, calibration and the gaps between logits?",
    variants={f"{epsilon:g}": _trial(epsilon) for epsilon in (0, 0.05, 0.1, 0.2, 0.3)}
    | {f"{epsilon:g}, wrong": _trial(epsilon, WRONG) for epsilon in (0, 0.1)},
    first=("0", "0.1", "0, wrong", "0.1, wrong"),
    comparisons=(
        Comparison("smoothing-error", "0", "0.1", "error", +1),
        Comparison("smoothing-gap", "0", "0.1", "gap", +1),
        Comparison("smoothing-loss", "0", "0.1", "loss", +1),
        Comparison("smoothing-calibration", "0", "0.1", "ece", +1),
        Comparison("smoothing-wrong", "0, wrong", "0.1, wrong", "error", +1),
        Comparison("smoothing-clusters", "0", "0.1", "training_within_over_between", +1),
        Comparison("smoothing-transfer", "0", "0.1", "transfer_error", -1),
        Comparison("smoothing-selective", "0", "0.1", "area", -1),
    ),
    measures=("gaps", "features", "confidence", "clusters", "transfer"),
)
