"""The images that the small experiments learn from: a seed's own draw of CIFAR-10, reduced."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from _common import CLOTHES, shared
from torch import Tensor

from inception_lib.training.data import Dataset, Split

ARCHIVE = "data/cifar10_jpeg_32px.tar.gz"
SOURCE = (
    "CIFAR-10 (Krizhevsky 2009), re-encoded as JPEG: 50,000 training and 10,000 test images of "
    "32×32 pixels in ten classes"
)
CLASSES = (
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
)  # fmt: skip
SIDES = (8, 15, 16, 32)  # 15: the central 30×30 halved, so that a crop has a pixel to move by
NOISE_STREAM = 1_000_003  # wrong labels are drawn apart from the images


@dataclass(frozen=True)
class Images:
    """Which images a run sees.

    Attributes
    ----------
    side : int
        Pixels of their sides, one of ``SIDES``: 32×32 averaged over squares of pixels.
    train : int
        Training images, as many of each class, drawn anew by each seed from the 50,000.
    curve : int
        Test images, the first of each class, that the curve is measured on.
    test : int
        Test images, the first of each class, that the end of a run is judged on.
    wrong : float
        Share of the training labels that are drawn at random among the nine wrong ones.
    """

    side: int = 15
    train: int = 1920
    curve: int = 1000
    test: int = 10000
    wrong: float = 0.0

    def __post_init__(self) -> None:
        if self.side not in SIDES:
            raise ValueError(f"side is {self.side}: choose one of {SIDES}")
        for name in ("train", "curve", "test"):
            if getattr(self, name) % 10 or getattr(self, name) <= 0:
                raise ValueError(f"{name} is {getattr(self, name)}: give a multiple of 10")
        if not 0 <= self.wrong < 1:
            raise ValueError(f"wrong is {self.wrong}: it is a share in [0, 1)")

    def to_dict(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return asdict(self)


def cifar10(folder: Path) -> dict[str, Tensor]:
    """All images, uint8 N×3×32×32, and labels, by class within ``train`` and ``test``.

    Decoded once and kept in ``folder``.
    """
    return _once(folder / "cifar10.pt", _decode)


def _once(kept: Path, make: Callable[[], dict[str, Tensor]]) -> dict[str, Tensor]:
    """What ``make`` gives: made once, and read from the file ever after."""
    if not kept.is_file():
        found = make()
        kept.parent.mkdir(parents=True, exist_ok=True)
        part = kept.with_suffix(".part")
        torch.save(found, part)
        part.replace(kept)
    return torch.load(kept, mmap=True, weights_only=True)


def _decode() -> dict[str, Tensor]:
    import numpy as np
    from PIL import Image

    held: dict[str, list[tuple[str, bytes]]] = {"train": [], "test": []}
    with tarfile.open(shared(ARCHIVE)) as tar:
        for member in tar:
            split, _, name = member.name.removeprefix("./").partition("/")
            if split in held and member.isfile() and name.endswith(".jpg"):
                file = tar.extractfile(member)
                assert file is not None
                held[split].append((name, file.read()))
    found = {}
    for split, files in held.items():
        files.sort()
        pixels = [np.asarray(Image.open(io.BytesIO(data)).convert("RGB")) for _, data in files]
        found[split] = torch.from_numpy(np.stack(pixels)).permute(0, 3, 1, 2).contiguous()
        names = [CLASSES.index(name.partition("/")[0]) for name, _ in files]
        found[f"{split}_labels"] = torch.tensor(names)
    return found


CLOTHES_SPLITS = ("train", "validation", "test")


def clothes15(folder: Path) -> dict[str, Tensor]:
    """The photographs of clothes, uint8 N×3×15×15 whatever their aspect, and labels, by split.

    Averaged down from a short side of 128 once, and kept in ``folder``.
    """
    return _once(folder / "clothes15.pt", _reduce_clothes)


def _reduce_clothes() -> dict[str, Tensor]:
    import numpy as np
    from PIL import Image

    held: dict[str, dict[str, Any]] = {name: {} for name in CLOTHES_SPLITS}
    with tarfile.open(shared(CLOTHES)) as tar:
        for member in tar:
            split, _, name = member.name.removeprefix("./").partition("/")
            if split in held and member.isfile() and name.endswith(".jpg"):
                file = tar.extractfile(member)
                assert file is not None
                photograph = Image.open(io.BytesIO(file.read())).convert("RGB")
                held[split][name] = np.asarray(photograph.resize((15, 15), Image.Resampling.BOX))
    kinds = sorted({name.partition("/")[0] for name in held["train"]})
    found = {}
    for split, images in held.items():
        names = sorted(images)
        pixels = np.stack([images[name] for name in names])
        found[split] = torch.from_numpy(pixels).permute(0, 3, 1, 2).contiguous()
        found[f"{split}_labels"] = torch.tensor([kinds.index(n.partition("/")[0]) for n in names])
    return found


def reduced(images: Tensor, side: int, right: int = 0, down: int = 0) -> Tensor:
    """uint8 N×3×32×32 averaged down to ``side``; at 15 the crop of 30×30 may be moved.

    Parameters
    ----------
    right, down : int
        By how many of the 32 pixels the crop lies off the middle, −1 to 1: two are one of the 15.
    """
    if side == 15:
        images = images[:, :, 1 + down : 31 + down, 1 + right : 31 + right]
    elif right or down:
        raise ValueError(f"side is {side}: only the crop of 15 has room to be moved")
    factor = images.shape[-1] // side
    return torch.nn.functional.avg_pool2d(images.float(), factor).round().to(torch.uint8)


def _of_each_class(labels: Tensor, count: int, generator: torch.Generator | None) -> Tensor:
    """Places of ``count`` images, as many a class: the first, or drawn."""
    chosen = []
    for k in range(len(CLASSES)):
        places = (labels == k).nonzero().flatten()
        if generator is not None:
            places = places[torch.randperm(len(places), generator=generator)]
        chosen.append(places[: count // len(CLASSES)])
    return torch.cat(chosen)


def draw(folder: Path, images: Images, seed: int) -> Dataset:
    """The images of one run: training images by the seed, the curve's, and all test images."""
    held = cifar10(folder)
    places = _of_each_class(held["train_labels"], images.train, torch.Generator().manual_seed(seed))
    labels = held["train_labels"][places]
    if images.wrong:
        labels = _mislabelled(labels, images.wrong, seed)
    train = Split.of_tensor(reduced(held["train"][places], images.side), labels, "train")
    test, curve = (
        _of_each_class(held["test_labels"], count, None) for count in (images.test, images.curve)
    )
    judge, watch = (
        Split.of_tensor(reduced(held["test"][rows], images.side), held["test_labels"][rows], "test")
        for rows in (test, curve)
    )
    return Dataset(
        name="cifar10",
        classes=CLASSES,
        train=train,
        validation=watch,
        test=judge,
        options={"drawn": images.to_dict() | {"seed": seed}},
    )


def _mislabelled(labels: Tensor, share: float, seed: int) -> Tensor:
    generator = torch.Generator().manual_seed(NOISE_STREAM + seed)
    wrong = torch.randperm(len(labels), generator=generator)[: round(share * len(labels))]
    moved = labels.clone()
    moved[wrong] += torch.randint(1, len(CLASSES), (len(wrong),), generator=generator)
    return moved % len(CLASSES)
