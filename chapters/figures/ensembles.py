"""Chapter 10: several networks times several crops, by how often a network runs for an image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from inception_lib.paper.tables import TableRow
from inception_lib.viz.figures import COLOURS, is_narrow, picture

STYLES = ("-", "--", ":")


def by_crops(record: Mapping[str, Any]) -> dict[int, list[tuple[int, float]]]:
    """Passes (networks × crops) and mean error (%) of 1, 2, … networks, by the number of crops.

    ``record`` is ``results/ensembles.json``.
    """
    found: dict[int, list[tuple[int, float]]] = {}
    for row in record["table"]:
        mean = sum(row["errors"]) / len(row["errors"])
        found.setdefault(row["crops"], []).append((row["models"] * row["crops"], mean))
    return found


@picture(height=330, narrow_height=620)
def error_by_passes(
    figure: Figure, record: Mapping[str, Any], published: Sequence[TableRow]
) -> None:
    """Error against passes for an image: small networks that we trained, and the paper's.

    Parameters
    ----------
    record : mapping
        The content of ``results/ensembles.json``: a dot a group of networks, lines through means.
    published : sequence of TableRow
        Rows of one network that say how many crops and models they are of.
    """
    shape = (2, 1) if is_narrow(figure) else (1, 2)
    ours, theirs = figure.subplots(*shape).flat
    ends = []
    for (crops, points), style in zip(by_crops(record).items(), STYLES, strict=True):
        ours.plot(*zip(*points, strict=True), style, color=COLOURS["ink"], linewidth=2)
        for row in (row for row in record["table"] if row["crops"] == crops):
            passes = [row["models"] * crops] * len(row["errors"])
            ours.plot(passes, row["errors"], "o", color=COLOURS["ink"], markersize=4, alpha=0.6)
        ends.append((points[-1], f"{crops} crop{'s' if crops > 1 else ''}"))
    for place, words in ends:
        ours.annotate(words, place, (-7, -15), textcoords="offset points", ha="right")
    passes = [(row.models or 1) * (row.crops or 1) for row in published]
    theirs.plot(passes, [row.top1 for row in published], color=COLOURS["ink"], linewidth=2)
    for at, row in zip(passes, published, strict=True):
        several = (row.models or 1) > 1
        theirs.plot(at, row.top1, "o", color=COLOURS["ink"], markersize=5)
        words = f"{row.models} × {row.crops}" if several else f"{row.crops}"
        offset, side = ((-7, -5), "right") if several else ((4, 6), "left")
        theirs.annotate(words, (at, row.top1 or 0), offset, textcoords="offset points", ha=side)
    _dress(ours, "1 to 4 small networks, CIFAR-10", [1, 2, 4, 8, 18, 36, 72])
    _dress(theirs, "Inception-v3, the paper’s top-1", sorted(passes))
    ours.set_ylabel("error, %")


def _dress(axes: Axes, title: str, ticks: Sequence[int]) -> None:
    axes.set(title=title, xlabel="passes for an image", xscale="log")
    axes.set_xticks(list(ticks), [str(tick) for tick in ticks])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.margins(x=0.12, y=0.14)
