"""The training images of section 8's authors: random crop, kernel, flip and colours.

What happens to an image is drawn before anything is decoded, on the CPU, as a function of
(seed, epoch, position in the epoch) alone: the same for every number of processes, workers,
devices and resumes. Drawing an epoch of 50,000 images takes a few milliseconds.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import torch
from torch import Tensor

from ..recipes import FIELDS, Recipe
from . import colour
from .resized_crop import KERNELS

__all__ = ["AUGMENTS", "Augment", "crop_box", "draw", "generator"]

AUGMENTS: tuple[str, ...] = FIELDS["augment"].metadata["choices"]
TRIES = 10  # boxes tried until one fits, as in TensorFlow and torchvision
PAD = 4  # pixels of the shift
HOLE = 3 / 8  # of the side: the square that cutout blanks
GREY = 128
# Columns of a draw, uniform in [0, 1).
TOP, LEFT = 2 * TRIES, 2 * TRIES + 1  # behind the area and ratio of each try
KERNEL, FLIP, ORDER, BRIGHT, SATURATE, CONTRAST, HUE = range(2 * TRIES + 2, 2 * TRIES + 9)
WIDTH = 2 * TRIES + 9
BLOCK = 8192  # positions drawn at a time


def generator(*key: int) -> torch.Generator:
    """A generator for one purpose: the key's numbers mixed, so that near keys are unrelated."""
    mixed = 0
    for number in key:  # splitmix64
        mixed = (mixed + number + 0x9E3779B97F4A7C15) % 2**64
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB % 2**64
        mixed ^= mixed >> 31
    return torch.Generator().manual_seed(mixed)


@lru_cache(maxsize=4)
def _block(seed: int, epoch: int, block: int) -> Tensor:
    return torch.rand(BLOCK, WIDTH, generator=generator(seed, epoch, block, 2))


def draw(seed: int, epoch: int, first: int, last: int) -> Tensor:
    """Uniform numbers for positions ``first`` to ``last`` − 1 of an epoch, float M×29."""
    blocks = range(first // BLOCK, -(-last // BLOCK))
    rows = [
        _block(seed, epoch, b)[max(first - b * BLOCK, 0) : min(last - b * BLOCK, BLOCK)]
        for b in blocks
    ]
    return torch.cat(rows) if rows else torch.empty(0, WIDTH)


def crop_box(
    drawn: Sequence[float], aspect: float, area: tuple[float, float], ratio: tuple[float, float]
) -> tuple[float, float, float, float]:
    """A random box in shares of the image: top, left, height, width.

    Parameters
    ----------
    drawn : sequence of float
        A row of ``draw``.
    aspect : float
        Width / height of the image. The box has its area and ratio in the image's pixels.
    area, ratio : pairs of floats
        Share of the image's area (uniform) and width / height (uniform in the logarithm). The
        first of ten boxes that fits is taken; where none does, the largest with an allowed ratio.
    """
    low, high = math.log(ratio[0]), math.log(ratio[1])
    for first in range(0, 2 * TRIES, 2):
        share = area[0] + (area[1] - area[0]) * drawn[first]
        shape = math.exp(low + (high - low) * drawn[first + 1]) / aspect
        width, height = math.sqrt(share * shape), math.sqrt(share / shape)
        if width <= 1 and height <= 1:
            break
    else:
        width, height = min(1.0, ratio[1] / aspect), min(1.0, aspect / ratio[0])
    return (1 - height) * drawn[TOP], (1 - width) * drawn[LEFT], height, width


class Augment:
    """A recipe's augmentation of batches on their device.

    ``none`` shows the view of evaluation; ``flip`` mirrors half of them; ``shift`` also moves the
    view by up to 4 pixels, its border reflected (for images of 32 pixels); ``cutout`` also blanks
    a square of three eighths of the side (DeVries and Taylor 2017); ``paper`` takes random crops
    and changes the colours.
    """

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self.crops = recipe.augment == "paper"
        self.draws = recipe.augment != "none"
        amounts = (recipe.brightness, recipe.saturation, recipe.contrast, recipe.hue)
        self.colours_change = self.crops and any(amounts)
        self.size = recipe.size

    def crop(
        self, drawn: Sequence[float], aspect: float
    ) -> tuple[tuple[float, float, float, float], str, bool]:
        """Box and kernel of one image, and whether it is mirrored, by its row of ``draw``."""
        box = crop_box(drawn, aspect, self.recipe.crop_area, self.recipe.crop_ratio)
        return box, KERNELS[int(drawn[KERNEL] * len(KERNELS))], drawn[FLIP] < 0.5

    def move(self, images: Tensor, drawn: Tensor) -> Tensor:
        """Mirror, move and blank uint8 N×3×S×S that are no crops; a move is one gather."""
        if self.crops or not self.draws:
            return images
        flip = (drawn[:, FLIP] < 0.5)[:, None]
        if self.recipe.augment == "flip":
            return torch.where(flip[..., None, None], images.flip(3), images)
        side = images.shape[-1]
        place = torch.arange(side, device=images.device)
        columns = torch.where(flip, side - 1 - place, place)  # N×S
        by = (drawn[:, TOP : LEFT + 1] * (2 * PAD + 1)).long() - PAD
        rows = _reflect(place + by[:, :1], side)
        columns = _reflect(columns + by[:, 1:], side)
        count = torch.arange(len(images), device=images.device).view(-1, 1, 1, 1)
        channel = torch.arange(3, device=images.device).view(1, -1, 1, 1)
        moved = images[count, channel, rows[:, None, :, None], columns[:, None, None, :]]
        return _blank(moved, drawn) if self.recipe.augment == "cutout" else moved

    def colours(self, images: Tensor, drawn: Tensor) -> Tensor:
        """Brightness, saturation, hue and contrast of float N×3×S×S in [0, 1], in two orders.

        Half of the images change contrast last, half right after brightness. A change of factor 1
        is none, so both orders are one chain with contrast in two places.
        """
        recipe = self.recipe
        late = drawn[:, ORDER] < 0.5
        if recipe.brightness:
            images = colour.brightness(images, (2 * drawn[:, BRIGHT] - 1) * recipe.brightness)
        factor = 1 + (2 * drawn[:, CONTRAST] - 1) * recipe.contrast
        if recipe.contrast:
            images = colour.contrast(images, torch.where(late, 1.0, factor))
        if recipe.saturation:
            amount = 1 + (2 * drawn[:, SATURATE] - 1) * recipe.saturation
            images = colour.saturation(images, amount)
        if recipe.hue:
            images = colour.hue(images, (2 * drawn[:, HUE] - 1) * recipe.hue)
        if recipe.contrast:
            images = colour.contrast(images, torch.where(late, factor, 1.0))
        return images


def _blank(images: Tensor, drawn: Tensor) -> Tensor:
    """Grey in one square of each of N×3×S×S, anywhere inside it."""
    side = images.shape[-1]
    hole = int(side * HOLE)
    first = (drawn[:, :2, None] * (side - hole + 1)).long()  # drawn for a crop, which is not taken
    place = torch.arange(side, device=images.device)
    rows, columns = ((place >= first) & (place < first + hole)).unbind(1)  # each N×S
    return images.masked_fill(rows[:, None, :, None] & columns[:, None, None, :], GREY)


def _reflect(at: Tensor, side: int) -> Tensor:
    """Positions outside 0 … side − 1 mirrored at the border pixel, as reflection padding does."""
    if side == 1:
        return torch.zeros_like(at)
    at = at.abs() % (2 * side - 2)
    return torch.minimum(at, 2 * side - 2 - at)
