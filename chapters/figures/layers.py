"""Chapter 6: how many layers by which rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from matplotlib.figure import Figure

from inception_lib.viz.figures import COLOURS, is_narrow, picture


@picture(height=310, narrow_height=340)
def depths(figure: Figure, counts: Mapping[str, tuple[int, int, int]]) -> None:
    """Layers of GoogLeNet beside those of two networks of ours, a mark for each rule of counting.

    Parameters
    ----------
    counts : mapping of str to (int, int, int)
        Layers of GoogLeNet, of Table 1 (a ring) and of the released network (a dot), by rule.
    """
    axes = figure.subplots()
    for said in (22, 27):
        axes.axvline(said, color=COLOURS["muted"], linewidth=1, linestyle=":")
    axes.axhline(42, color=COLOURS["muted"], linewidth=1, linestyle=":")
    for pair, times in Counter((g, table) for g, table, _ in counts.values()).items():
        size = 34 + 26 * (times - 1)
        axes.scatter(*pair, s=size, facecolors="none", edgecolors=COLOURS["ink"], linewidths=1)
    for pair, times in Counter((g, released) for g, _, released in counts.values()).items():
        fits = pair == (27, 42)
        colour = COLOURS["kxk" if fits else "1x1"]
        axes.scatter(*pair, s=34 + 26 * (times - 1), color=colour, linewidths=0, zorder=2)
    axes.annotate(
        "longest path" if is_narrow(figure) else "longest path, weights only",
        (22, 48),
        xytext=(-7, 5),
        textcoords="offset points",
        ha="right",
        fontsize=12,
    )
    axes.annotate(
        "with pools,\n1×7·7×1 as one",
        (27, 42),
        xytext=(7, -52),
        textcoords="offset points",
        fontsize=12,
    )
    axes.set(
        xlabel="layers of GoogLeNet",
        ylabel="layers of Table 1 or the release",
        xticks=[10, 22, 27, 40],
        yticks=[10, 20, 30, 42, 50],
    )
