"""ClipRing: held to the library's clipping, and to plain arithmetic."""

from __future__ import annotations

import math

import pytest
import torch

from inception_lib.training.optim import clip_gradients
from inception_lib.training.recipes import get_recipe
from inception_lib.viz import ClipRing

GRADIENTS = [(3, 4), (5, 0.5), (-6, 1.2), (1.8, -1.8), (0.3, 0.1), (0, 0), (0, -6)]


@pytest.mark.parametrize("gradient", GRADIENTS)
def test_the_ring_is_what_the_trainer_does(gradient: tuple[float, float]) -> None:
    numbers = ClipRing(*gradient, uid="clip").readouts()
    w = torch.zeros(2, dtype=torch.float64, requires_grad=True)
    w.grad = torch.tensor(gradient, dtype=torch.float64)
    length = clip_gradients([w], get_recipe("paper").clip_norm)
    assert numbers["length"] == pytest.approx(float(length))
    ours = numbers["ring-first"], numbers["ring-second"]
    assert ours == pytest.approx(w.grad.tolist(), abs=2e-6)  # torch adds 1e-6 to the length


@pytest.mark.parametrize("gradient", GRADIENTS)
def test_the_square_cuts_each_number(gradient: tuple[float, float]) -> None:
    numbers = ClipRing(*gradient, uid="clip").readouts()
    cut = [min(2, max(-2, x)) for x in gradient]
    assert [numbers["square-first"], numbers["square-second"]] == cut


def test_three_and_four() -> None:
    numbers = ClipRing(3, 4, uid="clip").readouts()
    assert (numbers["ring-first"], numbers["ring-second"]) == pytest.approx((1.2, 1.6), abs=1e-12)
    assert numbers["turned"] == pytest.approx(math.degrees(math.atan2(4, 3)) - 45)


@pytest.mark.parametrize("state", [{"first": 7}, {"second": -6.5}])
def test_limits(state: dict) -> None:
    (name,) = state
    with pytest.raises(ValueError, match=rf"^{name} is .*pass "):
        ClipRing(**state)
