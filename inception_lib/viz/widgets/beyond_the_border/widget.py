"""Windows of the middle cell, layer by layer, and the image's border (section 9)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import torch
from torch import nn
from traitlets import List

from inception_lib.graph import Graph, feasible_sizes, trace
from inception_lib.nets.build import build
from inception_lib.nets.specs.inception_v3 import LOW_RESOLUTION
from inception_lib.viz.base import BookWidget, Readouts
from inception_lib.viz.traits import Bounded, Place, StateError

__all__ = ["BeyondTheBorder"]

DEEPEST = 99


class BeyondTheBorder(BookWidget):
    """Which layers bring the middle cell a pixel that it has not seen, at a side of the image.

    A kernel widens the window of the cell that reads it. By the path that widens least, each layer
    is drawn with the window before it and behind it; where the image is no larger than the window
    before, the layer adds only what lies beyond the border
    (`inception_lib.graph.feasible_sizes`).

    Parameters
    ----------
    network : int
        Which is shown, counted from 0 in the order of `networks`.
    side : int
        Of the image, 79 to 299 pixels.
    networks : mapping of str to torch.nn.Module or Graph, optional
        By label. By default Inception-v3 as section 9 makes it for 299×299, 151×151 and 79×79.
    size : int or sequence of int
        Input size to trace modules at.
    uid : str, optional
        Name of the widget in its page, see `BookWidget`.

    Raises
    ------
    ValueError
        If there is no network, one that widens no window, or a value is outside its limits.

    Examples
    --------
    >>> BeyondTheBorder(side=79).readouts()
    {'beyond': 21, 'layers': 67}
    """

    networks: List = List(read_only=True).tag(sync=True)
    network = Place("_networks")
    side = Bounded(299, 79, 299, "pixels")

    def __init__(
        self,
        network: int = 0,
        side: int = 299,
        networks: Mapping[str, nn.Module | Graph] | None = None,
        size: int | Sequence[int] = 224,
        uid: str | None = None,
    ) -> None:
        self._networks = _of_the_paper() if networks is None else _described(networks, size)
        if not self._networks:
            raise StateError("networks is empty: give at least one, by its label")
        super().__init__(uid=uid, network=network, side=side)
        self.set_trait("networks", self._networks)

    def readouts(self) -> Readouts:
        """How many layers widen a window, and how many of them only beyond the border."""
        layers = self._networks[self.network]["layers"]
        beyond = sum(layer["before"] >= self.side for layer in layers)
        return {"beyond": beyond, "layers": len(layers)}


def _layers(graph: Graph) -> list[dict[str, Any]]:
    """The layers that widen a window: module, window before and behind, along what they widen.

    A layer that widens both axes adds something as long as it does along one: that one counts.
    """
    found = []
    for name, size in feasible_sizes(graph).items():
        axes = [axis for axis in (0, 1) if graph[name].kernel[axis] > 1]
        axis = min(axes, key=lambda a: size.least[a])
        module = graph[name].module.partition(".")[0] or name
        found.append(
            {"module": module, "before": size.least[axis] - 1, "behind": size.narrowest[axis]}
        )
    if not found:
        raise StateError(f"{graph.model} widens no window: give a network with kernels above 1×1")
    return found


def _described(
    own: Mapping[str, nn.Module | Graph], size: int | Sequence[int]
) -> list[dict[str, Any]]:
    graphs = {
        label: item if isinstance(item, Graph) else trace(item, size) for label, item in own.items()
    }
    return [{"label": label, "layers": _layers(graph)} for label, graph in graphs.items()]


@cache
def _of_the_paper() -> list[dict[str, Any]]:
    graphs: dict[str, nn.Module | Graph] = {}
    for spec in LOW_RESOLUTION:
        with torch.device("meta"):
            network = build(spec)
        graphs[f"made for {spec.size}×{spec.size}"] = trace(network, spec.size, train=False)
    return _described(graphs, 299)
