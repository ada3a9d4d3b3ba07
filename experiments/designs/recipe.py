"""Section 8: momentum or RMSProp, clipped or not, with the average of weights or without."""

from __future__ import annotations

from typing import Any

from _design import Comparison, Design
from _trial import Trial

NETWORK = "designs.width_depth:both"
MOMENTUM = {"optimizer": "sgd", "momentum": 0.9, "nesterov": False}
RMSPROP = {"optimizer": "rmsprop_tf", "momentum": 0.0, "rho": 0.9, "nesterov": False}
# Each one's best of four rates, one a factor of two or two and a half from the next, by the curve's
# images on two seeds that are not counted: 0.1 to 1, 1 to 8, 0.02 to 0.2.
BEST = {"momentum": 0.4, "ε = 1": 4.0, "ε = 0.001": 0.1}
# Normalised networks bear ten times the best rate with gradients that no limit of 2 touches.
PLAIN = "designs.linear_or_relu:relu_plain"
HIGH = 0.4


def _trial(*parts: dict[str, Any], network: str = NETWORK, **more: Any) -> Trial:
    changes: dict[str, Any] = {}
    for part in (*parts, more):
        changes |= part
    return Trial(network, recipe=tuple(changes.items()))


STAIRS = {"schedule": "staircase", "decay_rate": 0.94, "decay_epochs": 2.0}

DESIGN = Design(
    name="recipe",
    question="Which of section 8's choices can be told from their alternatives?",
    variants={
        "momentum": _trial(MOMENTUM, lr=BEST["momentum"]),
        "RMSProp, ε = 1": _trial(RMSPROP, eps=1.0, lr=BEST["ε = 1"]),
        "RMSProp, ε = 0.001": _trial(RMSPROP, eps=1e-3, lr=BEST["ε = 0.001"]),
        "momentum, stairs": _trial(MOMENTUM, STAIRS, lr=BEST["momentum"]),
        "not normalised": _trial(MOMENTUM, network=PLAIN, lr=HIGH),
        "not normalised, clipped": _trial(MOMENTUM, network=PLAIN, lr=HIGH, clip_norm=2.0),
        "not normalised, half the rate": _trial(MOMENTUM, network=PLAIN, lr=HIGH / 2),
        "not normalised, half the rate, clipped": _trial(
            MOMENTUM, network=PLAIN, lr=HIGH / 2, clip_norm=2.0
        ),
    },
    comparisons=(
        Comparison("rmsprop-or-momentum", "momentum", "RMSProp, ε = 1", "error", +1),
        Comparison("epsilon", "RMSProp, ε = 0.001", "RMSProp, ε = 1", "error", +1),
        Comparison("average-triangle", "momentum", "", "average_gain", +1),
        Comparison("average-stairs", "momentum, stairs", "", "average_gain", +1),
        Comparison("clipping", "not normalised", "not normalised, clipped", "error", +1),
        Comparison(
            "clipping-half",
            "not normalised, half the rate",
            "not normalised, half the rate, clipped",
            "error",
            +1,
        ),
    ),
    first=(
        "momentum",
        "RMSProp, ε = 1",
        "momentum, stairs",
        "not normalised",
        "not normalised, clipped",
    ),
    measures=("raw",),
)
