"""Decoding ahead of the network: in this process, in others, or on the GPU.

A feed takes jobs (image indices and their draws) and gives back, in the same order, uint8
N×3×S×S on the device and what happened. A job says all that its result depends on, so a job whose
worker was killed is simply given out again.
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

from .decode import Reading, Report

__all__ = ["Feed", "Job", "Processes"]

RESTARTS = 3
AHEAD = 2  # micro-batches decoded while one is consumed


class Job(NamedTuple):
    """Images to read: indices, and the draw that each is cropped by (M×29)."""

    indices: list[int]
    drawn: Tensor | None


class Feed:
    """Read each job when its turn comes, in this process."""

    ahead = 0

    def __init__(self, reading: Reading, device: torch.device) -> None:
        self.reading = reading
        self.device = device
        self.jobs: deque[Job] = deque()

    def submit(self, job: Job) -> None:
        self.jobs.append(job)

    def result(self) -> tuple[Tensor, Report]:
        """Of the oldest job."""
        job = self.jobs.popleft()
        side = self.reading.side
        images = torch.zeros(len(job.indices), 3, side, side, dtype=torch.uint8)
        report = self.reading.chunk(images, *job)
        return images.to(self.device), report

    def clear(self) -> None:
        """Forget what was submitted and not asked for."""
        self.jobs.clear()

    def close(self) -> None:
        """Stop what the feed started."""
        self.clear()


_here: tuple[Reading, Tensor] | None = None  # in a worker: what to read, and where to put it


def _start(reading: Reading, slots: Tensor, parent: int) -> None:
    """Prepare a worker: one thread, no say in signals, gone when its parent is."""
    global _here
    _here = reading, slots
    torch.set_num_threads(1)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _work(slot: int, first: int, indices: list[int], numbers: list[list[float]] | None) -> Report:
    assert _here is not None
    reading, slots = _here
    drawn = None if numbers is None else torch.tensor(numbers)
    return reading.chunk(slots[slot, first : first + len(indices)], indices, drawn)


class Processes(Feed):
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

    def __init__(self, reading: Reading, device: torch.device, workers: int, micro: int) -> None:
        super().__init__(reading, device)
        self.workers = workers
        self.micro = micro
        self.share = max(1, min(32, -(-micro // workers)))
        self.ahead = max(AHEAD, -(-2 * workers * self.share // micro))
        side = reading.side
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
        state = (self.reading, self.slots, os.getpid())
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
            # As plain numbers: a tensor would take shared memory and a connection of its own.
            rows = None if drawn is None else drawn[part].tolist()
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
