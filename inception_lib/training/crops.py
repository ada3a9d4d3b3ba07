"""Many crops of one image, as section 10 evaluates: where they lie, and batches of them.

The paper reports 1, 12 and 144 crops an image and defines none of them. 144 is GoogLeNet's recipe
(Szegedy et al. 2014, section 7): resize the image so that its shorter side has one of 4 lengths,
take 3 squares (left, middle and right; top, middle and bottom of a portrait), from each square its
4 corners, its centre and the whole of it, and mirror each: 4 × 3 × 6 × 2 = 144.

Two choices here are ours, since nobody published theirs:

- 12 crops are the 6 views of the middle square at the smallest scale, mirrored: 1 × 1 × 6 × 2.
- GoogLeNet's lengths 256, 288, 320 and 352 belong to crops of 224. For another size they are in
  the same proportion: 342, 384, 427 and 470 for crops of 299.

Crops are boxes of the *original* image, each resampled once to the network's size, instead of a
resized image that is cropped and, for the whole square, resized again. So the whole square is the
same at each scale: 144 views are at most 126 different ones, and 42 where the image is square.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor

from .data.images import Unreadable
from .data.reader import Report
from .data.resized_crop import resized_crop

if TYPE_CHECKING:
    from .data import Loader, Split

__all__ = ["SCHEMES", "Box", "Scheme", "View", "boxes", "crop_batches", "scales", "views"]

CROP, SHORT_SIDES = 224, (256, 288, 320, 352)  # GoogLeNet's


class Box(NamedTuple):
    """Part of an image, in whole pixels: rows top … bottom − 1, columns left … right − 1."""

    top: int
    left: int
    bottom: int
    right: int


class View(NamedTuple):
    """A box, whether it is mirrored, and in how many of the scheme's crops it stands."""

    box: Box
    flip: bool
    weight: int


@dataclass(frozen=True)
class Scheme:
    """Which crops are taken.

    Attributes
    ----------
    ratios : tuple of float
        Shorter side of the resized image over the side of a crop, one a scale, each at least 1.
    squares : int
        3 (both ends and the middle of the longer side) or 1 (the middle).
    """

    ratios: tuple[float, ...]
    squares: int

    def __post_init__(self) -> None:
        if not self.ratios or min(self.ratios) < 1:
            raise ValueError(f"ratios are {self.ratios}: give at least one, each at least 1")
        if self.squares not in (1, 3):
            raise ValueError(f"squares is {self.squares}: it is 1 (middle) or 3")

    def __len__(self) -> int:
        """Crops an image: scales × squares × 6 views × 2 flips."""
        return len(self.ratios) * self.squares * 6 * 2


RATIOS = tuple(side / CROP for side in SHORT_SIDES)
SCHEMES = {12: Scheme(RATIOS[:1], 1), 144: Scheme(RATIOS, 3)}


def scales(size: int) -> tuple[int, ...]:
    """The shorter sides to which GoogLeNet's scheme resizes, for crops of ``size``."""
    return tuple(round(size * ratio) for ratio in RATIOS)


def boxes(height: int, width: int, scheme: Scheme | int) -> list[tuple[Box, bool]]:
    """Every crop of an image, as (box, mirrored): as many as the scheme counts.

    Parameters
    ----------
    height, width : int
        Of the original image, in pixels.
    scheme : Scheme or int
        12 or 144, or your own.
    """
    if isinstance(scheme, int):
        if scheme not in SCHEMES:
            raise ValueError(f"crops is {scheme}: give 1, 12 or 144, or a Scheme of your own")
        scheme = SCHEMES[scheme]
    if height < 1 or width < 1:
        raise ValueError(f"the image is {height}×{width}: both sides must be at least 1")
    short, long = min(height, width), max(height, width)
    ends = _thirds(long, short) if scheme.squares == 3 else (_thirds(long, short)[1],)
    found: list[tuple[Box, bool]] = []
    for ratio in scheme.ratios:
        side = max(1, round(short / ratio))
        first, middle, last = _thirds(short, side)
        corners = [(y, x) for y in (first, last) for x in (first, last)]
        for end in ends:
            top, left = (0, end) if width >= height else (end, 0)
            inner = [*corners, (middle, middle)]
            square = [Box(top + y, left + x, top + y + side, left + x + side) for y, x in inner]
            square.append(Box(top, left, top + short, left + short))
            found += [(box, flip) for box in square for flip in (False, True)]
    return found


def views(height: int, width: int, scheme: Scheme | int) -> list[View]:
    """The different crops among ``boxes``, each with the number of times that it stands there."""
    counted = Counter(boxes(height, width, scheme))
    return [View(box, flip, weight) for (box, flip), weight in counted.items()]


def _thirds(whole: int, part: int) -> tuple[int, int, int]:
    """Where a part of a length begins if it lies at the start, in the middle, at the end."""
    return 0, (whole - part) // 2, whole - part


def crop_batches(
    loader: Loader, scheme: Scheme | int, indices: Sequence[int]
) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Crops of images, as (network input V×3×S×S, image of each crop V, weight of each crop V).

    Crops that are the same are made once, with the weight of all. Crops of several images share a
    batch, of the loader's size. Images are decoded and cut in threads, some ahead; what cannot be
    read is passed over and counted in the loader's ``tally``.

    Parameters
    ----------
    loader : Loader
        Its split, preprocessing, device and batch are used; not its central crops.
    scheme : Scheme or int
        12, 144, or your own.
    indices : sequence of int
        Which images.

    Raises
    ------
    ValueError
        If more cannot be read than the recipe's ``max_corrupt`` allows.
    """
    preprocess, device = loader.preprocess, loader.device
    layout = torch.channels_last if loader.recipe.channels_last else torch.contiguous_format
    if isinstance(scheme, int):
        boxes(1, 1, scheme)  # refuses a number that names none
        scheme = SCHEMES[scheme]
    held: list[tuple[Tensor, Tensor, Tensor]] = []

    def batch(count: int) -> tuple[Tensor, Tensor, Tensor]:
        """Take the first crops of those that are held."""
        parts = [torch.cat(column) for column in zip(*held, strict=True)]
        held[:] = [(parts[0][count:], parts[1][count:], parts[2][count:])]
        views, owners, weights = (part[:count].to(device) for part in parts)
        return preprocess.normalise(views).contiguous(memory_format=layout), owners, weights

    for index, views, weights in _cut(loader, scheme, indices[loader.rank :: loader.world]):
        both = torch.cat([views, views.flip(-1)])
        held.append((both, torch.full((len(both),), index), weights.repeat(2)))
        while (count := sum(len(owners) for _, owners, _ in held)) >= loader.micro:
            yield batch(loader.micro)
    if held and count:
        yield batch(count)


def _cut(
    loader: Loader, scheme: Scheme, indices: Sequence[int]
) -> Iterator[tuple[int, Tensor, Tensor]]:
    """Index, different crops uint8 V×3×S×S without their mirror images, and weights float V."""
    threads = max(1, loader.recipe.workers)
    waiting: deque[tuple[int, Future[tuple[Tensor, Tensor]]]] = deque()
    rest = iter(indices)
    with ThreadPoolExecutor(threads) as pool:
        while True:
            while len(waiting) < 2 * threads and (i := next(rest, -1)) >= 0:
                task = pool.submit(_crops, loader.split, i, scheme, loader.preprocess.size)
                waiting.append((i, task))
            if not waiting:
                return
            index, future = waiting.popleft()
            try:
                yield index, *future.result()
            except Unreadable as error:
                loader.tally.add(Report(corrupt={index: error.reason}))


def _crops(split: Split, index: int, scheme: Scheme, size: int) -> tuple[Tensor, Tensor]:
    # GoogLeNet's resized image has as many pixels: a larger one need not be decoded whole.
    side = size * max(scheme.ratios)
    pixels = split.open(index).pixels(side, side)
    height, width = pixels.shape[-2:]
    counted = Counter(box for box, flip in boxes(height, width, scheme) if not flip)
    crops = [
        resized_crop(pixels, (b.top, b.left, b.bottom - b.top, b.right - b.left), "bilinear", size)
        for b in counted
    ]
    return torch.stack(crops), torch.tensor([float(weight) for weight in counted.values()])
