"""Section 3.2: 1×n and n×1 in place of n×n, on the fine, the medium or the coarse grid."""

from __future__ import annotations

from _design import Comparison, Design
from _images import Images
from _trial import Trial
from torch import nn

from .networks import classifier, conv

N = 5
WIDTHS = {32: 6, 16: 12, 8: 24}  # channels on each grid: n×n costs the same on all three


def _network(num_classes: int, lines_on: int) -> nn.Module:
    """n×n on grids of 32, 16 and 8 cells, but for the grid on which lines stand.

    Between 1×n and n×1 are n/2 times as many channels: n·w·m + n·m·w = n²·w², the same cost.
    """

    def window(grid: int) -> list[nn.Module]:
        width = WIDTHS[grid]
        if grid != lines_on:
            return conv(width, width, N)
        inside = N * width // 2
        return [*conv(width, inside, (1, N)), *conv(inside, width, (N, 1))]

    parts = [("first", conv(3, WIDTHS[32], 3))]
    for before, grid in ((None, 32), (32, 16), (16, 8)):
        if before:
            parts.append((f"to_{grid}", conv(WIDTHS[before], WIDTHS[grid], 3, stride=2)))
        parts.append((f"window_{grid}", window(grid)))
    return classifier(parts, WIDTHS[8], num_classes)


def squares(num_classes: int) -> nn.Module:
    """n×n everywhere."""
    return _network(num_classes, 0)


def lines_on_32(num_classes: int) -> nn.Module:
    """1×n and n×1 on 32×32."""
    return _network(num_classes, 32)


def lines_on_16(num_classes: int) -> nn.Module:
    """1×n and n×1 on 16×16."""
    return _network(num_classes, 16)


def lines_on_8(num_classes: int) -> nn.Module:
    """1×n and n×1 on 8×8."""
    return _network(num_classes, 8)


def _trial(network: str) -> Trial:
    return Trial(f"designs.where_asymmetric:{network}", Images(side=32))


DESIGN = Design(
    name="where_asymmetric",
    question="Do lines in place of squares do better on a medium grid than on a fine one?",
    variants={
        "squares": _trial("squares"),
        "lines on 32": _trial("lines_on_32"),
        "lines on 16": _trial("lines_on_16"),
        "lines on 8": _trial("lines_on_8"),
    },
    first=("squares", "lines on 32", "lines on 16"),
    comparisons=(
        Comparison("lines-where", "lines on 32", "lines on 16", "error", +1),
        Comparison("lines-fine", "lines on 32", "squares", "error", +1),
        Comparison("lines-medium", "squares", "lines on 16", "error", +1),
        Comparison("lines-coarse", "squares", "lines on 8", "error", +1),
    ),
)
