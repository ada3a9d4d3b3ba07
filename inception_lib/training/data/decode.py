"""From files to pixels of one size: what a decoding worker does."""

from __future__ import annotations

import warnings
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor

from .augment import Augment
from .images import Unreadable, open_image
from .preprocess import Preprocess
from .resample import KERNELS

if TYPE_CHECKING:
    from .sources import Source

__all__ = ["Reading", "Report", "Tally", "resize_box"]

NAMED = 5  # unreadable images that get a warning each; the rest are only counted
IN_A_ROW = 16  # unreadable files, one after the other, that one image is looked for in


@dataclass
class Report:
    """What happened while files were read.

    Attributes
    ----------
    indices : list of int
        The image that each row holds; −1 where there is none.
    aspects : list of float
        Width / height of each before it was resized.
    corrupt : dict
        Index of an unreadable file → what is wrong with it.
    modes : Counter
        How many images were not RGB, by Pillow's mode.
    """

    indices: list[int] = field(default_factory=list)
    aspects: list[float] = field(default_factory=list)
    corrupt: dict[int, str] = field(default_factory=dict)
    modes: Counter[str] = field(default_factory=Counter)

    def add(self, other: Report) -> None:
        self.indices += other.indices
        self.aspects += other.aspects
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

    def __init__(self, source: Source, name: str, limit: float) -> None:
        self.source, self.name, self.limit = source, name, limit
        self.corrupt: list[str] = []
        self.modes: Counter[str] = Counter()
        self._seen: set[int] = set()

    def add(self, report: Report) -> None:
        """Count a report; the first unreadable images get a warning each.

        Raises
        ------
        ValueError
            If a larger share of the images than ``limit`` is unreadable.
        """
        self.modes.update(report.modes)
        for index in sorted(report.corrupt.keys() - self._seen):
            self._seen.add(index)
            self.corrupt.append(f"{self.source.names[index]}: {report.corrupt[index]}")
            if len(self.corrupt) <= NAMED:
                warnings.warn(f"unreadable image skipped: {self.corrupt[-1]}", stacklevel=5)
        if len(self.corrupt) > self.limit * len(self.source):
            raise ValueError(
                f"{len(self.corrupt)} of {len(self.source):,} images of {self.name} cannot be "
                f"read, more than max_corrupt = {self.limit:.1%}: "
                f"{'; '.join(self.corrupt[:NAMED])}; repair or remove them, or raise max_corrupt"
            )


@dataclass(frozen=True)
class Reading:
    """How files become uint8 3×size×size.

    Attributes
    ----------
    files : tuple of str
    preprocess : Preprocess
        The view of evaluation, where nothing is cropped at random.
    augment : Augment, optional
        Random crops, from the rows of a draw.
    substitute : bool
        Whether the next readable file takes the place of an unreadable one (training: batches
        keep their size, and files sorted by class their class), or the row is left out.
    """

    files: tuple[str, ...]
    preprocess: Preprocess
    augment: Augment | None = None
    substitute: bool = False

    @property
    def side(self) -> int:
        return self.preprocess.size if self.augment is None else self.augment.size

    def chunk(self, out: Tensor, indices: list[int], drawn: Tensor | None) -> Report:
        """Read the images at ``indices`` into ``out``, uint8 len(indices)×3×side×side."""
        report = Report()
        for row, index in enumerate(indices):
            found, aspect = -1, 1.0
            for step in range(IN_A_ROW if self.substitute else 1):
                at = (index + step) % len(self.files)
                try:
                    out[row], aspect = self._one(
                        at, drawn[row] if drawn is not None else None, report
                    )
                except Unreadable as error:
                    report.corrupt[at] = error.reason
                else:
                    found = at
                    break
            report.indices.append(found)
            report.aspects.append(aspect)
        return report

    def _one(self, index: int, drawn: Tensor | None, report: Report) -> tuple[Tensor, float]:
        image = open_image(self.files[index])
        aspect = image.width / image.height
        if self.augment is None or drawn is None:
            need = self.preprocess.size / self.preprocess.crop
            pixels = self.preprocess.view(image.pixels(need, need))
        else:
            box = self.augment.boxes(drawn[None], torch.tensor([aspect]))[0]
            kernel = KERNELS[int(self.augment.kernels(drawn[None]))]
            need_h, need_w = self.side / float(box[2]), self.side / float(box[3])
            pixels = resize_box(image.pixels(need_w, need_h), box, self.side, kernel)
        if image.mode != "RGB":
            report.modes[image.mode] += 1
        return pixels, aspect


def resize_box(pixels: Tensor, box: Tensor, size: int, kernel: str) -> Tensor:
    """The box (top, left, height, width in shares) of uint8 3×H×W as uint8 3×size×size.

    Bilinear and bicubic are antialiased.
    """
    from torchvision.transforms.v2 import InterpolationMode
    from torchvision.transforms.v2 import functional as V

    rows, columns = pixels.shape[-2:]
    top, left, height, width = box.tolist()
    height, width = max(1, round(height * rows)), max(1, round(width * columns))
    top, left = min(round(top * rows), rows - height), min(round(left * columns), columns - width)
    crop = pixels[:, top : top + height, left : left + width]
    if kernel == "area":
        return F.interpolate(crop[None].float(), (size, size), mode="area")[0].round_().byte()
    return V.resize(crop, [size, size], InterpolationMode(kernel), antialias=kernel != "nearest")
