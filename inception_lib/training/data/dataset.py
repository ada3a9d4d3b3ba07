"""What a data set is: its splits, and what of it goes with a run."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from .images import OpenImage, open_image

__all__ = ["Dataset", "Split"]

HALF = (0.5, 0.5, 0.5)
SIZED = 10_000  # files of a split whose size is looked at


@dataclass(frozen=True)
class HeldImage:
    """An image that is in memory already; it answers as an ``OpenImage`` does."""

    held: Tensor
    mode: str = "RGB"

    @property
    def width(self) -> int:
        return self.held.shape[-1]

    @property
    def height(self) -> int:
        return self.held.shape[-2]

    def pixels(self, width: float = 0, height: float = 0) -> Tensor:
        """uint8 3×H×W, whatever size is needed."""
        return self.held


@dataclass(frozen=True, eq=False)
class Split:
    """One split: pixels (small sets) or files, and their labels.

    Attributes
    ----------
    labels : Tensor
        int64 N.
    names : tuple of str
        What messages call image i.
    images : Tensor, optional
        uint8 N×3×H×W.
    files : tuple of str
        Paths, where there are no ``images``.
    """

    labels: Tensor
    names: tuple[str, ...]
    images: Tensor | None = None
    files: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        n = len(self.labels)
        held = len(self.files) if self.images is None else len(self.images)
        if held != n or len(self.names) != n:
            raise ValueError(f"{n} labels, {held} images and {len(self.names)} names: one each")
        if self.images is not None and (
            self.images.dtype != torch.uint8 or self.images.ndim != 4 or self.images.shape[1] != 3
        ):
            raise ValueError(
                f"images are {self.images.dtype} {tuple(self.images.shape)}: uint8 N×3×H×W expected"
            )

    def __len__(self) -> int:
        return len(self.labels)

    @classmethod
    def of_tensor(cls, images: Tensor, labels: Tensor, split: str) -> Split:
        """Of uint8 images N×3×H×W or N×H×W (grey, repeated)."""
        if images.ndim == 3:
            images = images[:, None].expand(-1, 3, -1, -1).contiguous()
        names = tuple(f"{split} image {i}" for i in range(len(labels)))
        return cls(labels.long(), names, images)

    def open(self, index: int) -> OpenImage | HeldImage:
        """Image ``index``, not decoded yet.

        Raises
        ------
        Unreadable
            If its file is not there, or no image.
        """
        if self.images is not None:
            return HeldImage(self.images[index])
        return open_image(self.files[index])

    def subset(self, indices: Tensor) -> Split:
        """The images at ``indices`` (int64 M), under their own names."""
        chosen = indices.tolist()
        return Split(
            self.labels[indices],
            tuple(self.names[i] for i in chosen),
            None if self.images is None else self.images[indices],
            tuple(self.files[i] for i in chosen) if self.files else (),
        )


@dataclass(frozen=True, eq=False)
class Dataset:
    """A data set: its splits, its classes, and how its pixels are scaled.

    Attributes
    ----------
    name : str
        The spec that opens it again.
    classes : tuple of str
        Class k is ``classes[k]``, in every split.
    train, validation, test : Split or None
    mean, std : 3 floats
        On the scale 0 to 1; 0.5 each scales to [−1, 1].
    notes : tuple of str
        What was decided on the way (a split that was made, files left out).
    options : dict
        Of ``open_data``, where they were given: ``open_data(name, **options)`` opens it again.
    """

    name: str
    classes: tuple[str, ...]
    train: Split | None = None
    validation: Split | None = None
    test: Split | None = None
    mean: tuple[float, float, float] = HALF
    std: tuple[float, float, float] = HALF
    notes: tuple[str, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def splits(self) -> dict[str, Split]:
        every = {"train": self.train, "validation": self.validation, "test": self.test}
        return {name: split for name, split in every.items() if split is not None}

    def frequencies(self) -> Tensor:
        """Shares of the classes in the training set, float K: a prior u(k) for section 7."""
        if self.train is None:
            raise ValueError(f"{self.name} has no training images to count classes in")
        return torch.bincount(self.train.labels, minlength=len(self.classes)) / len(self.train)

    def fingerprint(self) -> dict[str, dict[str, str]]:
        """By split and class: how many images there are, and a hash of what tells them apart.

        Of files that is their names below the split's folder and their sizes in bytes (of up to
        10,000 a split, evenly spaced: a look at each of a million files takes minutes on a
        network's disk); of images in memory every pixel. Where the files lie does not count. The
        test images, which no run reads, are left alone.
        """
        learnt = {"train": self.train, "validation": self.validation}
        return {name: _fingerprint(s, self.classes) for name, s in learnt.items() if s is not None}

    def to_dict(self) -> dict[str, Any]:
        """What a run stores, so that inference scales pixels and names classes alike."""
        return {
            "name": self.name,
            "options": self.options,
            "classes": list(self.classes),
            "mean": list(self.mean),
            "std": list(self.std),
            "images": {name: len(split) for name, split in self.splits.items()},
            "notes": list(self.notes),
        }


def _fingerprint(split: Split, classes: tuple[str, ...]) -> dict[str, str]:
    hashes = [hashlib.sha256() for _ in classes]
    counts = [0] * len(classes)
    stride = -(-len(split) // SIZED)
    for i, label in enumerate(split.labels.tolist()):
        counts[label] += 1
        if split.images is not None:
            hashes[label].update(split.images[i].numpy().tobytes())
            continue
        hashes[label].update(os.fsencode(split.names[i]) + b"\0")
        if i % stride == 0:
            try:
                size = os.stat(split.files[i]).st_size
            except OSError:  # named when it is read
                size = -1
            hashes[label].update(b"%d\0" % size)
    return {
        name: f"{count} {hashed.hexdigest()[:16]}"
        for name, count, hashed in zip(classes, counts, hashes, strict=True)
    }
