"""What the network's tensors hold for an image: intermediate outputs, and mosaics of their maps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from ..nearest import nearest
from .mode import in_mode
from .trace import TraceError, trace

__all__ = ["GAP", "activations", "mosaic"]

GAP = 255  # the value of the lines between the maps of a mosaic; the maps themselves reach 254


def activations(
    model: nn.Module,
    images: Tensor,
    names: Iterable[str],
    *,
    train: bool = False,
    limit_mb: float = 512,
) -> dict[str, Tensor]:
    """The outputs of named modules for a batch of images.

    The network runs without gradients and no further than the last name needs. It is left as it
    was, mode included.

    Parameters
    ----------
    model : torch.nn.Module
        Any module that takes one tensor.
    images : Tensor
        N×3×H×W, RGB, scaled to [-1, 1] for the networks of this library; on the model's device.
    names : iterable of str
        Paths of modules (``"Mixed_5d"``, ``"Conv2d_1a_3x3.bn"``). The names of a traced graph's
        nodes do as well where a module ends in that node (``"Mixed_5d.concat"``), and ``#2``
        asks for the second call of a module.
    train : bool
        Run the training mode, which computes the auxiliary head and changes running statistics.
    limit_mb : float
        The most that the returned tensors may hold together, in megabytes of 10⁶ bytes. While the
        network runs, what it needs for itself comes on top (``graph.peak_memory``).

    Returns
    -------
    dict of str to Tensor
        Copies by name, in the order of ``names``, N×C×h×w for grids. They hold what the module
        returned, even where a later ReLU works in place.

    Raises
    ------
    KeyError
        If no module has that name, or it is not run in this mode; near names are given.
    ValueError
        If the images are not a batch of floating-point images, or the limit would be passed.
    TypeError
        If a module returns something other than one tensor.
    """
    if images.ndim != 4 or not images.is_floating_point():
        raise ValueError(
            f"images are {tuple(images.shape)} of {images.dtype}: they must be N×C×H×W and "
            "floating-point, scaled to [-1, 1]; add the batch dimension with x[None]"
        )
    names = [names] if isinstance(names, str) else list(names)
    wanted = {name: module_path(model, name, images) for name in dict.fromkeys(names)}
    keeper = _Keeper(wanted, limit_mb)
    with in_mode(model, train), keeper.hooks(model), torch.no_grad():
        try:
            if wanted:
                model(images)
        except Complete:
            pass
    missing = [name for name in wanted if name not in keeper.kept]
    if missing:
        mode = "training" if train else "evaluation"
        raise KeyError(f"{missing[0]!r} is not run in {mode}: {type(model).__name__} passes it by")
    return {name: keeper.kept[name] for name in wanted}


def mosaic(
    maps: Tensor,
    columns: int = 8,
    *,
    gap: int = 1,
    scale: tuple[float, float] | None = None,
    limit_mb: float = 64,
) -> tuple[Tensor, tuple[float, float]]:
    """The maps of one tensor side by side, as bytes.

    Parameters
    ----------
    maps : Tensor
        C×h×w, the channels in the order in which they are laid out, row by row.
    columns : int
        Maps in a row.
    gap : int
        Pixels between the maps, of value ``GAP`` (255); so are the places left over.
    scale : (float, float), optional
        Values that become 0 and 254; what lies outside is cut. By default the least and the
        greatest of all maps, so that maps can be compared.
    limit_mb : float
        The most that the mosaic may take, in megabytes of 10⁶ bytes (one byte a pixel).

    Returns
    -------
    image : Tensor
        H×W, uint8, on the CPU; ``image.numpy()`` for whoever draws it.
    scale : (float, float)
        The values that 0 and 254 stand for.

    Raises
    ------
    ValueError
        If the maps are not C×h×w or not finite, a count or the scale is out of range, or the
        limit would be passed.
    """
    if maps.ndim != 3 or not maps.numel():
        raise ValueError(
            f"maps are {tuple(maps.shape)}: they must be C×h×w; take one image of N×C×h×w with [0]"
        )
    if columns < 1 or gap < 0:
        raise ValueError(f"columns is {columns}, gap {gap}: they must be at least 1 and 0")
    count, height, width = maps.shape
    columns = min(columns, count)
    rows = -(-count // columns)
    tall, wide = rows * (height + gap) - gap, columns * (width + gap) - gap
    if tall * wide > limit_mb * 1e6:
        raise ValueError(
            f"a mosaic of {count} maps is {tall}×{wide}, {tall * wide / 1e6:.3g} MB, above "
            f"limit_mb={limit_mb:g}: choose fewer maps, or raise the limit"
        )
    low, high = (float(maps.min()), float(maps.max())) if scale is None else scale
    if not (-float("inf") < low <= high < float("inf")):
        raise ValueError(f"scale is ({low}, {high}): give two finite values, the lower first")
    if not bool(torch.isfinite(maps).all()):
        raise ValueError("maps hold values that are not finite: look at the layers before them")

    image = torch.full((rows * (height + gap), columns * (width + gap)), GAP, dtype=torch.uint8)
    for i in range(count):
        # One map at a time: the floating-point copy stays as small as a map.
        unit = (maps[i].double() - low) / ((high - low) or 1.0)
        top, left = (i // columns) * (height + gap), (i % columns) * (width + gap)
        tile = (unit.clamp(0, 1) * (GAP - 1)).round().to("cpu", torch.uint8)
        image[top : top + height, left : left + width] = tile
    return image[:tall, :wide].contiguous(), (low, high)


class Complete(Exception):
    """Ends a forward pass whose remainder nobody asked for."""


class _Keeper:
    """Copies outputs as the network runs, within a limit."""

    def __init__(self, wanted: dict[str, tuple[str, int]], limit_mb: float) -> None:
        self.wanted, self.limit_mb = wanted, limit_mb
        self.kept: dict[str, Tensor] = {}
        self._bytes = 0

    @contextmanager
    def hooks(self, model: nn.Module) -> Iterator[None]:
        handles = [
            model.get_submodule(path).register_forward_hook(self._hook(path))
            for path in {path for path, _ in self.wanted.values()}
        ]
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()

    def _hook(self, path: str) -> Any:
        calls = 0

        def hook(module: nn.Module, args: Any, output: Any) -> None:
            nonlocal calls
            calls += 1
            for name, target in self.wanted.items():
                if target == (path, calls):
                    self._keep(name, output)
            if len(self.kept) == len(self.wanted):
                raise Complete

        return hook

    def _keep(self, name: str, output: Any) -> None:
        if not isinstance(output, Tensor):
            raise TypeError(f"{name} returns {type(output).__name__}, not one tensor")
        self._bytes += output.numel() * output.element_size()
        if self._bytes > self.limit_mb * 1e6:
            raise ValueError(
                f"the outputs up to {name} take {self._bytes / 1e6:.3g} MB, above "
                f"limit_mb={self.limit_mb:g}: ask for fewer layers or images, or raise the limit"
            )
        self.kept[name] = output.detach().clone()


def module_path(model: nn.Module, name: str, images: Tensor) -> tuple[str, int]:
    """The module that makes the output called ``name``, and at which of its calls."""
    base, _, call = name.partition("#")
    paths = [path for path, _ in model.named_modules() if path]
    if base in paths and (not call or call.isdecimal()):
        return base, int(call or 1)
    nodes: dict[str, str] = {}
    try:
        graph = trace(model, tuple(images.shape[1:]))
    except TraceError:  # hooks need no graph; without one, modules are all there is to name
        pass
    else:
        nodes = {node: path for path, node in graph.containers.items() if path}
    if name in nodes:
        return nodes[name], int(call or 1)
    hint = nearest(name, [*paths, *nodes])
    raise KeyError(f"no module of {type(model).__name__} makes {name!r}{hint}")
