"""Shapes at many scales, generated: data for anyone, with no download, at any size.

Ten classes differ in form alone. Size, place, rotation, colours, a background of two colours that
runs across, and occluding bars are drawn at random, so that a network needs to see an eighth of
the image as well as all of it: what filters of several sizes side by side are for.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from .augment import generator
from .dataset import Dataset, Split
from .folders import arrange

__all__ = ["CLASSES", "make_shapes", "open_shapes"]

SMALLEST = 1 / 8  # of the side, and at least LEAST pixels: below, a ring is a disc
LEAST = 8
COUNT, SIZE = 2000, 64
CHUNK = 1 << 22  # pixels drawn at a time


def _polygon(sides: int, u: Tensor, v: Tensor) -> Tensor:
    """Distance to a regular polygon with corners at radius 1 (inside: negative)."""
    sector = 2 * math.pi / sides
    angle = torch.remainder(torch.atan2(v, u), sector) - sector / 2
    return torch.hypot(u, v) * angle.cos() - math.cos(sector / 2)


def _box(u: Tensor, v: Tensor, width: float, height: float) -> Tensor:
    return torch.maximum(u.abs() - width, v.abs() - height)


def _star(u: Tensor, v: Tensor) -> Tensor:
    """Five points: the inner radius is 0.4 of the outer."""
    sector = math.pi / 5
    angle = (torch.remainder(torch.atan2(v, u) + sector, 2 * sector) - sector).abs()
    across, along = torch.hypot(u, v) * angle.sin(), torch.hypot(u, v) * angle.cos()
    inner = (0.4 * math.cos(sector), 0.4 * math.sin(sector))  # from the point (1, 0) to here
    edge = (inner[0] - 1, inner[1])
    length = math.hypot(*edge)
    return ((along - 1) * edge[1] - across * edge[0]) / length


# Signed distance in units of the radius, negative inside; u and v are N×H×W, the shape's frame.
SHAPES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "disc": lambda u, v: torch.hypot(u, v) - 0.9,
    "ring": lambda u, v: (torch.hypot(u, v) - 0.75).abs() - 0.17,
    "triangle": lambda u, v: _polygon(3, u, v),
    "square": lambda u, v: _polygon(4, u, v),
    "hexagon": lambda u, v: _polygon(6, u, v),
    "frame": lambda u, v: (_box(u, v, 0.56, 0.56)).abs() - 0.14,
    "cross": lambda u, v: torch.minimum(_box(u, v, 0.95, 0.25), _box(u, v, 0.25, 0.95)),
    "star": _star,
    "bar": lambda u, v: _box(u, v, 0.98, 0.2),
    "crescent": lambda u, v: torch.maximum(
        torch.hypot(u, v) - 0.95, 0.72 - torch.hypot(u - 0.5, v)
    ),
}
CLASSES = tuple(SHAPES)


def make_shapes(count: int, size: int, seed: int, stream: int = 0) -> tuple[Tensor, Tensor]:
    """Draw images uint8 N×3×size×size and their labels, N; classes come equally often.

    ``stream`` tells splits of one seed apart. The shape's diameter is between an eighth of the
    side (at least 8 pixels) and all of it, uniform in the logarithm.
    """
    if size < LEAST:
        raise ValueError(f"size is {size}: shapes need at least {LEAST} pixels")
    rng = generator(seed, stream, 3)
    labels = torch.arange(count) % len(CLASSES)
    labels = labels[torch.randperm(count, generator=rng)]
    draws = torch.rand(count, 24, generator=rng)
    images = torch.empty(count, 3, size, size, dtype=torch.uint8)
    most = max(1, CHUNK // size**2)
    for k, shape in enumerate(SHAPES.values()):
        for rows in (labels == k).nonzero().flatten().split(most):
            images[rows] = _render(shape, draws[rows], size)
    return images, labels


def _render(shape: Callable[[Tensor, Tensor], Tensor], draws: Tensor, size: int) -> Tensor:
    """Images of one class, uint8 N×3×size×size, from N×24 uniform numbers."""
    d = draws[:, :, None, None]  # N×24×1×1
    grid = (torch.arange(size) + 0.5) / size
    x, y = grid[None, None, :], grid[None, :, None]
    smallest = min(1.0, max(SMALLEST, LEAST / size))
    radius = torch.exp(math.log(smallest) * d[:, 0]) / 2
    centre_x, centre_y = (radius + (1 - 2 * radius) * d[:, i] for i in (1, 2))
    u, v = _turn((x - centre_x) / radius, (y - centre_y) / radius, 2 * math.pi * d[:, 3])
    # Half a pixel on either side of the edge is mixed: no jagged lines to learn from.
    inside = (0.5 - shape(u, v) * radius * size).clamp(0, 1)[:, None]  # N×1×H×W

    across, _ = _turn(x - 0.5, y - 0.5, 2 * math.pi * d[:, 4])
    blend = (across + 0.5).clamp(0, 1)[:, None]
    first, second, paint = d[:, 5:8], d[:, 8:11], d[:, 11:14]  # N×3×1×1
    ground = (first + second) / 2
    # The paint stands off from the ground by at least 0.3 of the range in its strongest channel.
    off = paint - 0.5
    off = off / off.abs().amax(1, keepdim=True).clamp(min=1e-3)
    paint = (ground + off * (0.3 + 0.4 * d[:, 14:15])).clamp(0, 1)
    paint = torch.where(
        (paint - ground).abs().amax(1, keepdim=True) < 0.2, 1 - ground.round(), paint
    )
    near = ground + 0.2 * (first - second)  # the two ends of the ground stay near its middle
    image = torch.lerp(near, 2 * ground - near, blend)
    image = torch.lerp(image, paint, inside)
    for at in (15, 19):  # two thin bars, each in half of the images, as wide as 1/8 of the shape
        along, _ = _turn(x - centre_x, y - centre_y, math.pi * d[:, at])
        far = (along + (d[:, at + 1] - 0.5) * 2 * radius).abs() - radius / 8
        bar = (0.5 - far * size).clamp(0, 1) * (d[:, at + 2] < 0.5)
        image = torch.lerp(image, ground * d[:, at + 3 : at + 4], bar[:, None])
    return (image.clamp(0, 1) * 255).round().to(torch.uint8)


def _turn(x: Tensor, y: Tensor, angle: Tensor) -> tuple[Tensor, Tensor]:
    cos, sin = angle.cos(), angle.sin()
    return x * cos + y * sin, y * cos - x * sin


def open_shapes(
    spec: str, argument: str, *, seed: int, size: int | None, validation: str | float | None
) -> Dataset:
    """``shapes[:N]``: N training images, a fifth as many to validate and to test."""
    if argument and not (argument.isdigit() and int(argument) >= 5 * len(CLASSES)):
        raise ValueError(
            f"shapes takes a number of training images, at least {5 * len(CLASSES)}; "
            f"got {argument!r}"
        )
    count = int(argument or COUNT)
    splits = {
        split: Split.of_tensor(*make_shapes(n, size or SIZE, seed, stream), split)
        for stream, (split, n) in enumerate(
            (("train", count), ("validation", count // 5), ("test", count // 5))
        )
    }
    train = splits.pop("train")
    return arrange(spec, CLASSES, train, splits, validation, [])
