"""Crop and resize a whole batch at once, each image by its own box: two matrix products.

A resize is separable and linear: output = V · image · Hᵀ, where row j of H says how much of each
column goes to output column j. Rows of V and H follow from box and kernel alone, so one batched
product serves images whose boxes all differ, antialiased and mirrored at no extra cost.
"""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["KERNELS", "resize_boxes", "resize_weights"]

KERNELS = ("nearest", "bilinear", "bicubic", "area")
"""The four that TensorFlow's resize offered. Bilinear and bicubic are antialiased, as torch's."""

AT_ONCE = 64  # images: bounds the memory that weights take


def resize_weights(start: Tensor, length: Tensor, side: int, size: int, kernel: str) -> Tensor:
    """One axis: the share of each of ``side`` pixels in each of ``size`` outputs, N×size×side.

    Parameters
    ----------
    start, length : Tensor
        Of the box along this axis, in pixels, float N.
    side, size : int
        Pixels along this axis of image and result.
    kernel : str
        ``nearest``; ``bilinear`` and ``bicubic`` (a = −0.5), widened where they shrink;
        ``area``, the mean over what the output pixel covers.

    Returns
    -------
    Tensor
        Rows sum to 1. Only pixels that the box touches count.
    """
    start, length = start.view(-1, 1, 1), length.view(-1, 1, 1)
    left = torch.arange(side, device=start.device, dtype=start.dtype)  # of each input pixel
    scale = length / size  # input pixels an output pixel
    out = torch.arange(size, device=start.device, dtype=start.dtype)[:, None]
    centre = start + (out + 0.5) * scale  # N×size×1
    if kernel == "nearest":
        return (left == centre.floor().clamp_(max=side - 1)).to(start.dtype)
    if kernel == "area":
        low, high = centre - scale / 2, centre + scale / 2
        weights = (torch.minimum(high, left + 1) - torch.maximum(low, left)).clamp_(min=0)
    else:
        x = ((left + 0.5 - centre) / scale.clamp(min=1)).abs_()
        if kernel == "bilinear":
            weights = (1 - x).clamp_(min=0)
        elif kernel == "bicubic":  # (a + 2)|x|³ − (a + 3)|x|² + 1, and a(|x|³ − 5|x|² + 8|x| − 4)
            near = (1.5 * x - 2.5) * x * x + 1
            far = ((-0.5 * x + 2.5) * x - 4) * x + 2
            weights = torch.where(x < 1, near, torch.where(x < 2, far, 0.0))
        else:
            raise ValueError(f"kernel is {kernel!r}: choose one of {', '.join(KERNELS)}")
        weights *= (left + 1 > start) & (left < start + length)
    return weights / weights.sum(2, keepdim=True)


def resize_boxes(images: Tensor, boxes: Tensor, flip: Tensor, size: int, kernel: str) -> Tensor:
    """Cut a box out of each image and resize it to size×size.

    Parameters
    ----------
    images : Tensor
        uint8 or float N×3×H×W.
    boxes : Tensor
        Top, left, height, width in shares of the image, float N×4.
    flip : Tensor
        bool N: mirror left and right.
    size : int
    kernel : str
        One of ``KERNELS``.

    Returns
    -------
    Tensor
        float N×3×size×size on the scale of the input; bicubic may overshoot it.
    """
    height, width = images.shape[-2:]
    # Pixels are whole numbers, exact in 16 bits; the products sum in 32.
    dtype = torch.float16 if images.is_cuda else torch.float32
    out = torch.empty(len(images), 3, size, size, device=images.device)
    for first in range(0, len(images), AT_ONCE):
        part = slice(first, first + AT_ONCE)
        top, left, high, wide = boxes[part].unbind(1)
        rows = resize_weights(top * height, high * height, height, size, kernel).to(dtype)
        columns = resize_weights(left * width, wide * width, width, size, kernel).to(dtype)
        columns = torch.where(flip[part, None, None], columns.flip(1), columns).mT  # N×W×size
        pixels = images[part].to(dtype)
        count = len(pixels)
        across = (pixels.reshape(count, 3 * height, width) @ columns).view(count, 3, height, size)
        out[part] = rows[:, None] @ across
    return out
