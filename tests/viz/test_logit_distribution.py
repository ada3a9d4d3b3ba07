"""LogitDistribution: what it shows is what the record holds."""

from __future__ import annotations

import copy
import math

import numpy as np
import pytest

from inception_lib.results import read_results
from inception_lib.viz import LogitDistribution

RECORD = read_results("label_smoothing")


def finals(variant: str, measure: str) -> list[float]:
    return [run["final"][measure] for run in RECORD["runs"] if run["variant"] == variant]


def test_means_are_those_of_the_runs() -> None:
    widget = LogitDistribution(0.1, uid="l")
    numbers = widget.readouts()
    for name, variant in (("hard", "0, by heart"), ("now", "0.1, by heart")):
        assert numbers[f"gap-{name}"] == pytest.approx(np.mean(finals(variant, "training_gap")))
        assert numbers[f"ece-{name}"] == pytest.approx(np.mean(finals(variant, "ece")) / 100)
        assert numbers[f"error-{name}"] == pytest.approx(np.mean(finals(variant, "error")) / 100)
    assert numbers["best"] == pytest.approx(math.log(91))  # 0.91 to 0.01
    widget.split = "test"
    gap = np.mean(finals("0, by heart", "gap"))
    assert widget.readouts()["gap-hard"] == pytest.approx(gap)
    assert "best" not in widget.readouts()


def test_all_images_of_all_seeds_are_drawn() -> None:
    widget = LogitDistribution(uid="l")
    for one in widget.runs["each"]:
        runs = [r for r in RECORD["runs"] if r["variant"] == f"{one['epsilon']:g}, by heart"]
        assert one["seeds"] == len(runs)
        assert sum(one["counts"]["training"]) == widget.runs["images"] * len(runs)
        assert sum(one["counts"]["test"]) == 10_000 * len(runs)
        assert sum(n for n, *_ in one["bins"]) == 10_000 * len(runs)
        # The bins of all seeds together give their calibration error, or a little less.
        off = sum(n * abs(sure - right) for n, sure, right in one["bins"]) / (1e4 * len(runs))
        assert off <= one["ece"] + 1e-4
        if len(runs) == 1:
            assert off == pytest.approx(one["ece"], abs=1e-4)


def test_turning_the_plane_keeps_all_distances() -> None:
    widget = LogitDistribution(uid="l")
    for one in widget.runs["each"]:
        (features,) = (
            run["features"]
            for run in RECORD["runs"]
            if run["variant"] == f"{one['epsilon']:g}, by heart" and "features" in run
        )
        for split in ("training", "test"):
            ours, theirs = (
                np.array(points[split]).reshape(-1, 2) for points in (one["points"], features)
            )
            assert np.linalg.norm(ours, axis=1) == pytest.approx(
                np.linalg.norm(theirs, axis=1), abs=0.01
            )
            apart = [np.linalg.norm(p[:, None] - p[None], axis=2) for p in (ours, theirs)]
            assert apart[0] == pytest.approx(apart[1], abs=0.02)
        # In training images the first class is on top, where its weight was turned to.
        means = np.array(one["points"]["training"]).mean(1)
        assert means[0, 1] == means[:, 1].max()


def test_what_is_not_recorded_is_said() -> None:
    with pytest.raises(ValueError, match=r"epsilon is 0\.07, .* pass one of 0\.0, "):
        LogitDistribution(0.07)
    fewer = copy.deepcopy(RECORD)
    fewer["runs"] = [run for run in fewer["runs"] if "heart" not in run["variant"]]
    with pytest.raises(ValueError, match="no runs of '0, by heart'"):
        LogitDistribution(record=fewer)
