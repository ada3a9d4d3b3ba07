"""Chapter 6: how many layers by which rule, and how much dearer than GoogLeNet by which network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from matplotlib.figure import Figure

from inception_lib.viz.figures import COLOURS, is_narrow, picture


@picture(height=330, narrow_height=340)
def depths(figure: Figure, counts: Mapping[str, tuple[int, int]]) -> None:
    """Two networks' layers, a dot for each rule of counting.

    Parameters
    ----------
    counts : mapping of str to (int, int)
        GoogLeNet's and the released network's layers, by rule.
    """
    axes = figure.subplots()
    for said in (22, 27):
        axes.axvline(said, color=COLOURS["muted"], linewidth=1, linestyle=":")
    axes.axhline(42, color=COLOURS["muted"], linewidth=1, linestyle=":")
    for pair, times in Counter(counts.values()).items():
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
        xytext=(7, -22),
        textcoords="offset points",
        fontsize=12,
    )
    axes.set(
        xlabel="layers of GoogLeNet",
        ylabel="layers of the released network",
        xticks=[10, 22, 27, 40],
        yticks=[10, 20, 30, 42, 50],
    )


@picture(height=190, narrow_height=270)
def times_googlenet(figure: Figure, times: Mapping[str, float]) -> None:
    """Costs as multiples of GoogLeNet's.

    Parameters
    ----------
    times : mapping of str to float
        By what is counted; the first is what the paper prints.
    """
    axes = figure.subplots()
    narrow = is_narrow(figure)
    for row, (name, value) in enumerate(times.items()):
        axes.barh(row, value, height=0.42, color=COLOURS["kxk" if row else "pool"])
        axes.annotate(
            f"{value:.2f}", (value, row), xytext=(5, 0), textcoords="offset points", va="center"
        )
        if narrow:
            axes.annotate(name, (0, row - 0.3), va="bottom", fontsize=12)
    axes.axvline(2.5, color=COLOURS["muted"], linewidth=1, linestyle=":")
    axes.set(
        ylim=(len(times) - 0.5, -0.9 if narrow else -0.5), xlim=(0, 5), xlabel="times GoogLeNet"
    )
    axes.set_yticks([] if narrow else range(len(times)), [] if narrow else list(times))
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
