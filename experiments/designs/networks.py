"""What the networks of several designs share: the base, and starting weights in pairs."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from inception_lib.nets import Spec, build
from inception_lib.nets.tiny import tiny

SIDE = 15  # grids of 15, 8 and 4 cells, one module each


def base(num_classes: int) -> nn.Module:
    """Every idea of the paper but the side head, for images of 15×15: the run that many share."""
    return from_spec(tiny(SIDE, aux=False), num_classes)


def from_spec(spec: Spec, num_classes: int) -> nn.Module:
    """The network of a spec, without dropout, its starting weights by name."""
    return paired(build(spec, num_classes=num_classes, dropout=0.0))


def paired(network: nn.Module) -> nn.Module:
    """Fill each weight by the seed and its own name alone, and return the network.

    Two networks of one seed that have a tensor of the same name and shape begin with the same
    numbers in it, whatever else they consist of. Convolutions are normal with variance 2 / inputs,
    classifiers with 1 / inputs; biases are zero, normalisations as torch makes them.
    """
    seed = torch.initial_seed()
    for name, module in network.named_modules():
        if not isinstance(module, (nn.Conv2d, nn.Linear)):
            continue
        gain = 2 if isinstance(module, nn.Conv2d) else 1
        fill_normal(module.weight, math.sqrt(gain / module.weight[0].numel()), seed, name)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
    return network


def fill_normal(weight: Tensor, deviation: float, seed: int, name: str) -> None:
    """Normal numbers that follow from the seed and the name."""
    digest = hashlib.sha256(f"{seed} {name}".encode()).digest()
    generator = torch.Generator().manual_seed(int.from_bytes(digest[:7], "big"))
    with torch.no_grad():
        weight.copy_(torch.randn(weight.shape, generator=generator) * deviation)


def conv(
    before: int, after: int, kernel: int | tuple[int, int], *, stride: int = 1, norm: bool = True,
    relu: bool = True,
) -> list[nn.Module]:  # fmt: skip
    """A convolution that keeps the grid (or halves it), normalised and rectified or not."""
    height, width = (kernel, kernel) if isinstance(kernel, int) else kernel
    layers: list[nn.Module] = [
        nn.Conv2d(before, after, (height, width), stride, (height // 2, width // 2), bias=not norm)
    ]
    if norm:
        layers.append(nn.BatchNorm2d(after))
    if relu:
        layers.append(nn.ReLU(inplace=True))
    return layers


def classifier(
    parts: Sequence[tuple[str, Sequence[nn.Module]]], width: int, classes: int
) -> nn.Module:
    """Named parts in a row, the mean over the grid, and a linear classifier."""
    network = nn.Sequential()
    for name, layers in parts:
        network.add_module(name, nn.Sequential(*layers))
    network.add_module("pool", nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten()))
    network.add_module("fc", nn.Linear(width, classes))
    return paired(network)
