"""WhichHadTheHead: its curves are the record's, its scores are counted anew from it."""

from __future__ import annotations

import pytest

from inception_lib.results import read_results
from inception_lib.viz import WhichHadTheHead

RECORD = read_results("auxiliary")


def runs(variant: str) -> dict[int, dict]:
    return {run["seed"]: run for run in RECORD["runs"] if run["variant"] == variant}


def test_the_two_of_a_pair_are_runs_of_one_seed() -> None:
    without, plain = runs("none"), runs("plain")
    pairs = WhichHadTheHead("plain", uid="w").pairs["plain"]
    assert [pair["seed"] for pair in pairs] == sorted(without.keys() & plain.keys())
    for pair in pairs:
        own = pair[pair["head"]]
        other = pair["b" if pair["head"] == "a" else "a"]
        for curve, run in ((own, plain[pair["seed"]]), (other, without[pair["seed"]])):
            assert curve == [row[3] for row in run["curve"]] + [run["final"]["error"]]


def test_names_do_not_follow_the_order() -> None:
    for pairs in WhichHadTheHead(uid="w").pairs.values():
        assert {pair["head"] for pair in pairs[:5]} == {"a", "b"}


@pytest.mark.parametrize("moment", [1, 8, 13])
def test_pairs_in_which_the_head_is_ahead(moment: int) -> None:
    without, head = runs("none"), runs("normalised")
    gains = []
    for seed in without.keys() & head.keys():
        a, b = (
            run["final"]["error"] if moment == 13 else run["curve"][moment - 1][3]
            for run in (without[seed], head[seed])
        )
        gains.append(a - b)
    numbers = WhichHadTheHead(moment=moment, bets="normalised-0-1-a", uid="w").readouts()
    assert numbers["ahead"] == sum(gain > 0 for gain in gains)
    assert numbers["behind"] == sum(gain < 0 for gain in gains)


def test_nothing_is_told_before_the_first_bet() -> None:
    assert set(WhichHadTheHead(uid="w").readouts()) == {"error-a", "error-b"}


def test_a_pair_is_bet_on_once() -> None:
    widget = WhichHadTheHead(uid="w")
    right = widget.pairs["normalised"][0]["head"]
    wrong = "b" if right == "a" else "a"
    for bets, won in (
        (f"normalised-0-3-{right}", 1),
        (f"normalised-0-3-{wrong} normalised-0-12-{right}", 0),
    ):
        numbers = WhichHadTheHead(bets=bets, uid="w").readouts()
        assert (numbers["won"], numbers["placed"]) == (won, 1)


def test_bets_of_all_heads_are_counted_together() -> None:
    pairs = WhichHadTheHead(uid="w").pairs
    bets = " ".join(f"{head}-1-13-{found[1]['head']}" for head, found in pairs.items())
    numbers = WhichHadTheHead(bets=bets, uid="w").readouts()
    assert numbers["won"] == numbers["placed"] == len(pairs)


def test_the_pairs_come_round() -> None:
    first = WhichHadTheHead(pair=0, uid="w")
    count = len(first.pairs["normalised"])
    if count < 20:
        assert WhichHadTheHead(pair=count, uid="w").readouts() == first.readouts()
    assert WhichHadTheHead(pair=1, uid="w").present["seed"] == 1


@pytest.mark.parametrize(
    "state",
    [{"head": "upper"}, {"moment": 14}, {"pair": 20}, {"bets": "plain-0-1-c"}, {"bets": "x"}],
)
def test_limits(state: dict) -> None:
    (name,) = state
    with pytest.raises(ValueError, match=rf"^{name} is .*pass "):
        WhichHadTheHead(**state)


def test_a_run_that_diverged_is_in_no_pair() -> None:
    broken = [
        run | {"diverged": "loss is nan"} if run["variant"] == "plain" and run["seed"] == 0 else run
        for run in RECORD["runs"]
    ]
    pairs = WhichHadTheHead(record=RECORD | {"runs": broken}, uid="w").pairs
    assert 0 not in [pair["seed"] for pair in pairs["plain"]]
    assert 0 in [pair["seed"] for pair in pairs["normalised"]]
