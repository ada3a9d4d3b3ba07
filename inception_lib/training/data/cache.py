"""A small set decoded once and kept, on the device where it fits.

What is kept are views of evaluation, which every epoch shows alike. Random crops are cut from the
photograph at its own resolution each time, so there is nothing to keep of them.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import torch
from torch import Tensor

from .prefetch import Kept
from .preprocess import Preprocess
from .reader import Reader, Report, next_readable

__all__ = ["cache_budget", "keep_files", "keep_images"]

PART = 32  # images decoded by a thread at a time
BLOCK = 1024  # images that wait on the CPU before they go to the device


def cache_budget(device: torch.device) -> int:
    """Bytes that a set may take under ``cache="auto"``: a quarter of a GPU's memory, or 2 GB."""
    if device.type == "cuda":
        return torch.cuda.get_device_properties(device).total_memory // 4
    return 2 * 10**9


def keep_files(
    reader: Reader, device: torch.device, workers: int, check: Callable[[Report], None]
) -> Kept:
    """Decode every file once with a pool of threads; ``check`` sees each part's report.

    With 0 ``workers`` there are as many threads as cores.
    """
    count, side = len(reader.split), reader.side
    alone = Reader(reader.split, reader.preprocess)  # none in another's place
    images = torch.zeros(count, 3, side, side, dtype=torch.uint8, device=device)
    indices: list[int] = []

    def part(block: Tensor, offset: int, first: int) -> Report:
        last = min(first + PART, len(block))
        return alone.read(block[first:last], list(range(offset + first, offset + last)), None)

    with ThreadPoolExecutor(workers or os.cpu_count() or 1) as pool:
        for offset in range(0, count, BLOCK):
            target = images[offset : offset + BLOCK]
            block = target if device.type == "cpu" else torch.zeros_like(target, device="cpu")
            firsts = range(0, len(block), PART)
            for report in pool.map(lambda first, b=block, o=offset: part(b, o, first), firsts):
                check(report)
                indices += report.indices
            if block is not target:
                target.copy_(block)
    shown = torch.tensor(indices)
    return Kept(images, next_readable(shown >= 0) if reader.substitute else shown, device)


def keep_images(
    images: Tensor, preprocess: Preprocess, place: torch.device, device: torch.device
) -> Kept:
    """Bring a set that is in memory, uint8 N×3×H×W, to ``place`` as views of evaluation."""
    size = preprocess.size
    if preprocess.crop < 1 or images.shape[-2:] != (size, size):
        images = torch.cat([preprocess.view(part) for part in images.split(BLOCK)])
    return Kept(images.to(place), torch.arange(len(images)), device)
