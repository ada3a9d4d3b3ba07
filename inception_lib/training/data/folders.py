"""Trees of image files, one folder a class.

What lies in a folder is told apart by the usual names of splits. Nothing is guessed that could mix
training with validation or take a data set for a class: that is an error which says what to give.
"""

from __future__ import annotations

import hashlib
import os
import re
import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path

import torch
from torch import Tensor

from .dataset import Dataset, Split
from .images import EXTENSIONS

__all__ = ["arrange", "open_folder", "open_folder_as_found", "read_tree", "split_share"]

NAMES = {
    "train": ("train", "training"),
    "validation": ("validation", "val", "valid", "dev", "eval"),
    "test": ("test", "testing"),
}
SPLITS = {name: split for split, names in NAMES.items() for name in names}
# "training_set", "val2017", "Test images": not read as a split, and hardly a class.
LIKE_A_SPLIT = re.compile(rf"({'|'.join(SPLITS)})([ _.-]?(set|data|images?|split))?\d*", re.I)
# What systems leave beside photographs: Synology, macOS, Windows, Linux.
LEFT_BY_SYSTEMS = frozenset({"System Volume Information", "lost+found"})
SHARE = 0.1
SHOWN = 5  # names in a message


def open_folder(
    spec: str, path: str, *, seed: int, size: int | None, validation: str | float | None
) -> Dataset:
    """``imagefolder:PATH``: PATH/train/CLASS/…, or PATH/CLASS/… which is then split 90/10."""
    del seed, size  # a tree is split by the names of its files, and sized when it is read
    tree = _Tree(path, flat_is="train")
    if tree.flat:
        tree.notes.append(f"{tree.root} has no train folder: its folders are taken as the classes")
    classes = tree.classes("train") if "train" in tree.splits else tree.all_classes()
    splits = {name: tree.read(name, classes) for name in tree.splits}
    train = splits.pop("train", None)
    for name, split in splits.items():
        if missing := _missing(classes, split):
            warnings.warn(
                f"{name} has no image of {', '.join(missing)}: kept among the classes, "
                "their accuracy cannot be measured there",
                stacklevel=3,
            )
    return arrange(spec, classes, train, splits, validation, tree.notes)


def open_folder_as_found(
    spec: str, path: str, classes: Sequence[str] | None
) -> tuple[Dataset, bool]:
    """A folder whose images are to be judged: no split is made, none is needed.

    Parameters
    ----------
    spec, path : str
        As for ``open_folder``.
    classes : sequence of str, optional
        Those that a network has learnt: folders are matched with them by name, and may be some of
        them alone. By default the folders' own.

    Returns
    -------
    Dataset
        Its splits are the folders that there are; all images of a folder of classes are ``test``.
    bool
        Whether it is such a folder, without splits.

    Raises
    ------
    ValueError
        If a folder is none of the classes.
    """
    tree = _Tree(path, flat_is="test")
    known = tuple(classes) if classes is not None else tree.all_classes()
    if unknown := sorted(set(tree.all_classes()) - set(known)):
        raise ValueError(
            f"the network learnt {len(known)} classes ({_some(known)}), and {tree.root} has "
            f"others: {_some(unknown)}; give data with the same classes, or rename its folders"
        )
    splits = {name: tree.read(name, known) for name in tree.splits}
    for name, split in splits.items():
        if missing := _missing(known, split):
            words = f"{len(missing)} of the {len(known)} classes ({_some(missing)})"
            tree.notes.append(f"{tree.splits[name]} has no image of {words}")
    train, validation, test = map(splits.get, NAMES)
    return Dataset(spec, known, train, validation, test, notes=tuple(tree.notes)), tree.flat


def arrange(
    spec: str,
    classes: tuple[str, ...],
    train: Split | None,
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
    elif train is not None and (validation is not None or held is None):
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
    """List root/CLASS/**/*.jpg …, as ``open_folder`` reads each of its splits.

    Raises
    ------
    ValueError
        If there is no class, a class of training has no image, or one is not in ``classes``.
    """
    name = "train" if classes is None else "rest"
    tree = _Tree(str(root), {name: root}, notes)
    known = tree.classes(name) if classes is None else classes
    return known, tree.read(name, known)


class _Tree:
    """A folder, its splits, and what was visited: nothing is read twice.

    Where the folders of the root are the classes, it is ``flat`` and one split, ``flat_is``.
    """

    def __init__(
        self,
        path: str,
        splits: dict[str, Path] | None = None,
        notes: list[str] | None = None,
        flat_is: str = "",
    ) -> None:
        self.root = Path(path).expanduser()
        if not path or not self.root.is_dir():
            raise FileNotFoundError(
                f"{path!r} is no folder: pass imagefolder:PATH, where PATH holds train/ and "
                "validation/, or one folder a class"
            )
        self.notes: list[str] = [] if notes is None else notes
        whole = self.root.resolve()
        # A link to what the root lies in leads back to all of it.
        self._visited = {_identity(folder) for folder in (whole, *whole.parents)}
        self.splits = self._find_splits() if splits is None else splits
        self.flat = not self.splits
        if self.flat:
            self.splits = {flat_is: self.root}
        self._folders = {name: self._class_folders(name) for name in self.splits}

    def _find_splits(self) -> dict[str, Path]:
        """The folders that are splits; none where the root's folders are the classes."""
        siblings = _folders(self.root)
        named = [name for name in siblings if name.lower() in SPLITS]
        others = [name for name in siblings if name.lower() not in SPLITS]
        # A folder of photographs beside others is a class, though it be called "train".
        if len(others) > 1 and not any(_folders(self.root / name) for name in named):
            named = []
        if not named:
            if alike := [name for name in others if LIKE_A_SPLIT.fullmatch(name)]:
                raise ValueError(
                    f"{self.root} has {_some(alike)}, which look like splits and not like classes: "
                    "call them train, validation and test, or give the path of one of them"
                )
            self._check_depth(self.root, siblings)
            return {}
        found: dict[str, Path] = {}
        for name in named:
            folder, split = self.root / name, SPLITS[name.lower()]
            if split in found:
                raise ValueError(
                    f"{self.root} has {found[split].name} and {name}, which both serve as "
                    f"{split}: keep one of them there"
                )
            if _identity(folder) in self._visited:
                raise ValueError(
                    f"{folder} is a link to a folder that serves already: the same images cannot "
                    "be two splits; remove it (validation='split' and 'test' make one)"
                )
            self._visited.add(_identity(folder))
            found[split] = folder
        if "train" not in found and (full := [n for n in others if _folders(self.root / n)]):
            raise ValueError(
                f"{self.root} has {_some(named)} and no train folder, beside {_some(full)}: call "
                f"the folder of training images train, or give the path of one folder"
            )
        if others:
            self.notes.append(f"{self.root}: {_some(others)} passed over, read {_some(named)}")
        return found

    def _check_depth(self, root: Path, names: list[str]) -> None:
        """Refuse data sets in the place of classes."""
        for name in names:
            below = [n for n in _folders(root / name) if n.lower() in SPLITS]
            if {"train", "training"} & {n.lower() for n in below} or len(below) > 1:
                raise ValueError(
                    f"{root / name} holds {_some(below)}: it is a data set, and no class; give "
                    f"imagefolder:{root / name}"
                )

    def _class_folders(self, split: str) -> dict[str, Path]:
        """Folders of a split by name, each marked as visited before any of them is read."""
        root, found = self.splits[split], {}
        owner: dict[tuple[int, int], str] = {}
        left = [e.name for e in os.scandir(root) if e.is_dir() and _left_by_a_system(e.name)]
        if left := sorted(name for name in left if not name.startswith(".")):
            self.notes.append(f"{root}: {_some(left)} passed over, which systems leave there")
        for name in _folders(root):
            folder = root / name
            identity = _identity(folder)
            if identity in owner:
                raise ValueError(
                    f"{root}: {owner[identity]} and {name} are one and the same folder, so one "
                    "class has two names; remove one of them"
                )
            if identity in self._visited:
                self.notes.append(f"{folder} leads to a folder that was read: passed over")
                continue
            owner[identity] = name
            found[name] = folder
        self._visited |= set(owner)
        return found

    def all_classes(self) -> tuple[str, ...]:
        """The classes of all splits together."""
        return tuple(sorted({name for folders in self._folders.values() for name in folders}))

    def classes(self, split: str) -> tuple[str, ...]:
        """The classes of a split to learn from: at least two.

        Raises
        ------
        ValueError
            If there are fewer; the message says which path to give, where one is to be seen.
        """
        root, folders = self.splits[split], self._folders[split]
        if not folders:
            raise ValueError(f"{root} has no folders: it must hold one folder a class")
        if len(folders) == 1:
            ((name, only),) = folders.items()
            words = f"{root} has one class, {name!r}, and a network tells at least two apart"
            if below := _folders(only):
                move = f"give imagefolder:{only}" if root == self.root else f"move them to {root}"
                words += f"; if the classes are {_some(below)}, {move}"
            raise ValueError(words)
        return tuple(folders)

    def read(self, split: str, classes: tuple[str, ...]) -> Split:
        """The images of a split, class by class, each folder once."""
        root, folders = self.splits[split], self._folders[split]
        if not folders:
            raise ValueError(f"{root} has no folders: it must hold one folder a class")
        if unknown := sorted(set(folders) - set(classes)):
            raise ValueError(
                f"{root} has classes that training does not have: {_some(unknown)}; "
                "remove them, or add training images"
            )
        files: list[str] = []
        labels: list[int] = []
        others = 0
        for name, folder in folders.items():
            images, rest = self._images_under(folder)
            if split == "train" and not images:
                raise ValueError(
                    f"class {name!r} is empty: {folder} holds no image "
                    f"({rest} other files; known are {' '.join(sorted(EXTENSIONS))}); "
                    "remove the folder, or fill it"
                )
            files += images
            labels += [classes.index(name)] * len(images)
            others += rest
        if not files:
            raise ValueError(f"{root} holds no image")
        if others:
            self.notes.append(f"{root}: {others:,} files that are no images were left out")
        names = tuple(os.path.relpath(file, root) for file in files)
        return Split(torch.tensor(labels), names, files=tuple(files))

    def _images_under(self, folder: Path) -> tuple[list[str], int]:
        """Sorted paths of the images below a folder, and how many other files there are."""
        images, others, below = [], 0, []
        for entry in sorted(os.scandir(folder), key=lambda e: e.name):
            if entry.is_dir():
                below.append(entry)
            elif (
                entry.name.startswith(".")
                or os.path.splitext(entry.name)[1].lower() not in EXTENSIONS
                # A pipe would be waited for. A broken link stays: it is named when it is read.
                or not (entry.is_file() or entry.is_symlink())
            ):
                others += 1
            else:
                images.append(entry.path)
        for entry in below:
            if _left_by_a_system(entry.name):
                continue
            identity = _identity(Path(entry.path))
            if identity in self._visited:
                self.notes.append(f"{entry.path} leads to a folder that was read: passed over")
                continue
            self._visited.add(identity)
            more, rest = self._images_under(Path(entry.path))
            images += more
            others += rest
        return images, others


def _identity(folder: Path) -> tuple[int, int]:
    about = folder.stat()
    return about.st_dev, about.st_ino


def _left_by_a_system(name: str) -> bool:
    return name.startswith((".", "__", "@", "#", "$")) or name in LEFT_BY_SYSTEMS


def _folders(root: Path) -> list[str]:
    """Sorted names of a folder's folders, without what systems leave there."""
    return sorted(e.name for e in os.scandir(root) if e.is_dir() and not _left_by_a_system(e.name))


def _missing(classes: tuple[str, ...], split: Split) -> list[str]:
    present = set(split.labels.tolist())
    return [name for k, name in enumerate(classes) if k not in present]


def _some(names: Iterable[str]) -> str:
    every = list(names)
    return ", ".join(every[:SHOWN]) + (" …" if len(every) > SHOWN else "")


def split_share(split: Split, share: float) -> tuple[Tensor, Tensor]:
    """Indices kept and held out, class by class, by a hash of the names: stable and repeatable."""
    rank = [hashlib.sha256(os.fsencode(name)).digest() for name in split.names]
    held: list[int] = []
    for k in range(int(split.labels.max()) + 1):
        members = (split.labels == k).nonzero().flatten().tolist()
        if members:
            count = min(len(members) - 1, max(1, round(share * len(members))))
            held += sorted(members, key=rank.__getitem__)[:count]
    if not held:
        raise ValueError("no class has two images: there is nothing to hold out for validation")
    mask = torch.zeros(len(split), dtype=torch.bool)
    mask[torch.tensor(held)] = True
    return (~mask).nonzero().flatten(), mask.nonzero().flatten()
