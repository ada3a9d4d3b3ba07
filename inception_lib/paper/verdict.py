"""What recorded trainings decide: paired differences, their interval, and a rule.

Runs are compared in pairs, by seed. The rule is fixed before the runs: it looks after 5, 10, 15
and 20 pairs, and shares its 5 % of error among these four looks (Bonferroni), so that looking again
does not make a difference of chance more likely to count.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = [
    "DECISIONS",
    "HOLDS",
    "LOOKS",
    "OPPOSITE",
    "UNDECIDED",
    "Verdict",
    "interval",
    "student_quantile",
    "verdict",
]

HOLDS = "holds at this scale"
OPPOSITE = "opposite at this scale"
UNDECIDED = "not decided"
DECISIONS = (HOLDS, OPPOSITE, UNDECIDED)
LOOKS = (5, 10, 15, 20)  # pairs of runs
ERROR = 0.05  # chance, over all looks, of deciding where there is nothing
POWER = 0.8  # chance of seeing what is called the smallest effect


@dataclass(frozen=True)
class Verdict:
    """What one comparison says.

    Attributes
    ----------
    claim, first, second, measure : str
        The difference is the first variant's measure less the second's, in the measure's unit;
        where no second is named, the first's measure itself, which is then a difference.
    pairs : int
        Pairs of runs that the rule has looked at.
    mean, low, high : float
        Of the difference, with the interval of one look; NaN below two pairs.
    smallest_effect : float
        The difference that so many pairs would have shown with a chance of 80 %.
    decision : str
        ``HOLDS``, ``OPPOSITE`` or ``UNDECIDED``.
    """

    claim: str
    first: str
    second: str
    measure: str
    pairs: int
    mean: float
    low: float
    high: float
    smallest_effect: float
    decision: str


def verdict(record: Mapping[str, Any], claim: str) -> Verdict:
    """What the runs of a record say about one of its comparisons.

    Parameters
    ----------
    record : mapping
        The content of ``results/<experiment>.json``.
    claim : str
        The comparison's name.

    Returns
    -------
    Verdict
        Decided where the whole interval lies on one side of zero. A comparison that expects no
        difference is decided where the whole interval lies within ± its margin, or wholly beyond
        it. Runs beyond the last look that is reached wait for the next one.

    Raises
    ------
    ValueError
        If the record has no such comparison; the message lists those it has.
    """
    asked = {one["claim"]: one for one in record["comparisons"]}
    if claim not in asked:
        raise ValueError(f"the record has no comparison {claim!r}: it has {', '.join(asked)}")
    one = asked[claim]
    values = {
        (run["variant"], run["seed"]): run["final"].get(one["measure"]) for run in record["runs"]
    }
    seeds = sorted({seed for _, seed in values})
    if not one["second"]:
        values |= {("", seed): 0.0 for seed in seeds}
    asked_of = (one["first"], one["second"] or "")
    both = [
        tuple(values[name, seed] for name in asked_of)
        for seed in seeds
        if all((name, seed) in values for name in asked_of)
    ]
    looked = max((n for n in LOOKS if n <= len(both)), default=len(both))
    pairs = both[:looked]
    names = claim, one["first"], one["second"] or "", one["measure"]
    if len(pairs) < 2 or any(value is None for pair in pairs for value in pair):
        return Verdict(*names, len(pairs), math.nan, math.nan, math.nan, math.nan, UNDECIDED)
    differences = [first - second for first, second in pairs]
    mean, low, high, smallest = interval(differences)
    decision = UNDECIDED
    if looked >= LOOKS[0]:
        decision = _decide(low, high, one["expected"], one.get("margin", 0.0))
    return Verdict(*names, len(pairs), mean, low, high, smallest, decision)


def interval(differences: Sequence[float]) -> tuple[float, float, float, float]:
    """Mean, ends of its interval at one look, and the smallest effect that would show.

    By Student's t, two-sided, with a quarter of the 5 % of error.
    """
    n = len(differences)
    mean = math.fsum(differences) / n
    deviation = math.sqrt(math.fsum((d - mean) ** 2 for d in differences) / (n - 1))
    of_mean = deviation / math.sqrt(n)
    reach = student_quantile(1 - ERROR / len(LOOKS) / 2, n - 1)
    seen = (reach + student_quantile(POWER, n - 1)) * of_mean
    return mean, mean - reach * of_mean, mean + reach * of_mean, seen


def _decide(low: float, high: float, expected: int, margin: float) -> str:
    if expected == 0:
        if -margin < low and high < margin:
            return HOLDS
        return OPPOSITE if low > margin or high < -margin else UNDECIDED
    if low <= 0 <= high:
        return UNDECIDED
    return HOLDS if (low > 0) == (expected > 0) else OPPOSITE


def student_quantile(share: float, freedom: int) -> float:
    """The value below which a Student's t variable lies with probability ``share`` ≥ ½.

    Parameters
    ----------
    share : float
        In [0.5, 1).
    freedom : int
        Degrees of freedom, at least 1.
    """
    if not 0.5 <= share < 1 or freedom < 1:
        raise ValueError(
            f"share is {share!r}, freedom {freedom!r}: give a share in [0.5, 1) and at least 1"
        )
    low, high = 0.0, 1.0
    while _student_below(high, freedom) < share:
        low, high = high, 2 * high
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if _student_below(middle, freedom) < share else (low, middle)
    return (low + high) / 2


def _student_below(t: float, freedom: int) -> float:
    """P(T < t) for t ≥ 0: the closed sums in θ = arctan(t/√ν) for whole degrees of freedom."""
    angle = math.atan2(t, math.sqrt(freedom))
    cosine2 = math.cos(angle) ** 2
    term = total = 0.0
    if freedom % 2:
        if freedom > 1:
            term = total = math.cos(angle)
            for k in range(3, freedom - 1, 2):
                term *= cosine2 * (k - 1) / k
                total += term
        inside = 2 / math.pi * (angle + math.sin(angle) * total)
    else:
        term = total = 1.0
        for k in range(2, freedom - 1, 2):
            term *= cosine2 * (k - 1) / k
            total += term
        inside = math.sin(angle) * total
    return (1 + inside) / 2
