"""Original images cut into the crops of a scheme, in batches for a network."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from .crops import SCHEMES, Box, Scheme, boxes

if TYPE_CHECKING:
    from .data import Loader, Source

__all__ = ["crop_batches"]


def crop_batches(
    loader: Loader, scheme: Scheme | int, indices: Sequence[int], corrupt: list[str]
) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Crops of images, as (network input V×3×S×S, image of each crop V, weight of each crop V).

    Crops that are the same are made once, with the weight of all. Crops of several images share a
    batch, of the loader's size. Files are decoded in threads, some images ahead.

    Parameters
    ----------
    loader : Loader
        Its source, preprocessing, device and batch are used; not its central crops.
    scheme : Scheme or int
        12, 144, or your own.
    indices : sequence of int
        Which images.
    corrupt : list of str
        Receives the names of images that cannot be read, and why; they are passed over.

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

    def batch() -> tuple[Tensor, Tensor, Tensor]:
        views, owners, weights = (torch.cat(parts) for parts in zip(*held, strict=True))
        held.clear()
        return preprocess.normalise(views).contiguous(memory_format=layout), owners, weights

    # GoogLeNet's resized image has as many pixels: a larger one need not be decoded whole.
    largest = preprocess.size * max(scheme.ratios)
    for group, images in _images(loader, indices[loader.rank :: loader.world], largest, corrupt):
        images, owners = images.to(device), torch.tensor(group, device=device)
        height, width = images.shape[-2:]
        counted = Counter(box for box, flip in boxes(height, width, scheme) if not flip)
        for box, weight in counted.items():
            view = _resample(images, box, preprocess.size)
            for crop in (view, view.flip(-1)):
                if sum(len(crops) for crops, _, _ in held) + len(crop) > loader.micro:
                    yield batch()
                held.append((crop, owners, torch.full((len(crop),), float(weight), device=device)))
    if held:
        yield batch()


def _resample(images: Tensor, box: Box, size: int) -> Tensor:
    """The box of uint8 images N×3×H×W, as uint8 N×3×size×size."""
    from torchvision.transforms.v2 import functional as F

    part = images[:, :, box.top : box.bottom, box.left : box.right]
    return F.resize(part, [size, size], antialias=True)


def _images(
    loader: Loader, indices: Sequence[int], side: float, corrupt: list[str]
) -> Iterator[tuple[list[int], Tensor]]:
    """Images of one size together, as uint8 N×3×H×W with their indices.

    Of a set that is held as one tensor as many as a batch; of files one by one, in order, and what
    cannot be read is named and passed over.
    """
    from .data.images import Unreadable, read_image

    source: Source = loader.source
    if source.images is not None:
        for at in range(0, len(indices), loader.micro):
            group = list(indices[at : at + loader.micro])
            yield group, source.images[group]
        return
    threads = max(1, loader.recipe.workers)
    waiting: deque[tuple[int, Future[Tensor]]] = deque()
    rest = iter(indices)
    with ThreadPoolExecutor(threads) as pool:
        while True:
            while len(waiting) < 2 * threads and (i := next(rest, -1)) >= 0:
                waiting.append((i, pool.submit(read_image, source.files[i], side, side)))
            if not waiting:
                return
            index, future = waiting.popleft()
            try:
                image = future.result()
            except Unreadable as error:
                corrupt.append(f"{source.names[index]}: {error.reason}")
                if len(corrupt) > loader.recipe.max_corrupt * len(source):
                    raise ValueError(
                        f"{len(corrupt)} of {len(source):,} images cannot be read, more than "
                        f"max_corrupt = {loader.recipe.max_corrupt:.1%}: {'; '.join(corrupt[:5])}; "
                        "repair or remove them, or raise max_corrupt"
                    ) from None
                continue
            yield [index], image[None]
