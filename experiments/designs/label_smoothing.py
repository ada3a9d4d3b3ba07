"""Section 7: labels smoothed by ε, or hard; learnt in part, by heart, and with a fifth wrong."""

from __future__ import annotations

from typing import Any

from _design import Comparison, Design
from _images import Images
from _trial import USUAL, Trial

BASE = "designs.networks:base"  # the recipe's ε is 0.1
EPSILONS = (0, 0.05, 0.1, 0.2, 0.3)
WRONG = Images(wrong=0.2)
# Half of the images twice as often: as many steps, after which all of them are learnt.
FEW, OFTEN = Images(train=960), (("epochs", 24),)


def _trial(
    epsilon: float, images: Images = USUAL, changes: tuple[tuple[str, Any], ...] = ()
) -> Trial:
    smoothing = () if epsilon == 0.1 else (("label_smoothing", epsilon),)
    return Trial(BASE, images, (*smoothing, *changes))


DESIGN = Design(
    name="label_smoothing",
    question="What do smoothed labels do to error, calibration and the gaps between logits?",
    variants={f"{epsilon:g}": _trial(epsilon) for epsilon in EPSILONS}
    | {f"{epsilon:g}, by heart": _trial(epsilon, FEW, OFTEN) for epsilon in EPSILONS}
    | {f"{epsilon:g}, wrong": _trial(epsilon, WRONG) for epsilon in (0, 0.1)},
    first=("0", "0.1", "0, by heart", "0.1, by heart", "0, wrong", "0.1, wrong"),
    drawn=tuple(f"{epsilon:g}, by heart" for epsilon in EPSILONS),
    comparisons=(
        Comparison("smoothing-error", "0", "0.1", "error", +1),
        Comparison("smoothing-gap", "0", "0.1", "gap", +1),
        Comparison("smoothing-loss", "0", "0.1", "loss", +1),
        Comparison("smoothing-calibration", "0", "0.1", "ece", +1),
        *(
            Comparison(f"smoothing-heart-{name}", "0, by heart", "0.1, by heart", measure, +1)
            for name, measure in (
                ("error", "error"),
                ("gap", "gap"),
                ("loss", "loss"),
                ("calibration", "ece"),
                ("clusters", "training_within_over_between"),
            )
        ),
        Comparison("smoothing-wrong", "0, wrong", "0.1, wrong", "error", +1),
        Comparison("smoothing-clusters", "0", "0.1", "training_within_over_between", +1),
        Comparison("smoothing-transfer", "0", "0.1", "transfer_error", -1),
        Comparison("smoothing-selective", "0", "0.1", "area", -1),
    ),
    measures=("gaps", "features", "confidence", "clusters", "transfer"),
)
