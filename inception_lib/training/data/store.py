"""A small set decoded once and kept, on the device where it fits."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import torch
from torch import Tensor

from .augment import Augment
from .decode import Reading, Report
from .images import Unreadable, open_image
from .preprocess import Preprocess
from .sources import Source

__all__ = ["Store", "cache_budget", "cache_side", "keep_files", "keep_images"]

PART = 32  # images decoded by a thread at a time
BLOCK = 1024  # images that wait on the CPU before they go to the device
SAMPLED = 512  # headers read to learn how large the photographs are


@dataclass(frozen=True)
class Store:
    """Images of one size, ready to be gathered.

    Attributes
    ----------
    images : Tensor
        uint8 N×3×S×S: views of evaluation, or whole images squashed to a square for random crops.
    aspects : Tensor
        Width / height of each before it was squashed, float N.
    shown : Tensor
        int64 N: the image that stands for image i: itself, the next readable one (training), or
        −1 (evaluation leaves it out).
    """

    images: Tensor
    aspects: Tensor
    shown: Tensor


def cache_budget(device: torch.device) -> int:
    """Bytes that a set may take under ``cache="auto"``: a quarter of a GPU's memory, or 2 GB."""
    if device.type == "cuda":
        return torch.cuda.get_device_properties(device).total_memory // 4
    return 2 * 10**9


def cache_side(source: Source, size: int, crops: bool, budget: int | None) -> int | None:
    """Side at which files are kept, or None where they take more than the budget.

    Views of evaluation are kept at ``size``. For random crops whole images are, at twice that (a
    crop of a quarter of the area then loses nothing) or their own size where it is less.
    """

    def fits(side: int) -> bool:
        return budget is None or len(source) * 3 * side * side <= budget

    if not crops:
        return size if fits(size) else None
    sides = []
    for file in source.files[:: max(1, len(source) // SAMPLED)]:
        try:
            image = open_image(file)
        except Unreadable:
            continue
        sides.append(float(max(image.width, image.height)))
        image.image.close()
    natural = int(torch.tensor(sides).quantile(0.95)) if sides else size
    side = min(2 * size, natural)
    return side if fits(side) else None


def keep_files(
    source: Source,
    preprocess: Preprocess,
    side: int,
    crops: bool,
    device: torch.device,
    threads: int,
    substitute: bool,
    check: Callable[[Report], None],
) -> Store:
    """Decode every file once with a pool of threads; ``check`` sees each part's report."""
    view = Preprocess(side, 1.0) if crops else preprocess
    reading = Reading(source.files, view)
    count = len(source)
    images = torch.zeros(count, 3, side, side, dtype=torch.uint8, device=device)
    indices: list[int] = []
    aspects: list[float] = []

    def part(block: Tensor, offset: int, first: int) -> Report:
        last = min(first + PART, len(block))
        return reading.chunk(block[first:last], list(range(offset + first, offset + last)), None)

    with ThreadPoolExecutor(max(1, threads)) as pool:
        for offset in range(0, count, BLOCK):
            target = images[offset : offset + BLOCK]
            block = target if device.type == "cpu" else torch.zeros_like(target, device="cpu")
            firsts = range(0, len(block), PART)
            for told in pool.map(lambda first, b=block, o=offset: part(b, o, first), firsts):
                check(told)
                indices += told.indices
                aspects += told.aspects
            if block is not target:
                target.copy_(block)
    shown = torch.tensor(indices)
    found = shown[shown >= 0]
    if substitute and 0 < len(found) < count:
        after = torch.searchsorted(found, torch.arange(count))
        shown = found[after % len(found)]
    return Store(images, torch.tensor(aspects), shown)


def keep_images(
    source: Source, preprocess: Preprocess, augment: Augment | None, device: torch.device
) -> Store:
    """Bring a set that is in memory to the device and to its size (views as in evaluation)."""
    assert source.images is not None
    images = source.images
    height, width = images.shape[-2:]
    if augment is None or not augment.crops:
        view = preprocess
    else:
        side = 2 * augment.size
        view = Preprocess(side, 1.0)
        if max(height, width) <= side:
            view = Preprocess(max(height, width), 1.0)
    if view.size != height or view.size != width or view.crop < 1:
        images = torch.cat([view.view(part) for part in images.split(BLOCK)])
    count = len(source)
    return Store(
        images.to(device),
        torch.full((count,), width / height),
        torch.arange(count),
    )


def default_threads(workers: int) -> int:
    """Threads that fill the store: the recipe's workers, or the cores there are."""
    return workers or os.cpu_count() or 1
