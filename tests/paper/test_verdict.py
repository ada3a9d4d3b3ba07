"""The rule by which recorded trainings decide, against scipy and by simulation."""

import math
import random

import pytest

from inception_lib.paper.verdict import (
    HOLDS,
    LOOKS,
    OPPOSITE,
    UNDECIDED,
    interval,
    student_quantile,
    verdict,
)

scipy_stats = pytest.importorskip("scipy.stats")


def record(differences, expected=1, margin=0.0, measure="error"):
    runs = []
    for seed, difference in enumerate(differences):
        runs.append({"variant": "a", "seed": seed, "final": {measure: 50 + difference}})
        runs.append({"variant": "b", "seed": seed, "final": {measure: 50.0}})
    asked = {"claim": "c", "first": "a", "second": "b", "measure": measure}
    asked |= {"expected": expected, "margin": margin}
    return {"comparisons": [asked], "runs": runs}


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 5, 8, 9, 14, 19, 60])
@pytest.mark.parametrize("share", [0.5, 0.8, 0.975, 0.99375])
def test_quantiles_are_scipys(share, freedom):
    expected = scipy_stats.t.ppf(share, freedom)
    assert student_quantile(share, freedom) == pytest.approx(expected, abs=1e-9)


def test_quantile_refuses_what_it_has_no_answer_for():
    with pytest.raises(ValueError, match=r"share is 0\.2"):
        student_quantile(0.2, 4)


def test_interval_is_scipys():
    differences = [0.4, -1.2, 2.2, 0.9, 1.1, 0.3]
    mean, low, high, smallest = interval(differences)
    error = scipy_stats.sem(differences)
    expected = scipy_stats.t.interval(1 - 0.05 / 4, 5, loc=mean, scale=error)
    assert (low, high) == pytest.approx(expected)
    assert mean == pytest.approx(sum(differences) / 6)
    assert smallest > high - mean


@pytest.mark.parametrize(
    ("differences", "expected", "margin", "decision"),
    [
        ([2.0, 2.1, 1.9, 2.2, 1.8], 1, 0, HOLDS),
        ([2.0, 2.1, 1.9, 2.2, 1.8], -1, 0, OPPOSITE),
        ([2.0, -2.1, 1.9, -2.2, 1.8], 1, 0, UNDECIDED),
        ([2.0, 2.1, 1.9, 2.2], 1, 0, UNDECIDED),  # before the first look
        ([0.1, -0.1, 0.05, 0.0, -0.05], 0, 1, HOLDS),
        ([2.0, 2.1, 1.9, 2.2, 1.8], 0, 1, OPPOSITE),
        ([-2.0, -2.1, -1.9, -2.2, -1.8], 0, 1, OPPOSITE),
        ([2.0, -2.1, 1.9, -2.2, 1.8], 0, 1, UNDECIDED),
        ([1.0, 1.1, 0.9, 1.2, 0.8], 0, 1, UNDECIDED),  # a difference, but more than 1?
    ],
)
def test_rule(differences, expected, margin, decision):
    assert verdict(record(differences, expected, margin), "c").decision == decision


def test_runs_beyond_a_look_wait():
    found = verdict(record([2.0, 2.1, 1.9, 2.2, 1.8, -50.0, -50.0]), "c")
    assert (found.pairs, found.decision) == (5, HOLDS)


def test_only_pairs_count():
    lone = record([2.0, 2.1, 1.9, 2.2, 1.8])
    lone["runs"] = [run for run in lone["runs"] if (run["variant"], run["seed"]) != ("b", 3)]
    found = verdict(lone, "c")
    assert (found.pairs, found.decision) == (4, UNDECIDED)
    assert found.mean == pytest.approx((2.0 + 2.1 + 1.9 + 1.8) / 4)


def test_a_run_without_the_measure_decides_nothing():
    diverged = record([2.0, 2.1, 1.9, 2.2, 1.8], measure="gap")
    diverged["runs"][0]["final"] = {"error": 90.0}
    found = verdict(diverged, "c")
    assert found.decision == UNDECIDED
    assert math.isnan(found.mean)


def test_a_measure_that_is_a_difference_stands_alone():
    alone = record([-48.0, -48.1, -47.9, -48.2, -47.8], expected=1)
    alone["comparisons"][0]["second"] = ""
    found = verdict(alone, "c")
    assert found.mean == pytest.approx(2)
    assert found.decision == HOLDS


def test_unknown_comparison_is_named():
    with pytest.raises(ValueError, match="it has c"):
        verdict(record([1.0, 2.0]), "d")


def test_looking_four_times_errs_in_one_of_twenty_at_most():
    draw = random.Random(3)
    wrong, tries = 0, 600
    for _ in range(tries):
        noise = [draw.gauss(0, 1) for _ in range(LOOKS[-1])]
        wrong += any(verdict(record(noise[:look]), "c").decision != UNDECIDED for look in LOOKS)
    assert wrong / tries < 0.065  # at most 0.05, and chance of the simulation
    assert wrong > 0


def test_the_smallest_effect_is_seen_four_times_in_five():
    draw = random.Random(5)
    look = 10
    reach = student_quantile(1 - 0.05 / 8, look - 1) + student_quantile(0.8, look - 1)
    effect, seen, tries = reach / math.sqrt(look), 0, 600  # for a deviation of 1
    for _ in range(tries):
        found = record([draw.gauss(effect, 1) for _ in range(look)])
        seen += verdict(found, "c").decision == HOLDS
    assert 0.72 < seen / tries < 0.9
