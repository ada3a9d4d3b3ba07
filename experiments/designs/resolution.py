"""Section 9, Table 2: images of three sizes at equal cost, and a network merely shown less."""

from __future__ import annotations

from _design import Comparison, Design
from _images import Images
from _trial import Trial
from torch import nn

from .networks import classifier, conv

WIDTH, DEPTH = 32, 4


def _network(num_classes: int, stride: int, pool: bool) -> nn.Module:
    """A first layer whose stride and pool bring the image to 8×8, and the same rest for all."""
    first = conv(3, WIDTH // 2, 3, stride=stride)
    if pool:
        first.append(nn.MaxPool2d(3, 2, 1))
    rest = [layer for _ in range(DEPTH) for layer in conv(WIDTH, WIDTH, 3)]
    parts = (
        ("first", first),
        ("second", conv(WIDTH // 2, WIDTH, 3)),
        ("rest", rest),
        ("last", conv(WIDTH, 2 * WIDTH, 3, stride=2)),
    )
    return classifier(parts, 2 * WIDTH, num_classes)


def large(num_classes: int) -> nn.Module:
    """For 32×32: stride 2 and a pool, as for 299×299."""
    return _network(num_classes, 2, True)


def half(num_classes: int) -> nn.Module:
    """For 16×16: stride 1 and a pool, as for 151×151."""
    return _network(num_classes, 1, True)


def quarter(num_classes: int) -> nn.Module:
    """For 8×8: stride 1 and no pool, as for 79×79."""
    return _network(num_classes, 1, False)


def _trial(network: str, side: int) -> Trial:
    return Trial(f"designs.resolution:{network}", Images(side=side))


DESIGN = Design(
    name="resolution",
    question="How much is lost if the image is smaller and the cost is not?",
    variants={
        "32 pixels": _trial("large", 32),
        "16 pixels": _trial("half", 16),
        "8 pixels": _trial("quarter", 8),
        "16 pixels, network for 32": _trial("large", 16),
    },
    comparisons=(
        Comparison("resolution-half", "16 pixels", "32 pixels", "error", 0, margin=1.4),
        Comparison("resolution-close", "8 pixels", "32 pixels", "error", 0, margin=1.4),
        Comparison("resolution-quarter", "8 pixels", "32 pixels", "error", +1),
        Comparison("resolution-naive", "16 pixels, network for 32", "16 pixels", "error", +1),
    ),
    measures=("sizes",),
)
