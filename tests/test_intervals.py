"""Intervals of shares: against scipy, the paired comparison of answers, and drawn networks."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy import stats

from inception_lib.intervals import (
    Z95,
    difference_half_width,
    independent_disagreement,
    share_half_width,
)
from inception_lib.training.metrics import paired

P, Q, N = 0.216, 0.212, 48_238


def test_one_share_and_two_are_scipys_normal_intervals() -> None:
    assert pytest.approx(stats.norm.ppf(0.975), rel=1e-15) == Z95
    _, high = stats.norm.interval(0.95, loc=P, scale=stats.binom(N, P).std() / N)
    assert share_half_width(P, N) == pytest.approx(high - P)
    scale = math.sqrt(stats.binom(N, P).var() + stats.binom(N, Q).var()) / N
    _, high = stats.norm.interval(0.95, loc=P - Q, scale=scale)
    assert difference_half_width(P, Q, N) == pytest.approx(high - P + Q)


def test_paired_is_that_of_the_answers_themselves() -> None:
    n, only_first, only_second = 1000, 37, 49  # wrong in one alone
    first = torch.ones(n, dtype=torch.bool)
    second = first.clone()
    first[:only_first] = False
    second[only_first : only_first + only_second] = False
    first[-150:] = second[-150:] = False
    low, high = paired(first, second).interval95
    p, q = ((~right).double().mean().item() for right in (first, second))
    ours = difference_half_width(p, q, n, (only_first + only_second) / n)
    assert ours == pytest.approx((high - low) / 2)


@pytest.mark.parametrize("disagree", [0.05, 0.1, independent_disagreement(P, Q)])
def test_19_of_20_drawn_differences_lie_within(disagree: float) -> None:
    alone = ((disagree + P - Q) / 2, (disagree - P + Q) / 2)
    draw = np.random.default_rng(0).multinomial(N, [*alone, 1 - disagree], size=20_000)
    off = np.abs((draw[:, 0] - draw[:, 1]) / N - (P - Q))
    assert np.mean(off < difference_half_width(P, Q, N, disagree)) == pytest.approx(0.95, abs=0.006)


def test_independent_networks_are_the_unpaired_case() -> None:
    most = independent_disagreement(P, Q)
    rng = np.random.default_rng(1)
    wrong = rng.random((2, 1_000_000)) < [[P], [Q]]
    assert np.mean(wrong[0] != wrong[1]) == pytest.approx(most, abs=0.002)
    assert difference_half_width(P, Q, N, most) == pytest.approx(difference_half_width(P, Q, N))


def test_what_they_refuse() -> None:
    with pytest.raises(ValueError, match=r"^share is 21.2; .* divide percent by 100"):
        share_half_width(21.2, N)
    with pytest.raises(ValueError, match=r"^n is 0; .* at least 1 image"):
        share_half_width(P, 0)
    for disagree in (0.003, 0.43):
        with pytest.raises(ValueError, match=r"from 0.004 to 0.428: pass one of these"):
            difference_half_width(P, Q, N, disagree)
