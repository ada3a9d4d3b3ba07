"""What a trained network says of images that nobody has labelled."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Union

import torch
from torch import Tensor

from .crops import Scheme
from .data import Dataset, Loader, Preprocess, Split
from .data.images import EXTENSIONS
from .distributed import pick_device
from .evaluate import Predictions
from .evaluate import predict as predict_loader

if TYPE_CHECKING:
    from .trained import Trained

__all__ = ["Images", "find_images", "loader_of", "predict", "show", "top_classes"]

Images = Union[str, os.PathLike, Sequence[Union[str, os.PathLike]], Tensor]
MOST = 32  # images at once, where nothing is said: a training batch may be larger than the memory
FEW = 64  # images up to which no process is started to decode them


def find_images(places: Iterable[str | os.PathLike[str]]) -> list[str]:
    """The files that paths, folders and patterns name, in their order.

    A file stands for itself, whatever it is called, and so does a path that leads nowhere: that
    is said when it is read. A folder stands for the images below it, and a pattern (``*``, ``?``,
    ``[…]``, ``**``) for the files that it fits; both sorted by name.

    Raises
    ------
    ValueError
        If a folder holds no image, or a pattern fits no file.
    """
    found: list[str] = []
    for place in (os.fspath(one) for one in places):
        if os.path.isdir(place):
            inside = [
                os.path.join(folder, name)
                for folder, _, names in os.walk(place)
                for name in names
                if not name.startswith(".") and os.path.splitext(name)[1].lower() in EXTENSIONS
            ]
            if not inside:
                known = " ".join(sorted(EXTENSIONS))
                raise ValueError(f"{place} holds no image: known are {known}; give another folder")
            found += sorted(inside)
        elif not os.path.lexists(place) and glob.has_magic(place):
            fits = sorted(p for p in glob.glob(place, recursive=True) if not os.path.isdir(p))
            if not fits:
                raise ValueError(f"{place} fits no file: give another pattern, or a folder")
            found += fits
        else:
            found.append(place)
    return found


def predict(
    trained: Trained,
    images: Images,
    *,
    crops: int | Scheme = 1,
    flip: bool = False,
    shift: int = 0,
    device: str | None = None,
    batch: int | None = None,
    precision: str = "fp32",
) -> Predictions:
    """The class probabilities of images, on the same road as in evaluation.

    Parameters
    ----------
    trained : Trained
        From ``load_trained`` or ``load_network``; its network is moved to the device.
    images : path, sequence of paths, or Tensor
        Files, folders and patterns (see ``find_images``); or uint8 N×3×H×W or 3×H×W.
    crops, flip, shift, precision
        As in ``evaluate``: 1, 12 or 144 crops, mirror images, pixels by which the one crop is
        moved, ``"fp32"``, ``"bf16"`` or ``"fp16"``.
    device : str, optional
        A GPU where there is one.
    batch : int, optional
        Images at once; by default at most 32.

    Returns
    -------
    Predictions
        In the order of the images: ``probabilities`` N×K, ``names``, ``classes``. Nobody knows
        the labels, which are −1. Of files that cannot be read there is no row: ``corrupt`` names
        them with the reason, and ``indices`` says which images the rows are.

    Examples
    --------
    >>> from inception_lib import load_trained
    >>> from inception_lib.training import predict, top_classes
    >>> found = predict(load_trained("runs/digits"), "scans/*.png")  # doctest: +SKIP
    >>> top_classes(found, 1)  # doctest: +SKIP
    [[('7', 0.98)], [('3', 0.91)]]
    """
    split = _split(images)
    loader = loader_of(trained, split, trained.classes, device=device, batch=batch)
    network = trained.network.to(loader.device)
    try:
        return predict_loader(
            network, loader, crops=crops, flip=flip, shift=shift, precision=precision
        )
    except ValueError:
        if len(loader.corrupt) < len(split):
            raise
        none = torch.zeros(0, dtype=torch.int64)  # not one can be read: all are named
        rows = torch.zeros(0, len(trained.classes))
        return Predictions(rows, none, none, (), trained.classes, corrupt=tuple(loader.corrupt))
    finally:
        loader.close()


def loader_of(
    trained: Trained,
    split: Split,
    classes: Sequence[str],
    *,
    device: str | None = None,
    batch: int | None = None,
) -> Loader:
    """Every image of a split once, as the network is shown it; what cannot be read is counted.

    ``device`` and ``batch`` as in ``predict``; ``classes`` are those of the split's labels.
    """
    recipe, view = trained.recipe, trained.preprocess
    workers = 0 if len(split) <= FEW else min(recipe.workers, os.cpu_count() or 1)
    recipe = recipe.replace(
        accumulate=1,
        batch=batch or min(recipe.batch, MOST),
        cache="none",
        workers=workers,
        max_corrupt=1.0,
    )
    data = Dataset("the images", tuple(classes), test=split, mean=view.mean, std=view.std)
    return Loader(split, recipe, data, train=False, device=pick_device(device))


def top_classes(predictions: Predictions, k: int = 5) -> list[list[tuple[str, float]]]:
    """The k likeliest classes of each image with their probabilities, the likeliest first.

    Of equal ones the class that comes first; fewer than k where there are fewer classes.
    """
    if k < 1:
        raise ValueError(f"top is {k}: give at least 1")
    p = predictions.probabilities
    order = p.argsort(dim=1, descending=True, stable=True)[:, :k]
    return [
        [(predictions.classes[j], float(row[j])) for j in places]
        for row, places in zip(p, order.tolist(), strict=True)
    ]


def show(preprocess: Preprocess, images: Images | Split, indices: Iterable[int]) -> Tensor:
    """What a network is shown with one crop: uint8 N×3×size×size of the images at ``indices``.

    Raises
    ------
    Unreadable
        If one of them cannot be read.
    """
    split = images if isinstance(images, Split) else _split(images)
    need = preprocess.size / preprocess.crop
    shown = [preprocess.view(split.open(i).pixels(need, need)) for i in indices]
    size = preprocess.size
    return torch.stack(shown) if shown else torch.zeros(0, 3, size, size, dtype=torch.uint8)


def _split(images: Images) -> Split:
    """Unlabelled images as a split."""
    if isinstance(images, Tensor):
        batch = images[None] if images.ndim == 3 else images
        if batch.dtype != torch.uint8 or batch.ndim != 4 or batch.shape[1] != 3:
            raise ValueError(
                f"images are {images.dtype} {tuple(images.shape)}: give paths, or uint8 3×H×W or "
                "N×3×H×W"
            )
        names = tuple(f"image {i}" for i in range(len(batch)))
        return Split(torch.full((len(batch),), -1), names, images=batch)
    one = isinstance(images, (str, os.PathLike))
    files = tuple(find_images([images] if one else images))  # type: ignore[list-item,arg-type]
    if not files:
        raise ValueError("there is no image: give a file, a folder or a pattern")
    return Split(torch.full((len(files),), -1), files, files=files)
