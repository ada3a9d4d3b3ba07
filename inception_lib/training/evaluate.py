"""How good a network is on images that it has not learnt from.

Class probabilities are averaged, over views (crops, mirror images, shifts) and the members of an
ensemble, as GoogLeNet's authors did; the class of the highest average is the prediction. All
shares are in [0, 1]; ``top1`` and ``top5`` are accuracies: the paper's errors are 1 less these.
"""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from inception_lib.graph.mode import in_mode

from . import metrics
from .crops import Scheme, crop_batches
from .outputs import channels_named, logits_of
from .precision import autocast, check_precision

if TYPE_CHECKING:
    from .data import Loader
    from .distributed import World

__all__ = [
    "ClassRow",
    "Evaluation",
    "Mistake",
    "Predictions",
    "compare",
    "ensemble",
    "evaluate",
    "evaluate_together",
    "predict",
    "read_exclusions",
]

SHOWN = 8  # names in a message


@dataclass(frozen=True, eq=False)
class Predictions:
    """What a network makes of images.

    Attributes
    ----------
    probabilities : Tensor
        float32 N×K on the CPU, averaged over crops and flips.
    labels, indices : Tensor
        int64 N: the true classes (−1 where nobody knows them), and the images' places in their
        split.
    names : tuple of str
        Of the images.
    classes : tuple of str
        Of the K classes.
    excluded, not_found, corrupt : tuple of str
        Images left out because they were listed, listed names that no image has, and images that
        could not be read.
    """

    probabilities: Tensor
    labels: Tensor
    indices: Tensor
    names: tuple[str, ...]
    classes: tuple[str, ...]
    excluded: tuple[str, ...] = ()
    not_found: tuple[str, ...] = ()
    corrupt: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class ClassRow:
    """One class: its images, and how many were taken for it.

    ``recall`` is its own top-1 accuracy, ``precision`` the share of right ones among those taken
    for it; both NaN where there is none. ``mistaken_for`` is the class that its images were most
    often taken for wrongly ("" if never), ``times`` how often.
    """

    name: str
    images: int
    predicted: int
    right: int
    recall: float
    precision: float
    mistaken_for: str
    times: int


@dataclass(frozen=True)
class Mistake:
    """One image that was taken for another class, with the probabilities of both."""

    image: str
    label: str
    predicted: str
    probability: float
    probability_of_label: float


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Predictions, judged.

    Attributes
    ----------
    predictions : Predictions
    seconds : float
        That it took.
    """

    predictions: Predictions
    seconds: float = math.nan

    @property
    def n(self) -> int:
        """Images that were judged."""
        return len(self.predictions)

    @cached_property
    def right(self) -> Tensor:
        """Whether each image's prediction is right, N booleans."""
        return metrics.hits(self.predictions.probabilities, self.predictions.labels)

    @cached_property
    def loss(self) -> float:
        """Mean cross-entropy −log p(label), nats; without smoothing or auxiliary head."""
        p, labels = self.predictions.probabilities, self.predictions.labels
        tiny = torch.finfo(torch.float32).tiny
        return float(-p.gather(1, labels[:, None]).double().clamp_min(tiny).log().mean())

    @cached_property
    def top1(self) -> float:
        """Share of images whose class has the highest probability."""
        return float(self.right.double().mean())

    @cached_property
    def top5(self) -> float:
        """Share of images whose class is among the five highest; 1 with five classes or fewer."""
        return float(self._hits5.double().mean())

    @cached_property
    def _hits5(self) -> Tensor:
        return metrics.hits(self.predictions.probabilities, self.predictions.labels, 5)

    @cached_property
    def predicted(self) -> Tensor:
        """The predicted classes, int64 N."""
        return self.predictions.probabilities.argmax(1)

    @cached_property
    def confusion(self) -> Tensor:
        """K×K: how often class i (row) was taken for class j (column)."""
        p = self.predictions
        return metrics.confusion(p.labels, self.predicted, len(p.classes))

    @cached_property
    def ece(self) -> float:
        """Expected calibration error, 15 bins of equal width; see ``metrics.ece``."""
        return metrics.ece(self.predictions.probabilities.amax(1), self.right)

    @cached_property
    def interval95(self) -> tuple[float, float]:
        """Wilson's 95 % interval of ``top1``."""
        return metrics.wilson(int(self.right.sum()), self.n)

    @cached_property
    def per_class(self) -> tuple[ClassRow, ...]:
        """One row a class, in their order."""
        names, table = self.predictions.classes, self.confusion
        images, predicted, right = table.sum(1), table.sum(0), table.diag()
        wrong, rows = table - torch.diag(right), []
        for k, name in enumerate(names):
            times, other = wrong[k].max(0)
            n, taken, good = int(images[k]), int(predicted[k]), int(right[k])
            rows.append(
                ClassRow(
                    name,
                    images=n,
                    predicted=taken,
                    right=good,
                    recall=good / n if n else math.nan,
                    precision=good / taken if taken else math.nan,
                    mistaken_for=names[int(other)] if times else "",
                    times=int(times),
                )
            )
        return tuple(rows)

    @cached_property
    def mistakes(self) -> tuple[Mistake, ...]:
        """The images that were taken for another class, the surest first."""
        p = self.predictions
        wrong = (~self.right).nonzero().flatten()
        sure = p.probabilities[wrong].amax(1)
        return tuple(
            Mistake(
                p.names[i],
                p.classes[int(p.labels[i])],
                p.classes[int(self.predicted[i])],
                float(p.probabilities[i].max()),
                float(p.probabilities[i, p.labels[i]]),
            )
            for i in wrong[sure.argsort(descending=True, stable=True)].tolist()
        )

    def __repr__(self) -> str:
        low, high = self.interval95
        return (
            f"Evaluation({self.n:,} images: top-1 {100 * self.top1:.2f} % "
            f"[{100 * low:.2f}, {100 * high:.2f}], top-5 {100 * self.top5:.2f} %, "
            f"loss {self.loss:.4f}, ECE {self.ece:.4f})"
        )

    def to_dict(self) -> dict[str, Any]:
        """As JSON can hold it; what is not defined (a class without images) is None."""
        p = self.predictions
        return {
            "n": self.n,
            "loss": self.loss,
            "top1": self.top1,
            "top5": self.top5,
            "interval95": list(self.interval95),
            "ece": self.ece,
            "seconds": None if math.isnan(self.seconds) else self.seconds,
            "classes": list(p.classes),
            "confusion": self.confusion.tolist(),
            "per_class": [_plain(row) for row in self.per_class],
            "mistakes": [_plain(row) for row in self.mistakes],
            "excluded": list(p.excluded),
            "not_found": list(p.not_found),
            "corrupt": list(p.corrupt),
        }


def evaluate(
    model: nn.Module | Sequence[nn.Module],
    loader: Loader,
    *,
    crops: int | Scheme = 1,
    flip: bool = False,
    shift: int = 0,
    exclude: Sequence[str] = (),
    precision: str = "fp32",
) -> Evaluation:
    """Judge a network, or several as an ensemble, on the images of a loader.

    Parameters
    ----------
    model : nn.Module or sequence of them
        Left in the mode in which it was. The probabilities of several are averaged.
    loader : Loader
        Made with ``train=False``.
    crops : int or Scheme
        1: the loader's central crop; 12 or 144: see ``training.crops``, from the original images.
    flip : bool
        With one crop: average it with its mirror image. Twelve and more crops are mirrored anyway.
    shift : int
        With one crop: average it with four that are moved by so many pixels along the diagonals,
        their border reflected. For images as small as CIFAR's, of which no crops are taken.
    exclude : sequence of str
        Names of images to leave out, as the split has them or as their last part alone.
    precision : str
        ``"fp32"``, ``"bf16"`` or ``"fp16"``; probabilities are float32 in any case.

    Raises
    ------
    ValueError
        If no image is left, the network's classes are not the data's, its logits are not finite,
        or the shift is negative, not smaller than the image, or asked for beside crops.
    """
    start = time.perf_counter()
    models = [model] if isinstance(model, nn.Module) else list(model)
    options: dict[str, Any] = {"crops": crops, "flip": flip, "shift": shift, "exclude": exclude}
    found = ensemble(predict(one, loader, precision=precision, **options) for one in models)
    if not len(found):
        raise ValueError(f"no image of {loader.data.name} is left to evaluate")
    return Evaluation(found, time.perf_counter() - start)


def predict(
    model: nn.Module,
    loader: Loader,
    *,
    crops: int | Scheme = 1,
    flip: bool = False,
    shift: int = 0,
    exclude: Sequence[str] = (),
    precision: str = "fp32",
) -> Predictions:
    """The class probabilities of every image; the parameters are those of ``evaluate``.

    Of a loader that is one of several processes', its share of the images.
    """
    check_precision(precision)
    side = loader.preprocess.size
    if not isinstance(shift, int) or not 0 <= shift < side:
        raise ValueError(f"shift is {shift!r}: it is a number of pixels, 0 to {side - 1}")
    if shift and crops != 1:
        raise ValueError(f"shift is {shift}: it moves the one crop; leave out crops={crops!r}")
    split, classes = loader.split, loader.data.classes
    out, not_found = _find(exclude, split.names)
    keep = torch.ones(len(split), dtype=torch.bool)
    keep[list(out)] = False
    # The sum of each image's probabilities, and the weight of what was summed.
    device = torch.device(loader.device)
    sums = torch.zeros(len(split), len(classes), device=device)
    weights = torch.zeros(len(split), device=device)
    if crops == 1:
        batches = _single(loader, flip, shift)
    else:
        batches = crop_batches(loader, crops, keep.nonzero().flatten().tolist())
    with in_mode(model, train=False), torch.inference_mode():
        for images, indices, weight in batches:
            with autocast(device.type, precision), channels_named():
                logits = logits_of(model(images))
            if logits.shape[1] != len(classes):
                raise ValueError(
                    f"the network has {logits.shape[1]} classes, {loader.data.name} has "
                    f"{len(classes)}: build it with num_classes={len(classes)}, or load the "
                    "weights that were trained on these data"
                )
            p = logits.float().softmax(1)
            sums.index_add_(0, indices, p * weight[:, None])
            weights.index_add_(0, indices, weight)
    seen = weights.cpu() > 0
    indices = (seen & keep).nonzero().flatten()
    probabilities = (sums / weights.clamp_min(1e-12)[:, None]).cpu()[indices]
    if not bool(probabilities.isfinite().all()):
        bad = int((~probabilities.isfinite().all(1)).sum())
        raise ValueError(
            f"the network's logits are not finite for {bad:,} of {len(indices):,} images: its "
            "weights have diverged, or precision='fp16' is too narrow for it; try 'fp32'"
        )
    return Predictions(
        probabilities,
        split.labels[indices].cpu(),
        indices,
        tuple(split.names[i] for i in indices.tolist()),
        tuple(classes),
        excluded=tuple(split.names[i] for i in sorted(out)),
        not_found=not_found,
        corrupt=tuple(str(one) for one in loader.corrupt),
    )


def evaluate_together(
    world: World, model: nn.Module, loader: Loader, *, precision: str = "fp32"
) -> Evaluation | None:
    """Judge a network on all processes: each its share of the images, rank 0 the whole.

    Returns
    -------
    Evaluation or None
        None on every other process.
    """
    world.broadcast_buffers(model)
    shares = world.gather_object(predict(model, loader, precision=precision))
    return Evaluation(_concatenated(shares)) if world.rank == 0 else None


def _concatenated(shares: list[Predictions]) -> Predictions:
    """Predictions of parts of a split, as those of the whole."""
    if len(shares) == 1:
        return shares[0]
    indices = torch.cat([share.indices for share in shares])
    order = indices.argsort()
    names = [name for share in shares for name in share.names]
    return Predictions(
        torch.cat([share.probabilities for share in shares])[order],
        torch.cat([share.labels for share in shares])[order],
        indices[order],
        tuple(names[i] for i in order.tolist()),
        shares[0].classes,
        corrupt=tuple(name for share in shares for name in share.corrupt),
    )


def ensemble(members: Iterable[Predictions]) -> Predictions:
    """The mean of several networks' probabilities on the same images."""
    every = list(members)
    if not every:
        raise ValueError("an ensemble needs at least one network")
    first = every[0]
    for other in every[1:]:
        if other.classes != first.classes or not torch.equal(other.indices, first.indices):
            raise ValueError(
                f"the members of an ensemble must judge the same images and classes: one has "
                f"{len(first):,} images of {len(first.classes)} classes, another "
                f"{len(other):,} of {len(other.classes)}"
            )
    mean = torch.stack([one.probabilities for one in every]).mean(0)
    return Predictions(
        mean,
        first.labels,
        first.indices,
        first.names,
        first.classes,
        first.excluded,
        first.not_found,
        first.corrupt,
    )


def compare(first: Evaluation, second: Evaluation) -> metrics.Paired:
    """Two networks on the images that both judged; see ``metrics.Paired``."""
    a, b = first.predictions, second.predictions
    common = torch.tensor(sorted(set(a.indices.tolist()) & set(b.indices.tolist())))
    if not len(common) or a.classes != b.classes:
        raise ValueError("the two evaluations share no image, or have other classes")
    rows = [torch.searchsorted(one.indices, common) for one in (a, b)]
    if [a.names[i] for i in rows[0].tolist()] != [b.names[i] for i in rows[1].tolist()]:
        raise ValueError("the two evaluations are of different images: use the same data and split")
    return metrics.paired(first.right[rows[0]], second.right[rows[1]])


def read_exclusions(path: str | Path) -> tuple[str, ...]:
    """Names of images, one a line; empty lines and those that begin with # are passed over."""
    lines = (line.strip() for line in Path(path).read_text(encoding="utf-8").splitlines())
    return tuple(line for line in lines if line and not line.startswith("#"))


def _find(exclude: Sequence[str], names: Sequence[str]) -> tuple[set[int], tuple[str, ...]]:
    """The images that are listed, and the listed names that none has."""
    if not exclude:
        return set(), ()
    places: dict[str, list[int]] = {}
    for i, name in enumerate(names):
        for key in {name, Path(name).name}:
            places.setdefault(key, []).append(i)
    found = {i for name in exclude for i in places.get(name, ())}
    lost = tuple(name for name in exclude if name not in places)
    if lost:
        more = f" and {len(lost) - SHOWN} more" if len(lost) > SHOWN else ""
        forms = " or ".join(map(repr, dict.fromkeys((names[0], Path(names[0]).name))))
        warnings.warn(
            f"no image is called {', '.join(lost[:SHOWN])}{more}: names are as {forms}",
            stacklevel=4,
        )
    return found, lost


def _single(loader: Loader, flip: bool, shift: int) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """The loader's own crop of each image; moved, and mirrored, if asked for."""
    for batch in loader.epoch(0):
        indices = batch.indices.to(batch.images.device)
        weight = torch.ones(len(indices), device=batch.images.device)
        for view in _moved(batch.images, shift):
            yield view, indices, weight
            if flip:
                yield view.flip(3), indices, weight


def _moved(images: Tensor, shift: int) -> Iterator[Tensor]:
    """N×3×H×W where they are, then moved to each corner, the border reflected."""
    yield images
    if shift:
        height, width = images.shape[2:]
        wide = nn.functional.pad(images, (shift,) * 4, mode="reflect")
        for top, left in product((0, 2 * shift), repeat=2):
            yield wide[:, :, top : top + height, left : left + width]


def _plain(row: Any) -> dict[str, Any]:
    return {
        key: None if isinstance(value, float) and math.isnan(value) else value
        for key, value in vars(row).items()
    }
