"""GradientByLoss: its bars are means over the seeds of the record."""

from __future__ import annotations

import statistics

import pytest

from inception_lib.results import read_results
from inception_lib.viz import GradientByLoss

RECORD = read_results("auxiliary")


@pytest.mark.parametrize(("network", "stop"), [("none", 0), ("plain", 3), ("normalised", 5)])
def test_bars_are_means_over_the_seeds(network: str, stop: int) -> None:
    rows = [run["gradients"] for run in RECORD["runs"] if run["variant"] == network]
    widget = GradientByLoss(network, stop, uid="g")
    numbers = widget.readouts()
    losses = ("main",) if network == "none" else ("main", "side")
    assert {name for name in numbers if "-" in name} == {
        f"{loss}-{part}" for loss in losses for part in rows[0]["blocks"]
    }
    for loss in losses:
        for place, part in enumerate(rows[0]["blocks"]):
            norms = [row[loss][stop][place] for row in rows]
            assert numbers[f"{loss}-{part}"] == pytest.approx(statistics.mean(norms), abs=1e-6)
            _, low, high = widget.norms[network][loss][stop][place]
            assert (low, high) == pytest.approx((min(norms), max(norms)), abs=1e-6)


def test_the_ratio_and_the_angle_are_of_the_first_layer() -> None:
    rows = [run["gradients"] for run in RECORD["runs"] if run["variant"] == "plain"]
    numbers = GradientByLoss("plain", 2, uid="g").readouts()
    side, main = (sum(row[loss][2][0] for row in rows) for loss in ("side", "main"))
    assert numbers["ratio"] == pytest.approx(side / main, rel=1e-4)
    cosines = [row["cosine"][2][0] for row in rows]
    assert numbers["cosine"] == pytest.approx(statistics.mean(cosines), abs=1e-6)


@pytest.mark.parametrize("state", [{"network": "both"}, {"stop": 6}])
def test_limits(state: dict) -> None:
    (name,) = state
    with pytest.raises(ValueError, match=rf"^{name} is .*pass "):
        GradientByLoss(**state)
