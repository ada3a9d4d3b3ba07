"""Section 2, fourth principle: nearly four times the cost, spent on width, on depth, or on both."""

from __future__ import annotations

from _design import Comparison, Design
from _images import Images
from _trial import Trial
from torch import nn

from .networks import classifier, conv


def _network(num_classes: int, width: int, depth: int) -> nn.Module:
    """3×3 to ``width``, ``depth`` 3×3 on 15×15, a halving to twice the width, ``depth`` on 8×8."""

    def stack(channels: int) -> list[nn.Module]:
        return [layer for _ in range(depth) for layer in conv(channels, channels, 3)]

    parts = (
        ("first", conv(3, width, 3)),
        ("fine", stack(width)),
        ("halving", conv(width, 2 * width, 3, stride=2)),
        ("coarse", stack(2 * width)),
    )
    return classifier(parts, 2 * width, num_classes)


def small(num_classes: int) -> nn.Module:
    """The network that is enlarged: 8 and 16 channels, one convolution a grid."""
    return _network(num_classes, 8, 1)


def wide(num_classes: int) -> nn.Module:
    """Wider alone."""
    return _network(num_classes, 16, 1)


def deep(num_classes: int) -> nn.Module:
    """Deeper alone."""
    return _network(num_classes, 8, 5)


def both(num_classes: int) -> nn.Module:
    """Wider and deeper."""
    return _network(num_classes, 12, 2)


_HERE = "designs.width_depth"
_MORE = Images(train=3840)

DESIGN = Design(
    name="width_depth",
    question="Is a cost four times as high better spent on width and depth together than on one?",
    variants={name: Trial(f"{_HERE}:{name}", _MORE) for name in ("small", "wide", "deep", "both")},
    first=("wide", "deep", "both"),
    comparisons=(
        Comparison("both-or-wide", "wide", "both", "error", +1),
        Comparison("both-or-deep", "deep", "both", "error", +1),
    ),
)
