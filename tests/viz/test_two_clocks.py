"""TwoClocks: held to the library's recipe, schedule and average, and to the ledger."""

from __future__ import annotations

import pytest

from inception_lib.paper.checks.schedule import epochs_of_figure_2, steps_of_the_training
from inception_lib.training.average import horizon
from inception_lib.training.recipes import get_recipe
from inception_lib.training.schedule import learning_rate
from inception_lib.viz import TwoClocks


def shown(epoch: float) -> dict:
    return TwoClocks(epoch, answer="shown", uid="clocks").readouts()


@pytest.mark.parametrize("steps", [801, 40_037])
def test_the_rate_is_the_schedules_by_either_clock(steps: int) -> None:
    recipe = get_recipe("paper")
    for epoch in (0, 1.75, 2, 37.5, 98, 99.75):
        ours = learning_rate(recipe, round(epoch * steps), steps)
        assert shown(epoch)["rate"] == pytest.approx(ours, rel=1e-12)
    last = learning_rate(recipe, recipe.epochs * steps - 1, steps)
    assert shown(100)["rate"] == pytest.approx(last, rel=1e-12)
    assert round(last, 5) == 0.00217


def test_steps_and_windows_are_the_ledgers() -> None:
    parts, numbers = steps_of_the_training().parts, shown(100)
    assert numbers["replica"] == parts["all"] == 4_003_700
    assert numbers["together"] == parts["all together"] == 80_100
    back = horizon(get_recipe("paper").average)
    for clock, words, steps in (("replica", "", 40_037), ("together", " together", 801)):
        window = numbers[f"{clock}-window"]
        assert window == pytest.approx(parts[f"average{words}"], rel=1e-12)
        assert window == pytest.approx(back / steps, rel=1e-12)
    assert round(numbers["replica-window"], 2) == 0.25
    assert round(numbers["together-window"], 1) == 12.5


def test_figure_2_stops_at_the_mark() -> None:
    epochs = epochs_of_figure_2().value
    assert shown(round(4 * epochs) / 4)["replica"] == pytest.approx(3.86e6, rel=0.002)


def test_a_window_does_not_begin_before_the_training() -> None:
    assert shown(5)["together-window"] == 5
    assert shown(5)["replica-window"] < 0.25
    start = shown(0)
    assert start.pop("rate") == 0.045
    assert set(start.values()) == {0}


def test_nothing_tells_the_answer_before_the_guess() -> None:
    widget = TwoClocks(uid="clocks")
    assert widget.readouts().keys() == {"rate", "guess"}
    table = widget.fallback_html()
    assert "12.5" not in table
    assert "801" not in table


@pytest.mark.parametrize("state", [{"epoch": 101}, {"guess": 0}, {"answer": "both"}])
def test_limits(state: dict) -> None:
    (name,) = state
    with pytest.raises(ValueError, match=rf"^{name} is .*pass "):
        TwoClocks(**state)
