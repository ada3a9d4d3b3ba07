"""Where a network spends its parameters, its multiply-adds and its activations, layer by layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torch import nn
from traitlets import List

from inception_lib.graph import Graph
from inception_lib.viz.base import BookWidget, Readouts
from inception_lib.viz.traits import Bounded, Place, StateError
from inception_lib.viz.widgets.three_budgets.networks import networks as described

__all__ = ["ThreeBudgets"]

DEEPEST = 999


class ThreeBudgets(BookWidget):
    """Three bars for one network, each cut into its layers: three ways of spending.

    Parameters
    ----------
    networks : mapping of str to torch.nn.Module or Graph, optional
        By label. By default AlexNet, VGG-16, GoogLeNet, BN-Inception and Inception-v3.
    network : int
        Which is shown, counted from 0 in the order of `networks`. GoogLeNet by default.
    layer : int
        Which layer is pointed at, counted from 0; the last where there are fewer.
    size : int or sequence of int
        Input size to trace modules at.
    uid : str, optional
        Name of the widget in its page, see `BookWidget`.

    Raises
    ------
    ValueError
        If there is no network, or a value is outside its limits.

    Examples
    --------
    >>> widget = ThreeBudgets(network=1, layer=13)
    >>> widget.readouts()["params"], round(widget.readouts()["layer-params"], 2)
    (138357544, 0.74)
    """

    networks: List = List(read_only=True).tag(sync=True)
    network = Place("_networks")
    layer = Bounded(0, 0, DEEPEST)

    def __init__(
        self,
        networks: Mapping[str, nn.Module | Graph] | None = None,
        network: int | None = None,
        layer: int = 0,
        size: int | Sequence[int] = 224,
        uid: str | None = None,
    ) -> None:
        self._networks = described(networks, size)
        if not self._networks:
            raise StateError("networks is empty: give at least one, by its label")
        if network is None:
            network = 2 if networks is None else 0
        super().__init__(uid=uid, network=network, layer=layer)
        self.set_trait("networks", self._networks)

    def _limits(self) -> dict[str, dict[str, Any]]:
        limits = super()._limits()
        limits["layer"]["max"] = max(len(n["layers"]) for n in self._networks) - 1
        return limits

    def readouts(self) -> Readouts:
        """Each budget of the network, and the share that the picked layer has of it."""
        layers = self.networks[self.network]["layers"]
        picked = layers[min(self.layer, len(layers) - 1)]
        found: Readouts = {"layer": min(self.layer, len(layers) - 1) + 1, "layers": len(layers)}
        for budget in ("params", "macs", "activations"):
            total = sum(layer[budget] for layer in layers)
            found |= {budget: total, f"layer-{budget}": picked[budget] / total}
        return found
