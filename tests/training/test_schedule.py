"""The learning rate: the paper's figures, torch's own schedulers, and what any course must hold."""

from itertools import pairwise

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.optim import lr_scheduler

from inception_lib.training.recipes import RECIPES
from inception_lib.training.schedule import learning_rate

PAPER = RECIPES["paper"]


def course(recipe, steps_per_epoch):
    return [
        learning_rate(recipe, n, steps_per_epoch) for n in range(recipe.epochs * steps_per_epoch)
    ]


def torchs(make, rate, steps):
    """The rates that a scheduler of torch's gives."""
    optimizer = torch.optim.SGD([torch.zeros(1)], rate)
    scheduler = make(optimizer)
    found = []
    for _ in range(steps):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return found


def test_the_papers_rate():
    """801 steps an epoch at batch 1600: 80,100 in all, in 50 stairs."""
    assert learning_rate(PAPER, 0, 801) == 0.045
    assert learning_rate(PAPER, 1601, 801) == 0.045
    assert learning_rate(PAPER, 1602, 801) == pytest.approx(0.045 * 0.94)
    assert learning_rate(PAPER, 80_099, 801) == pytest.approx(0.045 * 0.94**49)
    assert learning_rate(PAPER, 80_099, 801) == pytest.approx(0.00217, abs=5e-6)


def test_the_staircase_is_torchs_step():
    expected = torchs(lambda o: lr_scheduler.StepLR(o, 14, 0.94), 0.045, 140)
    assert course(PAPER.replace(epochs=20), 7) == pytest.approx(expected, rel=1e-12)


def test_the_cosine_is_torchs():
    recipe = PAPER.replace(schedule="cosine", epochs=20)
    expected = torchs(lambda o: lr_scheduler.CosineAnnealingLR(o, 140), 0.045, 140)
    assert course(recipe, 7) == pytest.approx(expected, rel=1e-9)


def test_the_triangle_by_hand():
    recipe = PAPER.replace(schedule="triangle", lr=1.0, epochs=2, warmup_epochs=1)
    expected = [1 / 5, 2 / 5, 3 / 5, 4 / 5, 1, 3 / 4, 2 / 4, 1 / 4]
    assert course(recipe, 4) == pytest.approx(expected)


def test_constant():
    assert set(course(PAPER.replace(schedule="constant", epochs=3), 5)) == {0.045}


@given(
    schedule=st.sampled_from(["staircase", "cosine", "triangle", "constant"]),
    epochs=st.integers(1, 12),
    share=st.floats(0, 1),
    steps_per_epoch=st.integers(1, 30),
)
def test_every_course_rises_to_its_rate_then_never_again(schedule, epochs, share, steps_per_epoch):
    recipe = PAPER.replace(
        schedule=schedule, epochs=epochs, warmup_epochs=share * epochs, decay_rate=0.999
    )
    rates = course(recipe, steps_per_epoch)
    warm = int(share * epochs * steps_per_epoch)
    assert all(0 < rate <= recipe.lr for rate in rates)
    assert all(a >= b for a, b in pairwise(rates[warm + 1 :]))
    if schedule != "staircase":
        assert all(a < b for a, b in pairwise(rates[:warm]))
    # Past the end (a longer loop by mistake) a rate is still a rate.
    assert 0 <= learning_rate(recipe, len(rates) + 5, steps_per_epoch) <= recipe.lr


@pytest.mark.parametrize(("step", "steps_per_epoch"), [(-1, 10), (0, 0)])
def test_refuses(step, steps_per_epoch):
    with pytest.raises(ValueError, match=f"step is {step}, steps_per_epoch {steps_per_epoch}"):
        learning_rate(PAPER, step, steps_per_epoch)
