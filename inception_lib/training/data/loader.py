"""Batches: which images, in which order, changed how, on the device, normalised."""

from __future__ import annotations

import multiprocessing
import time
from collections import deque
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor

from .augment import Augment, draw, generator
from .cache import cache_budget, keep_files, keep_images
from .prefetch import Inline, Job, Prefetch, Processes, send
from .preprocess import Preprocess
from .reader import Reader, Tally

if TYPE_CHECKING:
    from ..recipes import Recipe
    from .dataset import Dataset, Split

__all__ = ["Batch", "Loader"]

CACHES = ("auto", "device", "none")


class Batch(NamedTuple):
    """Images float N×3×S×S normalised, labels int64 N, indices into the split int64 N."""

    images: Tensor
    labels: Tensor
    indices: Tensor


class Loader:
    """Batches of one split, for one process of several.

    Nothing is remembered between batches: the order follows from (seed, epoch), an image's
    augmentation from (seed, epoch, position), so an epoch can start at any step, on any number of
    processes and with any number of workers, and shows the same images: on the CPU to the last bit,
    read ahead or not, kept or not.

    Parameters
    ----------
    split : Split
    recipe : Recipe
        Its ``batch`` is the global one: rank r of w takes the r-th of w equal parts.
    data : Dataset
        The set that the split is of (mean, std).
    train : bool
        Shuffled, augmented, without the remainder; or in order, as in evaluation, all of it.
    device : torch.device or str
    rank, world : int
        This process and how many there are.

    Attributes
    ----------
    steps : int
        Steps an epoch.
    micro : int
        Images a micro-batch on this rank.
    waited : float
        Seconds spent waiting for data; set it to zero to start again.
    tally : Tally
        Counts what could not be read.
    corrupt : list of str
        Unreadable images met so far, and why: the tally's.
    modes : Counter
        Images that were not RGB, by mode, as often as they were read: the tally's.
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
        split: Split,
        recipe: Recipe,
        data: Dataset,
        *,
        train: bool,
        device: torch.device | str,
        rank: int = 0,
        world: int = 1,
    ) -> None:
        if not 0 <= rank < world:
            raise ValueError(f"rank is {rank} of {world} processes: it counts from 0")
        if recipe.cache not in CACHES:
            raise ValueError(f"cache is {recipe.cache!r}: choose one of {', '.join(CACHES)}")
        if not len(split):
            raise ValueError(f"{data.name} has no images in this split")
        self.split, self.recipe, self.data = split, recipe, data
        self.train, self.rank, self.world = train, rank, world
        self.device = torch.device(device)
        parts = world * recipe.accumulate
        if train and recipe.batch % parts:
            raise ValueError(
                f"a batch of {recipe.batch} does not divide over {world} processes × "
                f"{recipe.accumulate} micro-batches: pass a multiple of {parts}, such as "
                f"{max(1, round(recipe.batch / parts)) * parts}"
            )
        self.micro = max(1, recipe.batch // parts)
        if train and len(split) < recipe.batch:
            raise ValueError(
                f"{data.name} has {len(split)} training images, fewer than one batch of "
                f"{recipe.batch}: pass a smaller batch"
            )
        self.steps = len(split) // recipe.batch if train else -(-len(split) // (self.micro * world))
        self.augment = Augment(recipe) if train else None
        self._crops = self.augment is not None and self.augment.crops
        view = Preprocess.of(recipe, data)
        self.preprocess = Preprocess(recipe.size, view.crop, view.mean, view.std) if train else view
        self.waited = 0.0
        self.tally = Tally(split, data.name, recipe.max_corrupt)
        self.corrupt, self.modes = self.tally.corrupt, self.tally.modes
        self.where = ""
        self._prefetch: Prefetch | None = None
        self._turn = 0

    def __len__(self) -> int:
        return self.steps

    def order(self, epoch: int) -> Tensor:
        """Image at each position of the epoch, int64 N."""
        if not self.train:
            return torch.arange(len(self.split))
        return torch.randperm(len(self.split), generator=generator(self.recipe.seed, epoch, 1))

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
                count = min(self.micro * self.world, len(self.split) - base)
                first = base + count * self.rank // self.world
                last = base + count * (self.rank + 1) // self.world
                if last > first:  # a short last step may leave a rank without images
                    yield first, last

    def epoch(self, epoch: int, start: int = 0) -> Iterator[Batch]:
        """Micro-batches of an epoch from optimizer step ``start`` on."""
        if not 0 <= start <= self.steps:
            raise ValueError(f"step {start} is not in an epoch of {self.steps} steps")
        began = time.perf_counter()
        if self._prefetch is None:
            self._prefetch = self._start()
        for batch in self._batches(self._prefetch, epoch, start):
            self.waited += time.perf_counter() - began
            yield batch
            began = time.perf_counter()

    def close(self) -> None:
        """Stop workers and let go of what is kept."""
        if self._prefetch is not None:
            self._prefetch.close()
        self._prefetch = None

    def __del__(self) -> None:
        if getattr(self, "_prefetch", None) is not None:
            self.close()

    @torch.inference_mode(False)
    def _start(self) -> Prefetch:
        """Keep the set where it fits, or start to read it as it is needed.

        Outside inference mode, whoever asks: what is kept is filled by other threads, and that
        mode is a thread's own.
        """
        recipe, split, device = self.recipe, self.split, self.device
        cropping = self.augment if self._crops else None
        reader = Reader(split, self.preprocess, cropping, substitute=self.train)
        if not self._crops and (split.images is not None or recipe.cache != "none"):
            size = len(split) * 3 * reader.side**2
            fits = recipe.cache == "device" or size <= cache_budget(device)
            if split.images is not None:
                place = device if fits and recipe.cache != "none" else torch.device("cpu")
                self.where = f"kept on {place}"
                return keep_images(split.images, self.preprocess, place, device)
            if fits:
                self.where = f"decoded once at {reader.side}×{reader.side}, kept on {device}"
                return keep_files(reader, device, recipe.workers, self.tally.add)
        done = "cropped" if split.images is not None else "decoded"
        if recipe.workers and "fork" in multiprocessing.get_all_start_methods():
            self.where = f"{done} by {recipe.workers} processes"
            return Processes(reader, device, recipe.workers, self.micro)
        self.where = f"{done} in the main process"
        return Inline(reader, device)

    def _batches(self, prefetch: Prefetch, epoch: int, start: int) -> Iterator[Batch]:
        augment, seed = self.augment, self.recipe.seed
        self._turn = turn = self._turn + 1
        prefetch.clear()
        order = self.order(epoch)
        parts = self.parts(start)
        sent: deque[Tensor | None] = deque()
        while True:
            for first, last in islice(parts, prefetch.ahead + 1 - len(sent)):
                drawn = None
                if augment is not None and augment.draws:
                    drawn = draw(seed, epoch, first, last)
                rows = drawn.tolist() if drawn is not None and self._crops else None
                prefetch.submit(Job(order[first:last].tolist(), rows))
                sent.append(drawn)
            if not sent:
                return
            images, report = prefetch.result()
            drawn = sent.popleft()
            self.tally.add(report)
            read = torch.tensor(report.indices)
            if bool((read < 0).any()):
                there = (read >= 0).nonzero().flatten()
                read, images = read[there], images[there.to(images.device)]
                drawn = None if drawn is None else drawn[there]
            if len(read):
                images = self._changed(images, drawn)
                labels = send(self.split.labels[read], self.device)
                yield Batch(images, labels, send(read, self.device))
            elif self.train:  # the engine counts on a batch for every step
                raise ValueError(
                    f"none of the {len(report.indices)} images of a batch of {self.data.name} can "
                    "be read, nor those that follow them: repair or remove what cannot be read"
                )
            if turn != self._turn:
                raise RuntimeError("another epoch of this loader has begun: this one is over")

    def _changed(self, images: Tensor, drawn: Tensor | None) -> Tensor:
        """uint8 N×3×S×S as the network sees them: mirrored, moved, coloured, normalised."""
        if self.augment is not None and drawn is not None:
            drawn = send(drawn, self.device)
            images = self.augment.move(images, drawn)
            if self.augment.colours_change:
                images = self.augment.colours(images.float().mul_(1 / 255), drawn)
        layout = torch.channels_last if self.recipe.channels_last else torch.contiguous_format
        return self.preprocess.normalise(images).contiguous(memory_format=layout)
