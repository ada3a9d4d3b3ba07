"""RatioReadings: one ratio, and which of the three sentences it makes true."""

from __future__ import annotations

import pytest

from inception_lib.viz import RatioReadings


def test_on_even_grids_a_quarter_is_left_and_three_times_more_is_paid() -> None:
    for grid in (6, 34, 70):
        numbers = RatioReadings(grid=grid, uid="r").readouts()
        assert numbers == {"left": 0.25, "saved": 0.75, "more": 3.0}


def test_on_the_networks_own_grid_a_little_less_is_left() -> None:
    numbers = RatioReadings(grid=35, uid="r").readouts()
    assert numbers["left"] == pytest.approx((17 / 35) ** 2)
    assert numbers["more"] == pytest.approx(3.2388, abs=1e-4)


def test_limits() -> None:
    with pytest.raises(ValueError, match=r"reading is 'half'.* pass one of 'to a quarter'"):
        RatioReadings("half")
