"""Colour changes of a whole batch, each image by its own amount.

Images are float N×3×H×W in [0, 1], amounts float N. Saturation, contrast and hue are those of
``torchvision.transforms.v2.functional`` image by image (which takes one amount a call);
brightness is added, as the paper's authors did, so that 32/255 is a shift of 32 grey levels.
"""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["brightness", "contrast", "hue", "saturation"]

LUMA = (0.2989, 0.587, 0.114)


def grey(images: Tensor) -> Tensor:
    """Luma N×1×H×W."""
    red, green, blue = images.unbind(1)
    return (LUMA[0] * red + LUMA[1] * green + LUMA[2] * blue)[:, None]


def brightness(images: Tensor, shift: Tensor) -> Tensor:
    """Add ``shift`` (0: unchanged)."""
    return (images + shift.view(-1, 1, 1, 1)).clamp_(0, 1)


def saturation(images: Tensor, factor: Tensor) -> Tensor:
    """Blend with the image's own grey (1: unchanged, 0: grey)."""
    return torch.lerp(grey(images), images, factor.view(-1, 1, 1, 1)).clamp_(0, 1)


def contrast(images: Tensor, factor: Tensor) -> Tensor:
    """Blend with the mean of the image's grey (1: unchanged, 0: one grey)."""
    mean = grey(images).mean((-3, -2, -1), keepdim=True)
    return torch.lerp(mean, images, factor.view(-1, 1, 1, 1)).clamp_(0, 1)


def hue(images: Tensor, turn: Tensor) -> Tensor:
    """Turn the hue by ``turn`` of the circle (0: unchanged, ±0.5: the opposite).

    The largest and smallest of the three channels stay, so that the hexcone's value, chroma and
    saturation do; each channel then follows from the turned hue, with no HSV image in between.
    """
    red, green, blue = images.unbind(1)  # N×H×W each
    top, low = images.amax(1), images.amin(1)
    chroma = top - low
    scale = 1 / torch.where(chroma > 0, chroma, 1)
    sector = torch.where(
        top == red,
        (green - blue) * scale,
        torch.where(top == green, (blue - red) * scale + 2, (red - green) * scale + 4),
    )
    sector += 6 * turn.view(-1, 1, 1)
    out = torch.empty_like(images)
    for channel, offset in enumerate((5, 3, 1)):
        k = (sector + offset) % 6
        out[:, channel] = top - chroma * torch.minimum(k, 4 - k).clamp_(0, 1)
    return out
