"""Which pixels a cell really listens to: gradients, where ``receptive_field`` gives the limits.

Luo et al. (2016, arXiv 1701.04128) call the region in which a cell's gradient is not negligible the
effective receptive field. In a stack of convolutions it is close to a Gaussian whose width grows
with the square root of depth, while the theoretical field grows with depth itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from .activations import Complete, module_path
from .mode import in_mode
from .receptive_field import Field, receptive_field
from .trace import TraceError, trace

__all__ = ["EffectiveField", "effective_receptive_field"]


@dataclass(frozen=True)
class EffectiveField:
    """Where the gradient of one cell lies.

    Attributes
    ----------
    map : Tensor
        H×W of the image, float64: the mean over images of |gradient|, each image's summing to 1.
    cell : (int, int)
        Row and column of the cell.
    centre : (float, float)
        Row and column of the middle of the theoretical window, in pixels; the map's centre of
        mass where the network has no such window.
    theoretical : Field or None
        The window itself, as ``receptive_field`` gives it.
    radii : dict of float to float
        For each share of the gradient, the radius in pixels of the disc about ``centre`` that
        holds it.
    """

    map: Tensor
    cell: tuple[int, int]
    centre: tuple[float, float]
    theoretical: Field | None
    radii: dict[float, float]

    def radius(self, share: float) -> float:
        """Radius in pixels of the smallest disc about the centre that holds a share."""
        return _first(self.map, _distances(self.map, self.centre, 2.0), share)

    def side(self, share: float) -> int:
        """Side in pixels of the smallest square of odd side about the centre that holds a share.

        It is centred on the pixel that the centre lies in.
        """
        centre = (float(int(self.centre[0])), float(int(self.centre[1])))
        return 2 * int(_first(self.map, _distances(self.map, centre, float("inf")), share)) + 1

    def within(self, side: int) -> float:
        """The share of the gradient in a square of that side, cut where the image ends.

        A square of even side reaches one pixel further up and left of the centre's pixel.
        """
        top, left = (int(c) - side // 2 for c in self.centre)
        rows = slice(max(0, top), max(0, top + side))
        columns = slice(max(0, left), max(0, left + side))
        return float(self.map[rows, columns].sum() / self.map.sum())


def effective_receptive_field(
    model: nn.Module,
    size: int | Sequence[int] = 299,
    *,
    node: str,
    samples: int = 16,
    generator: torch.Generator | None = None,
    images: Tensor | None = None,
    cell: tuple[int, int] | None = None,
    shares: Sequence[float] = (0.5, 0.9),
    train: bool = False,
) -> EffectiveField:
    """The mean |∂ (sum of a cell's channels) / ∂ pixel| over images.

    Parameters
    ----------
    model : torch.nn.Module
        Any module that takes one tensor. It is left as it was, mode and gradients included.
    size : int, (height, width) or (channels, height, width)
        Of the images; not used where ``images`` are given.
    node : str
        The module whose output is looked at, or the node of the graph that ends it.
    samples : int
        Images of uniform noise in [-1, 1].
    generator : torch.Generator, optional
        Draws them, on the CPU.
    images : Tensor, optional
        N×C×H×W, to be taken instead of noise.
    cell : (int, int), optional
        Row and column; the middle one by default.
    shares : sequence of float
        The shares whose ``radii`` are computed.
    train : bool
        Run the training mode.

    Returns
    -------
    EffectiveField

    Raises
    ------
    ValueError
        If the node gives no grid, the cell lies outside it, ``samples`` is not positive, a share
        is not in (0, 1], or no gradient reaches the images.
    KeyError
        If no module makes that output; near names are given.
    """
    if samples < 1:
        raise ValueError(f"samples is {samples}: at least 1 is needed")
    if any(not 0 < share <= 1 for share in shares):
        raise ValueError(f"shares are {tuple(shares)}: each must lie in (0, 1]")
    example = next((p for p in model.parameters() if p.is_floating_point()), torch.empty(0))
    if images is None:
        shape = trace(model, size, train=train).input.shape
        noise = torch.rand(samples, *shape, generator=generator) * 2 - 1
        images = noise.to(example)
    path, call = module_path(model, node, images)

    total = torch.zeros(images.shape[-2:], dtype=torch.float64)
    heard = 0
    with in_mode(model, train), torch.enable_grad():
        for image in images.split(1) if not train else [images]:
            one = image.detach().clone().requires_grad_()
            gradient, cell = _gradient(model, path, call, one, cell)
            maps = gradient.abs().mean(1).double().cpu()
            sums = maps.sum((1, 2), keepdim=True)
            heard += int((sums > 0).sum())
            total += torch.where(sums > 0, maps / sums, 0.0).sum(0)
    if not heard:
        raise ValueError(f"no gradient of cell {cell} of {node} reaches the images")
    found = total / heard
    assert cell is not None
    window = _theoretical(model, images, node, train)
    centre = _mass(found) if window is None else _middle(window, cell)
    distances = _distances(found, centre, 2.0)
    radii = {share: _first(found, distances, share) for share in shares}
    return EffectiveField(found, cell, centre, window, radii)


def _gradient(
    model: nn.Module, path: str, call: int, image: Tensor, cell: tuple[int, int] | None
) -> tuple[Tensor, tuple[int, int]]:
    """The gradient for a batch, and the cell that it belongs to."""
    kept: list[Tensor] = []
    places: list[tuple[int, int]] = []
    calls = 0

    def hook(module: nn.Module, args: object, output: object) -> None:
        nonlocal calls
        calls += 1
        if calls != call:
            return
        if not isinstance(output, Tensor) or output.ndim != 4:
            what = tuple(output.shape) if isinstance(output, Tensor) else type(output).__name__
            raise ValueError(f"{path} gives {what}, not a grid N×C×H×W")
        height, width = output.shape[2:]
        row, column = cell or (height // 2, width // 2)
        if not (0 <= row < height and 0 <= column < width):
            raise ValueError(f"cell is ({row}, {column}): the grid of {path} is {height}×{width}")
        # Summed here, before a later operation writes over the output in place.
        kept.append(output[:, :, row, column].sum())
        places.append((row, column))
        raise Complete

    handle = model.get_submodule(path).register_forward_hook(hook)
    try:
        model(image)
    except Complete:
        pass
    finally:
        handle.remove()
    if not kept:
        raise KeyError(f"{path!r} is not run: {type(model).__name__} passes it by")
    (gradient,) = torch.autograd.grad(kept[0], image, allow_unused=True)
    return torch.zeros_like(image) if gradient is None else gradient, places[0]


def _theoretical(model: nn.Module, images: Tensor, node: str, train: bool) -> Field | None:
    try:
        return receptive_field(trace(model, tuple(images.shape[1:]), train=train))[node]
    except (TraceError, ValueError, KeyError):
        return None


def _middle(window: Field, cell: tuple[int, int]) -> tuple[float, float]:
    (top, left), (bottom, right) = window.window(cell)
    return (top + bottom) / 2, (left + right) / 2


def _mass(field: Tensor) -> tuple[float, float]:
    rows = torch.arange(field.shape[0], dtype=torch.float64)
    columns = torch.arange(field.shape[1], dtype=torch.float64)
    total = field.sum()
    row = float((field.sum(1) * rows).sum() / total)
    return row, float((field.sum(0) * columns).sum() / total)


def _distances(field: Tensor, centre: tuple[float, float], norm: float) -> Tensor:
    """Of each pixel from the centre: 2 for discs, infinity for squares."""
    rows = (torch.arange(field.shape[0], dtype=torch.float64) - centre[0]).abs()
    columns = (torch.arange(field.shape[1], dtype=torch.float64) - centre[1]).abs()
    both = torch.broadcast_tensors(rows[:, None], columns[None])
    return torch.maximum(*both) if norm == float("inf") else torch.hypot(*both)


def _first(field: Tensor, distances: Tensor, share: float) -> float:
    """The least distance within which a share of the field lies."""
    order = distances.flatten().argsort(stable=True)
    reached = field.flatten()[order].cumsum(0) / field.sum()
    # A share of 1 may be missed by rounding: the last pixel holds all.
    index = min(int((reached < share - 1e-12).sum()), len(order) - 1)
    return float(distances.flatten()[order[index]])
