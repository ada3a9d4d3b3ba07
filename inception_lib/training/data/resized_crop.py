"""From a photograph to pixels of one size: the one way in which anything is cropped and resized.

Training, evaluation on one crop or on many, and inference all pass here, on the CPU and in
uint8. So an image is the same whoever decodes it, wherever it is kept and on whatever device the
network computes.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor

__all__ = ["KERNELS", "random_resized_crop", "resized_crop"]

KERNELS = ("nearest", "bilinear", "bicubic", "area")
"""The four that TensorFlow's resize offered. Bilinear and bicubic are antialiased."""


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
    crop = image[..., top : top + height, left : left + width]
    if kernel == "area":
        pixels = crop.reshape(-1, *crop.shape[-3:]).float()  # interpolate wants N×3×H×W
        mean = F.interpolate(pixels, (size, size), mode="area").round_().byte()
        return mean.view(*crop.shape[:-2], size, size)
    return V.resize(crop, [size, size], InterpolationMode(kernel), antialias=kernel != "nearest")


def random_resized_crop(image: Tensor, box: Tensor, kernel: str, size: int) -> Tensor:
    """The training image of a drawn box: uint8 3×H×W → uint8 3×size×size.

    Parameters
    ----------
    image : Tensor
        uint8 3×H×W.
    box : Tensor
        Top, left, height and width in shares of the image (``augment.crop_boxes``), float 4. In
        shares, since a large JPEG may have been decoded at a part of its size. It is rounded to
        whole pixels, at least one.
    kernel : str
        One of ``KERNELS``, drawn as the box is.
    size : int
        Side of the result in pixels.
    """
    rows, columns = image.shape[-2:]
    top, left, height, width = box.tolist()
    height, width = max(1, round(height * rows)), max(1, round(width * columns))
    top, left = min(round(top * rows), rows - height), min(round(left * columns), columns - width)
    return resized_crop(image, (top, left, height, width), kernel, size)
