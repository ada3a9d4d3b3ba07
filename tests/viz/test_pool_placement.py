"""PoolPlacement: the formulas of section 5, and the modules that the library builds for it."""

from __future__ import annotations

import pytest

from inception_lib import GridReduction, cost, trace
from inception_lib.nets import SequentialReduction
from inception_lib.viz import PoolPlacement


@pytest.mark.parametrize("grid", [6, 17, 34, 35, 70])
@pytest.mark.parametrize("channels", [8, 320])
def test_costs_are_the_papers_formulas_times_the_window(grid: int, channels: int) -> None:
    numbers = PoolPlacement(grid=grid, channels=channels, uid="p").readouts()
    half = grid // 2
    assert numbers["macs-behind"] == 9 * 2 * grid**2 * channels**2
    assert numbers["macs-before"] == 9 * 2 * half**2 * channels**2
    assert numbers["macs-beside"] == numbers["macs-before"] / 2
    if grid % 2 == 0:
        assert numbers["ratio"] == 4


def test_only_pooling_first_is_narrower_than_its_output() -> None:
    for place, narrow in {"before": True, "beside": False, "behind": False}.items():
        numbers = PoolPlacement(place, uid="p").readouts()
        assert (numbers["alive-middle"] < numbers["alive-out"]) == narrow
        assert (numbers["alive-in"], numbers["alive-out"]) == (392_000, 184_960)


@pytest.mark.parametrize(("order", "place"), [("pool_first", "before"), ("conv_first", "behind")])
def test_the_3x3_is_that_of_figure_9(order: str, place: str) -> None:
    figure = SequentialReduction(320, 640, 320, order)  # a 1×1 of 320 before the 3×3
    found = [row.macs for row in cost(trace(figure, (320, 35, 35))).rows if row.macs]
    assert PoolPlacement(uid="p").readouts()[f"macs-{place}"] == found[-1]


def test_side_by_side_is_the_first_branch_of_figure_10() -> None:
    figure = GridReduction(320, 320, None)
    graph = trace(figure, (320, 35, 35))
    numbers = PoolPlacement("beside", uid="p").readouts()
    assert cost(graph).macs == numbers["macs-beside"]
    assert graph[graph.outputs[0]].size == numbers["alive-out"]


@pytest.mark.parametrize("state", [{"place": "above"}, {"grid": 5}, {"channels": 2000}])
def test_limits(state: dict) -> None:
    (name,) = state
    with pytest.raises(ValueError, match=f"^{name} is .* pass "):
        PoolPlacement(**state)
