"""WhichRungs: the paper's ladder, the library's costs, and which steps are clear of 0."""

from __future__ import annotations

from itertools import pairwise

import pytest

from inception_lib.nets.specs.ladder import ladder
from inception_lib.paper.checks.networks import budget
from inception_lib.paper.tables import BLACKLISTED, TABLE3, VALIDATION_IMAGES, rung
from inception_lib.viz import WhichRungs

RUNGS = TABLE3[3:]


def widget(**state: float) -> WhichRungs:
    return WhichRungs(RUNGS, uid="w", signed=15, **state)


def clear(**state: float) -> list[int]:
    found = widget(**state).readouts()
    flags = [found[f"clear-{i}"] for i in range(1, 5)]
    assert found["stand"] == sum(flags)
    return flags


def test_it_is_the_papers_ladder_on_the_papers_images() -> None:
    assert [rung(r.name) for r in ladder()] == list(RUNGS)
    assert WhichRungs.examples()[0].rungs == widget().rungs
    found = widget().readouts()
    assert found["images"] == VALIDATION_IMAGES - BLACKLISTED
    differences = [found[f"difference-{i}"] for i in range(1, 5)]
    assert differences == pytest.approx([0.3, 0.3, 1.2, 0.4])
    for i, row in enumerate(RUNGS, start=1):
        assert found[f"error-{i}"] == pytest.approx(row.top1 / 100)
        assert found[f"macs-{i}"] == budget(row.network).macs


def test_unpaired_one_step_of_four_is_clear_of_0() -> None:
    found = widget().readouts()
    assert round(found["half-5"], 2) == 0.36
    assert [round(found[f"interval-{i}"], 2) for i in range(1, 5)] == [0.53, 0.53, 0.52, 0.52]
    assert clear() == [0, 0, 1, 0]
    assert clear(images=1000) == [0, 0, 0, 0]


def test_paired_more_are() -> None:
    assert clear(disagree=20) == [0, 0, 1, 1]
    assert clear(disagree=10) == [1, 1, 1, 1]
    assert clear(disagree=10, images=1000) == [0, 0, 0, 0]


def test_a_share_is_kept_between_the_difference_and_independence() -> None:
    assert widget(disagree=0).shares() == pytest.approx([0.003, 0.003, 0.012, 0.004])
    errors = [row.top1 / 100 for row in RUNGS]
    free = [p + q - 2 * p * q for p, q in pairwise(errors)]
    assert widget().shares() == pytest.approx(free)
    assert widget(disagree=33.5).shares() == [0.335] * 4


def test_no_answer_before_a_guess() -> None:
    asked = WhichRungs(RUNGS, uid="w").readouts()
    told = {"interval", "clear", "stand", "signed"}
    assert not {name.partition("-")[0] for name in asked} & told
    one = WhichRungs(RUNGS, uid="w", signed=4).readouts()
    assert one.keys() - asked.keys() == {"interval-3", "clear-3", "signed", "stand"}
    assert (one["signed"], one["stand"]) == (1, 1)


def test_what_it_refuses() -> None:
    with pytest.raises(ValueError, match=r"^there are 8 rungs; .* pass TABLE3\[3:\]"):
        WhichRungs(TABLE3)
    with pytest.raises(ValueError, match=r"^images is 100; .* from 1000 to 50000"):
        WhichRungs(RUNGS, images=100)
