"""Reading ahead of the network: in this process, in others, or from what was kept.

Each takes jobs (image indices and their draws) and gives back, in the same order, uint8
N×3×S×S on the device and what happened. A job says all that its result depends on, so it does not
matter who does it, and a job whose worker was killed is simply given out again.
"""

from __future__ import annotations

import mmap
import multiprocessing
import os
import signal
import threading
import time
import warnings
from collections import deque
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import NamedTuple

import torch
from torch import Tensor

from .reader import Reader, Report

__all__ = ["Inline", "Job", "Kept", "Processes", "send"]

RESTARTS = 3
AHEAD = 2  # micro-batches decoded while one is consumed


class Job(NamedTuple):
    """Images to read: indices, and the row of ``augment.draw`` that each is cropped by.

    Plain numbers: a tensor would cross to another process by a connection of its own.
    """

    indices: list[int]
    drawn: list[list[float]] | None


class Prefetch:
    """What the three have in common.

    Attributes
    ----------
    ahead : int
        Jobs that are worth submitting before the first result is asked for.
    """

    ahead = 0

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.jobs: deque[Job] = deque()

    def submit(self, job: Job) -> None:
        self.jobs.append(job)

    def result(self) -> tuple[Tensor, Report]:
        """Of the oldest job."""
        raise NotImplementedError

    def clear(self) -> None:
        """Forget what was submitted and not asked for."""
        self.jobs.clear()

    def close(self) -> None:
        """Stop what was started."""
        self.clear()


class Inline(Prefetch):
    """Read each job when its turn comes, in this process."""

    def __init__(self, reader: Reader, device: torch.device) -> None:
        super().__init__(device)
        self.reader = reader

    def result(self) -> tuple[Tensor, Report]:
        job = self.jobs.popleft()
        side = self.reader.side
        images = torch.zeros(len(job.indices), 3, side, side, dtype=torch.uint8)
        report = self.reader.read(images, *job)
        return send(images, self.device), report


class Kept(Prefetch):
    """Gather each job from images that were decoded once.

    Parameters
    ----------
    images : Tensor
        uint8 N×3×S×S, on the device where it fits.
    shown : Tensor
        int64 N on the CPU: the image that stands for image i; −1 where none does.
    device : torch.device
        Where batches are wanted.
    """

    def __init__(self, images: Tensor, shown: Tensor, device: torch.device) -> None:
        super().__init__(device)
        self.images, self.shown = images, shown

    def result(self) -> tuple[Tensor, Report]:
        rows = self.shown[torch.tensor(self.jobs.popleft().indices)]
        gathered = self.images[send(rows.clamp(min=0), self.images.device)]
        return gathered.to(self.device), Report(rows.tolist())


_here: tuple[Reader, Tensor] | None = None  # in a worker: what to read, and where to put it


def _start(reader: Reader, slots: Tensor, parent: int) -> None:
    """Prepare a worker: one thread, no say in signals, gone when its parent is."""
    global _here
    _here = reader, slots
    torch.set_num_threads(1)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _work(slot: int, first: int, indices: list[int], drawn: list[list[float]] | None) -> Report:
    assert _here is not None
    reader, slots = _here
    return reader.read(slots[slot, first : first + len(indices)], indices, drawn)


class Processes(Prefetch):
    """Read jobs ahead in worker processes, into memory that is shared with them.

    Only small reports cross between processes; pixels are written where they are read from. On a
    GPU that memory is page-locked and copied on a stream of its own while the network computes.

    Raises
    ------
    RuntimeError
        If workers keep dying. Nothing hangs: a dead worker is noticed at once, the pool restarted
        and its jobs given out again, three times.
    """

    ahead = AHEAD

    def __init__(self, reader: Reader, device: torch.device, workers: int, micro: int) -> None:
        super().__init__(device)
        self.reader = reader
        self.workers = workers
        self.micro = micro
        self.share = max(1, min(32, -(-micro // workers)))
        self.ahead = max(AHEAD, -(-2 * workers * self.share // micro))
        side = reader.side
        count = self.ahead + 2
        # Anonymous and shared: seen by forked workers, and not limited as /dev/shm often is.
        self.memory = mmap.mmap(-1, count * micro * 3 * side * side)
        self.slots = torch.frombuffer(self.memory, dtype=torch.uint8).view(
            count, micro, 3, side, side
        )
        self.free = deque(range(count))
        self.copied: list[torch.cuda.Event | None] = [None] * count
        self.pending: deque[tuple[Job, int, list[Future[Report]]]] = deque()
        self.restarts = 0
        self.pool = self._make_pool()
        self.stream = torch.cuda.Stream(device) if device.type == "cuda" else None
        if self.stream is not None:  # a refusal only makes copies wait
            torch.cuda.cudart().cudaHostRegister(self.slots.data_ptr(), self.slots.numel(), 0)

    def _make_pool(self) -> ProcessPoolExecutor:
        context = multiprocessing.get_context("fork")
        state = (self.reader, self.slots, os.getpid())
        return ProcessPoolExecutor(self.workers, context, initializer=_start, initargs=state)

    def submit(self, job: Job) -> None:
        slot = self.free.popleft()
        if (event := self.copied[slot]) is not None:
            event.synchronize()  # the GPU still reads what was there
        self.pending.append((job, slot, []))
        try:
            self._send(self.pending[-1])
        except BrokenProcessPool:
            self._restart()

    def _send(self, pending: tuple[Job, int, list[Future[Report]]]) -> None:
        (indices, drawn), slot, futures = pending
        futures.clear()
        for first in range(0, len(indices), self.share):
            part = slice(first, first + self.share)
            rows = None if drawn is None else drawn[part]
            futures.append(self.pool.submit(_work, slot, first, indices[part], rows))

    def _restart(self) -> None:
        while True:
            self.restarts += 1
            self.pool.shutdown(wait=True, cancel_futures=True)
            if self.restarts > RESTARTS:
                raise RuntimeError(
                    f"decoding workers were killed {self.restarts} times: the machine may be out "
                    f"of memory; pass fewer than {self.workers} workers, or workers=0 to decode in "
                    "the main process"
                )
            warnings.warn(
                f"a decoding worker was killed: all {self.workers} are started again "
                f"({self.restarts} of {RESTARTS})",
                stacklevel=2,
            )
            self.pool = self._make_pool()
            try:
                for pending in self.pending:
                    self._send(pending)
            except BrokenProcessPool:
                continue
            return

    def result(self) -> tuple[Tensor, Report]:
        while True:
            job, slot, futures = self.pending[0]
            report = Report()
            try:
                for future in futures:
                    report.add(future.result())
                break
            except BrokenProcessPool:
                self._restart()
        self.pending.popleft()
        images = self.slots[slot, : len(job.indices)]
        if self.stream is None:
            images = images.clone()
        else:
            with torch.cuda.stream(self.stream):
                images = images.to(self.device, non_blocking=True)
                self.copied[slot] = self.stream.record_event()
            torch.cuda.current_stream(self.device).wait_stream(self.stream)
            images.record_stream(torch.cuda.current_stream(self.device))
        self.free.append(slot)
        return images, report

    def clear(self) -> None:
        """Wait for what is being written, so that its memory can be written again."""
        for _, slot, futures in self.pending:
            for future in futures:
                if not future.cancel():
                    future.exception()
            self.free.append(slot)
        self.pending.clear()

    def close(self) -> None:
        self.pending.clear()
        self.pool.shutdown(wait=False, cancel_futures=True)
        if self.stream is not None:
            self.stream.synchronize()
            torch.cuda.cudart().cudaHostUnregister(self.slots.data_ptr())
            self.stream = None


def send(numbers: Tensor, device: torch.device) -> Tensor:
    """A copy on the device for which the host does not wait: a GPU reads page-locked memory."""
    if device.type != "cuda":
        return numbers.to(device)
    return numbers.pin_memory().to(device, non_blocking=True)
