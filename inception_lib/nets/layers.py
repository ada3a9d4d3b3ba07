"""The bricks: a layer as data, the convolution every branch is made of, plain stacks.

A layer is first *described* (``Conv``, ``Pool``, ``Fan``) and only then built, so that a whole
network can be written down, compared and measured before a single weight exists.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Union

import torch
from torch import Tensor, nn

__all__ = ["Conv", "ConvBNReLU", "ConvReLU", "Fan", "Layer", "Pool", "conv_stack", "make_layer"]

Pair = tuple[int, int]


def pair(value: int | Sequence[int], what: str = "value") -> Pair:
    """``3`` and ``(3, 3)`` alike as (height, width); both at least 1."""
    both = (value, value) if isinstance(value, int) else tuple(value)
    if len(both) != 2 or not all(isinstance(v, int) and v >= 1 for v in both):
        raise ValueError(f"{what} is {value!r}: give one integer, or (height, width), each >= 1")
    return both[0], both[1]


def positive(value: int, what: str, kind: str = "a number of channels") -> int:
    """``value`` itself, if it can be a number of channels (or of what else ``kind`` says)."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError(f"{what} is {value!r}: {kind} is an integer >= 1")
    return value


@dataclass(frozen=True)
class Conv:
    """A convolution, batch-normalised and rectified.

    ``padding`` is ``"same"`` (odd kernels, half the kernel on each side) or ``"valid"`` (none).
    Without ``batch_norm`` the convolution has a bias instead.
    """

    out: int
    kernel: int | Pair = 1
    stride: int = 1
    padding: Literal["same", "valid"] = "same"
    batch_norm: bool = True

    def __post_init__(self) -> None:
        positive(self.out, "width of a convolution")
        kernel = pair(self.kernel, "kernel")
        if self.padding not in ("same", "valid"):
            raise ValueError(f"padding is {self.padding!r}: it is 'same' or 'valid'")
        if self.padding == "same" and not all(k % 2 for k in kernel):
            raise ValueError(f"kernel is {kernel}: padding='same' needs odd sides; use 'valid'")

    @property
    def pads(self) -> Pair:
        """Padding in pixels, (height, width)."""
        kh, kw = pair(self.kernel)
        return (kh // 2, kw // 2) if self.padding == "same" else (0, 0)


@dataclass(frozen=True)
class Pool:
    """Max or average pooling, ``kernel``×``kernel``."""

    kind: Literal["max", "avg"]
    kernel: int = 3
    stride: int = 1
    padding: Literal["same", "valid"] = "same"

    def __post_init__(self) -> None:
        if self.kind not in ("max", "avg"):
            raise ValueError(f"kind is {self.kind!r}: a pool is 'max' or 'avg'")
        if self.padding not in ("same", "valid"):
            raise ValueError(f"padding is {self.padding!r}: it is 'same' or 'valid'")
        positive(self.kernel, "kernel of a pool", "a side")
        positive(self.stride, "stride of a pool", "a step")

    @property
    def pads(self) -> Pair:
        """Padding in pixels, (height, width)."""
        pad = self.kernel // 2 if self.padding == "same" else 0
        return pad, pad


@dataclass(frozen=True)
class Fan:
    """Convolutions side by side over one tensor, concatenated (the ends of Figure 7)."""

    convs: tuple[Conv, ...]


Layer = Union[Conv, Pool, Fan]


def parts(layer: Layer) -> Iterator[Conv | Pool]:
    """The convolutions or the pool inside a layer."""
    yield from layer.convs if isinstance(layer, Fan) else (layer,)


def input_needed(layer: Layer, out: Pair) -> Pair:
    """The smallest input grid (height, width) from which ``layer`` makes a grid of ``out``."""

    def one(part: Conv | Pool, axis: int) -> int:
        kernel, pad = pair(part.kernel)[axis], part.pads[axis]
        return max(1, (out[axis] - 1) * part.stride + kernel - 2 * pad)

    return (
        max(one(part, 0) for part in parts(layer)),
        max(one(part, 1) for part in parts(layer)),
    )


class ConvBNReLU(nn.Module):
    """Convolution without bias, batch normalisation (ε = 0.001), ReLU.

    Parameters
    ----------
    in_channels : int
        Channels of the input, N×C×H×W.
    conv : Conv
        Width, kernel, stride and padding.
    """

    def __init__(self, in_channels: int, conv: Conv) -> None:
        super().__init__()
        positive(in_channels, "in_channels")
        self.conv = nn.Conv2d(
            in_channels, conv.out, pair(conv.kernel), conv.stride, conv.pads, bias=False
        )
        self.bn = nn.BatchNorm2d(conv.out, eps=0.001)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        return self.relu(self.bn(self.conv(x)))


class ConvReLU(nn.Module):
    """Convolution with bias, ReLU: what ``Conv`` describes without batch normalisation."""

    def __init__(self, in_channels: int, conv: Conv) -> None:
        super().__init__()
        positive(in_channels, "in_channels")
        self.conv = nn.Conv2d(in_channels, conv.out, pair(conv.kernel), conv.stride, conv.pads)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        return self.relu(self.conv(x))


def make_layer(
    in_channels: int, layer: Conv | Pool, count_include_pad: bool = True
) -> tuple[nn.Module, int]:
    """Build one described layer; returns the module and the channels that leave it."""
    if isinstance(layer, Conv):
        made = ConvBNReLU if layer.batch_norm else ConvReLU
        return made(in_channels, layer), layer.out
    if layer.kind == "max":
        return nn.MaxPool2d(layer.kernel, layer.stride, layer.pads[0]), in_channels
    pool = nn.AvgPool2d(
        layer.kernel, layer.stride, layer.pads[0], count_include_pad=count_include_pad
    )
    return pool, in_channels


def conv_stack(
    widths: Sequence[int], kernels: Sequence[int | Pair], relu: bool = True
) -> nn.Sequential:
    """Convolutions in a row that keep the grid: the mini-networks of Figures 1 and 3.

    Parameters
    ----------
    widths : sequence of int
        Channels along the stack, one more than there are kernels: ``(192, 192, 192)``.
    kernels : sequence of int or (int, int)
        Kernel sizes, (height, width) where two are given: ``[3, 3]``, ``[(3, 1), (1, 3)]``.
    relu : bool
        Whether a ReLU follows each convolution (section 3.1 asks whether it should).

    Returns
    -------
    torch.nn.Sequential
        Bias-free convolutions. Even kernels are padded on the right and below by one pixel more.

    Raises
    ------
    ValueError
        If the numbers of widths and kernels do not fit, or one is not a positive integer.
    """
    if len(widths) != len(kernels) + 1 or not kernels:
        raise ValueError(
            f"{len(widths)} widths for {len(kernels)} kernels: give one width more than kernels"
        )
    for width in widths:
        positive(width, "width")
    layers: list[nn.Module] = []
    for before, after, kernel in zip(widths, widths[1:], kernels, strict=False):
        layers.append(nn.Conv2d(before, after, pair(kernel, "kernel"), padding="same", bias=False))
        if relu:
            layers.append(nn.ReLU())
    return nn.Sequential(*layers)


def truncated_normal_(weight: Tensor, std: float) -> None:
    """Fill with a normal cut at two standard deviations, as TensorFlow's initialiser does.

    What remains has a standard deviation of 0.88 ``std``. One pass over uniform numbers, through
    the inverse of the normal's distribution function.

    ``torch.nn.init.trunc_normal_`` has the same distribution and would draw other numbers from the
    same seed, in another way in different versions: recorded trainings begin with these.
    """
    if weight.is_meta:  # nothing to fill, and to work out its shape would load the compiler
        return
    edge = 0.9544997361036416  # P(|z| < 2)
    with torch.no_grad():
        weight.uniform_(-edge, edge).erfinv_().mul_(std * 2**0.5)
