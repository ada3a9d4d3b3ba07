"""The one place where pixels become the network's input: training, evaluation and inference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from .images import open_image
from .resized_crop import resized_crop

if TYPE_CHECKING:
    from ..recipes import Recipe
    from .dataset import Dataset

__all__ = ["Preprocess", "affine"]


@dataclass(frozen=True)
class Preprocess:
    """Central crop, resize, normalise: how an image is shown to a trained network.

    The paper's authors evaluate on the central 87.5 % of each side, resized to 299×299 whatever
    its aspect; [0, 1] is then scaled to [−1, 1] (mean and deviation 0.5).

    Attributes
    ----------
    size : int
        Side of the result in pixels.
    crop : float
        Central share of each side that is kept, in (0, 1].
    mean, std : tuple of 3 floats
        Of red, green and blue on the scale 0 to 1.
    """

    size: int
    crop: float = 0.875
    mean: tuple[float, float, float] = (0.5, 0.5, 0.5)
    std: tuple[float, float, float] = (0.5, 0.5, 0.5)

    def __post_init__(self) -> None:
        if self.size < 1:
            raise ValueError(f"size is {self.size}: it is a side in pixels, at least 1")
        if not 0 < self.crop <= 1:
            raise ValueError(f"crop is {self.crop}: it is a share of the side, in (0, 1]")
        for name in ("mean", "std"):
            object.__setattr__(self, name, tuple(float(x) for x in getattr(self, name)))
        if len(self.mean) != 3 or len(self.std) != 3 or min(self.std) <= 0:
            raise ValueError(
                f"mean is {self.mean}, std {self.std}: three numbers each, std above 0"
            )

    @classmethod
    def of(cls, recipe: Recipe, data: Dataset) -> Preprocess:
        """What a recipe's network is evaluated with on these data."""
        return cls(recipe.eval_size or recipe.size, recipe.eval_crop, data.mean, data.std)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> Preprocess:
        return cls(**stored)

    def view(self, images: Tensor) -> Tensor:
        """uint8 …×3×H×W → uint8 …×3×size×size: central crop, then bilinear with antialiasing."""
        height, width = images.shape[-2:]
        keep_h, keep_w = max(1, round(height * self.crop)), max(1, round(width * self.crop))
        if (keep_h, keep_w) == (self.size, self.size) == (height, width):
            return images
        top, left = round((height - keep_h) / 2), round((width - keep_w) / 2)
        return resized_crop(images, (top, left, keep_h, keep_w), "bilinear", self.size)

    def read(self, path: str | Path) -> Tensor:
        """The view of an image file, uint8 3×size×size."""
        need = self.size / self.crop
        return self.view(open_image(path).pixels(need, need))

    def normalise(self, images: Tensor) -> Tensor:
        """uint8 (0 to 255) or float (0 to 1) N×3×H×W → float, (x − mean) / std."""
        peak = 1.0 if images.is_floating_point() else 255.0
        scale, shift = affine(self.mean, self.std, peak, images.device)
        made = images.float()
        # Into the copy where one was made: a batch of photographs takes as long to allocate as
        # to compute.
        return torch.addcmul(shift, made, scale, out=None if made is images else made)

    def __call__(self, images: str | Path | Tensor | Sequence[str | Path]) -> Tensor:
        """Paths, or uint8 3×H×W or N×3×H×W → the network's input, float N×3×size×size."""
        if isinstance(images, (str, Path)):
            images = [images]
        if not isinstance(images, Tensor):
            return self.normalise(torch.stack([self.read(path) for path in images]))
        if images.dtype != torch.uint8 or images.ndim not in (3, 4) or images.shape[-3] != 3:
            raise ValueError(
                f"image is {images.dtype} {tuple(images.shape)}: uint8 3×H×W or N×3×H×W expected"
            )
        return self.normalise(self.view(images if images.ndim == 4 else images[None]))


@lru_cache
def affine(
    mean: tuple[float, ...], std: tuple[float, ...], peak: float, device: torch.device
) -> tuple[Tensor, Tensor]:
    """Scale and shift of ``normalise``, 3×1×1 each: made once a device, not for every batch.

    ``peak`` is the value of white: 255 of bytes, 1 of floats.
    """
    scale = [1 / (peak * s) for s in std]
    shift = [-m / s for m, s in zip(mean, std, strict=True)]
    made = torch.tensor([scale, shift], device=device).view(2, 3, 1, 1)
    return made[0], made[1]
