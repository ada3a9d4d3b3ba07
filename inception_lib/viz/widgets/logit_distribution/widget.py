"""Logits of trained networks, with hard labels and with smoothed ones (section 7)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from traitlets import Dict, Float, validate

from inception_lib.results import read_results
from inception_lib.viz.base import BookWidget, Readouts
from inception_lib.viz.traits import OneOf, StateError

__all__ = ["LogitDistribution"]

SPLITS = {"training": "training_gap", "test": "gap"}
LEARNT = ", by heart"  # how the names of the variants end that are shown
CLASSES = 10
TRIANGLE = np.array([[math.cos(a), math.sin(a)] for a in np.radians([90, 210, 330])])


class LogitDistribution(BookWidget):
    """Gaps of logits, clusters of features, and calibration, hard labels beside smoothed ones.

    Read from recorded trainings of networks that know their training images by heart. Histograms,
    calibration and means are over all seeds; the features are those of the first.

    Parameters
    ----------
    epsilon : float
        ε of the networks that are compared with those of hard labels; one that is recorded.
    split : str
        ``"training"``: the gap of the label's logit on training images; ``"test"``: that of the
        largest logit on test images.
    record : mapping, optional
        What ``experiments/run_queue.py`` recorded; the book's own by default.
    uid : str, optional
        Name of the widget in its page, see `BookWidget`.

    Raises
    ------
    ValueError
        If a value is not known, or if the record has no such runs.
    MissingResults
        If no record is given and the book's is not here.
    """

    runs: Dict = Dict(read_only=True).tag(sync=True)
    epsilon = Float(0.0).tag(sync=True)
    split = OneOf("training", SPLITS)

    def __init__(
        self,
        epsilon: float = 0.0,
        split: str = "training",
        record: Mapping[str, Any] | None = None,
        uid: str | None = None,
    ) -> None:
        found = read_results("label_smoothing") if record is None else record
        super().__init__(uid=uid, split=split)
        self.set_trait("runs", _runs(found))
        self.set_trait("limits", self._limits())
        self.epsilon = epsilon

    def _limits(self) -> dict[str, dict[str, Any]]:
        names = [one["epsilon"] for one in self.runs.get("each", [])]
        return super()._limits() | {"epsilon": {"names": names}}

    @validate("epsilon")
    def _recorded(self, proposal: Any) -> float:
        known = self.limits.get("epsilon", {}).get("names", [0.0])
        if proposal["value"] not in known:
            raise StateError(
                f"epsilon is {proposal['value']!r}, of which no run is recorded: pass one of "
                + ", ".join(map(repr, known))
            )
        return proposal["value"]

    def readouts(self) -> Readouts:
        """Mean gap, calibration error and error, hard and at ε; the bottom of the loss."""
        each = {one["epsilon"]: one for one in self.runs["each"]}
        found: Readouts = {}
        for name, one in (("hard", each[0.0]), ("now", each[self.epsilon])):
            found |= {
                f"gap-{name}": one["gap"][self.split],
                f"ece-{name}": one["ece"],
                f"error-{name}": one["error"],
            }
        if self.epsilon and self.split == "training":
            rest = self.epsilon / CLASSES
            found["best"] = math.log((1 - self.epsilon + rest) / rest)
        return found


def _runs(record: Mapping[str, Any]) -> dict[str, Any]:
    """What the front end draws: for each ε its histograms, bins, points and means."""
    images = {v["name"]: v["images"]["train"] for v in record["variants"]}
    each = []
    for name in images:
        runs = [r for r in record["runs"] if r["variant"] == name and not r["diverged"]]
        if name.endswith(LEARNT) and any("features" in run for run in runs):
            number = float(name.removesuffix(LEARNT))
            each.append(_one(number, runs, record["pooled"][name]))
    if not each or each[0]["epsilon"]:
        raise StateError(
            f"the record has no runs of '0{LEARNT}' with their features: run the queue "
            "(experiments/README.md), or pass another record"
        )
    return {"images": images[f"0{LEARNT}"], "each": each}


def _one(
    epsilon: float, runs: Sequence[Mapping[str, Any]], pooled: Mapping[str, Any]
) -> dict[str, Any]:
    finals = [run["final"] for run in runs]
    features = next(run["features"] for run in runs if "features" in run)
    turn = _turn(np.array(features["weights"]))
    return {
        "epsilon": epsilon,
        "seeds": len(runs),
        "counts": {split: pooled["gaps"][f"{key}_counts"] for split, key in SPLITS.items()},
        "gap": {split: _mean(one[key] for one in finals) for split, key in SPLITS.items()},
        "ece": _mean(one["ece"] for one in finals) / 100,
        "error": _mean(one["error"] for one in finals) / 100,
        "bins": pooled["confidence"]["bins"],
        "points": {
            split: [(np.array(group) @ turn).round(2).tolist() for group in features[split]]
            for split in SPLITS
        },
    }


def _turn(weights: np.ndarray) -> np.ndarray:
    """The rotation, or reflection, that brings three weights nearest to an upright triangle."""
    left, _, right = np.linalg.svd((weights - weights.mean(0)).T @ TRIANGLE)
    return left @ right


def _mean(values: Any) -> float:
    found = list(values)
    return math.fsum(found) / len(found)
