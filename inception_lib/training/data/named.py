"""Public sets by name: torchvision's CIFAR-10, FashionMNIST, Imagenette; scikit-learn's digits."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import torch

from .dataset import Dataset, Split
from .folders import arrange, read_tree

__all__ = ["open_cifar10", "open_digits", "open_fashionmnist", "open_imagenette"]


def _root(argument: str) -> Path:
    """Where a set lies: as given, else $INCEPTION_DATA, else the user's cache."""
    home = os.environ.get("XDG_CACHE_HOME", "~/.cache")
    place = argument or os.environ.get("INCEPTION_DATA", f"{home}/inception_lib/data")
    return Path(place).expanduser()


def _fetch(name: str, root: Path, make: Callable[..., Any]) -> Any:
    """Open a torchvision set that is there; else download it, and say why where that fails.

    Raises
    ------
    FileNotFoundError
        Naming the folder, what went wrong and what to do.
    """
    faults = (RuntimeError, OSError, ValueError, EOFError)  # URLError is an OSError
    try:
        return make(download=False)
    except faults:  # not there, or not whole
        pass
    try:
        root.mkdir(parents=True, exist_ok=True)
        return make(download=True)
    except faults as error:
        raise FileNotFoundError(
            f"{name} is not in {root}, or damaged there, and could not be downloaded ({error}): "
            f"remove what is damaged, put its files there or name another folder ({name}:ROOT), or "
            "use data that need no download (digits, shapes)"
        ) from error


def open_cifar10(
    spec: str, argument: str, *, seed: int, size: int | None, validation: str | float | None
) -> Dataset:
    """50,000 training and 10,000 test images of 32×32; validation is a share of training."""
    del seed, size
    from torchvision.datasets import CIFAR10

    root, splits = _root(argument), {}
    for split in ("train", "test"):
        held = _fetch("cifar10", root, partial(CIFAR10, root, split == "train"))
        images = torch.from_numpy(held.data).permute(0, 3, 1, 2).contiguous()
        splits[split] = Split.of_tensor(images, torch.tensor(held.targets), split)
    train = splits.pop("train")
    return arrange(spec, tuple(held.classes), train, splits, validation, [])


def open_fashionmnist(
    spec: str, argument: str, *, seed: int, size: int | None, validation: str | float | None
) -> Dataset:
    """60,000 training and 10,000 test images of 28×28, grey repeated to three channels."""
    del seed, size
    from torchvision.datasets import FashionMNIST

    root, splits = _root(argument), {}
    for split in ("train", "test"):
        held = _fetch("fashionmnist", root, partial(FashionMNIST, root, split == "train"))
        splits[split] = Split.of_tensor(held.data, held.targets, split)
    train = splits.pop("train")
    return arrange(spec, tuple(FashionMNIST.classes), train, splits, validation, [])


def open_imagenette(
    spec: str, argument: str, *, seed: int, size: int | None, validation: str | float | None
) -> Dataset:
    """Ten easy classes of ImageNet, 9,469 and 3,925 photographs, short side 160 or 320."""
    del seed
    from torchvision.datasets import Imagenette

    root = _root(argument)
    kind = "320px" if size is None or size > 128 else "160px"
    held = _fetch("imagenette", root, partial(Imagenette, root, "train", size=kind))
    folder = root / {"320px": "imagenette2-320", "160px": "imagenette2-160"}[kind]
    notes: list[str] = []
    ids, train = read_tree(folder / "train", None, notes)
    rest = {"validation": read_tree(folder / "val", ids, notes)[1]}
    classes = tuple(names[0] for names in held.classes)
    return arrange(spec, classes, train, rest, validation, notes)


def open_digits(
    spec: str, argument: str, *, seed: int, size: int | None, validation: str | float | None
) -> Dataset:
    """1,797 handwritten digits of 8×8 (real, in scikit-learn): 70 % / 10 % / 20 % by the seed."""
    del size
    if argument:
        raise ValueError(f"digits takes no argument, got {argument!r}")
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        raise ImportError("digits come with scikit-learn: pip install scikit-learn") from None
    digits = load_digits()
    images = torch.from_numpy(digits.images * (255 / 16)).round().to(torch.uint8)
    every = Split.of_tensor(images, torch.from_numpy(digits.target), "digits")
    order = torch.randperm(len(every), generator=torch.Generator().manual_seed(seed))
    tested = len(every) // 5
    rest = {"test": every.subset(order[:tested])}
    if validation is None:
        held = len(every) // 10
        rest["validation"] = every.subset(order[tested : tested + held])
        tested += held
    train = every.subset(order[tested:])
    classes = tuple(str(k) for k in range(10))
    return arrange(spec, classes, train, rest, validation, [])
