"""What a network asks of its input: the smallest images, and the range of their values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Union

import torch
from torch import Tensor

from .branches import InceptionModule
from .layers import Conv, Layer, Pool, input_needed, parts

__all__ = ["IMAGENET_MEAN", "IMAGENET_STD", "Limits", "find_limits", "to_symmetric"]

# Of the three colours over ImageNet's training images, in [0, 1], as torchvision publishes them.
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)

Pair = tuple[int, int]
Part = Union[Conv, Pool, InceptionModule]


def to_symmetric(x: Tensor) -> Tensor:
    """Images normalised with ImageNet's mean and deviation, N×3×H×W, mapped to [-1, 1]."""
    colours = [
        torch.unsqueeze(x[:, i], 1) * (std / 0.5) + (mean - 0.5) / 0.5
        for i, (mean, std) in enumerate(zip(IMAGENET_MEAN, IMAGENET_STD, strict=True))
    ]
    return torch.cat(colours, 1)


@dataclass(frozen=True)
class Limits:
    """The smallest images of a network, (height, width).

    Attributes
    ----------
    smallest : (int, int)
        For the layers to have anything to work on.
    lone : tuple of (int, int)
        For one image alone in training: below both sides of any of these, some batch
        normalisation would see a single value a channel, and its variance would be zero.
    """

    smallest: Pair
    lone: tuple[Pair, ...]


def find_limits(network: Sequence[Part], head: Sequence[Layer] = (), reads: int = 0) -> Limits:
    """The limits of a network, walked from its end to its beginning.

    Parameters
    ----------
    network : sequence of Conv, Pool or InceptionModule
        The parts in order.
    head : sequence of layers
        Of the auxiliary head; empty where there is none.
    reads : int
        How many parts come before the head.
    """
    smallest: Pair = (1, 1)
    lone: set[Pair] = set()
    for index in range(len(network), 0, -1):
        if head and index == reads:
            smallest = _most([smallest, _through(head, (1, 1))])
            lone |= _single(head)
        part = network[index - 1]
        if isinstance(part, InceptionModule):
            smallest = part.input_needed(smallest)
            lone = {part.input_needed(pair) for pair in lone}
            for branch in part.branches.values():
                lone |= _single(branch)
        else:
            smallest = input_needed(part, smallest)
            lone = {input_needed(part, pair) for pair in lone} | _single((part,))
        lone = {p for p in lone if not any(p != q and p[0] <= q[0] and p[1] <= q[1] for q in lone)}
    return Limits(smallest, tuple(sorted(lone)))


def _through(layers: Sequence[Layer], out: Pair) -> Pair:
    """The grid from which layers in a row make a grid of ``out``."""
    for layer in reversed(layers):
        out = input_needed(layer, out)
    return out


def _single(layers: Sequence[Layer]) -> set[Pair]:
    """For each normalised convolution, the grid below which its output has a single cell."""
    return {
        _through((*layers[:i], part), (2, 2))
        for i, layer in enumerate(layers)
        for part in parts(layer)
        if isinstance(part, Conv) and part.batch_norm
    }


def _most(pairs: Iterable[Pair]) -> Pair:
    heights, widths = zip(*pairs, strict=True)
    return max(heights), max(widths)
