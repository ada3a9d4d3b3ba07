"""How fast a network learns, and what share of the machine that is.

MFU (model FLOP utilisation) = images/s × FLOP an image / peak FLOP/s. The FLOP are those that the
mathematics asks for (two a multiply-add of convolutions and linear layers, forward and backward),
whatever the kernels do beside; the peak is what this device reaches in one large matrix product,
measured, not the figure of a data sheet.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

import torch
from torch import nn

from inception_lib.graph import trace
from inception_lib.graph.gradients import step_macs

from .precision import DTYPES, check_precision

__all__ = [
    "Meter",
    "Speed",
    "Throughput",
    "peak_flops",
    "peak_memory",
    "threads_for",
    "training_flop",
]

WARM_STEPS = 5  # not counted in a run's images a second: compilation, choice of kernels
# FLOP of a step below which threads cost more than they save: each operation waits for all of
# them, and beside another process for the slowest.
ONE_THREAD = 2e9


def training_flop(model: nn.Module, size: int) -> int:
    """Floating-point operations of one training step for one image of ``size`` × ``size``.

    Twice ``graph.training_macs`` where every parameter is trained. Frozen layers need no gradient
    of their weights, and nothing below the first trained one needs any: a linear probe costs
    little more than inference.

    Raises
    ------
    TraceError
        If the model cannot be traced.
    """
    names = [name for name, p in model.named_parameters() if p.requires_grad]
    trained = {*names, *(name.rpartition(".")[0] for name in names)}  # and their modules
    graph = trace(model, size, train=True)
    return 2 * step_macs(graph, lambda node: node.name.partition("#")[0] in trained)


@contextmanager
def threads_for(flop: float, device: torch.device) -> Iterator[None]:
    """One CPU thread for as long as steps so small last; else as many as torch has.

    The network decides and not a measurement, so that a run that is resumed adds its numbers in
    the same order as before.

    Parameters
    ----------
    flop : float
        Of all images that pass through the network at once; 0 where unknown.
    device : torch.device
        A GPU's steps are left alone.
    """
    threads = torch.get_num_threads()
    if device.type == "cpu" and 0 < flop < ONE_THREAD:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


@cache
def peak_flops(device: str, precision: str = "fp32", seconds: float = 0.3) -> float:
    """FLOP/s of a large square matrix product on this device: the best of repeated runs.

    Parameters
    ----------
    device : str
        ``"cpu"``, ``"cuda"``, ``"cuda:1"`` …
    precision : str
        ``"fp32"`` (as torch is set: with TF32 where that is allowed), ``"bf16"`` or ``"fp16"``.
    seconds : float
        About how long to measure. Measured once a process for each device and precision.
    """
    check_precision(precision)
    cuda = torch.device(device).type == "cuda"
    n = 8192 if cuda else 1024
    a, b = (torch.randn(n, n, device=device).to(DTYPES[precision]) for _ in range(2))
    best, end = float("inf"), time.perf_counter() + seconds
    with torch.inference_mode():
        for turn in range(100):
            start = time.perf_counter()
            torch.mm(a, b)
            if cuda:
                torch.cuda.synchronize(device)
            if turn:  # the first chooses its kernel
                best = min(best, time.perf_counter() - start)
                if time.perf_counter() > end:
                    break
    return 2 * n**3 / best


def peak_memory(device: str | torch.device) -> int:
    """Most bytes held so far: tensors of this process on a GPU, all its memory on the CPU."""
    device = torch.device(device)
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    try:
        import resource
    except ImportError:  # not on Windows
        return 0
    # Linux counts in KiB, macOS in bytes.
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


@dataclass(frozen=True)
class Speed:
    """One reading of a ``Meter``.

    Attributes
    ----------
    images_per_second : float
    mfu : float or None
        Share of the peak in use; None where the FLOP or the peak is unknown.
    waiting : float
        Share of the time that the step waited for data.
    """

    images_per_second: float
    mfu: float | None
    waiting: float


class Meter:
    """Counts images and waiting between readings.

    Parameters
    ----------
    flop : float
        Of one image, from ``training_flop``; 0 where unknown.
    peak : float
        FLOP/s of all devices together; 0 where unknown.

    Notes
    -----
    Work on a GPU is only queued when a call returns: read after something has waited for it.
    """

    def __init__(self, flop: float = 0, peak: float = 0) -> None:
        self.flop, self.peak = flop, peak
        self.reset()

    def reset(self) -> None:
        """Forget what was counted: what comes next is not the time of training steps."""
        self._start, self._images, self._waited = time.perf_counter(), 0, 0.0

    def add(self, images: int, waited: float = 0.0) -> None:
        """Count images that were learnt from, and seconds waited for them."""
        self._images += images
        self._waited += waited

    def read(self) -> Speed:
        """The speed since the last reading."""
        seconds = max(time.perf_counter() - self._start, 1e-9)
        rate = self._images / seconds
        mfu = rate * self.flop / self.peak if self.flop and self.peak else None
        speed = Speed(rate, mfu, min(self._waited / seconds, 1.0))
        self.reset()
        return speed


class Throughput:
    """Images a second of a run's training steps alone.

    Begins after the first steps, and stands still in evaluations and writes.

    Parameters
    ----------
    device : torch.device
        Is waited for where the time is taken.
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._warm = WARM_STEPS
        self._since: float | None = None
        self._images, self._seconds = 0, 0.0

    def _now(self) -> float:
        if self._device.type == "cuda":
            torch.cuda.synchronize(self._device)
        return time.perf_counter()

    def start(self) -> None:
        """Steps follow; before the warm-up is over this does nothing."""
        if self._warm == 0 and self._since is None:
            self._since = self._now()

    def stop(self) -> None:
        """What follows is no step."""
        if self._since is not None:
            self._seconds += self._now() - self._since
            self._since = None

    def add(self, images: int) -> None:
        """One step is done."""
        if self._warm:
            self._warm -= 1
            self.start()
        elif self._since is not None:
            self._images += images

    def images_per_second(self) -> float:
        """NaN where there were no steps after the warm-up."""
        return self._images / self._seconds if self._seconds else float("nan")
