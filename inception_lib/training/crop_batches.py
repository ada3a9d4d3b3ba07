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
    size = preprocess.size
    layout = torch.channels_last if loader.recipe.channels_last else torch.contiguous_format
    if isinstance(scheme, int):
        boxes(1, 1, scheme)  # refuses a number that names none
        scheme = SCHEMES[scheme]
    largest = size * max(scheme.ratios)  # as GoogLeNet's resized image: no more is needed
    indices = indices[loader.rank :: loader.world]
    pixels: list[Tensor] = []
    owners: list[int] = []
    weights: list[float] = []

    def batch(count: int) -> tuple[Tensor, Tensor, Tensor]:
        images = preprocess.normalise(torch.stack(pixels[:count])).contiguous(memory_format=layout)
        made = (
            images,
            torch.tensor(owners[:count], device=device),
            torch.tensor(weights[:count], device=device),
        )
        del pixels[:count], owners[:count], weights[:count]
        return made

    for index, image in _decoded(loader, indices, largest, corrupt):
        height, width = image.shape[-2:]
        counted = Counter(box for box, flip in boxes(height, width, scheme) if not flip)
        image = image.to(device)
        for box, weight in counted.items():
            view = _resample(image, box, size)
            pixels += [view, view.flip(-1)]
            owners += [index, index]
            weights += [float(weight)] * 2
        while len(pixels) >= loader.micro:
            yield batch(loader.micro)
    if pixels:
        yield batch(len(pixels))


def _resample(image: Tensor, box: Box, size: int) -> Tensor:
    """The box of a uint8 image 3×H×W, as uint8 3×size×size."""
    from torchvision.transforms.v2 import functional as F

    part = image[:, box.top : box.bottom, box.left : box.right]
    return F.resize(part, [size, size], antialias=True)


def _decoded(
    loader: Loader, indices: Sequence[int], side: float, corrupt: list[str]
) -> Iterator[tuple[int, Tensor]]:
    """Each image as uint8 3×H×W, in order; what cannot be read is named and passed over."""
    from .data.images import Unreadable, read_image

    source: Source = loader.source
    if source.images is not None:
        yield from ((i, source.images[i]) for i in indices)
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
            yield index, image
