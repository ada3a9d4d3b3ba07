"""SwappedHeadings: the paper's three tables, read under both headings."""

from __future__ import annotations

from dataclasses import replace

import pytest

from inception_lib.paper.tables import TABLE3, TABLE4, TABLE5
from inception_lib.viz import SwappedHeadings

AROUND = {"Table 3": TABLE3, "Table 5": TABLE5}


def numbers(first: str) -> dict[str, int | float | str]:
    return SwappedHeadings(TABLE4, AROUND, first, uid="s").readouts()


def test_as_printed_no_row_with_two_errors_can_be() -> None:
    printed = numbers("top-5")
    assert printed["impossible"] == printed["both"] == 6  # GoogLeNet's two have one error each
    assert numbers("top-1")["impossible"] == 0


def test_tables_3_and_5_have_no_such_row() -> None:
    widget = SwappedHeadings(TABLE4, AROUND, uid="s")
    assert len(widget.beside) == 6 + 3  # rows with both errors
    assert all(row["top5"] < row["top1"] for row in widget.beside)


def test_exchanged_the_errors_fall_from_one_crop_to_many() -> None:
    def changes(first: str) -> list[float]:
        found = numbers(first)
        return [found[f"many-{top}"] - found[f"one-{top}"] for top in ("top-1", "top-5")]

    # Section 10: 21.2 and 5.6 % with one crop, 18.77 and 4.2 % with 144.
    assert changes("top-1") == pytest.approx([-0.0243, -0.014])
    assert changes("top-5") == pytest.approx([-0.17, 0.1317])


def test_what_it_refuses() -> None:
    with pytest.raises(ValueError, match=r"^first is 'top-3'.*pass one of"):
        SwappedHeadings(TABLE4, AROUND, "top-3")
    strangers = {"Table 5": [replace(TABLE5[0], network="vgg19")]}
    with pytest.raises(ValueError, match=r"no table beside .* 'inception_v3'"):
        SwappedHeadings(TABLE4, strangers)
