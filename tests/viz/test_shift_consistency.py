"""ShiftConsistency: what the record says, and what the figure shows of it."""

from __future__ import annotations

import pytest

from inception_lib import inception_v3, receptive_field, trace
from inception_lib.results import read_results
from inception_lib.viz import ShiftConsistency

RECORD = read_results("shift_consistency")


def test_strides_are_the_networks() -> None:
    fields = receptive_field(trace(inception_v3(aux=False), 299))
    for layer, stride in RECORD["strides"].items():
        assert fields[layer].stride == (stride, stride)


@pytest.mark.parametrize("photo", RECORD["photographs"])
def test_only_whole_cells_bring_the_maps_back(photo: str) -> None:
    for layer, stride in RECORD["strides"].items():
        left = RECORD["photographs"][photo][layer]
        between = [share for shift, share in enumerate(left) if shift % stride == stride // 2]
        # After 6e one cell is not enough, two are.
        step = 2 * stride if layer == "Mixed_6e" else stride
        whole = [share for shift, share in enumerate(left) if shift % step == 0]
        assert left[0] == 0
        assert max(whole) < 0.03 < min(between)


@pytest.mark.parametrize("photo", RECORD["photographs"])
def test_what_parts_odd_cells_from_even_ones_comes_in_the_last_two_modules(photo: str) -> None:
    for found in RECORD["whole_cells_by_module"][photo].values():
        for module in "abc":
            assert found[f"Mixed_6{module}"][0] < 0.02
        assert found["Mixed_6d"][0] > 0.05
        assert found["Mixed_6e"][0] > 0.3
        assert all(two < 0.05 for _, two in found.values())
    across = RECORD["whole_cells_by_module"][photo]["across"]["Mixed_6e"]
    assert across[0] == RECORD["photographs"][photo]["Mixed_6e"][16]


def test_readouts_are_the_record() -> None:
    widget = ShiftConsistency(16, "coffee", uid="s")
    curves = RECORD["photographs"]["coffee"]
    assert widget.readouts() == {f"left-{layer}": left[16] for layer, left in curves.items()}
    widget.photo = "chelsea"
    assert "cat" in widget.image["alt"]


@pytest.mark.parametrize("state", [{"shift": 36}, {"photo": "dog"}])
def test_limits(state: dict) -> None:
    (name,) = state
    with pytest.raises(ValueError, match=f"^{name} is .* pass "):
        ShiftConsistency(**state)
