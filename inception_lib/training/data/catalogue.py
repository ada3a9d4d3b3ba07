"""Where images come from: one line names a data set."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from . import folders, named, synthetic
from .dataset import Dataset, Split

__all__ = ["describe_specs", "open_data", "open_to_judge"]

OPENERS: Mapping[str, tuple[Callable[..., Dataset], str]] = {  # by kind, with what to write
    "imagefolder": (
        folders.open_folder,
        "imagefolder:PATH  PATH/train/CLASS/*.jpg, validation (val, valid) and test beside train",
    ),
    "cifar10": (named.open_cifar10, "cifar10[:ROOT]  through torchvision"),
    "fashionmnist": (named.open_fashionmnist, "fashionmnist[:ROOT]  through torchvision"),
    "imagenette": (named.open_imagenette, "imagenette[:ROOT]  through torchvision"),
    "digits": (named.open_digits, "digits  scikit-learn's 8×8 digits, no download"),
    "shapes": (synthetic.open_shapes, "shapes[:N]  generated, N training images"),
}


def describe_specs() -> str:
    """The data sets that ``open_data`` knows, one a line."""
    return "\n".join(text for _, text in OPENERS.values())


def open_data(
    spec: str,
    *,
    seed: int = 0,
    size: int | None = None,
    validation: str | float | None = None,
) -> Dataset:
    """Open a data set by one line.

    Parameters
    ----------
    spec : str
        ``imagefolder:PATH``, ``cifar10[:ROOT]``, ``fashionmnist[:ROOT]``, ``imagenette[:ROOT]``,
        ``digits`` or ``shapes[:N]``.
    seed : int
        Of the digits' split and of the generated shapes. Trees of files are split by a hash of
        their names, whatever the seed.
    size : int, optional
        Side at which images are made (shapes; default 64) or downloaded (Imagenette).
    validation : "split", "test" or float, optional
        What serves as validation: a share of the training images (``"split"``: 10 %), or the test
        images. By default the set's own validation images, and ``"split"`` where it has none.

    Raises
    ------
    ValueError
        For an unknown spec, an empty class, a split that cannot be made.
    FileNotFoundError
        For a path that is not there.
    """
    validation = _share(validation)
    kind, argument = _parts(spec)
    data = OPENERS[kind][0](spec, argument, seed=seed, size=size, validation=validation)
    asked = {"seed": seed or None, "size": size, "validation": validation}
    return replace(data, options={k: value for k, value in asked.items() if value is not None})


def open_to_judge(
    spec: str,
    *,
    classes: Sequence[str] | None = None,
    split: str | None = None,
    seed: int = 0,
    size: int | None = None,
) -> tuple[Dataset, Split, str]:
    """Images for a trained network to be judged on: of a folder, all that was named.

    Parameters
    ----------
    spec, seed, size
        As for ``open_data``.
    classes : sequence of str, optional
        Those that the network has learnt. A folder's are matched with them by name, and may be
        some of them alone.
    split : "train", "validation" or "test", optional
        By default validation; of a folder the first that it has of validation, test and train,
        and of a folder of classes every image.

    Returns
    -------
    Dataset
    Split
        The images.
    str
        What they are called: the split, or ``all``.

    Raises
    ------
    ValueError, FileNotFoundError
        As ``open_data``; or if the split is not there.
    """
    kind, argument = _parts(spec)
    wanted, flat = split or "validation", False
    if kind == "imagefolder":
        data, flat = folders.open_folder_as_found(spec, argument, classes)
        if flat and split is None:
            wanted = "test"
        elif split is None:
            wanted = next(n for n in ("validation", "test", "train") if n in data.splits)
    else:
        data = open_data(spec, seed=seed, size=size)
    if wanted not in data.splits or (flat and split is not None):
        words = f"its splits are {', '.join(data.splits)}"
        if flat:
            words = "its folders are the classes; name no split, and all its images are judged"
        raise ValueError(f"{spec} has no {wanted} images: {words}")
    return data, data.splits[wanted], "all" if flat else wanted


def _parts(spec: str) -> tuple[str, str]:
    kind, _, argument = spec.partition(":")
    if kind not in OPENERS:
        raise ValueError(f"data {spec!r} is unknown; known are:\n{describe_specs()}")
    return kind, argument


def _share(validation: object) -> str | float | None:
    """What ``open_data`` was given as validation, with numbers as numbers."""
    if validation is None:
        return None
    if isinstance(validation, str) and validation in ("split", "test"):
        return validation
    try:
        share = float(validation) if isinstance(validation, (str, float)) else None
    except ValueError:
        share = None
    if share is None:
        raise ValueError(
            f"validation is {validation!r}: pass 'split', 'test' or a share such as 0.1"
        )
    if not 0 < share < 1:
        raise ValueError(f"validation is {share}: a share of the training set, in (0, 1)")
    return share
