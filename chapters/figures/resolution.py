"""Chapter 9: networks tested on images of other sides than those they learnt from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure

from inception_lib.viz.figures import COLOURS, is_narrow, picture


def by_side(record: Mapping[str, Any]) -> dict[int, list[tuple[int, float]]]:
    """The mean error (%) over seeds at each test side, by the side that was learnt from.

    Of the networks that cost the same; ``record`` is ``results/resolution.json``.
    """
    found: dict[int, list[tuple[int, float]]] = {}
    for variant in record["variants"]:
        if " for " in variant["name"]:  # a network that is merely shown less
            continue
        runs = [run for run in record["runs"] if run["variant"] == variant["name"]]
        tested = [run["sizes"] for run in runs if "sizes" in run]  # one that diverged has none
        rows = zip(*(sizes["errors"] for sizes in tested), strict=True)
        means = [sum(errors) / len(tested) for errors in rows]
        found[variant["images"]["side"]] = list(zip(tested[0]["sides"], means, strict=True))
    return found


@picture(height=320, narrow_height=320)
def test_sides(figure: Figure, lines: Mapping[int, Sequence[tuple[int, float]]]) -> None:
    """Error against the side of the test images, a line for each side that was learnt from.

    Parameters
    ----------
    lines : mapping of int to sequence of (int, float)
        By the side of the training images: side of the test images and error in %.
    """
    axes = figure.subplots()
    for side, points in lines.items():
        colour, style = COLOURS["ink"], {32: "-", 16: "--", 8: ":"}[side]
        sides, errors = zip(*points, strict=True)
        axes.plot(sides, errors, style, color=colour, linewidth=2)
        for at, error in points:
            odd = 8 * at // side % 2  # cells of the grid behind the stem, which are 8 at its own
            fill = "none" if odd else "full"
            axes.plot(at, error, "o", color=colour, markersize=6 if odd else 4, fillstyle=fill)
        axes.plot(side, dict(points)[side], "o", color=COLOURS["accent"], markersize=11)
        first = side == 32  # the others have room at their ends
        axes.annotate(
            f"learnt from {side}×{side}",
            points[0] if first else points[-1],
            xytext=(0, 9),
            textcoords="offset points",
            ha="left" if first else "right",
        )
    axes.set(xlabel="side of the test images, pixels", ylabel="errors, %", ylim=(40, 92))
    axes.set_xticks([8, 12, 16, 20, 24, 28, 32])
    axes.margins(x=0.03 if not is_narrow(figure) else 0.05)
