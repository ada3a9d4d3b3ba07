"""Output shapes of the commonest operations, by arithmetic.

torch can say every operation's output shape on the meta device, but its meta kernels for pooling
and concatenation load the compiler and sympy at first use: a second and 160 MB. These few formulas
spare both for every network of the paper. What is unusual, or does not fit, is left to torch, and
so are its error messages.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.graph import increment_version

from .ops import two

__all__ = ["quick_output"]

Shape = tuple[int, ...]


def quick_output(target: Any, args: tuple[Any, ...]) -> Tensor | None:
    """What a module or function gives back, without running it; None leaves it to torch.

    Where torch would give back the tensor that it was given, written over or not, so does this.
    """
    first = args[0] if args else None
    if len(args) == 1 and isinstance(first, Tensor):
        if type(target) is nn.ReLU and target.inplace:
            increment_version(first)  # as torch marks what was written over
            return first
        if type(target) is nn.Dropout and not target.training:
            return first
    shape = _shape(target, args)
    if shape is None:
        return None
    example = first if isinstance(first, Tensor) else args[0][0]
    return example.new_empty(shape)


def _shape(target: Any, args: tuple[Any, ...]) -> Shape | None:
    """The output shape, batch included."""
    if target is torch.cat and len(args) == 2 and args[1] == 1:
        return _concatenated([tuple(t.shape) for t in args[0]])
    if len(args) != 1 or not isinstance(args[0], Tensor):
        return None
    if type(target) is nn.Linear and target.in_features == args[0].shape[-1]:
        return (*args[0].shape[:-1], target.out_features)
    if args[0].ndim != 4:
        return None
    batch, channels, height, width = args[0].shape
    kind = type(target)
    if (kind in (nn.ReLU, nn.Dropout) and not target.inplace) or (
        kind is nn.BatchNorm2d and target.num_features == channels
    ):
        return batch, channels, height, width
    if kind is nn.AdaptiveAvgPool2d and target.output_size is not None:
        sides = target.output_size
        sides = (sides, sides) if isinstance(sides, int) else sides
        return None if None in sides else (batch, channels, *sides)
    if kind is nn.Conv2d and target.in_channels == channels:
        return _grid(target, batch, target.out_channels, height, width)
    if kind in (nn.MaxPool2d, nn.AvgPool2d) and not target.ceil_mode:
        return _grid(target, batch, channels, height, width)
    return None


def _concatenated(shapes: list[Shape]) -> Shape | None:
    first = shapes[0]
    if any((s[0], *s[2:]) != (first[0], *first[2:]) for s in shapes):
        return None
    return (first[0], sum(s[1] for s in shapes), *first[2:])


def _grid(layer: Any, batch: int, channels: int, height: int, width: int) -> Shape | None:
    """A window of k cells, d apart, moved by s over n cells with p added on each side."""
    kernel, stride = two(layer.kernel_size), two(layer.stride)
    dilation = two(getattr(layer, "dilation", 1))
    sides = []
    for axis, n in enumerate((height, width)):
        if layer.padding == "same":
            sides.append(-(-n // stride[axis]))
            continue
        pad = 0 if layer.padding == "valid" else two(layer.padding)[axis]
        reach = dilation[axis] * (kernel[axis] - 1) + 1
        sides.append((n + 2 * pad - reach) // stride[axis] + 1)
    return (batch, channels, *sides) if min(sides) >= 1 else None
