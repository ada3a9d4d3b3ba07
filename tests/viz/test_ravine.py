"""Ravine: its path and its steps are those of the library's RMSProp and of torch's, run."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
import torch

from inception_lib.training import RECIPES, RMSpropTF
from inception_lib.viz import Ravine

GRADIENTS = (1.0, 0.1, 0.01, 0.001)


def optimizer(form: str, weight: torch.Tensor, epsilon: float) -> torch.optim.Optimizer:
    if form == "tensorflow":
        return RMSpropTF([weight], 0.045, 0.9, 0.0, epsilon)
    return torch.optim.RMSprop([weight], 0.045, 0.9, epsilon)


@pytest.mark.parametrize("form", ["tensorflow", "torch"])
@pytest.mark.parametrize("epsilon", [1e-8, 1e-3, 1.0])
def test_the_path_is_the_optimizers(form: str, epsilon: float) -> None:
    weight = torch.tensor([-3.6, 0.5], dtype=torch.float64, requires_grad=True)
    rule = optimizer(form, weight, epsilon)
    path = Ravine(epsilon, 240, form, uid="r").path()
    for place in path:
        assert weight.tolist() == pytest.approx(place, abs=1e-12)
        loss = 0.01 * weight[0] ** 2 + weight[1] ** 2
        rule.zero_grad()
        loss.backward()
        before = float(loss.detach())
        rule.step()
    assert len(path) == 241
    # The loss where the loop last took it is the one that is shown.
    assert Ravine(epsilon, 240, form, uid="r").readouts()["loss"] == pytest.approx(before)


def steps_of(form: str, gradient: float, epsilon: float, count: int) -> list[float]:
    """Sizes of the steps of a weight under a gradient that stays."""
    weight = torch.zeros((), dtype=torch.float64, requires_grad=True)
    rule, places = optimizer(form, weight, epsilon), [0.0]
    for _ in range(count):
        weight.grad = torch.tensor(gradient, dtype=torch.float64)
        rule.step()
        places.append(float(weight.detach()))
    return [a - b for a, b in pairwise(places)]


@pytest.mark.parametrize("form", ["tensorflow", "torch"])
@pytest.mark.parametrize("epsilon", [1e-8, 1.0])
@pytest.mark.parametrize("gradient", GRADIENTS)
def test_a_step_is_the_optimizers(form: str, epsilon: float, gradient: float) -> None:
    steps = steps_of(form, gradient, epsilon, 240)
    for count in (1, 2, 30, 240):
        numbers = Ravine(epsilon, count, form, uid="r").readouts()
        assert numbers[f"step-{gradient:g}"] == pytest.approx(steps[count - 1], rel=1e-9)


def test_what_the_chapter_says_of_the_settled_steps() -> None:
    """Once the mean square is the gradient's: 0.045 four times, or nearly 0.045 g."""
    small, large = (Ravine(e, 240, uid="r").readouts() for e in (1e-8, 1.0))
    assert [small[f"step-{g:g}"] for g in GRADIENTS] == pytest.approx([0.045] * 4, abs=5e-4)
    for gradient, words in zip(GRADIENTS, (0.032, 0.0045, 0.00045, 0.000045), strict=True):
        found = large[f"step-{gradient:g}"]
        assert float(f"{found:.2g}") == words
        # In closed form: η g / √(g² + ε).
        assert found == pytest.approx(0.045 * gradient / math.sqrt(gradient**2 + 1), rel=1e-9)


def test_before_it_has_settled_the_first_mean_square_rules() -> None:
    """At 1 it makes the first step one in proportion to the gradient, with hardly an ε too."""
    first = Ravine(1e-8, 1, uid="r").readouts()
    for gradient in GRADIENTS:
        expected = 0.045 * gradient / math.sqrt(0.9 + 0.1 * gradient**2)
        assert first[f"step-{gradient:g}"] == pytest.approx(expected, rel=1e-6)
    theirs = Ravine(1e-8, 1, "torch", uid="r").readouts()
    assert [theirs[f"step-{g:g}"] for g in GRADIENTS] == pytest.approx(
        [0.045 * math.sqrt(10)] * 4, rel=1e-4
    )


def test_the_first_step_by_torchs() -> None:
    """0.7255 = 1/√1.9 for ε = 1, as the gradient goes to nothing; 0.7257 at 0.001."""
    ratio = Ravine(1.0, 1, uid="r").readouts()["ratio"]
    assert ratio == pytest.approx(1 / math.sqrt(1.9), abs=3e-4)
    ours, theirs = (steps_of(form, 1e-6, 1.0, 1)[0] for form in ("tensorflow", "torch"))
    assert ours / theirs == pytest.approx(0.7255, abs=5e-5)
    assert Ravine(1.0, 240, uid="r").readouts()["ratio"] == pytest.approx(1, abs=2e-3)


def test_with_a_large_epsilon_it_is_gradient_descent() -> None:
    """Its end and plain SGD's come together as ε grows; a small ε goes elsewhere."""
    weight = torch.tensor([-3.6, 0.5], dtype=torch.float64, requires_grad=True)
    sgd = torch.optim.SGD([weight], 0.045)
    for _ in range(240):
        sgd.zero_grad()
        (0.01 * weight[0] ** 2 + weight[1] ** 2).backward()
        sgd.step()
    ends = [Ravine(e, 240, uid="r").path()[-1] for e in (1e-8, 1e-4, 1e-2, 1.0)]
    away = [math.dist(end, weight.tolist()) for end in ends]
    assert away == sorted(away, reverse=True)
    assert away[-1] < 0.02 < 2.8 < away[0]


def test_its_constants_are_section_8s() -> None:
    recipe = RECIPES["paper"]
    assert (recipe.lr, recipe.rho, recipe.momentum, recipe.eps) == (0.045, 0.9, 0.0, 1.0)


@pytest.mark.parametrize("state", [{"epsilon": 0}, {"epsilon": 2}, {"steps": 0}, {"form": "adam"}])
def test_limits(state: dict) -> None:
    (name,) = state
    with pytest.raises(ValueError, match=rf"^{name} is .*pass "):
        Ravine(**state)
