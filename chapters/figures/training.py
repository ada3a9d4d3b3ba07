"""Section 8's choices in small recorded runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure

from figures.runs import dots
from inception_lib.viz.figures import picture

# What a row is called: the record's variant, the measure, and a colour for what is compared.
ROWS = {
    "falling rate, averaged": ("momentum", "error", "ink"),
    "falling rate, last weights": ("momentum", "raw_error", "ink"),
    "by RMSProp, ε = 1": ("RMSProp, ε = 1", "error", "ink"),
    "by RMSProp, ε = 0.001": ("RMSProp, ε = 0.001", "error", "ink"),
    "stairs, averaged": ("momentum, stairs", "error", "kxk"),
    "stairs, last weights": ("momentum, stairs", "raw_error", "kxk"),
    "clipped at 2": ("not normalised, clipped", "error", "factorized"),
    "not clipped": ("not normalised", "error", "factorized"),
}


def final_errors(record: Mapping[str, Any]) -> dict[str, list[float]]:
    """Wrong answers on the test images at the end of each run, in percent, by row.

    Parameters
    ----------
    record : mapping
        The content of ``results/recipe.json``.
    """
    return {
        name: [run["final"][measure] for run in record["runs"] if run["variant"] == variant]
        for name, (variant, measure, _) in ROWS.items()
    }


@picture(height=390, narrow_height=540)
def choices(figure: Figure, errors: Mapping[str, Sequence[float]]) -> None:
    """One dot a seed for each row of ``final_errors``, and the mean as a line."""
    colours = [colour for *_, colour in ROWS.values()]
    dots(figure, errors, "wrong test answers, %", colours)
