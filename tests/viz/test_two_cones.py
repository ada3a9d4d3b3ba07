"""TwoCones: its paths are those of convolutions with all weights one, up and down."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from inception_lib.viz import TwoCones

CELLS = [(0, 0), (4, 6), (8, 3)]


def ones(cell: tuple[int, int], kernels: tuple[int, ...]) -> Tensor:
    """One at a cell of 9×13, taken through convolutions of ones."""
    x = torch.zeros(1, 1, 9, 13, dtype=torch.float64)
    x[0, 0, cell[0], cell[1]] = 1
    for k in kernels:
        x = F.conv2d(x, torch.ones(1, 1, k, k, dtype=torch.float64), padding=k // 2)
    return x[0, 0]


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("layers", [1, 2, 3])
@pytest.mark.parametrize("look", ["sees", "reaches"])
def test_paths_are_sums_of_convolutions_of_ones(look: str, layers: int, cell: tuple) -> None:
    widget = TwoCones(layers, look, *cell, uid="t")
    for kernels in ((2 * layers + 1,), (3,) * layers):
        # Odd kernels, stride 1: what a pixel reaches is what the cell in its place sees.
        assert torch.equal(widget.counts(kernels), ones(cell, kernels))


def test_both_see_the_same_cells_but_not_by_as_many_paths() -> None:
    numbers = TwoCones(uid="t").readouts()
    assert numbers["one-cells"] == numbers["stack-cells"] == 25
    assert numbers["one-most"] == 1
    assert (numbers["stack-most"], numbers["stack-least"]) == (9, 1)
    corner = TwoCones(2, row=0, column=0, uid="t").readouts()
    assert corner["one-cells"] == corner["stack-cells"] == 9


@pytest.mark.parametrize("state", [{"layers": 4}, {"look": "up"}, {"row": 9}, {"photo": "dog"}])
def test_limits(state: dict) -> None:
    (name,) = state
    with pytest.raises(ValueError, match=f"^{name} is .* pass "):
        TwoCones(**state)
