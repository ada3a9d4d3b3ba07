"""From a photograph to pixels of one size: the one way in which anything is cropped and resized.

Training, evaluation on one crop or on many, and inference all pass here, on the CPU and in
uint8. So an image is the same whoever decodes it, wherever it is kept and on whatever device the
network computes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

__all__ = ["KERNELS", "random_resized_crop", "resized_crop"]

KERNELS = ("nearest", "bilinear", "bicubic", "area")
"""The four that TensorFlow's resize offered. Bilinear and bicubic are antialiased; area is the mean
over what an output pixel covers, parts of pixels by their share."""


def resized_crop(image: Tensor, box: Sequence[int], kernel: str, size: int) -> Tensor:
    """Cut a box of whole pixels out of an image and resize it to a square.

    Parameters
    ----------
    image : Tensor
        uint8 …×3×H×W.
    box : four ints
        Top, left, height and width in pixels, as torchvision's ``resized_crop`` takes them.
    kernel : str
        One of ``KERNELS``.
    size : int
        Side of the result in pixels.

    Returns
    -------
    Tensor
        uint8 …×3×size×size.
    """
    from torchvision.transforms.v2 import InterpolationMode
    from torchvision.transforms.v2 import functional as V

    if kernel not in KERNELS:
        raise ValueError(f"kernel is {kernel!r}: choose one of {', '.join(KERNELS)}")
    top, left, height, width = box
    crop = image[..., top : top + height, left : left + width].contiguous()
    if kernel == "area":
        return _area(_area(crop.float(), size, -2), size, -1).round_().byte()
    return V.resize(crop, [size, size], InterpolationMode(kernel), antialias=kernel != "nearest")


def _area(values: Tensor, size: int, axis: int) -> Tensor:
    """Means over ``size`` equal parts of an axis, parts of pixels by their share."""
    length = values.shape[axis]
    scale = length / size  # input pixels an output pixel
    edges = torch.arange(size + 1, dtype=torch.float64) * scale
    low, high = edges[:-1], edges[1:]
    shape = (size, 1) if axis == -2 else (size,)
    out = torch.zeros(())
    for tap in range(math.ceil(scale) + 1):  # the pixels that an output pixel touches, one by one
        at = low.floor() + tap
        share = (torch.minimum(high, at + 1) - torch.maximum(low, at)).clamp_(min=0) / scale
        pixels = values.index_select(axis, at.long().clamp_(max=length - 1))
        out = pixels.mul_(share.float().view(shape)).add_(out)
    return out


def random_resized_crop(image: Tensor, box: Sequence[float], kernel: str, size: int) -> Tensor:
    """The training image of a drawn box: uint8 3×H×W → uint8 3×size×size.

    Parameters
    ----------
    image : Tensor
        uint8 3×H×W.
    box : four floats
        Top, left, height and width in shares of the image (``augment.crop_box``). In shares,
        since a large JPEG may have been decoded at a part of its size. It is rounded to whole
        pixels, at least one.
    kernel : str
        One of ``KERNELS``, drawn as the box is.
    size : int
        Side of the result in pixels.
    """
    rows, columns = image.shape[-2:]
    top, left, height, width = box
    height, width = max(1, round(height * rows)), max(1, round(width * columns))
    top, left = min(round(top * rows), rows - height), min(round(left * columns), columns - width)
    return resized_crop(image, (top, left, height, width), kernel, size)
