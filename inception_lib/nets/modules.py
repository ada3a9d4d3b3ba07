"""The Inception modules of the paper, one class a figure, each usable alone.

Every module is a few parallel branches over one tensor, concatenated along the channels. The
classes below only say which branches; ``InceptionModule`` does the rest. Parameter names are
those of the published weights (``branch3x3dbl_2.conv.weight``).
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Literal

from .branches import Branches, InceptionModule
from .layers import Conv, Fan, Layer, Pool
from .spec import Block, known

__all__ = [
    "KINDS",
    "AsymmetricModule",
    "ExpandedModule",
    "FactorizedModule",
    "GridReduction",
    "InceptionModule",
    "OriginalModule",
    "SequentialReduction",
    "make_block",
]

Padding = Literal["valid", "same"]


class OriginalModule(InceptionModule):
    """Figure 4: the module of GoogLeNet, with a 5×5 branch.

    Widths of a pair are (1×1 reduction, convolution); the defaults are GoogLeNet's first module.
    N×in_channels×H×W becomes N×(sum of the branches' last widths)×H×W.
    """

    figure = "Figure 4"
    widths = ("branch1x1", "branch3x3", "branch5x5", "branch_pool")

    def __init__(
        self,
        in_channels: int,
        branch1x1: int = 64,
        branch3x3: tuple[int, int] = (96, 128),
        branch5x5: tuple[int, int] = (16, 32),
        branch_pool: int = 32,
        pool: str = "max",
        count_include_pad: bool = True,
    ) -> None:
        branches: Branches = {
            "branch1x1": (Conv(branch1x1),),
            "branch3x3": _reduced(branch3x3, Conv(branch3x3[1], 3)),
            "branch5x5": _reduced(branch5x5, Conv(branch5x5[1], 5)),
            "branch_pool": (_pool(pool), Conv(branch_pool)),
        }
        super().__init__(in_channels, branches, count_include_pad)


class FactorizedModule(InceptionModule):
    """Figure 5: the 5×5 of Figure 4 replaced by two 3×3 (section 3.1).

    ``single_kernel`` is the kernel of the branch with one large convolution: 3 in the figure,
    5 in the released network, which kept a 5×5 *beside* the two 3×3.
    """

    figure = "Figure 5"
    widths = ("branch1x1", "branch3x3", "branch3x3dbl", "branch_pool")

    def __init__(
        self,
        in_channels: int,
        branch1x1: int = 64,
        branch3x3: tuple[int, int] = (48, 64),
        branch3x3dbl: tuple[int, int] = (64, 96),
        branch_pool: int = 32,
        single_kernel: int = 3,
        count_include_pad: bool = True,
    ) -> None:
        single = f"branch{single_kernel}x{single_kernel}"
        reduce, double = branch3x3dbl
        branches: Branches = {
            "branch1x1": (Conv(branch1x1),),
            single: _reduced(branch3x3, Conv(branch3x3[1], single_kernel)),
            "branch3x3dbl": (Conv(reduce), Conv(double, 3), Conv(double, 3)),
            "branch_pool": (_pool("avg"), Conv(branch_pool)),
        }
        super().__init__(in_channels, branches, count_include_pad)


class AsymmetricModule(InceptionModule):
    """Figure 6: n×n convolutions factorized into 1×n and n×1 (section 3.2; n = 7 in the paper).

    ``branch_nxn`` and ``branch_nxn_dbl`` are (width inside, width at the end). The defaults are
    the first such module of the released network. With ``asymmetric=False`` the n×n convolutions
    are left whole: one in the first of the two branches, two in the other.
    """

    figure = "Figure 6"
    widths = ("branch1x1", "branch_nxn", "branch_nxn_dbl", "branch_pool")

    def __init__(
        self,
        in_channels: int,
        branch1x1: int = 192,
        branch_nxn: tuple[int, int] = (128, 192),
        branch_nxn_dbl: tuple[int, int] = (128, 192),
        branch_pool: int = 192,
        n: int = 7,
        asymmetric: bool = True,
        count_include_pad: bool = True,
    ) -> None:
        inside, end = branch_nxn
        inner, last = branch_nxn_dbl
        single: tuple[Conv, ...]
        double: tuple[Conv, ...]
        if asymmetric:
            row, column = (1, n), (n, 1)
            single = (Conv(inside, row), Conv(end, column))
            double = (Conv(inner, column), Conv(inner, row), Conv(inner, column), Conv(last, row))
        else:
            single, double = (Conv(end, n),), (Conv(inner, n), Conv(last, n))
        branches: Branches = {
            "branch1x1": (Conv(branch1x1),),
            f"branch{n}x{n}": (Conv(inside), *single),
            f"branch{n}x{n}dbl": (Conv(inner), *double),
            "branch_pool": (_pool("avg"), Conv(branch_pool)),
        }
        super().__init__(in_channels, branches, count_include_pad)


class ExpandedModule(InceptionModule):
    """Figure 7: branches that fan out into 1×3 and 3×1, for the coarsest grid (section 2).

    ``branch3x3`` is (1×1 reduction, each end); ``branch3x3dbl`` is (1×1 reduction, 3×3, each end).
    ``pool`` is the kind of the pooling branch: the last module of the 2015 graph has ``"max"``.
    """

    figure = "Figure 7"
    widths = ("branch1x1", "branch3x3", "branch3x3dbl", "branch_pool")

    def __init__(
        self,
        in_channels: int,
        branch1x1: int = 320,
        branch3x3: tuple[int, int] = (384, 384),
        branch3x3dbl: tuple[int, int, int] = (448, 384, 384),
        branch_pool: int = 192,
        pool: str = "avg",
        count_include_pad: bool = True,
    ) -> None:
        reduce, double, end = branch3x3dbl
        branches: Branches = {
            "branch1x1": (Conv(branch1x1),),
            "branch3x3": (Conv(branch3x3[0]), _row_and_column(branch3x3[1])),
            "branch3x3dbl": (Conv(reduce), Conv(double, 3), _row_and_column(end)),
            "branch_pool": (_pool(pool), Conv(branch_pool)),
        }
        super().__init__(in_channels, branches, count_include_pad)


class GridReduction(InceptionModule):
    """Figure 10: stride-2 convolutions beside a stride-2 pool, concatenated (section 5).

    Cheap, and without the bottleneck of pooling first.

    Parameters
    ----------
    in_channels : int
        Channels of the input, N×C×H×W.
    branch3x3 : int or (int, int)
        Width of the stride-2 3×3, or (1×1 reduction, width).
    branch3x3dbl : (int, int) or None
        (1×1 reduction, width) of the branch with two 3×3; None leaves it out.
    branch7x7x3 : (int, int) or None
        (width of 1×1, 1×7 and 7×1, width of the last 3×3): the variation on the coarser grid.
    padding : {"valid", "same"}
        Of the layers with stride 2: a grid of n cells becomes (n − 1) // 2, or with "same"
        (n + 1) // 2, which halves even grids.
    """

    figure = "Figure 10"
    widths = ("branch3x3", "branch3x3dbl", "branch7x7x3")
    averages = False

    def __init__(
        self,
        in_channels: int,
        branch3x3: int | tuple[int, int] = 384,
        branch3x3dbl: tuple[int, int] | None = (64, 96),
        branch7x7x3: tuple[int, int] | None = None,
        padding: Padding = "valid",
    ) -> None:
        branches: dict[str, Sequence[Layer]] = {}
        if isinstance(branch3x3, int):
            branches["branch3x3"] = (_halving(branch3x3, padding),)
        else:
            branches["branch3x3"] = _reduced(branch3x3, _halving(branch3x3[1], padding))
        if branch3x3dbl is not None:
            reduce, double = branch3x3dbl
            branches["branch3x3dbl"] = (Conv(reduce), Conv(double, 3), _halving(double, padding))
        if branch7x7x3 is not None:
            inside, end = branch7x7x3
            branches["branch7x7x3"] = (
                Conv(inside),
                Conv(inside, (1, 7)),
                Conv(inside, (7, 1)),
                _halving(end, padding),
            )
        branches["branch_pool"] = (Pool("max", 3, 2, padding),)
        super().__init__(in_channels, branches)


class SequentialReduction(InceptionModule):
    """Figure 9: pooling and convolutions in a row, the two ways that section 5 replaces.

    A 1×1 of ``inside`` channels and a 3×3 of ``out``, with the pool before them (a
    representational bottleneck) or behind (no bottleneck, but four times the cells to compute).

    Parameters
    ----------
    in_channels : int
        Channels of the input, N×C×H×W.
    out, inside : int
        Widths of the 3×3 and of the 1×1 before it.
    order : {"pool_first", "conv_first"}
        Left and right side of the figure.
    padding : {"valid", "same"}
        Of the pool, 3×3 with stride 2, as in ``GridReduction``.
    """

    figure = "Figure 9"
    widths = ("out", "inside")
    averages = False

    def __init__(
        self,
        in_channels: int,
        out: int,
        inside: int,
        order: Literal["pool_first", "conv_first"] = "pool_first",
        padding: Padding = "valid",
    ) -> None:
        convs, pool = (Conv(inside), Conv(out, 3)), Pool("max", 3, 2, padding)
        if order not in ("pool_first", "conv_first"):
            raise ValueError(f"order is {order!r}: it is 'pool_first' or 'conv_first'")
        layers = (pool, *convs) if order == "pool_first" else (*convs, pool)
        super().__init__(in_channels, {"branch3x3": layers})


KINDS: Mapping[str, type[InceptionModule]] = MappingProxyType(
    {
        "original": OriginalModule,
        "factorized": FactorizedModule,
        "asymmetric": AsymmetricModule,
        "expanded": ExpandedModule,
        "reduction": GridReduction,
        "sequential_reduction": SequentialReduction,
    }
)


def make_block(in_channels: int, block: Block, count_include_pad: bool = True) -> InceptionModule:
    """Build one described module.

    Raises
    ------
    ValueError
        If there is no such kind of module, or its options do not fit it.
    """
    if block.kind not in KINDS:
        raise ValueError(
            f"{block.name} is of kind {block.kind!r}, which is none: {known(block.kind, KINDS)}"
        )
    kind, options = KINDS[block.kind], dict(block.options)
    if kind.averages:
        options.setdefault("count_include_pad", count_include_pad)
    try:
        inspect.signature(kind).bind(in_channels, **options)
    except TypeError as error:
        raise ValueError(f"{block.name}, a {kind.__name__}: {error}") from error
    return kind(in_channels, **options)


def _reduced(widths: tuple[int, int], conv: Conv) -> tuple[Conv, Conv]:
    """A 1×1 reduction, then the convolution."""
    return Conv(widths[0]), conv


def _halving(out: int, padding: Padding) -> Conv:
    """The convolution that halves the grid."""
    return Conv(out, 3, 2, padding)


def _row_and_column(out: int) -> Fan:
    return Fan((Conv(out, (1, 3)), Conv(out, (3, 1))))


def _pool(kind: str) -> Pool:
    if kind == "max":
        return Pool("max")
    if kind == "avg":
        return Pool("avg")
    raise ValueError(f"pool is {kind!r}: it is 'max' or 'avg'")
