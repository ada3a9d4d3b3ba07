"""Reading training images beside torch's DataLoader: JPEG trees, small sets, a killed worker.

    python benchmarks/loader.py --rounds 7

The tree holds 500×375 cut-outs of scikit-image's three photographs; each becomes a random crop of
299×299, mirrored in half of the cases, as a normalised float batch. torchvision decodes by Pillow
or by its own ``decode_jpeg``, in persistent workers; a third form lets DataLoader call this
library's own reading, so that only the way of passing images differs. The small set has CIFAR-10's
sizes: mirrored, and moved by up to 4 pixels. All forms run in one process and take turns. Then one
worker of each is killed while a training step runs, to see where that is told.
Writes results/benchmarks/loader.json.
"""

from __future__ import annotations

import argparse
import os
import signal
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import skimage
import torch
import torchvision
from _timing import RESULTS, interleave, provenance, ratios, spread, write_json
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader
from torchvision.datasets import ImageFolder
from torchvision.io import ImageReadMode, decode_jpeg, read_file
from torchvision.transforms import v2

from inception_lib.training import Dataset, Loader, Recipe, Split, get_recipe, open_data
from inception_lib.training.data.augment import draw
from inception_lib.training.data.reader import Reader

SIZE, WIDTH, HEIGHT, BATCH = 299, 500, 375, 32
AREA, RATIO = (0.05, 1.0), (3 / 4, 4 / 3)
MEAN = STD = (0.5, 0.5, 0.5)
SMALL, SMALL_BATCH = 32, 128
OURS, PILLOW, IO, PASSED = (
    "ours",
    "DataLoader, Pillow",
    "DataLoader, decode_jpeg",
    "DataLoader, our reading",
)


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--images", type=int, default=256, help="JPEGs in the tree")
    parser.add_argument("--small", type=int, default=5000, help="images of the small set")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--json", default=str(RESULTS / "loader.json"))
    return parser.parse_args()


def make_tree(root: Path, count: int) -> int:
    """Write ``count`` JPEGs of quality 90 in two classes; returns their bytes."""
    photographs = [
        Image.fromarray(photo).resize((WIDTH + 64, HEIGHT + 64))
        for photo in (skimage.data.astronaut(), skimage.data.chelsea(), skimage.data.coffee())
    ]
    total = 0
    for i in range(count):
        left, top = 7 * i % 64, 13 * i % 64
        path = root / "train" / f"class {i % 2}" / f"{i:04}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        part = photographs[i % 3].crop((left, top, left + WIDTH, top + HEIGHT))
        part.save(path, quality=90)
        total += path.stat().st_size
    return total


def normalise(images: Tensor) -> Tensor:
    """uint8 to float in [−1, 1]."""
    return images.float().mul_(2 / 255).sub_(1)


def tensor_of_file(path: str) -> Tensor:
    return decode_jpeg(read_file(path), mode=ImageReadMode.RGB)


def folder_loader(root: Path, workers: int, pillow: bool) -> DataLoader[Any]:
    """torchvision's reading, with nothing in it that is not needed."""
    transform = v2.Compose(
        [
            *([v2.PILToTensor()] if pillow else []),
            v2.RandomResizedCrop(SIZE, AREA, RATIO, antialias=True),
            v2.RandomHorizontalFlip(),
        ]
    )
    files = ImageFolder(root / "train", transform, **({} if pillow else {"loader": tensor_of_file}))
    return DataLoader(
        files,
        BATCH,
        shuffle=True,
        drop_last=True,
        num_workers=workers,
        persistent_workers=True,
        multiprocessing_context="fork",
    )


class Jobs(torch.utils.data.Dataset[Any]):
    """Whole batches of this library's reading, as DataLoader would be given them."""

    def __init__(self, reader: Reader, seed: int) -> None:
        self.reader, self.seed = reader, seed

    def __getitem__(self, first: int) -> tuple[Tensor, list[int]]:
        indices = list(range(first, first + BATCH))
        images = torch.empty(BATCH, 3, self.reader.side, self.reader.side, dtype=torch.uint8)
        report = self.reader.read(
            images, indices, draw(self.seed, 0, first, first + BATCH).tolist()
        )
        return images, report.indices


class Small(torch.utils.data.Dataset[Any]):
    """A set in memory, each image changed by torchvision."""

    def __init__(self, images: Tensor, labels: Tensor) -> None:
        self.images, self.labels = images, labels
        self.change = v2.Compose(
            [v2.RandomCrop(SMALL, 4, padding_mode="reflect"), v2.RandomHorizontalFlip()]
        )

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        return self.change(self.images[index]), int(self.labels[index])


def epoch_of(loader: Loader) -> int:
    """Images of one epoch of ours."""
    return sum(len(batch.images) for batch in loader.epoch(0))


def epoch_of_theirs(loader: DataLoader[Any]) -> int:
    """The same of theirs, normalised as ours are."""
    return sum(len(normalise(images)) for images, _ in loader)


def table(seconds: dict[str, list[float]], images: dict[str, int]) -> dict[str, Any]:
    """Speeds, and how many times as fast as each other form ours was, round by round."""
    rows: dict[str, Any] = {}
    for name, times in seconds.items():
        rows[name] = {
            "images_per_second": round(images[name] / spread(times).median, 1),
            "seconds": spread(times).to_dict(),
        }
        if name != OURS:
            rate = ratios(times, seconds[OURS]).to_dict()
            part = images[OURS] / images[name]
            rows[name]["ours_times_as_fast"] = {key: value * part for key, value in rate.items()}
    return rows


def trees(root: Path, args: argparse.Namespace, recipe: Recipe) -> dict[str, Any]:
    """Random crops from the tree, four ways."""
    data = open_data(f"imagefolder:{root}")
    assert data.train is not None
    held = Split(data.train.labels[: args.images], data.train.names, files=data.train.files)
    ours = Loader(held, recipe, data, train=True, device="cpu")
    reader = Reader(held, ours.preprocess, ours.augment, substitute=True)
    count = len(held) // BATCH
    passed: DataLoader[Any] = DataLoader(
        Jobs(reader, recipe.seed),
        batch_size=None,
        sampler=range(0, count * BATCH, BATCH),
        num_workers=args.workers,
        persistent_workers=True,
        multiprocessing_context="fork",
    )
    theirs = {
        PILLOW: folder_loader(root, args.workers, pillow=True),
        IO: folder_loader(root, args.workers, pillow=False),
        PASSED: passed,
    }
    forms: dict[str, Callable[[], Any]] = {OURS: lambda: epoch_of(ours)}
    forms |= {name: lambda one=one: epoch_of_theirs(one) for name, one in theirs.items()}
    images = {name: form() for name, form in forms.items()}
    rows = table(interleave(forms, args.rounds, warmup=1), images)
    ours.close()
    return rows


def small(args: argparse.Namespace, recipe: Recipe) -> dict[str, Any]:
    """Mirrored and moved images of a set in memory."""
    generator = torch.Generator().manual_seed(0)
    pixels = torch.randint(256, (args.small, 3, SMALL, SMALL), generator=generator).byte()
    split = Split.of_tensor(pixels, torch.arange(args.small) % 10, "train")
    data = Dataset("small", tuple(map(str, range(10))), split)
    ours = Loader(split, recipe, data, train=True, device="cpu")
    theirs: DataLoader[Any] = DataLoader(
        Small(pixels, split.labels),
        SMALL_BATCH,
        shuffle=True,
        drop_last=True,
        num_workers=args.workers,
        persistent_workers=True,
        multiprocessing_context="fork",
    )
    forms: dict[str, Callable[[], Any]] = {
        OURS: lambda: epoch_of(ours),
        "DataLoader": lambda: epoch_of_theirs(theirs),
    }
    images = {name: form() for name, form in forms.items()}
    return table(interleave(forms, args.rounds, warmup=1), images)


def children() -> set[int]:
    """Process ids of this process's children."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rsplit(")", 1)[1].split()[1])
        except OSError:
            continue
        if parent == os.getpid():
            found.add(int(stat.parent.name))
    return found


def killed(batches: Iterator[Any], before: set[int]) -> dict[str, Any]:
    """Kill the workers of an epoch while a step runs: what becomes of the step and the epoch?"""
    next(batches)
    for worker in children() - before:
        os.kill(worker, signal.SIGKILL)
    outcome: dict[str, Any] = {"step": "done", "epoch": "done", "batches_after": 0}
    try:
        until = time.monotonic() + 1
        while time.monotonic() < until:
            torch.rand(64, 64) @ torch.rand(64, 64)  # the step
    except RuntimeError:
        outcome["step"] = "ended by an error"
    try:
        for _ in batches:
            outcome["batches_after"] += 1
    except RuntimeError:
        outcome["epoch"] = "ended by an error"
    return outcome


def kills(root: Path, args: argparse.Namespace, recipe: Recipe) -> dict[str, Any]:
    """Ours, then theirs; each with workers of its own."""
    data = open_data(f"imagefolder:{root}")
    assert data.train is not None
    before = children()
    loader = Loader(data.train, recipe, data, train=True, device="cpu")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = {OURS: killed(loader.epoch(0), before)}
    loader.close()
    before = children()
    theirs = iter(folder_loader(root, args.workers, pillow=True))
    found["DataLoader"] = killed(theirs, before)
    return found


def main() -> None:
    args = options()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    still = {"brightness": 0, "saturation": 0, "contrast": 0, "hue": 0}
    recipe = get_recipe("paper").replace(
        size=SIZE, batch=BATCH, accumulate=1, workers=args.workers, channels_last=False, **still
    )
    light = get_recipe("modern").replace(
        size=SMALL, batch=SMALL_BATCH, augment="shift", channels_last=False
    )
    result: dict[str, Any] = {
        "provenance": provenance("cpu", torchvision, skimage),
        "setting": f"{args.workers} workers, the main process on one thread",
        "rounds": args.rounds,
        "small": {"set": f"{args.small:,} images of {SMALL}×{SMALL}, batch {SMALL_BATCH}"},
    }
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        size = make_tree(root, args.images)
        words = f"{args.images} JPEGs of {WIDTH}×{HEIGHT} ({size / args.images / 1e3:.0f} kB each)"
        result["tree"] = {"set": f"{words}, crops of {SIZE}×{SIZE}, batch {BATCH}"}
        result["tree"]["forms"] = trees(root, args, recipe)
        result["killed_workers"] = kills(root, args, recipe)
    result["small"]["forms"] = small(args, light)
    report(result)
    write_json(args.json, result)


def report(result: dict[str, Any]) -> None:
    """Print what the JSON file holds."""
    for part in ("tree", "small"):
        print(f"\n{result[part]['set']}; {result['setting']}")
        for name, row in result[part]["forms"].items():
            rate = row.get("ours_times_as_fast")
            words = "" if rate is None else f"  ours is {rate['median']:.2f} times as fast "
            words += "" if rate is None else f"({rate['lower']:.2f} to {rate['upper']:.2f})"
            print(f"{name:26}{row['images_per_second']:10,.0f} images/s{words}")
    print()
    for name, row in result["killed_workers"].items():
        print(
            f"all workers killed, {name}: the step is {row['step']}, the epoch {row['epoch']} "
            f"({row['batches_after']} batches more)"
        )


if __name__ == "__main__":
    main()
