"""An evaluation as files: every answer, confusion, calibration, the surest mistakes."""

from __future__ import annotations

import csv
import os
from pathlib import Path
from typing import TYPE_CHECKING

from .inference import show, top_classes
from .metrics import calibration
from .plot import COLOURS, FAINT, INK, new_figure, save_figure, styled
from .sheet import Tile, draw_sheet, printable

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from .data import Preprocess, Split
    from .evaluate import Evaluation

__all__ = ["FILES", "check_report", "draw_calibration", "draw_confusion", "write_report"]

FILES = ("answers.csv", "confusion.svg", "calibration.svg", "mistakes.png")
WORST = 24  # mistakes on the sheet
NAMED, COUNTED = 60, 25  # classes up to which the axes have names, and the cells counts
BLUE, ORANGE = COLOURS[:2]


def check_report(folder: str | os.PathLike[str], overwrite: bool = False) -> None:
    """Refuse a folder in which a report would write over something.

    Raises
    ------
    ValueError
        If one of ``FILES`` is there, or the folder is a file.
    """
    folder = Path(folder)
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"{folder} is a file: give a folder for the report")
    there = [name for name in FILES if (folder / name).exists()]
    if there and not overwrite:
        raise ValueError(f"{folder} has {', '.join(there)} already: give another folder")


def write_report(
    found: Evaluation,
    split: Split,
    preprocess: Preprocess,
    folder: str | os.PathLike[str],
    overwrite: bool = False,
) -> list[Path]:
    """Write ``answers.csv``, ``confusion.svg``, ``calibration.svg`` and ``mistakes.png``.

    Parameters
    ----------
    found : Evaluation
    split : Split
        The images that were judged.
    preprocess : Preprocess
        How they were shown to the network; of an ensemble's first member.
    folder : path
        Made where it is not there.
    overwrite : bool
        Replace a report that is there.

    Returns
    -------
    list of Path
        The files; without ``mistakes.png`` where there is no mistake.

    Raises
    ------
    ValueError
        If something would be written over.
    """
    folder = Path(folder)
    check_report(folder, overwrite)
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / name for name in FILES]
    _write_answers(found, split, files[0])
    save_figure(draw_confusion(found), files[1])
    save_figure(draw_calibration(found), files[2])
    wrong = (~found.right).nonzero().flatten()
    if not len(wrong):
        files[3].unlink(missing_ok=True)  # of the report that this one replaces
        return files[:3]
    sure = found.predictions.probabilities[wrong].amax(1)
    worst = wrong[sure.argsort(descending=True, stable=True)][:WORST].tolist()
    p, tops = found.predictions, top_classes(found.predictions, 4)
    pictures = show(preprocess, split, p.indices[worst].tolist())
    tiles = [
        Tile(picture, p.names[i], tops[i], label=p.classes[int(p.labels[i])])
        for picture, i in zip(pictures, worst, strict=True)
    ]
    title = f"the surest {len(tiles)} of {len(wrong):,} mistakes: answer orange, label green"
    save_figure(draw_sheet(tiles, title), files[3])
    return files


def _write_answers(found: Evaluation, split: Split, path: Path) -> None:
    """One row an image: path, label, answer, its probability, and the lead over the second."""
    p = found.predictions
    values = p.probabilities.topk(min(2, len(p.classes)), 1).values.tolist()
    partial = path.with_name(f".{path.name}.part")
    # A path need not be UTF-8: its bytes are written as they are.
    with open(partial, "w", encoding="utf-8", errors="surrogateescape", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(("path", "label", "answer", "probability", "margin"))
        for i, (index, label) in enumerate(zip(p.indices.tolist(), p.labels.tolist(), strict=True)):
            first, second = (*values[i], 0.0)[:2]
            where = split.files[index] if split.files else p.names[i]
            answer = p.classes[int(found.predicted[i])]
            numbers = f"{first:.6g}", f"{first - second:.6g}"
            rows.writerow((where, p.classes[label], answer, *numbers))
    partial.replace(path)


def draw_confusion(found: Evaluation) -> Figure:
    """Rows are labels, columns answers; the shade is a cell's share of its row."""
    counts, names = found.confusion, found.predictions.classes
    share = counts / counts.sum(1, keepdim=True).clamp_min(1)
    k = len(names)
    side = min(12.0, 2.4 + 0.42 * k) if k <= NAMED else 8.0
    with styled():
        from matplotlib.colors import LinearSegmentedColormap

        colours = LinearSegmentedColormap.from_list("share", ["#ffffff", BLUE])
        figure = new_figure(side + 0.8, side)
        axes = figure.subplots()
        drawn = axes.imshow(share.numpy(), cmap=colours, vmin=0, vmax=1, interpolation="nearest")
        axes.grid(False)
        if k <= NAMED:
            words = [printable(name, 24) for name in names]
            axes.set_xticks(range(k), words, rotation=90, parse_math=False)
            axes.set_yticks(range(k), words, parse_math=False)
        if k <= COUNTED:
            for i, j in counts.nonzero().tolist():
                ink, text = "white" if share[i, j] > 0.55 else INK, f"{int(counts[i, j]):,}"
                axes.text(j, i, text, ha="center", va="center", color=ink, size=8)
        axes.set_xlabel("answer")
        axes.set_ylabel("label")
        axes.set_title(f"{found.n:,} images: top-1 error {100 * (1 - found.top1):.2f} %")
        figure.colorbar(drawn, ax=axes, label="share of the label's images", shrink=0.7)
    return figure


def draw_calibration(found: Evaluation) -> Figure:
    """Share of right answers over their probability, in 15 bins, and how many answers each has."""
    bins = calibration(found.predictions.probabilities.amax(1), found.right)
    middle = [(b.low + b.high) / 2 for b in bins]
    width = [b.high - b.low for b in bins]
    with styled():
        figure = new_figure(5.2, 5.6)
        top, below = figure.subplots(2, 1, height_ratios=(3, 1), sharex=True)
        dashed = {"color": INK, "linewidth": 1, "linestyle": (0, (4, 2))}
        top.plot([0, 1], [0, 1], **dashed, label="as sure as right")
        right = [b.accuracy for b in bins]
        top.bar(middle, right, width, color=BLUE, edgecolor="white", label="share that is right")
        filled = [b for b in bins if b.n]
        top.plot(
            [b.confidence for b in filled],
            [b.accuracy for b in filled],
            "o",
            color=ORANGE,
            markersize=4,
            label="at the mean probability",
        )
        top.set_ylabel("share of right answers")
        top.set_ylim(0, 1)
        top.set_xlim(0, 1)
        top.legend(loc="upper left")
        top.set_title(f"Calibration error (ECE, 15 bins): {100 * found.ece:.2f} %")
        below.bar(middle, [b.n for b in bins], width, color="#b9c0c6", edgecolor=FAINT)
        below.set_ylabel("images")
        below.set_xlabel("probability of the answer")
    return figure
