"""DrawLabels: its draws are fair, and their mean goes to torch's smoothed loss."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F

from inception_lib.viz import DrawLabels
from inception_lib.viz.widgets.draw_labels.widget import CLASSES, GAP, MOST, _uniform


def test_the_numbers_are_uniform() -> None:
    for column in zip(*_uniform(), strict=True):
        values = torch.tensor(column, dtype=torch.float64)
        assert len(values) == MOST
        # Mean and share of each tenth, within four standard errors.
        assert abs(float(values.mean()) - 0.5) < 4 / math.sqrt(12 * MOST)
        tenths = torch.histc(values, 10, 0, 1) / MOST
        assert float((tenths - 0.1).abs().max()) < 4 * math.sqrt(0.09 / MOST)


@pytest.mark.parametrize("epsilon", [0.1, 0.3])
def test_the_mean_goes_to_the_smoothed_loss(epsilon: float) -> None:
    logits = torch.zeros(1, CLASSES, dtype=torch.float64)
    logits[0, 0] = GAP
    aim = float(F.cross_entropy(logits, torch.tensor([0]), label_smoothing=epsilon))
    numbers = DrawLabels(MOST, epsilon, uid="d").readouts()
    assert numbers["smoothed"] == pytest.approx(aim, rel=1e-12)
    wrong = epsilon * (1 - 1 / CLASSES)
    error = GAP * math.sqrt(wrong * (1 - wrong) / MOST)
    assert abs(float(numbers["mean"]) - aim) < 3 * error


def test_hard_labels_are_never_drawn_again() -> None:
    numbers = DrawLabels(500, 0.0, uid="d").readouts()
    assert numbers["other"] == 0
    assert numbers["mean"] == pytest.approx(numbers["smoothed"], rel=1e-12)


def test_more_labels_keep_the_first_ones() -> None:
    assert DrawLabels(200, uid="d").labels()[:50] == DrawLabels(50, uid="d").labels()
    assert "mean" not in DrawLabels(0, uid="d").readouts()


@pytest.mark.parametrize("state", [{"drawn": 4001}, {"drawn": 1.5}, {"epsilon": 0.7}])
def test_limits(state: dict) -> None:
    (name,) = state
    with pytest.raises(ValueError, match=f"^{name} is .* pass "):
        DrawLabels(**state)
