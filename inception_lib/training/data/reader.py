"""From images of any size to pixels of one: what a decoding worker does."""

from __future__ import annotations

import warnings
from collections import Counter
from dataclasses import dataclass, field

import torch
from torch import Tensor

from .augment import Augment
from .dataset import Split
from .images import Unreadable
from .preprocess import Preprocess
from .resized_crop import random_resized_crop

__all__ = ["Reader", "Report", "Tally", "next_readable"]

NAMED = 5  # unreadable images that get a warning each; the rest are only counted
IN_A_ROW = 16  # places, one after the other, in which an image is looked for


@dataclass
class Report:
    """What happened while images were read.

    Attributes
    ----------
    indices : list of int
        The image that each row holds; −1 where there is none.
    corrupt : dict
        Index of an unreadable image → what is wrong with it.
    modes : Counter
        How many images were not RGB, by Pillow's mode.
    """

    indices: list[int] = field(default_factory=list)
    corrupt: dict[int, str] = field(default_factory=dict)
    modes: Counter[str] = field(default_factory=Counter)

    def add(self, other: Report) -> None:
        self.indices += other.indices
        self.corrupt |= other.corrupt
        self.modes += other.modes


class Tally:
    """What could not be read so far, each image once.

    Attributes
    ----------
    corrupt : list of str
        Names and reasons.
    modes : Counter
        Images that were not RGB, as often as they were read.
    """

    def __init__(self, split: Split, name: str, limit: float) -> None:
        self.split, self.name, self.limit = split, name, limit
        self.corrupt: list[str] = []
        self.modes: Counter[str] = Counter()
        self._seen: set[int] = set()

    def add(self, report: Report) -> None:
        """Count a report; the first unreadable images get a warning each.

        Raises
        ------
        ValueError
            If a larger share of the images than ``limit`` is unreadable, or every one is.
        """
        self.modes.update(report.modes)
        for index in sorted(report.corrupt.keys() - self._seen):
            self._seen.add(index)
            self.corrupt.append(f"{self.split.names[index]}: {report.corrupt[index]}")
            if len(self.corrupt) <= NAMED:
                warnings.warn(f"unreadable image skipped: {self.corrupt[-1]}", stacklevel=5)
        count, whole = len(self.corrupt), len(self.split)
        few = "; ".join(self.corrupt[:NAMED])
        if count == whole:
            raise ValueError(
                f"none of the {whole:,} images of {self.name} can be read: {few}; repair or "
                "replace them"
            )
        if count > self.limit * whole:
            raise ValueError(
                f"{count} of {whole:,} images of {self.name} cannot be "
                f"read, more than max_corrupt = {self.limit:.1%}: "
                f"{few}; repair or remove them, or raise max_corrupt"
            )


@dataclass(frozen=True)
class Reader:
    """How the images of a split become uint8 3×side×side.

    Attributes
    ----------
    split : Split
    preprocess : Preprocess
        The view of evaluation, where nothing is cropped at random.
    augment : Augment, optional
        Random crops, from the rows of a draw.
    substitute : bool
        Whether the next readable image takes the place of an unreadable one (training: batches
        keep their size, and images sorted by class their class), or the row is left out.
    """

    split: Split
    preprocess: Preprocess
    augment: Augment | None = None
    substitute: bool = False

    @property
    def side(self) -> int:
        return self.preprocess.size if self.augment is None else self.augment.size

    def read(self, out: Tensor, indices: list[int], drawn: list[list[float]] | None) -> Report:
        """Read the images at ``indices`` into ``out``, uint8 len(indices)×3×side×side.

        ``drawn`` are the rows of ``augment.draw``, one an image, where crops are random.
        """
        report = Report()
        for row, index in enumerate(indices):
            numbers = None if drawn is None else drawn[row]
            found = -1
            for step in range(IN_A_ROW if self.substitute else 1):
                at = (index + step) % len(self.split)
                try:
                    out[row] = self._one(at, numbers, report)
                except Unreadable as error:
                    report.corrupt[at] = error.reason
                else:
                    found = at
                    break
            report.indices.append(found)
        return report

    def _one(self, index: int, drawn: list[float] | None, report: Report) -> Tensor:
        image = self.split.open(index)
        if self.augment is None or drawn is None:
            need = self.preprocess.size / self.preprocess.crop
            pixels = self.preprocess.view(image.pixels(need, need))
        else:
            box, kernel, mirrored = self.augment.crop(drawn, image.width / image.height)
            _, _, height, width = box
            whole = image.pixels(self.side / width, self.side / height)
            pixels = random_resized_crop(whole, box, kernel, self.side)
            pixels = pixels.flip(2) if mirrored else pixels
        if image.mode != "RGB":
            report.modes[image.mode] += 1
        return pixels


def next_readable(readable: Tensor) -> Tensor:
    """The image that stands for image i in training, int64 N, given which can be read, bool N.

    Itself, else the next one as ``Reader`` looks for it, with the first after the last; −1 where
    there is none within reach.
    """
    places = torch.arange(len(readable))
    found = places[readable]
    if not len(found):
        return torch.full_like(places, -1)
    next_one = found[torch.searchsorted(found, places) % len(found)]
    near = (next_one - places) % len(readable) < IN_A_ROW
    return torch.where(near, next_one, -1)
