"""BorderRows: held to the ledger's own count and to binary digits."""

from __future__ import annotations

import pytest

from inception_lib.paper.checks.wholes import pixels_cut_off_at_299
from inception_lib.viz import BorderRows


@pytest.mark.parametrize("size", [75, 299, 300, 331])
def test_the_digits_of_the_size_less_11_are_the_layers_that_leave_a_border(size: int) -> None:
    numbers = BorderRows(size, uid="b").readouts()
    sides = [value for name, value in numbers.items() if name.startswith("side-")]
    digits = [(size - 11) >> k & 1 for k in range(5)]
    assert [1 - side % 2 for side in sides] == digits
    assert numbers["over"] == sum(digits)


def test_299_is_the_ledgers() -> None:
    assert BorderRows(299, uid="b").readouts()["over"] == pixels_cut_off_at_299().value == 0


def test_limits() -> None:
    with pytest.raises(ValueError, match=r"^size is 74.* pass size=75"):
        BorderRows(74)
