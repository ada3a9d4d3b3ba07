"""What recorded networks do as ε grows (section 7)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from inception_lib.viz.figures import COLOURS, is_narrow, picture

CLASSES = 10
MEASURES = {  # what each panel shows, and the record's name for it
    "gap of the right logit, training": "training_gap",
    "off in confidence, % (test)": "ece",
    "wrong, % (test)": "error",
    "wrong, all shares of the surest, %": "area",
}
# The ending of the variants’ names, the line through the means, the dots’ fill.
SERIES = {"by heart": (", by heart", "-", "ink"), "in part": ("", "--", "none")}


def by_epsilon(record: Mapping[str, Any], ending: str, measure: str) -> dict[float, list[float]]:
    """The measure of each run, by ε, of the variants whose names have that ending."""
    found: dict[float, list[float]] = {}
    for run in record["runs"]:
        number = run["variant"].removesuffix(ending) if ending else run["variant"]
        if run["variant"].endswith(ending) and number.replace(".", "", 1).isdigit():
            found.setdefault(float(number), []).append(run["final"][measure])
    return dict(sorted(found.items()))


def spread_on_the_plane(record: Mapping[str, Any], variant: str, split: str) -> float:
    """Spread of the recorded points within three classes by that between the classes' means."""
    (found,) = (r["features"] for r in record["runs"] if r["variant"] == variant if "features" in r)
    points = np.array(found[split])  # 3×40×2
    means = points.mean(1, keepdims=True)
    within = ((points - means) ** 2).sum(2).mean()
    between = ((means - means.mean(0)) ** 2).sum(2).mean()
    return float(within / between)


def best_gap(epsilon: float) -> float:
    """The gap at which the smoothed loss of ten classes is lowest."""
    return math.log((1 - epsilon + epsilon / CLASSES) / (epsilon / CLASSES))


@picture(height=320, narrow_height=760)
def over_epsilon(figure: Figure, record: Mapping[str, Any]) -> None:
    """Four measures over ε: a dot a seed, a line through the means; the gap with the loss's bottom.

    Parameters
    ----------
    record : mapping
        The content of ``results/label_smoothing.json``.
    """
    shape = (4, 1) if is_narrow(figure) else (2, 2)
    panels: Sequence[Axes] = list(figure.subplots(*shape).flat)
    for axes, (title, measure) in zip(panels, MEASURES.items(), strict=True):
        for (name, (ending, line, fill)), shift in zip(SERIES.items(), (-3e-3, 3e-3), strict=True):
            values = by_epsilon(record, ending, measure)
            for epsilon, each in values.items():
                axes.scatter(
                    [epsilon + shift] * len(each), each, s=14, alpha=0.6, edgecolors=COLOURS["ink"],
                    facecolors=COLOURS.get(fill, fill), linewidths=1,
                )  # fmt: skip
            means = [sum(each) / len(each) for each in values.values()]
            axes.plot(list(values), means, line, color=COLOURS["ink"], linewidth=1.7, label=name)
        if measure == "training_gap":
            fine = [0.005 * i for i in range(2, 61)]
            axes.plot(
                fine, [best_gap(e) for e in fine], color=COLOURS["wrong"], linewidth=1.5,
                label="the loss’s bottom",
            )  # fmt: skip
            axes.legend(loc="upper right")
        axes.set(title=title, ylim=(0, None) if measure in ("training_gap", "ece") else None)
        axes.set_xticks([0, 0.05, 0.1, 0.2, 0.3], ["0", "0.05", "0.1", "0.2", "0.3"])
    for axes in panels[-1:] if is_narrow(figure) else panels[2:]:
        axes.set_xlabel("smoothing ε")
