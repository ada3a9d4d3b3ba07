"""Trees of image files, one folder a class."""

from __future__ import annotations

import hashlib
import os
import warnings
from pathlib import Path

import torch
from torch import Tensor

from .dataset import Dataset, Split
from .images import EXTENSIONS

__all__ = ["open_folder", "read_tree", "split_share"]

SPLITS = {"train": "train", "validation": "validation", "val": "validation", "test": "test"}
SHARE = 0.1


def open_folder(
    spec: str, path: str, *, seed: int, size: int | None, validation: str | float | None
) -> Dataset:
    """``imagefolder:PATH``: PATH/train/CLASS/…, or PATH/CLASS/… which is then split 90/10."""
    del seed, size  # a tree is split by the names of its files, and sized when it is read
    root = Path(path).expanduser()
    if not path or not root.is_dir():
        raise FileNotFoundError(
            f"{path!r} is no folder: pass imagefolder:PATH, where PATH holds train/ and "
            "validation/, or one folder a class"
        )
    found = {
        SPLITS[entry.name.lower()]: entry
        for entry in sorted(root.iterdir())
        if entry.is_dir() and entry.name.lower() in SPLITS
    }
    notes: list[str] = []
    if "train" not in found:
        if found:
            raise ValueError(f"{root} has {', '.join(found)} and no train folder")
        found = {"train": root}
        notes.append(f"{root} has no train folder: its folders are taken as the classes")
    classes, train = read_tree(found["train"], None, notes)
    rest = {
        split: read_tree(folder, classes, notes)[1]
        for split, folder in found.items()
        if split != "train"
    }
    _name_missing(classes, rest)
    return arrange(spec, classes, train, rest, validation, notes)


def arrange(
    spec: str,
    classes: tuple[str, ...],
    train: Split,
    rest: dict[str, Split],
    validation: str | float | None,
    notes: list[str],
) -> Dataset:
    """Settle what serves as validation (see ``open_data``) and say so."""
    held = rest.get("validation")
    test = rest.get("test")
    if validation == "test":
        if test is None:
            raise ValueError(f"{spec} has no test images to validate on: pass validation='split'")
        held = test
        notes.append("validation is the test set: what is chosen on it is no test any more")
    elif validation is not None or held is None:
        share = validation if isinstance(validation, float) else SHARE
        kept, out = split_share(train, share)
        train, held = train.subset(kept), train.subset(out)
        notes.append(
            f"validation is {share:.0%} of the training images of each class "
            f"({len(held):,} of {len(kept) + len(out):,}), chosen by a hash of their names"
        )
    return Dataset(spec, classes, train, held, test, notes=tuple(notes))


def read_tree(
    root: Path, classes: tuple[str, ...] | None, notes: list[str]
) -> tuple[tuple[str, ...], Split]:
    """List root/CLASS/**/*.jpg …; hidden files and files that are no images are left out.

    Raises
    ------
    ValueError
        If there is no class, a class of training has no image, or one is not in ``classes``.
    """
    folders = sorted(
        e.name for e in os.scandir(root) if e.is_dir() and not e.name.startswith((".", "__"))
    )
    if not folders:
        raise ValueError(f"{root} has no folders: it must hold one folder a class")
    training = classes is None
    known = tuple(folders) if classes is None else classes
    if unknown := sorted(set(folders) - set(known)):
        raise ValueError(
            f"{root} has classes that training does not have: {', '.join(unknown)}; "
            "remove them, or add training images"
        )
    files: list[str] = []
    labels: list[int] = []
    others = 0
    for name in folders:
        images, rest = _images_under(root / name)
        if training and not images:
            raise ValueError(
                f"class {name!r} is empty: {root / name} holds no image "
                f"({rest} other files; known are {' '.join(sorted(EXTENSIONS))}); "
                "remove the folder, or fill it"
            )
        files += images
        labels += [known.index(name)] * len(images)
        others += rest
    if not files:
        raise ValueError(f"{root} holds no image")
    if others:
        notes.append(f"{root}: {others:,} files that are no images were left out")
    names = tuple(os.path.relpath(file, root) for file in files)
    return known, Split(torch.tensor(labels), names, files=tuple(files))


def _images_under(folder: Path) -> tuple[list[str], int]:
    """Sorted paths of the images below a folder, and how many other files there are."""
    images, others = [], 0
    for base, folders, files in os.walk(folder, followlinks=True):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if name.startswith(".") or os.path.splitext(name)[1].lower() not in EXTENSIONS:
                others += 1
            else:
                images.append(os.path.join(base, name))
    return images, others


def _name_missing(classes: tuple[str, ...], rest: dict[str, Split]) -> None:
    for split, source in rest.items():
        present = set(source.labels.tolist())
        missing = [name for k, name in enumerate(classes) if k not in present]
        if missing:
            warnings.warn(
                f"{split} has no image of {', '.join(missing)}: kept among the classes, "
                "their accuracy cannot be measured there",
                stacklevel=4,
            )


def split_share(source: Split, share: float) -> tuple[Tensor, Tensor]:
    """Indices kept and held out, class by class, by a hash of the names: stable and repeatable."""
    rank = [hashlib.sha256(name.encode()).digest() for name in source.names]
    held: list[int] = []
    for k in range(int(source.labels.max()) + 1):
        members = (source.labels == k).nonzero().flatten().tolist()
        if members:
            count = min(len(members) - 1, max(1, round(share * len(members))))
            held += sorted(members, key=rank.__getitem__)[:count]
    if not held:
        raise ValueError("no class has two images: there is nothing to hold out for validation")
    mask = torch.zeros(len(source), dtype=torch.bool)
    mask[torch.tensor(held)] = True
    return (~mask).nonzero().flatten(), mask.nonzero().flatten()
