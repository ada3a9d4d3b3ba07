"""Networks of one cost in the page: the record, and what such a network costs by hand."""

from __future__ import annotations

from statistics import mean

import pytest

from inception_lib.results import read_results
from inception_lib.viz import WidthAndDepth


def test_numbers_are_the_record() -> None:
    record = read_results("balance_digits")
    widget = WidthAndDepth()
    seen = []
    for name, budget in (("small", 250_000), ("middle", 1_000_000), ("large", 4_000_000)):
        widget.budget = name
        for place in range(5):
            widget.place = place
            seen.append((budget, widget.readouts()))
    for (budget, found), row in zip(seen, record["networks"], strict=True):
        assert row["budget"] == budget
        assert found["error"] == pytest.approx(mean(row["errors"]))
        assert (found["depth"], found["width"]) == (row["depth"], row["width"])


def test_networks_cost_what_their_layers_cost_and_fill_the_budget() -> None:
    for row in read_results("balance_digits")["networks"]:

        def macs(w: int, depth: int = row["depth"]) -> int:
            return 64 * 9 * (w + (depth - 1) * w * w) + 10 * w

        assert row["macs"] == macs(row["width"]) <= row["budget"] < macs(row["width"] + 1)


@pytest.mark.parametrize("state", [{"budget": "huge"}, {"place": 5}])
def test_limits(state: dict) -> None:
    (name,) = state
    with pytest.raises(ValueError, match=f"^{name} is .*pass "):
        WidthAndDepth(**state)
