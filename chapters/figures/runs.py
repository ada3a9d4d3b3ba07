"""Runs over seeds: a dot for each, and differences with their intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import fill

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from inception_lib.viz.figures import COLOURS, is_narrow, picture


def rows(figure: Figure, names: Sequence[str], unit: str) -> Axes:
    """Axes with one row a name, the first on top; on a phone each name stands above its row."""
    axes = figure.subplots()
    axes.set(xlabel=fill(unit, 44) if is_narrow(figure) else unit, ylim=(len(names) - 0.3, -0.7))
    if is_narrow(figure):
        axes.set_yticks([])
        for row, name in enumerate(names):
            axes.annotate(
                name,
                (0, row - 0.34),
                xycoords=("axes fraction", "data"),
                va="bottom",
                fontsize=12,
            )
    else:
        axes.set_yticks(range(len(names)), list(names))
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    return axes


def dots(
    figure: Figure, runs: Mapping[str, Sequence[float]], unit: str, colours: Sequence[str]
) -> None:
    """One dot a seed for each variant, and the mean as a line.

    Parameters
    ----------
    runs : mapping of str to sequence of float
        A value for each seed, by variant.
    unit : str
        What the values are.
    colours : sequence of str
        A colour of the palette by variant, as ``kxk``.
    """
    axes = rows(figure, list(runs), unit)
    for row, (values, name) in enumerate(zip(runs.values(), colours, strict=True)):
        colour = COLOURS[name]
        axes.scatter(values, [row] * len(values), s=30, alpha=0.6, color=colour, linewidths=0)
        mean = sum(values) / len(values)
        axes.plot([mean, mean], [row - 0.25, row + 0.25], color=colour, linewidth=2.5)
        # Above the dots, but on a phone below them, since the name stands above.
        side, align = (0.26, "top") if is_narrow(figure) else (-0.28, "bottom")
        axes.annotate(f"{mean:.2f}", (mean, row + side), ha="center", va=align, fontsize=12)


@picture(height=220, narrow_height=330)
def seeds(
    figure: Figure, runs: Mapping[str, Sequence[float]], unit: str, colours: Sequence[str]
) -> None:
    """``dots`` for up to four variants."""
    dots(figure, runs, unit, colours)


@picture(height=260, narrow_height=330)
def intervals(
    figure: Figure, differences: Mapping[str, tuple[float, float, float]], unit: str
) -> None:
    """Differences with their intervals, around a line at nought; grey are those that hold it.

    Parameters
    ----------
    differences : mapping of str to (mean, low, high)
        By what is compared.
    unit : str
        What the differences are counted in.
    """
    axes = rows(figure, list(differences), unit)
    for row, (mean, low, high) in enumerate(differences.values()):
        colour = COLOURS["muted" if low <= 0 <= high else "ink"]
        axes.hlines(row, low, high, color=colour, linewidth=2)
        axes.plot(mean, row, "o", color=colour, markersize=7)
    if is_narrow(figure):  # in pieces: names stand between the rows
        starts = [row - 0.2 for row in range(len(differences))]
        ends = [row + 0.4 for row in starts]
        axes.vlines([0] * len(starts), starts, ends, color=COLOURS["muted"], linewidth=1)
    else:
        axes.axvline(0, color=COLOURS["muted"], linewidth=1)
