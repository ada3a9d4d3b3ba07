"""PullTheLogit: the optimum of section 7, against torch's own loss and a search."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F

from inception_lib.training.losses import LabelSmoothing
from inception_lib.viz import PullTheLogit


def torch_loss(gap: torch.Tensor, epsilon: float, classes: int) -> torch.Tensor:
    """Of each gap, as torch smooths labels."""
    logits = torch.zeros(len(gap), classes, dtype=torch.float64)
    logits[:, 0] = gap
    right = torch.zeros(len(gap), dtype=torch.long)
    return F.cross_entropy(logits, right, label_smoothing=epsilon, reduction="none")


@pytest.mark.parametrize(("classes", "gap", "loss"), [(1000, 9.105, 1.0148), (10, 4.511, 0.5003)])
def test_the_bottom_is_where_the_chapter_says(classes: int, gap: float, loss: float) -> None:
    numbers = PullTheLogit(epsilon=0.1, classes=classes, uid="p").readouts()
    assert numbers["best"] == pytest.approx(gap, abs=5e-4)
    assert numbers["lowest"] == pytest.approx(loss, abs=5e-5)


@pytest.mark.parametrize("classes", [2, 10, 1000])
@pytest.mark.parametrize("epsilon", [0.05, 0.3])
def test_torch_has_its_lowest_loss_there(classes: int, epsilon: float) -> None:
    grid = torch.linspace(0, 14, 14_001, dtype=torch.float64)
    losses = torch_loss(grid, epsilon, classes)
    numbers = PullTheLogit(epsilon=epsilon, classes=classes, uid="p").readouts()
    assert numbers["best"] == pytest.approx(float(grid[losses.argmin()]), abs=1e-3)
    assert numbers["lowest"] == pytest.approx(float(losses.min()), rel=1e-6)


@pytest.mark.parametrize("state", [(0.0, 0.1, 10), (3.0, 0.0, 1000), (14.0, 0.5, 2)])
def test_loss_and_gradient_at_a_gap(state: tuple[float, float, int]) -> None:
    gap, epsilon, classes = state
    numbers = PullTheLogit(gap, epsilon, classes, uid="p").readouts()
    loss = torch_loss(torch.tensor([gap], dtype=torch.float64), epsilon, classes)
    assert numbers["loss"] == pytest.approx(float(loss), rel=1e-12, abs=1e-12)
    logits = torch.zeros(1, classes, dtype=torch.float64)
    logits[0, 0] = gap
    ours = float(LabelSmoothing(epsilon)(logits, torch.zeros(1, dtype=torch.long)))
    assert numbers["loss"] == pytest.approx(ours, rel=1e-12, abs=1e-12)
    # Of the paper: p − q′.
    assert numbers["gradient"] == pytest.approx(numbers["p"] - numbers["target"], abs=1e-12)


def test_hard_labels_have_no_bottom() -> None:
    widget = PullTheLogit(uid="p")
    assert "best" not in widget.readouts()
    assert widget.best() == math.inf
    losses = torch_loss(torch.linspace(0, 30, 301, dtype=torch.float64), 0, 10)
    assert (losses.diff() < 0).all()


@pytest.mark.parametrize("classes", [2, 10, 1000])
def test_the_entropy_has_its_bottom_elsewhere(classes: int) -> None:
    widget = PullTheLogit(epsilon=0.1, classes=classes, second="entropy", face="second", uid="p")
    numbers = widget.readouts()
    assert "target" not in numbers
    widget.gap = numbers["best"]
    assert widget.readouts()["gradient"] == pytest.approx(0, abs=1e-12)
    assert widget.readouts()["loss"] == pytest.approx(numbers["lowest"], rel=1e-9)
    below, above = (_loss_at(widget, numbers["best"] + d) for d in (-0.5, 0.5))
    assert min(below, above) > numbers["lowest"]
    assert numbers["best"] > PullTheLogit(epsilon=0.1, classes=classes, uid="p").best()


def _loss_at(widget: PullTheLogit, gap: float) -> float:
    widget.gap = gap
    return float(widget.readouts()["loss"])


@pytest.mark.parametrize(
    "state", [{"gap": 15}, {"epsilon": 0.6}, {"classes": 1}, {"second": "none"}, {"face": "both"}]
)
def test_limits(state: dict) -> None:
    (name,) = state
    with pytest.raises(ValueError, match=rf"^{name} is .*pass "):
        PullTheLogit(**state)
