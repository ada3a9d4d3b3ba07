"""What a set of predictions is worth: counts, calibration, intervals, paired comparisons.

Pure functions of labels and probabilities. Shares are in [0, 1]; intervals are at 95 %.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from inception_lib.intervals import Z95

__all__ = ["Bin", "Paired", "calibration", "confusion", "ece", "hits", "paired", "wilson"]


def confusion(labels: Tensor, predicted: Tensor, classes: int) -> Tensor:
    """How often class i (row) was taken for class j (column): classes × classes, int64."""
    for name, values in (("label", labels), ("prediction", predicted)):
        if len(values) and not 0 <= int(values.min()) <= int(values.max()) < classes:
            wrong = int(values.max()) if int(values.min()) >= 0 else int(values.min())
            raise ValueError(
                f"a {name} is {wrong}, and there are {classes} classes (0 to {classes - 1}): "
                "the network and the data must have the same classes"
            )
    pairs = labels.long() * classes + predicted.long()
    return torch.bincount(pairs, minlength=classes * classes).view(classes, classes)


def hits(scores: Tensor, labels: Tensor, k: int = 1) -> Tensor:
    """Whether the label N is among the k classes of highest score N×K, N booleans.

    With fewer than k classes all count as hits. Of equal scores the class that comes first wins,
    so a network that gives every class the same score is right only where the label is among the
    first k.
    """
    order = scores.argsort(dim=1, descending=True, stable=True)[:, :k]
    return (order == labels[:, None]).any(1)


def wilson(right: int, n: int, z: float = Z95) -> tuple[float, float]:
    """Wilson's interval of a share: ``right`` of ``n`` images.

    Unlike ± z·√(p(1−p)/n) it stays within [0, 1] and has a width where all, or none, are right.
    """
    if not 0 <= right <= n:
        raise ValueError(f"{right} right of {n}: give 0 <= right <= n")
    if n == 0:
        return 0.0, 1.0
    share, z2 = right / n, z * z
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = z / (1 + z2 / n) * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    # At the ends the two terms are equal, and only rounding keeps them apart.
    return (0.0 if right == 0 else middle - half), (1.0 if right == n else middle + half)


@dataclass(frozen=True)
class Bin:
    """Predictions whose confidence is within (low, high]: how many, how sure, how often right."""

    low: float
    high: float
    n: int
    confidence: float
    accuracy: float


def calibration(confidence: Tensor, right: Tensor, bins: int = 15) -> tuple[Bin, ...]:
    """A reliability table: predictions by confidence, in bins of equal width over (0, 1].

    Parameters
    ----------
    confidence : Tensor
        The probability given to the predicted class, N.
    right : Tensor
        Whether the prediction was right, N.
    bins : int
        Bin b holds the confidences in (b/bins, (b+1)/bins]; 0 goes to the first.
    """
    if bins < 1:
        raise ValueError(f"bins is {bins}: give at least 1; 15 is usual")
    confidence = confidence.double()
    edges = torch.linspace(0, 1, bins + 1, dtype=torch.float64, device=confidence.device)
    where = (torch.bucketize(confidence, edges) - 1).clamp(0, bins - 1)
    n = torch.bincount(where, minlength=bins).tolist()
    sure = torch.bincount(where, confidence, minlength=bins).tolist()
    good = torch.bincount(where, right.double(), minlength=bins).tolist()
    limits = edges.tolist()
    return tuple(
        Bin(limits[b], limits[b + 1], n[b], sure[b] / max(n[b], 1), good[b] / max(n[b], 1))
        for b in range(bins)
    )


def ece(confidence: Tensor, right: Tensor, bins: int = 15) -> float:
    """Expected calibration error: Σ_b (n_b / N) · |accuracy_b − confidence_b|.

    Over ``calibration``'s bins of equal width, of the predicted class alone. 0 for no images.
    """
    table = calibration(confidence, right, bins)
    total = sum(row.n for row in table)
    return sum(row.n * abs(row.accuracy - row.confidence) for row in table) / max(total, 1)


@dataclass(frozen=True)
class Paired:
    """Two networks on the same images.

    Attributes
    ----------
    n, both, only_first, only_second, neither : int
        Images, and which of the two networks had them right.
    difference : float
        Top-1 of the first less that of the second.
    standard_error : float
        Of the difference, from the same images: far smaller than from two separate sets.
    interval95 : (float, float)
        Of the difference, by the normal approximation.
    p_value : float
        McNemar's exact test: how likely so uneven a split of the images on which they differ is,
        were the two equally good. Two-sided.
    """

    n: int
    both: int
    only_first: int
    only_second: int
    neither: int
    difference: float
    standard_error: float
    interval95: tuple[float, float]
    p_value: float


def paired(first: Tensor, second: Tensor) -> Paired:
    """Compare two networks by whether each had each image right: two boolean tensors of N."""
    if first.shape != second.shape or first.ndim != 1 or not len(first):
        raise ValueError(
            f"{tuple(first.shape)} and {tuple(second.shape)}: give one boolean an image from "
            "each network, over the same images"
        )
    first, second = first.bool(), second.bool()
    n, b, c = len(first), int((first & ~second).sum()), int((~first & second).sum())
    difference = (b - c) / n
    error = math.sqrt(max(b + c - (b - c) ** 2 / n, 0.0)) / n
    # Under equality each image of the b + c goes either way like a fair coin.
    tail = sum(math.comb(b + c, i) for i in range(min(b, c) + 1))
    return Paired(
        n=n,
        both=int((first & second).sum()),
        only_first=b,
        only_second=c,
        neither=int((~first & ~second).sum()),
        difference=difference,
        standard_error=error,
        interval95=(difference - Z95 * error, difference + Z95 * error),
        p_value=min(1.0, 2 * tail / 2 ** (b + c)),
    )
