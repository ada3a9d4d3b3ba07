"""Small Inceptions for small images, in which every idea of the paper has its own switch.

A switched-off idea is replaced by what the paper replaced, narrowed until it costs the same: what
differs between two of these networks is the idea and not the amount of work.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

import torch

from ..layers import Conv, Pool, pair, parts
from ..modules import make_block
from ..scale import scale
from ..spec import Block, Departure, Head, Spec, block

__all__ = ["TINY", "tiny"]

Reduction = Literal["parallel", "pool_first", "conv_first"]
Pair = tuple[int, int]

# Widths of the modules on the three grids, 112, 256 and 640 channels in all.
FINE = {"branch1x1": 24, "branch3x3": (24, 32), "branch3x3dbl": (24, 32), "branch_pool": 24}
MEDIUM = {"branch1x1": 80, "branch_nxn": (48, 72), "branch_nxn_dbl": (48, 72), "branch_pool": 32}
COARSE = {
    "branch1x1": 160,
    "branch3x3": (96, 96),
    "branch3x3dbl": (96, 96, 96),
    "branch_pool": 96,
}


def tiny(
    size: int = 32,
    *,
    width: float = 1.0,
    factorized: bool = True,
    asymmetric: bool = True,
    expanded: bool = True,
    reduction: Reduction = "parallel",
    aux: bool = True,
    aux_batch_norm: bool = True,
    early_pool: bool = False,
    in_channels: int = 3,
    num_classes: int = 10,
    name: str | None = None,
) -> Spec:
    """The spec of a small Inception, with the ideas of the paper on or off.

    Grids of 32, 16 and 8 cells from 32×32 pixels, from 64×64 by a stride in the first layer, from
    128×128 by a pool as well. Smaller images give smaller grids, and those below 16 pixels get a
    much smaller network: one module a grid and a quarter of each width.

    Parameters
    ----------
    size : int
        Side of the images, 8 to 128 pixels.
    width : float
        Factor of every width.
    factorized : bool
        Section 3.1, Figure 5: two 3×3 in the modules of the finest grid; else Figure 4's 5×5.
    asymmetric : bool
        Section 3.2, Figure 6: 1×n, n×1 on the medium grid; else n×n. n is the largest odd number
        up to 7 that is smaller than the grid.
    expanded : bool
        Section 2, Figure 7: the last module fans out into 1×3 and 3×1; else plain 3×3.
    reduction : {"parallel", "pool_first", "conv_first"}
        Section 5: Figure 10, or the left or right side of Figure 9.
    aux : bool
        Section 4: an auxiliary head on the medium grid.
    aux_batch_norm : bool
        Whether it is batch-normalised.
    early_pool : bool
        A max pool behind the stem and one module a grid, from 16 pixels on: grids half as fine
        for less than a fifth of the cost, which leaves a processor time for a larger ``width``.
    in_channels, num_classes : int
        Of the images, and of the logits where ``build`` is not told.
    name : str or None
        Defaults to ``inception_tiny_32`` with what is switched off behind it.

    Raises
    ------
    ValueError
        If the size or a width is out of range, or there is no such reduction.
    """
    if not isinstance(size, int) or not 8 <= size <= 128:
        raise ValueError(f"size is {size!r}: 8 to 128 pixels; for larger images use inception_v3")
    if early_pool and size < 16:
        raise ValueError(f"size is {size!r}: with early_pool 16 pixels or more, or leave it out")
    if not width > 0:
        raise ValueError(f"width is {width!r}: it is a positive factor")
    if reduction not in ("parallel", "pool_first", "conv_first"):
        raise ValueError(f"reduction is {reduction!r}: 'parallel', 'pool_first' or 'conv_first'")

    halvings = (size > 32) + (size > 64)
    fine = -(-size // 2 ** (halvings + early_pool))
    medium = -(-fine // 2)
    coarse = -(-medium // 2)
    n = min(7, medium - 1 - medium % 2)
    small = fine < 16  # a quarter of the width
    letters = "b" if small or early_pool else "bc"
    widths = (16, 32) if early_pool else (32, 48)
    stem: list[tuple[str, Conv | Pool]] = [
        (f"Conv2d_{number}a_3x3", Conv(out, 3, 2 if halvings and number == 1 else 1))
        for number, out in enumerate(widths, 1)
    ]
    for number in range(1, 1 + early_pool + (halvings == 2)):
        stem.append((f"maxpool{number}", Pool("max", 3, 2)))

    grow = _Growth(widths[-1])
    for letter in letters:
        grow.add(_fine(f"Mixed_5{letter}", factorized, grow.channels, fine))
    grow.add(_reduced("Mixed_6a", reduction, grow.channels, fine, 96, (24, 48)))
    for letter in letters:
        grow.add(_medium(f"Mixed_6{letter}", asymmetric, n, grow.channels, medium))
    last = grow.blocks[-1].name
    grow.add(_reduced("Mixed_7a", reduction, grow.channels, medium, (80, 128), (64, 96)))
    grow.add(_coarse("Mixed_7b", expanded, grow.channels, coarse))

    changed = {
        "pooled": early_pool,
        "5x5": not factorized,
        f"{n}x{n}": not asymmetric,
        "narrow_end": not expanded,
        reduction: reduction != "parallel",
        "no_aux": not aux,
        "plain_aux": aux and not aux_batch_norm,
    }
    spec = Spec(
        name="inception_tiny",
        reference=f"section 6 on grids of {fine}, {medium} and {coarse} cells",
        stem=tuple(stem),
        blocks=tuple(grow.blocks),
        aux_after=last if aux else None,
        in_channels=in_channels,
        head=_head(medium, aux_batch_norm),
        size=size,
        num_classes=num_classes,
    )
    factor = width * (0.25 if small else 1)
    spec = scale(spec, factor) if factor != 1 else spec
    with torch.device("meta"):
        widest = make_block(grow.channels, spec.blocks[-1]).out_channels
    named = "_".join(
        [f"inception_tiny_{size}", *(what for what, is_so in changed.items() if is_so)]
    )
    name = name or named + (f"_x{width:g}" if width != 1 else "")
    return replace(spec, name=name, departures=_departures(n, widest))


class _Growth:
    """Blocks as they are added, and the channels that leave the last."""

    def __init__(self, channels: int) -> None:
        self.channels = channels
        self.blocks: list[Block] = []

    def add(self, new: Block) -> None:
        with torch.device("meta"):
            self.channels = make_block(self.channels, new).out_channels
        self.blocks.append(new)


def _fine(name: str, factorized: bool, channels: int, grid: int) -> Block:
    on = block(name, "factorized", **FINE)
    if factorized:
        return on
    kept = {key: FINE[key] for key in ("branch1x1", "branch3x3", "branch_pool")}

    def off(inside: int) -> Block:
        return block(name, "original", **kept, branch5x5=(inside, 32), pool="avg")

    return _as_dear(on, off, channels, grid)


def _medium(name: str, asymmetric: bool, n: int, channels: int, grid: int) -> Block:
    on = block(name, "asymmetric", **MEDIUM, n=n)
    if asymmetric:
        return on

    def off(inside: int) -> Block:
        pairs = {"branch_nxn": (inside, 72), "branch_nxn_dbl": (inside, 72)}
        return block(name, "asymmetric", **{**MEDIUM, **pairs}, n=n, asymmetric=False)

    return _as_dear(on, off, channels, grid)


def _coarse(name: str, expanded: bool, channels: int, grid: int) -> Block:
    on = block(name, "expanded", **COARSE)
    if expanded:
        return on

    def off(quarter: int) -> Block:
        end = 4 * quarter  # what the narrower ends leave goes to the 1×1: 640 in all
        widths = {"branch3x3": (96, end), "branch3x3dbl": (96, end), "branch_pool": 96}
        return block(name, "factorized", branch1x1=544 - 2 * end, **widths)

    return _as_dear(on, off, channels, grid, most=48)


def _reduced(
    name: str, reduction: Reduction, channels: int, grid: int, single: int | Pair, double: Pair
) -> Block:
    on = block(name, "reduction", branch3x3=single, branch3x3dbl=double, padding="same")
    if reduction == "parallel":
        return on
    out = channels + (single if isinstance(single, int) else single[1]) + double[1]

    def off(inside: int) -> Block:
        return block(
            name, "sequential_reduction", out=out, inside=inside, order=reduction, padding="same"
        )

    return _as_dear(on, off, channels, grid)


def _as_dear(
    on: Block, off: Callable[[int], Block], channels: int, grid: int, most: int = 512
) -> Block:
    """Of ``off(1)`` to ``off(most)``, the block that costs most nearly what ``on`` costs."""
    aim = _macs(on, channels, grid)
    low, high = 1, most
    while high - low > 1:
        middle = (low + high) // 2
        if _macs(off(middle), channels, grid) <= aim:
            low = middle
        else:
            high = middle
    return min((off(low), off(high)), key=lambda new: abs(_macs(new, channels, grid) - aim))


def _macs(of: Block, channels: int, grid: int) -> int:
    """Multiply-adds of a block over a square grid."""
    with torch.device("meta"):
        module = make_block(channels, of)
    total = 0
    for layers in module.branches.values():
        width, side = channels, grid
        for layer in layers:
            leaves = 0
            for part in parts(layer):
                kernel = pair(part.kernel)
                after = (side + 2 * part.pads[0] - kernel[0]) // part.stride + 1
                out = part.out if isinstance(part, Conv) else width
                if isinstance(part, Conv):
                    total += width * out * kernel[0] * kernel[1] * after**2
                leaves += out
            width, side = leaves, after
    return total


def _head(grid: int, batch_norm: bool) -> Head:
    """A head whose second convolution covers the whole pooled grid, as on 17×17 in the paper."""
    pool, stride = (5, 3) if grid >= 8 else (2, 2)
    return Head(
        widths=(64, 256),
        pool=pool,
        stride=stride,
        kernel=(grid - pool) // stride + 1,
        batch_norm="all" if batch_norm else "none",
    )


def _departures(n: int, widest: int) -> tuple[Departure, ...]:
    smaller = Departure("medium grid", "n = 7", f"n = {n}", "the grid holds no larger one")
    return (
        Departure("images", "299×299 pixels", "8 to 128", "runs on a processor in minutes"),
        Departure("widths", "up to 2048 channels", f"up to {widest}", "small images, few classes"),
        Departure("grid reductions", "unpadded", "padded", "so that 32, 16 and 8 divide"),
        *([smaller] if n < 7 else []),
    )


# By name in SPECS; a processor trains the second or the fourth on CIFAR-10 in an hour.
TINY = (tiny(8), tiny(32, width=0.5), tiny(32), tiny(32, early_pool=True, width=1.5), tiny(64))
