"""What recorded trainings decide: one comparison of ``results/<experiment>.json`` a check."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType

from inception_lib.results import read_results

from ..verdict import HOLDS, LOOKS, OPPOSITE, UNDECIDED, Verdict, verdict
from .measured import Measured, check, family

__all__ = ["COMPARISONS", "said"]

# Comparisons that rows of the ledger rest on one by one, and the experiments that make them.
COMPARISONS: Mapping[str, str] = MappingProxyType(
    {
        "relu-or-linear": "linear_or_relu",
        "smoothing-error": "label_smoothing",
        "smoothing-gap": "label_smoothing",
        "aux-early": "auxiliary",
        "aux-late": "auxiliary",
        "aux-bn": "auxiliary",
        "aux-dropout": "auxiliary",
        "aux-lower": "auxiliary",
        "rmsprop-or-momentum": "recipe",
        "clipping": "recipe",
        "average-stairs": "recipe",
        "lines-where": "where_asymmetric",
        "resolution-naive": "resolution",
    }
)
UNITS = {"gap": "", "training_gap": "", "loss": " nats", "training_loss": " nats"}  # else points


@family(*COMPARISONS)
def trained(comparison: str) -> Measured:
    """The mean difference of the comparison's pairs, its interval, and what the rule decides.

    The interval is that of one look (98.75 %). ``pairs`` is how many the rule has looked at,
    ``smallest_effect`` what so many would have shown four times in five.

    Raises
    ------
    MissingResults
        If the experiment is not recorded.
    """
    found = verdict(read_results(COMPARISONS[comparison]), comparison)
    return Measured(
        found.mean,
        found.low,
        found.high,
        said(found),
        parts={"pairs": found.pairs, "smallest_effect": found.smallest_effect},
        decision=found.decision,
    )


@check
def width_and_depth_together() -> Measured:
    """Points of error that width alone, then depth alone, cost above both together."""
    return _all_of("width_depth", {"both-or-wide": "width alone", "both-or-deep": "depth alone"})


@check
def small_images_at_equal_cost() -> Measured:
    """Points of error that half, then a quarter of the side cost at equal work."""
    names = {"resolution-half": "half the side", "resolution-close": "A quarter of it"}
    return _all_of("resolution", names)


@check
def each_rung_of_the_ladder() -> Measured:
    """Points of error that each change of Table 3 takes away, in their order."""
    names = {
        "ladder-rmsprop": "RMSProp",
        "ladder-smoothing": "Smoothing",
        "ladder-stem": "The factorized 7×7",
        "ladder-head": "The normalised head",
    }
    return _all_of("ladder", names)


def _all_of(experiment: str, comparisons: Mapping[str, str]) -> Measured:
    """Several comparisons of one claim, each with its name in words.

    The claim holds if all hold, and is opposite if one is.
    """
    record = read_results(experiment)
    found = {name: verdict(record, comparison) for comparison, name in comparisons.items()}
    decisions = {one.decision for one in found.values()}
    decision = OPPOSITE if OPPOSITE in decisions else UNDECIDED
    return Measured(
        tuple(one.mean for one in found.values()),
        text=". ".join(f"{name}: {said(one)}" for name, one in found.items()),
        decision=HOLDS if decisions == {HOLDS} else decision,
    )


def said(found: Verdict) -> str:
    """A verdict's numbers in words: ``"+0.99 points (+0.18 to +1.80), 5 pairs"``."""
    if math.isnan(found.mean):
        return f"{found.pairs} pairs of runs, too few for an interval"
    unit = UNITS.get(found.measure, " points")
    mean, low, high = (f"{x:+.2f}".replace("-", "−") for x in (found.mean, found.low, found.high))
    words = f"{mean}{unit} ({low} to {high}), {found.pairs} pairs"
    if found.decision == UNDECIDED and found.pairs >= LOOKS[0]:
        words += f"; {found.smallest_effect:.1f}{unit} would have shown"
    return words
