"""Original images cut into the crops of a scheme, in batches for a network."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from .crops import SCHEMES, Scheme, boxes
from .data.images import Unreadable
from .data.reader import Report
from .data.resized_crop import resized_crop

if TYPE_CHECKING:
    from .data import Loader, Split

__all__ = ["crop_batches"]


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
