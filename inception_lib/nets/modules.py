"""The Inception modules of the paper, one class a figure, each usable alone.

Every module is a few parallel branches over one tensor, concatenated along the channels. The
classes below only say which branches; ``InceptionModule`` does the rest. Parameter names are
those of the published weights (``branch3x3dbl_2.conv.weight``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from .layers import Conv, Fan, Layer, Pool, input_needed, make_layer, parts, positive

__all__ = [
    "AsymmetricModule",
    "ExpandedModule",
    "FactorizedModule",
    "GridReduction",
    "InceptionModule",
    "OriginalModule",
]

Branches = Mapping[str, Sequence[Layer]]


class InceptionModule(nn.Module):
    """Parallel branches over one input, concatenated along the channels.

    Parameters
    ----------
    in_channels : int
        Channels of the input, N×C×H×W.
    branches : mapping of str to sequence of Conv, Pool or Fan
        Each branch from its first layer to its last, in the order of the concatenation.
    count_include_pad : bool
        Whether average pools count the zeros of the padding in their mean. torchvision and timm
        do, the authors' TensorFlow network does not.

    Attributes
    ----------
    figure : str
        Where the paper draws this module.
    branches : dict
        The description that it was built from.
    out_channels : int
        Channels of the output, N×out_channels×H'×W'.
    """

    figure = ""

    def __init__(
        self, in_channels: int, branches: Branches, count_include_pad: bool = True
    ) -> None:
        super().__init__()
        self.in_channels = positive(in_channels, "in_channels")
        self.branches = {name: tuple(layers) for name, layers in branches.items() if layers}
        self.out_channels = 0
        # For each branch its steps, for each step the names of the modules that work side by side.
        self._steps: list[list[list[str]]] = []
        for name, layers in self.branches.items():
            steps, channels = self._build_branch(name, layers, count_include_pad)
            self._steps.append(steps)
            self.out_channels += channels

    def _build_branch(
        self, branch: str, layers: Sequence[Layer], count_include_pad: bool
    ) -> tuple[list[list[str]], int]:
        steps: list[list[str]] = []
        channels = self.in_channels
        only_one = sum(not isinstance(layer, Pool) for layer in layers) == 1
        index = 0
        for layer in layers:
            names, widths = [], []
            index += not isinstance(layer, Pool)
            for letter, part in zip("abcdefgh", parts(layer), strict=False):
                if isinstance(part, Pool):
                    name = "pool"
                elif isinstance(layer, Fan):
                    name = f"{branch}_{index}{letter}"
                else:
                    name = branch if only_one else f"{branch}_{index}"
                module, width = make_layer(channels, part, count_include_pad)
                self.add_module(name, module)
                names.append(name)
                widths.append(width)
            steps.append(names)
            channels = sum(widths)
        return steps, channels

    def forward(self, x: Tensor) -> Tensor:
        outputs = []
        for steps in self._steps:
            y = x
            for names in steps:
                ends = [getattr(self, name)(y) for name in names]
                y = ends[0] if len(ends) == 1 else torch.cat(ends, 1)
            outputs.append(y)
        return torch.cat(outputs, 1)

    def input_needed(self, out: tuple[int, int]) -> tuple[int, int]:
        """The smallest input grid (height, width) from which the module makes a grid ``out``."""
        needs = []
        for layers in self.branches.values():
            need = out
            for layer in reversed(layers):
                need = input_needed(layer, need)
            needs.append(need)
        return max(h for h, _ in needs), max(w for _, w in needs)


class OriginalModule(InceptionModule):
    """Figure 4: the module of GoogLeNet, with a 5×5 branch.

    Widths of a pair are (1×1 reduction, convolution); the defaults are GoogLeNet's first module.
    N×in_channels×H×W becomes N×(sum of the branches' last widths)×H×W.
    """

    figure = "Figure 4"

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
    the first such module of the released network.
    """

    figure = "Figure 6"

    def __init__(
        self,
        in_channels: int,
        branch1x1: int = 192,
        branch_nxn: tuple[int, int] = (128, 192),
        branch_nxn_dbl: tuple[int, int] = (128, 192),
        branch_pool: int = 192,
        n: int = 7,
        count_include_pad: bool = True,
    ) -> None:
        row, column = (1, n), (n, 1)
        inside, end = branch_nxn
        inner, last = branch_nxn_dbl
        branches: Branches = {
            "branch1x1": (Conv(branch1x1),),
            f"branch{n}x{n}": (Conv(inside), Conv(inside, row), Conv(end, column)),
            f"branch{n}x{n}dbl": (
                Conv(inner),
                Conv(inner, column),
                Conv(inner, row),
                Conv(inner, column),
                Conv(last, row),
            ),
            "branch_pool": (_pool("avg"), Conv(branch_pool)),
        }
        super().__init__(in_channels, branches, count_include_pad)


class ExpandedModule(InceptionModule):
    """Figure 7: branches that fan out into 1×3 and 3×1, for the coarsest grid (section 2).

    ``branch3x3`` is (1×1 reduction, each end); ``branch3x3dbl`` is (1×1 reduction, 3×3, each end).
    ``pool`` is the kind of the pooling branch: the last module of the 2015 graph has ``"max"``.
    """

    figure = "Figure 7"

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

    Cheap, and without the bottleneck of pooling first. Nothing is padded at stride 2, so a grid
    of n cells becomes (n − 1) // 2.

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
    """

    figure = "Figure 10"

    def __init__(
        self,
        in_channels: int,
        branch3x3: int | tuple[int, int] = 384,
        branch3x3dbl: tuple[int, int] | None = (64, 96),
        branch7x7x3: tuple[int, int] | None = None,
    ) -> None:
        branches: dict[str, Sequence[Layer]] = {}
        if isinstance(branch3x3, int):
            branches["branch3x3"] = (_halving(branch3x3),)
        else:
            branches["branch3x3"] = _reduced(branch3x3, _halving(branch3x3[1]))
        if branch3x3dbl is not None:
            reduce, double = branch3x3dbl
            branches["branch3x3dbl"] = (Conv(reduce), Conv(double, 3), _halving(double))
        if branch7x7x3 is not None:
            inside, end = branch7x7x3
            branches["branch7x7x3"] = (
                Conv(inside),
                Conv(inside, (1, 7)),
                Conv(inside, (7, 1)),
                _halving(end),
            )
        branches["branch_pool"] = (Pool("max", 3, 2, "valid"),)
        super().__init__(in_channels, branches)


def _reduced(widths: tuple[int, int], conv: Conv) -> tuple[Conv, Conv]:
    """A 1×1 reduction, then the convolution."""
    return Conv(widths[0]), conv


def _halving(out: int) -> Conv:
    """The convolution that halves the grid."""
    return Conv(out, 3, 2, "valid")


def _row_and_column(out: int) -> Fan:
    return Fan((Conv(out, (1, 3)), Conv(out, (3, 1))))


def _pool(kind: str) -> Pool:
    if kind == "max":
        return Pool("max")
    if kind == "avg":
        return Pool("avg")
    raise ValueError(f"pool is {kind!r}: it is 'max' or 'avg'")
