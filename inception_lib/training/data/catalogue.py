"""Where images come from: one line names a data set."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from . import folders, named, synthetic
from .dataset import Dataset

__all__ = ["describe_specs", "open_data"]

OPENERS: Mapping[str, tuple[Callable[..., Dataset], str]] = {  # by kind, with what to write
    "imagefolder": (
        folders.open_folder,
        "imagefolder:PATH  PATH/train/CLASS/*.jpg, validation (or val) and test beside train",
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
    kind, _, argument = spec.partition(":")
    if kind not in OPENERS:
        raise ValueError(f"data {spec!r} is unknown; known are:\n{describe_specs()}")
    if isinstance(validation, str) and validation not in ("split", "test"):
        try:
            validation = float(validation)
        except ValueError:
            raise ValueError(
                f"validation is {validation!r}: pass 'split', 'test' or a share such as 0.1"
            ) from None
    if isinstance(validation, float) and not 0 < validation < 1:
        raise ValueError(f"validation is {validation}: a share of the training set, in (0, 1)")
    data = OPENERS[kind][0](spec, argument, seed=seed, size=size, validation=validation)
    asked = {"seed": seed or None, "size": size, "validation": validation}
    return replace(data, options={k: value for k, value in asked.items() if value is not None})
