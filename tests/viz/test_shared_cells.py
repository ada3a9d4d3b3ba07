"""SharedCells: the paper's argument for Figure 1, counted on patches that are traced."""

from __future__ import annotations

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from inception_lib.paper.checks import factorizing
from inception_lib.viz import SharedCells


@pytest.mark.parametrize("patch", [1, 2, 6, 12])
def test_shared_is_what_torch_counts_for_the_patch(patch: int) -> None:
    layers = torch.nn.Sequential(torch.nn.Conv2d(1, 1, 3), torch.nn.Conv2d(1, 1, 3))
    with FlopCounterMode(display=False) as counter:
        layers(torch.zeros(1, 1, patch + 4, patch + 4))
    numbers = SharedCells(patch, uid="s").readouts()
    assert numbers["shared"] == counter.get_total_flops() / 2 / patch**2
    assert numbers["cells-shared"] == (patch + 2) ** 2
    assert numbers["cells-alone"] == 9 * patch**2


def test_alone_it_is_the_ledgers_number_and_shared_it_ends_at_the_papers() -> None:
    numbers = SharedCells(1, uid="s").readouts()
    alone = factorizing.cost_of_sliding_without_sharing()
    assert numbers["alone"] / numbers["one"] == alone.value == 3.6
    assert numbers["shared"] == numbers["alone"]
    # 9 (p + 2)²/p² + 9 falls to 18 as the patch grows; a 6×6 costs what a 5×5 does.
    costs = [SharedCells(p, uid="s").readouts()["shared"] for p in range(1, 13)]
    assert costs == sorted(costs, reverse=True)
    assert costs[5] == 25
    assert min(costs) > 18


def test_limits() -> None:
    with pytest.raises(ValueError, match=r"^patch is 0.* pass "):
        SharedCells(0)
