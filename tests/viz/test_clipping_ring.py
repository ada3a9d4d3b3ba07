"""ClippingRing: the library's clipping, and by value what torch's own clamp gives."""

from __future__ import annotations

import math

import pytest
import torch

from inception_lib.training import RECIPES, clip_gradients
from inception_lib.viz import ClippingRing

GRADIENTS = [(3.2, 1.2), (-4.0, 4.0), (0.5, -0.1), (0.0, 0.0), (2.0, 0.0)]


@pytest.mark.parametrize("gradient", GRADIENTS)
def test_by_the_norm_it_is_the_librarys(gradient: tuple[float, float]) -> None:
    """Over two weights, since the norm is a global one; the direction is kept."""
    weights = [torch.zeros((), dtype=torch.float64, requires_grad=True) for _ in range(2)]
    for weight, one in zip(weights, gradient, strict=True):
        weight.grad = torch.tensor(one, dtype=torch.float64)
    before = clip_gradients(weights, RECIPES["paper"].clip_norm)
    numbers = ClippingRing(*gradient, uid="c").readouts()
    assert numbers["norm"] == pytest.approx(float(before), rel=1e-12)
    found = [float(weight.grad) for weight in weights]
    assert [numbers["first"], numbers["second"]] == pytest.approx(found, rel=1e-12)
    assert numbers["left"] == pytest.approx(min(2, math.hypot(*gradient)), abs=1e-6)
    assert numbers["turned"] == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("gradient", GRADIENTS)
def test_by_value_each_is_cut_alone(gradient: tuple[float, float]) -> None:
    numbers = ClippingRing(*gradient, "value", uid="c").readouts()
    cut = torch.tensor(gradient, dtype=torch.float64).clamp(-2, 2)
    assert [numbers["first"], numbers["second"]] == cut.tolist()
    cosine = torch.nn.functional.cosine_similarity(
        cut, torch.tensor(gradient, dtype=torch.float64), dim=0
    )
    if any(gradient):
        assert math.cos(math.radians(numbers["turned"])) == pytest.approx(float(cosine))


def test_by_value_a_long_one_may_be_longer_than_the_ring() -> None:
    assert ClippingRing(4, 4, "value", uid="c").readouts()["left"] == pytest.approx(math.sqrt(8))


@pytest.mark.parametrize("state", [{"first": 5}, {"second": -4.1}, {"way": "global"}])
def test_limits(state: dict) -> None:
    (name,) = state
    with pytest.raises(ValueError, match=rf"^{name} is .*pass "):
        ClippingRing(**state)
