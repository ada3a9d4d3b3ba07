"""Timing side by side: forms take turns, so that whatever slows the machine slows each of them.

On a machine that others use too, one time says little. The forms run in rounds, A B C A B C …,
and a ratio is the median of the ratios within rounds, with its quartiles.
"""

from __future__ import annotations

import platform
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

__all__ = ["Spread", "interleave", "machine", "ratios", "spread"]


@dataclass(frozen=True)
class Spread:
    """The median of some figures, with their quartiles and extremes."""

    median: float
    lower: float
    upper: float
    least: float
    most: float

    def to_dict(self) -> dict[str, float]:
        """Four significant digits each."""
        return {name: float(f"{value:.4g}") for name, value in vars(self).items()}


def spread(figures: Sequence[float]) -> Spread:
    """Median, quartiles and extremes."""
    if len(figures) == 1:
        return Spread(*[figures[0]] * 5)
    lower, median, upper = statistics.quantiles(figures, n=4, method="inclusive")
    return Spread(median, lower, upper, min(figures), max(figures))


def interleave(
    forms: Mapping[str, Callable[[], Any]],
    rounds: int,
    *,
    warmup: int = 2,
    synchronize: Callable[[], None] = lambda: None,
) -> dict[str, list[float]]:
    """Seconds of each form in each round.

    Parameters
    ----------
    forms : mapping of str to callable
        What is timed, in the order in which they take turns. Every other round runs backwards,
        so that no form always follows the same one.
    rounds, warmup : int
        Timed rounds, and rounds before them that are thrown away.
    synchronize : callable
        Waits until the device is done: ``torch.cuda.synchronize`` on a GPU.
    """
    seconds: dict[str, list[float]] = {name: [] for name in forms}
    for turn in range(-warmup, rounds):
        names = list(forms) if turn % 2 == 0 else list(forms)[::-1]
        for name in names:
            synchronize()
            start = time.perf_counter()
            forms[name]()
            synchronize()
            if turn >= 0:
                seconds[name].append(time.perf_counter() - start)
    return seconds


def ratios(slow: Sequence[float], fast: Sequence[float]) -> Spread:
    """How many times as long one form took as another, round by round."""
    return spread([a / b for a, b in zip(slow, fast, strict=True)])


def machine(device: str = "cpu") -> str:
    """The machine in words."""
    if device != "cpu":
        return torch.cuda.get_device_name(device)
    name = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.is_file():
        models = [line for line in info.read_text().splitlines() if line.startswith("model name")]
        name = models[0].partition(":")[2].strip() if models else name
    threads = torch.get_num_threads()
    return f"{name}, {threads} threads, {torch.backends.cpu.get_cpu_capability()}"
