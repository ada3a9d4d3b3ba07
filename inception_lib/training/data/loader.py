"""Batches: which images, in which order, changed how, on the device, normalised."""

from __future__ import annotations

import multiprocessing
import time
import warnings
from collections import deque
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor

from .augment import Augment, draw, generator
from .decode import Reading, Tally
from .feeds import Feed, Job, Processes
from .gpu_jpeg import OnGpu, gpu_jpeg_works
from .preprocess import Preprocess
from .store import Store, cache_budget, cache_side, default_threads, keep_files, keep_images

if TYPE_CHECKING:
    from ..recipes import Recipe
    from .sources import Data, Source

__all__ = ["Batch", "Loader"]

CACHES = ("auto", "device", "none")


class Batch(NamedTuple):
    """Images float N×3×S×S normalised, labels int64 N, indices into the source int64 N."""

    images: Tensor
    labels: Tensor
    indices: Tensor


class Loader:
    """Batches of one split, for one process of several.

    Nothing is remembered between batches: the order follows from (seed, epoch), an image's
    augmentation from (seed, epoch, position), so an epoch can start at any step, on any number of
    processes and with any number of workers, and shows the same images.

    Parameters
    ----------
    source : Source
        The split.
    recipe : Recipe
        Its ``batch`` is the global one: rank r of w takes the r-th of w equal parts.
    data : Data
        The set that the split is of (mean, std).
    train : bool
        Shuffled, augmented, without the remainder; or in order, as in evaluation, all of it.
    device : torch.device or str
    rank, world : int
        This process and how many there are.
    decode : "auto", "gpu" or "cpu"
        Where JPEGs are decoded if the set is not cached. ``auto`` takes the GPU where torchvision
        can and the recipe has no workers.

    Attributes
    ----------
    steps : int
        Steps an epoch.
    micro : int
        Images a micro-batch on this rank.
    waited : float
        Seconds spent waiting for data; set it to zero to start again.
    corrupt : list of str
        Unreadable images met so far, and why.
    modes : Counter
        Images that were not RGB, by mode, as often as they were read.
    where : str
        In words, where images are decoded and kept; known once an epoch has begun.

    Raises
    ------
    ValueError
        If the batch does not divide, or the set has fewer images than one batch, or more images
        are unreadable than ``recipe.max_corrupt`` allows.
    """

    def __init__(
        self,
        source: Source,
        recipe: Recipe,
        data: Data,
        *,
        train: bool,
        device: torch.device | str,
        rank: int = 0,
        world: int = 1,
        decode: str = "auto",
    ) -> None:
        if not 0 <= rank < world:
            raise ValueError(f"rank is {rank} of {world} processes: it counts from 0")
        if recipe.cache not in CACHES:
            raise ValueError(f"cache is {recipe.cache!r}: choose one of {', '.join(CACHES)}")
        if decode not in ("auto", "gpu", "cpu"):
            raise ValueError(f"decode is {decode!r}: choose auto, gpu or cpu")
        if not len(source):
            raise ValueError(f"{data.name} has no images in this split")
        self.source, self.recipe, self.data = source, recipe, data
        self.train, self.rank, self.world, self.decode = train, rank, world, decode
        self.device = torch.device(device)
        parts = world * recipe.accumulate
        if train and recipe.batch % parts:
            raise ValueError(
                f"a batch of {recipe.batch} does not divide over {world} processes × "
                f"{recipe.accumulate} micro-batches: pass a multiple of {parts}, such as "
                f"{max(1, round(recipe.batch / parts)) * parts}"
            )
        self.micro = max(1, recipe.batch // parts)
        if train and len(source) < recipe.batch:
            raise ValueError(
                f"{data.name} has {len(source)} training images, fewer than one batch of "
                f"{recipe.batch}: pass a smaller batch"
            )
        self.steps = (
            len(source) // recipe.batch if train else -(-len(source) // (self.micro * world))
        )
        self.augment = Augment(recipe) if train else None
        view = Preprocess.of(recipe, data)
        self.preprocess = Preprocess(recipe.size, view.crop, view.mean, view.std) if train else view
        self.waited = 0.0
        self._tally = Tally(source, data.name, recipe.max_corrupt)
        self.corrupt, self.modes = self._tally.corrupt, self._tally.modes
        self.where = ""
        self._store: Store | None = None
        self._feed: Feed | None = None
        self._turn = 0

    def __len__(self) -> int:
        return self.steps

    def order(self, epoch: int) -> Tensor:
        """Image at each position of the epoch, int64 N."""
        if not self.train:
            return torch.arange(len(self.source))
        return torch.randperm(len(self.source), generator=generator(self.recipe.seed, epoch, 1))

    def parts(self, start: int = 0) -> Iterator[tuple[int, int]]:
        """Positions first … last − 1 of this rank's micro-batches, from a step on."""
        for step in range(start, self.steps):
            if self.train:
                share = self.recipe.batch // self.world
                first = step * self.recipe.batch + self.rank * share
                for at in range(first, first + share, self.micro):
                    yield at, at + self.micro
            else:
                base = step * self.micro * self.world
                count = min(self.micro * self.world, len(self.source) - base)
                first = base + count * self.rank // self.world
                last = base + count * (self.rank + 1) // self.world
                if last > first:  # a short last step may leave a rank without images
                    yield first, last

    def epoch(self, epoch: int, start: int = 0) -> Iterator[Batch]:
        """Micro-batches of an epoch from optimizer step ``start`` on."""
        if not 0 <= start <= self.steps:
            raise ValueError(f"step {start} is not in an epoch of {self.steps} steps")
        began = time.perf_counter()
        if self._store is None and self._feed is None:
            self._prepare()
        batches = (
            self._from_store(self._store, epoch, start)
            if self._store is not None
            else self._from_feed(epoch, start)
        )
        for batch in batches:
            self.waited += time.perf_counter() - began
            yield batch
            began = time.perf_counter()

    def close(self) -> None:
        """Stop workers and let go of what is kept."""
        if self._feed is not None:
            self._feed.close()
        self._feed = self._store = None

    def __del__(self) -> None:
        if getattr(self, "_feed", None) is not None:
            self.close()

    @torch.inference_mode(False)
    def _prepare(self) -> None:
        """Keep the set where it fits, or start to decode as it is needed.

        Outside inference mode, whoever asks: what is kept is filled by other threads, and that
        mode is a thread's own.
        """
        recipe, source = self.recipe, self.source
        crops = self.augment is not None and self.augment.crops
        budget = None if recipe.cache == "device" else cache_budget(self.device)
        if source.images is not None:
            small = recipe.cache != "none" and (budget is None or source.images.numel() <= budget)
            place = self.device if small else torch.device("cpu")
            self._store = keep_images(source, self.preprocess, self.augment, place)
            self.where = f"kept on {place}"
            return
        side = None
        if recipe.cache != "none":
            side = cache_side(source, self.preprocess.size, crops, budget)
        if side is not None:
            threads = default_threads(recipe.workers)
            self._store = keep_files(
                source,
                self.preprocess,
                side,
                crops,
                self.device,
                threads,
                substitute=self.train,
                check=self._tally.add,
            )
            self.where = f"decoded once at {side}×{side}, kept on {self.device}"
            return
        reading = Reading(
            source.files,
            self.preprocess,
            self.augment if crops else None,
            substitute=self.train,
        )
        self._feed = self._make_feed(reading)

    def _make_feed(self, reading: Reading) -> Feed:
        workers = self.recipe.workers
        if self.decode == "gpu" or (self.decode == "auto" and workers == 0):
            why_not = gpu_jpeg_works(self.device)
            if not why_not:
                self.where = "JPEGs decoded on the GPU"
                return OnGpu(reading, self.device, default_threads(workers))
            if self.decode == "gpu":
                warnings.warn(f"JPEGs are decoded on the CPU, not the GPU: {why_not}", stacklevel=4)
        if workers and "fork" in multiprocessing.get_all_start_methods():
            self.where = f"decoded by {workers} processes"
            return Processes(reading, self.device, workers, self.micro)
        self.where = "decoded in the main process"
        return Feed(reading, self.device)

    def _from_store(self, store: Store, epoch: int, start: int) -> Iterator[Batch]:
        device, order = self.device, self.order(epoch)
        rows = drawn = boxes = kernels = None
        if self.train:
            order = store.shown[order]
        elif not bool((store.shown >= 0).all()):
            rows = store.shown >= 0
        if self.augment is not None and self.augment.draws:
            held = draw(self.recipe.seed, epoch, 0, self.steps * self.recipe.batch)
            drawn = send(held, device)
            if self.augment.crops:
                aspects = store.aspects[order[: len(held)]]
                boxes = send(self.augment.boxes(held, aspects), device)
                kernels = self.augment.kernels(held)
        labels = send(self.source.labels[order], device)
        indices = send(order, device)
        order = send(order, store.images.device)
        for first, last in self.parts(start):
            part: slice | Tensor = slice(first, last)
            if rows is not None:  # evaluation leaves out what cannot be read
                part = first + rows[part].nonzero().flatten()
            images = store.images[order[part]].to(device)
            if not len(images):
                continue
            if self.augment is not None and drawn is not None:
                if boxes is not None and kernels is not None:
                    images = self.augment.crop(images, drawn[part], boxes[part], kernels[part])
                    images = self.augment.colours(images, drawn[part])
                else:
                    images = self.augment.move(images, drawn[part])
            yield Batch(self._finish(images), labels[part], indices[part])

    def _from_feed(self, epoch: int, start: int) -> Iterator[Batch]:
        feed, augment, seed = self._feed, self.augment, self.recipe.seed
        assert feed is not None
        self._turn = turn = self._turn + 1
        feed.clear()
        order = self.order(epoch)
        parts = self.parts(start)
        sent: deque[Tensor | None] = deque()
        while True:
            for first, last in islice(parts, feed.ahead + 1 - len(sent)):
                drawn = None
                if augment is not None and augment.draws:
                    drawn = draw(seed, epoch, first, last)
                feed.submit(Job(order[first:last].tolist(), drawn))
                sent.append(drawn)
            if not sent:
                return
            images, report = feed.result()
            drawn = sent.popleft()
            self._tally.add(report)
            read = torch.tensor(report.indices)
            if bool((read < 0).any()):
                rows = (read >= 0).nonzero().flatten()
                read, images = read[rows], images[rows.to(self.device)]
                drawn = None if drawn is None else drawn[rows]
            if not len(read):
                continue
            if augment is not None and drawn is not None:
                drawn = send(drawn, self.device)
                images = augment.move(images, drawn)
                if augment.crops:
                    images = augment.colours(images.float().mul_(1 / 255), drawn)
            labels = send(self.source.labels[read], self.device)
            yield Batch(self._finish(images), labels, send(read, self.device))
            if turn != self._turn:
                raise RuntimeError("another epoch of this loader has begun: this one is over")

    def _finish(self, images: Tensor) -> Tensor:
        images = self.preprocess.normalise(images)
        layout = torch.channels_last if self.recipe.channels_last else torch.contiguous_format
        return images.contiguous(memory_format=layout)


def send(numbers: Tensor, device: torch.device) -> Tensor:
    """A copy on the device for which the host does not wait: a GPU reads page-locked memory."""
    if device.type != "cuda":
        return numbers.to(device)
    return numbers.pin_memory().to(device, non_blocking=True)
