"""What a run says while it runs: a bar, ``metrics.csv``, TensorBoard, curves.

Losses may be tensors on a GPU. Reading one waits for the GPU, so it is done every ``every`` steps
alone; between them a step costs the log a few additions.
"""

from __future__ import annotations

import csv
import math
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

from torch import Tensor

from .live import LivePlot, in_notebook
from .plot import Curves, save
from .speed import Meter, Speed, peak_flops, peak_memory

__all__ = ["COLUMNS", "RunLog", "rate_words"]

COLUMNS = (
    "step",  # optimizer steps done
    "epoch",  # the same in passes over the training images
    "phase",  # train, or the split that was evaluated
    "loss",  # train: the objective of that step; else plain cross-entropy, nats
    "lr",
    "grad_norm",
    "top1",  # shares of images
    "top5",
    "ece",
    "images_per_second",
    "mfu",  # share of the measured peak
    "waiting",  # share of the time spent waiting for data
    "memory_gib",  # peak
    "seconds",  # since the run began, over all its resumptions
)


class Measured(Protocol):
    """What a log wants to know of an evaluation."""

    @property
    def loss(self) -> float: ...
    @property
    def top1(self) -> float: ...
    @property
    def top5(self) -> float: ...
    @property
    def ece(self) -> float: ...


class Described(Protocol):
    """What a log wants to know of a recipe."""

    @property
    def name(self) -> str: ...
    @property
    def epochs(self) -> int: ...
    @property
    def precision(self) -> str: ...


class RunLog:
    """Follows one run.

    Parameters
    ----------
    out : path or None
        The run's folder; None writes nothing.
    recipe : Recipe
        For its name, epochs, size and precision.
    steps_per_epoch : int
        Optimizer steps an epoch.
    resume_step : int
        Steps that were done before; later rows of ``metrics.csv`` are dropped.
    quiet : bool
        No bar and no live plot.
    rank : int
        Processes other than 0 log nothing.
    flop : int
        Of a training step for one image, which gives the MFU; 0 where unknown.
    device : str or torch.device
        Where it learns.
    world : int
        Devices that learn together.
    every : int
        Steps between rows; the first step and the last of each epoch have one too.
    """

    def __init__(
        self,
        out: str | os.PathLike[str] | None,
        recipe: Described,
        steps_per_epoch: int,
        *,
        resume_step: int = 0,
        quiet: bool = False,
        rank: int = 0,
        flop: int = 0,
        device: Any = "cpu",
        world: int = 1,
        every: int = 10,
    ) -> None:
        self.active = rank == 0
        self.quiet = quiet
        self.name, self.every, self.steps_per_epoch = recipe.name, every, steps_per_epoch
        self.device = device
        self.rows: list[dict[str, Any]] = []
        self._out = Path(out) if out is not None and self.active else None
        self._file: Any = None
        self._tensorboard: Any = None
        self._bar: Any = None
        self._live: LivePlot | None = None
        self._last = resume_step
        self._closed = False
        if not self.active:
            return
        if self._out is not None:
            self._out.mkdir(parents=True, exist_ok=True)
            self._open_table(self._out / "metrics.csv", resume_step)
            self._tensorboard = _tensorboard(self._out / "tensorboard", resume_step)
        before = float(self.rows[-1]["seconds"] or 0) if self.rows else 0.0
        peak = peak_flops(str(device), recipe.precision) * world if flop else 0
        self._meter = Meter(flop, peak)
        self._began = time.perf_counter() - before
        if not quiet:
            self._live = LivePlot() if in_notebook() else None
            if self._live is None:
                self._bar = _bar(recipe, steps_per_epoch, resume_step)

    def step(
        self,
        step: int,
        loss: Tensor | float,
        lr: float,
        grad_norm: Tensor | float,
        images: int,
        waited: float = 0.0,
    ) -> None:
        """Say that a training step is done.

        Parameters
        ----------
        step : int
            Steps done, this one included: 1 after the first.
        loss, grad_norm : Tensor or float
            Read only where the step has a row.
        lr : float
            The learning rate it had.
        images : int
            Images it learnt from, on all devices.
        waited : float
            Seconds it waited for data.
        """
        if not self.active:
            return
        self._meter.add(images, waited)
        first, self._last = step == self._last + 1 and not self.rows, step
        if first or step % self.every == 0 or step % self.steps_per_epoch == 0:
            values: dict[str, Any] = {"loss": float(loss), "lr": lr, "grad_norm": float(grad_norm)}
            speed = self._meter.read()  # after the loss was waited for
            values |= {"images_per_second": speed.images_per_second, "mfu": speed.mfu}
            values |= {"waiting": speed.waiting}
            self._write(step, "train", values)
            if self._bar is not None:
                self._bar.set_postfix_str(_words(values["loss"], speed), refresh=False)
        if self._bar is not None:
            self._bar.update(step - self._bar.n)

    def evaluation(self, step: int, found: Measured, *, split: str = "validation") -> None:
        """Say what an evaluation found after ``step`` steps."""
        if not self.active:
            return
        values = {"loss": found.loss, "top1": found.top1, "top5": found.top5, "ece": found.ece}
        self._write(step, split, values)
        if self._bar is not None:
            self._bar.write(
                f"epoch {step / self.steps_per_epoch:g}: {split} error "
                f"{100 * (1 - found.top1):.2f} % (top-1), {100 * (1 - found.top5):.2f} % (top-5), "
                f"loss {found.loss:.4f}",
                file=sys.stderr,
            )
        self._meter.reset()  # the evaluation's time is not that of training steps

    def close(self) -> None:
        """Close the files and draw ``curves.png``. Calling it again does nothing."""
        if self._closed or not self.active:
            return
        self._closed = True
        for part in (self._file, self._tensorboard, self._bar):
            if part is not None:
                part.close()
        if not self.rows:
            return
        try:
            if self._live is not None:
                self._live.show(self.curves(), last=True)
            if self._out is not None:
                save([self.curves()], self._out / "curves.png")
        except ImportError as error:  # the numbers are safe: a picture can be drawn later
            print(f"inception: no curves.png: {error}", file=sys.stderr)

    def __enter__(self) -> RunLog:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def curves(self) -> Curves:
        """What was logged, for ``draw_curves``."""
        return Curves(self.name, tuple(self.rows))

    def _write(self, step: int, phase: str, values: Mapping[str, Any]) -> None:
        row: dict[str, Any] = dict.fromkeys(COLUMNS)
        row |= {"step": step, "epoch": step / self.steps_per_epoch, "phase": phase, **values}
        row["memory_gib"] = peak_memory(self.device) / 2**30
        row["seconds"] = time.perf_counter() - self._began
        self.rows.append(row)
        if self._file is not None:
            csv.writer(self._file, lineterminator="\n").writerow(map(_number, row.values()))
            self._file.flush()
        if self._tensorboard is not None:
            for name in COLUMNS[3:-1]:
                if row[name] is not None:
                    self._tensorboard.add_scalar(f"{phase}/{name}", row[name], step)
        if self._live is not None:
            self._live.show(self.curves())

    def _open_table(self, path: Path, resume_step: int) -> None:
        """Keep what an earlier run wrote up to the step that it is resumed from."""
        if path.is_file():
            # What is no row any more (cut short by a kill, or damaged) is left out.
            with path.open(newline="", encoding="utf-8", errors="replace") as lines:
                self.rows = [
                    {name: row.get(name) or None for name in COLUMNS}
                    for row in csv.DictReader(line.replace("\0", "") for line in lines)
                    if _is_number(row.get("seconds")) and _step(row.get("step")) <= resume_step
                ]
        partial = path.with_suffix(".csv.part")
        with partial.open("w", newline="", encoding="utf-8") as lines:
            writer = csv.DictWriter(lines, COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(self.rows)
        partial.replace(path)
        self._file = path.open("a", newline="", encoding="utf-8")


def _is_number(text: str | None) -> bool:
    try:
        return math.isfinite(float(text or "nan"))
    except ValueError:
        return False


def _step(text: str | None) -> float:
    """A row's step; infinite where it is none."""
    return int(text) if text is not None and text.isdecimal() else math.inf


def _number(value: Any) -> str:
    """As text: a float32's every digit, and nothing for what is not known."""
    return "" if value is None else f"{value:.9g}" if isinstance(value, float) else str(value)


def rate_words(images_per_second: float) -> str:
    """Images a second with two digits at least: "1,234", "47", "3.6", "0.25"."""
    if images_per_second >= 9.95:
        return f"{images_per_second:,.0f}"
    return f"{images_per_second:.1f}" if images_per_second >= 0.995 else f"{images_per_second:.2g}"


def _words(loss: float, speed: Speed) -> str:
    words = [f"loss {loss:.3f}", f"{rate_words(speed.images_per_second)} img/s"]
    if speed.mfu is not None:
        words.append(f"MFU {100 * speed.mfu:.1f} %")
    if speed.waiting > 0.05:
        words.append(f"waits {100 * speed.waiting:.0f} %")
    return ", ".join(words)


def _bar(recipe: Described, steps_per_epoch: int, done: int) -> Any:
    try:
        from tqdm import tqdm
    except ImportError:
        print('inception: no progress bar: pip install "inception-lib[train]"', file=sys.stderr)
        return None
    total = recipe.epochs * steps_per_epoch
    form = "{desc} {percentage:3.0f}%|{bar:20}| {n}/{total} [{elapsed}<{remaining}{postfix}]"
    return tqdm(
        total=total,
        initial=done,
        desc=recipe.name,
        file=sys.stderr,
        bar_format=form,
        dynamic_ncols=True,
        mininterval=0.5,
    )


def _tensorboard(folder: Path, resume_step: int) -> Any:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        return None
    return SummaryWriter(str(folder), purge_step=resume_step + 1 if resume_step else None)
