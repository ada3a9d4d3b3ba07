"""BestLines: shares and ranks of kernels whose products are known, and of random ones."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from inception_lib.viz import BestLines


def numbers(matrix: torch.Tensor) -> dict:
    kernel = "".join(str(int(v)) for v in matrix.flatten())
    return BestLines(kernel, uid="b").readouts()


def test_what_is_a_product_is_held_whole() -> None:
    column, row = torch.tensor([0, 1, 1, 0, 1, 0, 0]), torch.tensor([1, 1, 0, 0, 0, 0, 1])
    found = numbers(torch.outer(column, row))
    assert found["held"] == pytest.approx(1)
    assert found["pairs"] == 1


def test_a_diagonal_is_held_to_a_seventh_and_nothing_by_nothing() -> None:
    found = numbers(torch.eye(7))
    assert found["held"] == pytest.approx(1 / 7)
    assert found["pairs"] == 7
    assert numbers(torch.zeros(7, 7)) == {"held": 1.0, "pairs": 0}


@pytest.mark.parametrize("seed", range(4))
def test_no_column_and_row_come_nearer(seed: int) -> None:
    kernel = torch.from_numpy(np.random.default_rng(seed).integers(0, 2, (7, 7))).double()
    found = numbers(kernel)
    assert found["pairs"] == np.linalg.matrix_rank(kernel.numpy())
    # Alternating least squares, another way to the same best product.
    row = torch.ones(7, dtype=torch.float64)
    for _ in range(400):
        column = kernel @ row / row.square().sum()
        row = kernel.T @ column / column.square().sum()
    missed = (kernel - torch.outer(column, row)).square().sum() / kernel.square().sum()
    assert found["held"] == pytest.approx(1 - float(missed), abs=1e-9)


@pytest.mark.parametrize("kernel", ["1" * 48, "2" * 49])
def test_limits(kernel: str) -> None:
    with pytest.raises(ValueError, match=r"^kernel is .* pass "):
        BestLines(kernel)
