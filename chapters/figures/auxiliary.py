"""Chapter 4: what recorded pairs of trainings say, beside what the paper leads one to expect."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure

from inception_lib.paper.verdict import Verdict
from inception_lib.viz.figures import COLOURS, picture

from .runs import dots, rows


@picture(height=330, narrow_height=480)
def expectations(figure: Figure, found: Mapping[str, tuple[Verdict, Mapping[str, float]]]) -> None:
    """Differences with their intervals, each on a ground where the claim would put it.

    Parameters
    ----------
    found : mapping of str to (verdict, comparison)
        By what is compared; of the comparison ``expected`` (a sign, or 0) and ``margin`` are read.
    """
    axes = rows(figure, list(found), "percentage points, the first less the second")
    reach = 1.1 * max(max(abs(v.low), abs(v.high), one["margin"]) for v, one in found.values())
    for row, (verdict, one) in enumerate(found.values()):
        low = 0.0 if one["expected"] > 0 else -one["margin"]
        high = reach if one["expected"] > 0 else one["margin"]
        axes.fill_betweenx([row - 0.2, row + 0.2], low, high, color=COLOURS["line"], linewidth=0)
        says = "better" if one["expected"] > 0 else "no difference"
        axes.annotate(says, (0.03 * reach, row + 0.22), ha="left", va="top", fontsize=11)
        if not math.isnan(verdict.mean):
            axes.hlines(row, verdict.low, verdict.high, color=COLOURS["aux"], linewidth=2)
            axes.plot(verdict.mean, row, "o", color=COLOURS["aux"], markersize=7)
    axes.axvline(0, color=COLOURS["muted"], linewidth=1)
    axes.set_xlim(-reach, reach)


@picture(height=270, narrow_height=430)
def spread(
    figure: Figure, runs: Mapping[str, Sequence[float]], unit: str, colours: Sequence[str]
) -> None:
    """One dot a seed, as ``figures.runs.dots`` draws them, with room for five variants."""
    dots(figure, runs, unit, colours)
