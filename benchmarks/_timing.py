"""Timing side by side: forms take turns, so that whatever slows the machine slows each of them.

On a machine that others use too, one time says little. The forms run in rounds, A B C A B C …,
and a ratio is the median of the ratios within rounds, with its quartiles.
"""

from __future__ import annotations

import json
import platform
import shlex
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from inception_lib import results
from inception_lib.results import rounded

__all__ = [
    "RESULTS",
    "Spread",
    "interleave",
    "machine",
    "matmul_peak",
    "provenance",
    "ratios",
    "spread",
    "write_json",
]

REPOSITORY = Path(__file__).resolve().parent.parent
RESULTS = REPOSITORY / "results" / "benchmarks"


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


def spread(figures: list[float]) -> Spread:
    """Median, quartiles and extremes."""
    if len(figures) == 1:
        return Spread(*figures * 5)
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
        names = list(forms) if turn % 2 == 0 else list(reversed(forms))
        for name in names:
            synchronize()
            start = time.perf_counter()
            forms[name]()
            synchronize()
            if turn >= 0:
                seconds[name].append(time.perf_counter() - start)
    return seconds


def ratios(slow: list[float], fast: list[float]) -> Spread:
    """How many times as long one form took as another, round by round."""
    return spread([a / b for a, b in zip(slow, fast, strict=True)])


def matmul_peak(dtype: torch.dtype, device: str, size: int = 2048) -> dict[str, Callable[[], Any]]:
    """Forms whose best time gives the machine's own peak: 2·size³ operations each.

    The same matrix product by torch's BLAS, and on a CPU also as a 1×1 convolution by oneDNN,
    since either library may be the faster one on a processor.
    """
    a = torch.rand(size, size, dtype=dtype, device=device)
    forms: dict[str, Callable[[], Any]] = {"matrix product (BLAS)": lambda: a @ a}
    if device == "cpu":
        from inception_lib.graph.fuse.layers import FusedConv2d

        layer = nn.Conv2d(size, size, 1, bias=False, device="meta")
        conv = FusedConv2d(a[:, :, None, None], None, layer)
        x = a.T.reshape(1, size, size // 32, 32).contiguous(memory_format=torch.channels_last)
        forms["matrix product (oneDNN)"] = lambda: conv(x)
    return forms


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


def provenance(device: str, *packages: Any) -> dict[str, str]:
    """Where figures come from: the command, the machine in words, the versions."""
    command = ["python", f"benchmarks/{Path(sys.argv[0]).name}", *sys.argv[1:]]
    versions = {package.__name__: package.__version__.partition("+")[0] for package in packages}
    return results.provenance(shlex.join(command), **versions, machine=machine(device))


def write_json(path: str | Path, result: Mapping[str, Any]) -> None:
    """Write a result, rounded."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(rounded(result), indent=1, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")
    inside = path.resolve().is_relative_to(REPOSITORY)
    print(f"wrote {path.resolve().relative_to(REPOSITORY) if inside else path}")
