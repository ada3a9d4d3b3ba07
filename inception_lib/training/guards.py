"""What can go wrong in a run, and what is said and saved then."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import torch
from torch import Tensor

__all__ = [
    "FiniteGuard",
    "NonFiniteError",
    "StopRequest",
    "Stopped",
    "TooLittleMemory",
    "all_finite",
    "largest_that_fits",
    "out_of_memory",
    "own_settings",
]

NEVER = torch.iinfo(torch.int64).max


class NonFiniteError(ArithmeticError):
    """A loss, gradient or weight became infinite or not a number."""


class TooLittleMemory(MemoryError):
    """A training step does not fit into memory."""


class Stopped(SystemExit):
    """A run saved itself and ends because a signal asked it to: the process exits with 0."""


class StopRequest:
    """SIGTERM and SIGINT ask the run to stop after the running step, instead of killing it.

    A second Ctrl-C interrupts at once. Outside the main thread, where Python lets nobody handle
    signals, nothing changes.
    """

    def __init__(self, active: bool = True) -> None:
        self.asked: int | None = None
        self._active = active and threading.current_thread() is threading.main_thread()
        self._before: dict[int, Any] = {}

    def __enter__(self) -> StopRequest:
        if self._active:
            for number in (signal.SIGTERM, signal.SIGINT):
                self._before[number] = signal.signal(number, self._ask)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before = {}

    def _ask(self, number: int, frame: FrameType | None) -> None:
        if number == signal.SIGINT == self.asked:
            self.__exit__()
            raise KeyboardInterrupt
        self.asked = self.asked or number


class FiniteGuard:
    """Remembers on the device where the first value that is not finite was seen.

    To look at a value would make the host wait for the device in every step; so the place of the
    first bad one (a count of micro-batches) is kept beside the data and read now and then.
    """

    def __init__(self, device: torch.device) -> None:
        self._first = torch.full((), NEVER, dtype=torch.int64, device=device)

    def watch(self, value: Tensor, place: int) -> None:
        """Note ``place`` if ``value`` (a scalar) is not finite and none was noted before."""
        bad = ~value.detach().isfinite() & (self._first == NEVER)
        self._first.masked_fill_(bad, place)

    def first(self) -> int:
        """The place of the first bad value, ``NEVER`` if there was none; waits for the device."""
        return int(self._first)


def all_finite(tensors: dict[str, Tensor]) -> str | None:
    """The name of a tensor with a value that is not finite; None if there is none."""
    floats = {name: t for name, t in tensors.items() if t.is_floating_point() and t.numel()}
    if not floats:
        return None
    fine = torch.stack([t.isfinite().all() for t in floats.values()]).tolist()
    return next((name for name, ok in zip(floats, fine, strict=True) if not ok), None)


def out_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory, of the GPU or of the host, did not suffice."""
    if isinstance(error, (torch.OutOfMemoryError, MemoryError)):
        return not isinstance(error, TooLittleMemory)
    words = ("can't allocate memory", "not enough memory", "out of memory", "Cannot allocate")
    return isinstance(error, RuntimeError) and any(word in str(error) for word in words)


def largest_that_fits(step: Callable[[int], None], images: int) -> int:
    """Halve the number of images until ``step(images)`` finds memory; 0 if two do not fit."""
    while (images := images // 2) > 1:  # batch normalisation cannot train on one
        if _fits(step, images):
            return images
    return 0


def _fits(step: Callable[[int], None], images: int) -> bool:
    try:
        step(images)
    except (RuntimeError, MemoryError) as error:
        if not out_of_memory(error):
            raise
        return False  # with the error go the frames that hold the step's tensors
    return True


@contextmanager
def own_settings(device: torch.device) -> Iterator[None]:
    """Fast kernels, and generators of the run's own, for as long as a run lasts."""
    precision = torch.get_float32_matmul_precision()
    benchmark = torch.backends.cudnn.benchmark
    with torch.random.fork_rng([device] if device.type == "cuda" else []):
        if device.type == "cuda":
            torch.set_float32_matmul_precision("high")
            torch.backends.cudnn.benchmark = True
        try:
            yield
        finally:
            torch.set_float32_matmul_precision(precision)
            torch.backends.cudnn.benchmark = benchmark
