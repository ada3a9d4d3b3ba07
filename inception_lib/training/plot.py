"""Curves of runs, read from their ``metrics.csv``."""

from __future__ import annotations

import csv
import math
import os
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "Curves",
    "draw_curves",
    "new_figure",
    "plot_runs",
    "read_curves",
    "save_figure",
    "styled",
]

# Okabe and Ito's colours, those first that stand well on white.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
INK, FAINT = "#333333", "#e6e6e6"
STYLE: dict[Any, Any] = {
    "font.size": 9,
    "axes.edgecolor": "#888888",
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.titlelocation": "left",
    "axes.titlesize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": FAINT,
    "grid.linewidth": 0.8,
    "xtick.color": "#555555",
    "ytick.color": "#555555",
    "text.color": INK,
    "legend.facecolor": "white",
    "legend.edgecolor": "none",
    "legend.framealpha": 0.8,
    "legend.fontsize": 8.5,
    "lines.solid_capstyle": "round",
    "lines.solid_joinstyle": "round",
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
}

Points = list[tuple[float, float]]  # (epoch, value)


@dataclass(frozen=True)
class Curves:
    """The rows of one run's metrics, by phase.

    Attributes
    ----------
    name : str
        Of the run, as the legend shows it.
    rows : tuple of mappings
        Column → value, as in ``metrics.csv``.
    """

    name: str
    rows: tuple[Mapping[str, Any], ...]

    def of(self, column: str, *, training: bool) -> Points:
        """One column over epochs, from training steps or from evaluations; gaps left out."""
        return [
            (float(row["epoch"]), float(row[column]))
            for row in self.rows
            if (row["phase"] == "train") == training and row.get(column) not in (None, "")
        ]


def read_curves(run: str | os.PathLike[str]) -> Curves:
    """The curves of a run's folder, or of a ``metrics.csv`` itself.

    Raises
    ------
    FileNotFoundError
        If there is none.
    ValueError
        If it has no rows yet, or is some other table.
    """
    path = Path(run)
    file = path / "metrics.csv" if path.is_dir() else path
    if not file.is_file():
        raise FileNotFoundError(f"no metrics at {file}: give a run's folder, as --out named it")
    with file.open(newline="", encoding="utf-8") as lines:
        rows = tuple(csv.DictReader(lines))
    if not rows or not {"step", "epoch", "phase", "loss"} <= set(rows[0]):
        what = "holds no row yet" if not rows else "is not the metrics of a run"
        raise ValueError(f"{file} {what}: a run writes its first row after a few steps")
    return Curves(file.parent.resolve().name if file.name == "metrics.csv" else file.stem, rows)


def plot_runs(
    runs: Sequence[str | os.PathLike[str]], out: str | os.PathLike[str] | None = None
) -> Path:
    """Draw runs side by side into a file; returns its path.

    Parameters
    ----------
    runs : sequence of path
        Folders of runs.
    out : path, optional
        ``.png``, ``.svg`` or ``.pdf``; by default ``curves.png`` in the folder of a single run,
        in the current folder for several.
    """
    curves = _told_apart([read_curves(run) for run in runs], runs)
    if out is None:
        one = Path(runs[0])
        out = (one if one.is_dir() else one.parent) / "curves.png" if len(runs) == 1 else None
    path = Path(out or "curves.png")
    save(curves, path)
    return path


def save(curves: Sequence[Curves], path: Path) -> None:
    """Draw into a file, which is there whole or not at all."""
    save_figure(draw_curves(curves), path)


def save_figure(figure: Figure, path: Path) -> None:
    """Write a figure into a file, which is there whole or not at all."""
    form = path.suffix.lstrip(".").lower() or "png"
    known = figure.canvas.get_supported_filetypes()
    if form not in known:
        raise ValueError(f"{path} ends in .{form}: give one of {', '.join(sorted(known))}")
    partial = path.with_name(f".{path.name}.part")
    figure.savefig(partial, format=form, dpi=160)
    partial.replace(path)


def styled() -> AbstractContextManager[None]:
    """matplotlib in this style, whatever the reader's own is."""
    try:
        import matplotlib
    except ImportError as missing:
        raise ImportError(
            'drawing needs matplotlib: pip install "inception-lib[train]"'
        ) from missing
    return matplotlib.rc_context(STYLE)


def new_figure(width: float, height: float) -> Figure:
    """An empty figure, in inches; no window, no state of pyplot's."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def draw_curves(curves: Sequence[Curves], *, width: float = 10.5) -> Figure:
    """Loss, error and learning rate over epochs, of one run or of several.

    One run has a colour for each quantity; several have a colour each, dashed in training. Losses
    of training steps are drawn faintly as they were, and smoothed on top.
    """
    if not curves:
        raise ValueError("there is nothing to draw: give at least one run")
    with styled():
        figure = new_figure(width, width * 0.36)
        loss, error, rate = figure.subplots(1, 3, width_ratios=(1.25, 1.25, 0.9))
        for i, run in enumerate(curves):
            colour = COLOURS[i % len(COLOURS)]
            if len(curves) == 1:
                _draw_one(run, loss, error, rate)
            else:
                _draw_among(run, colour, loss, error, rate)
        figure.get_layout_engine().set(wspace=0.05)  # type: ignore[call-arg,union-attr]
        many = len(curves) > 1
        loss.set_title("Loss: training dashed, validation solid" if many else "Loss")
        loss.set_ylabel("cross-entropy, nats")
        error.set_title("Validation error")
        error.set_ylabel("share of images, %")
        rate.set_title("Learning rate")
        rate.set_ylabel("rate, log scale" if rate.get_yscale() == "log" else "rate")
        for axes in (loss, error, rate):
            _finish(axes)
        if many:
            handles, labels = error.get_legend_handles_labels()
            if not handles:
                handles, labels = loss.get_legend_handles_labels()
            columns = min(len(curves), 4)
            figure.legend(handles, labels, loc="outside lower center", ncols=columns)
        return figure


def _draw_one(run: Curves, loss: Axes, error: Axes, rate: Axes) -> None:
    blue, orange, green = COLOURS[:3]
    steps = run.of("loss", training=True)
    if len(steps) > 8:
        _line(loss, steps, blue, alpha=0.22, linewidth=0.8)
        _line(loss, smooth(steps), blue, label="training objective, smoothed")
    else:
        _line(loss, steps, blue, label="training objective")
    _line(loss, run.of("loss", training=False), orange, marker=True, label="validation")
    for column, colour in (("top1", orange), ("top5", green)):
        points = _errors(run, column)
        if column == "top5" and all(value == 0 for _, value in points):
            continue  # with five classes or fewer it says nothing
        best = min((value for _, value in points), default=math.nan)
        name = f"top-{column[-1]}, best {best:.2f} %"
        _line(error, points, colour, marker=True, label=name)
    _rate(rate, run, blue)
    for axes in (loss, error):
        if axes.get_legend_handles_labels()[0]:
            # Finding the best place takes long where there are many points.
            axes.legend(loc="upper right" if len(run.rows) > 2000 else "best")


def _draw_among(run: Curves, colour: str, loss: Axes, error: Axes, rate: Axes) -> None:
    steps = smooth(run.of("loss", training=True))
    _line(loss, steps, colour, linestyle=(0, (3, 1.5)), linewidth=1.1, label=run.name)
    _line(loss, run.of("loss", training=False), colour, marker=True)
    points = _errors(run, "top1")
    best = min((value for _, value in points), default=math.nan)
    _line(error, points, colour, marker=True, label=f"{run.name}: least error {best:.2f} %")
    _rate(rate, run, colour)


def _line(axes: Axes, points: Points, colour: str, *, marker: bool = False, **style: Any) -> None:
    if not points:
        return
    x, y = zip(*points, strict=True)
    # Dots say where an evaluation was; a crowd of them would hide the line.
    style = {"linewidth": 1.7, "color": colour, **style}
    if marker and len(points) <= 40:
        style |= {"marker": "o", "markersize": 3.6, "markeredgecolor": "white"}
        style |= {"markeredgewidth": 0.6}
    elif len(points) == 1:
        style |= {"marker": "o", "markersize": 3}
    axes.plot(x, y, **style)


def _rate(axes: Axes, run: Curves, colour: str) -> None:
    points = run.of("lr", training=True)
    _line(axes, points, colour)
    rates = sorted(value for _, value in points if value > 0)
    # Stairs that fall by a factor are lines on a log scale; straight lines and cosines are not.
    if rates and rates[-1] > 3 * rates[len(rates) // 2]:
        axes.set_yscale("log")


def _errors(run: Curves, column: str) -> Points:
    return [(epoch, 100 * (1 - share)) for epoch, share in run.of(column, training=False)]


def _finish(axes: Axes) -> None:
    axes.set_xlabel("epochs")
    axes.set_xlim(left=0)
    if axes.get_yscale() == "linear":
        values = sorted(v for line in axes.lines for v in _finite(line.get_ydata()))
        if values:
            # The first losses of a network may be far above all others: show the others.
            most, usual = values[-1], values[int(0.97 * (len(values) - 1))]
            axes.set_ylim(0, 1.05 * max(most if most < 2 * usual else 1.2 * usual, 1e-9))


def _finite(values: Any) -> list[float]:
    return [float(v) for v in values if math.isfinite(float(v))]


def smooth(points: Points, share: float = 0.03) -> Points:
    """A centred running mean over ``share`` of the points, narrower towards both ends."""
    half = max(1, round(len(points) * share / 2))
    sums = [0.0]
    for _, value in points:
        sums.append(sums[-1] + value)
    found: Points = []
    for i, (x, _) in enumerate(points):
        reach = min(half, i, len(points) - 1 - i)
        found.append((x, (sums[i + reach + 1] - sums[i - reach]) / (2 * reach + 1)))
    return found


def _told_apart(curves: list[Curves], runs: Sequence[str | os.PathLike[str]]) -> list[Curves]:
    """Runs whose folders have the same name are called by their whole paths."""
    names = [run.name for run in curves]
    return [
        Curves(str(path), run.rows) if names.count(run.name) > 1 else run
        for run, path in zip(curves, runs, strict=True)
    ]
