"""Networks on one plane: parameters against multiply-adds, activations as areas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torch import nn
from traitlets import List, validate

from inception_lib.graph import Graph
from inception_lib.viz.base import BookWidget, Readouts
from inception_lib.viz.traits import Bounded, StateError
from inception_lib.viz.widgets.three_budgets.networks import networks as described

__all__ = ["NetworkPlane"]

BUDGETS = ("params", "macs", "activations")


class NetworkPlane(BookWidget):
    """Each network as a circle: how much it stores, computes and keeps; two of them compared.

    Parameters
    ----------
    networks : mapping of str to torch.nn.Module or Graph, optional
        By label, at least two. By default AlexNet, VGG-16, GoogLeNet, BN-Inception, Inception-v3.
    first, second : int
        The two that are compared, counted from 0 in the order of `networks`.
    size : int or sequence of int
        Input size to trace modules at.
    uid : str, optional
        Name of the widget in its page, see `BookWidget`.

    Raises
    ------
    ValueError
        If there are fewer than two networks, or a value is outside its limits.

    Examples
    --------
    >>> numbers = NetworkPlane(first=0, second=2).readouts()  # AlexNet by GoogLeNet
    >>> round(numbers["times-params"], 2), round(numbers["times-macs"], 2)
    (8.71, 0.46)
    """

    networks: List = List(read_only=True).tag(sync=True)
    first = Bounded(0, 0, 999)
    second = Bounded(0, 0, 999)

    def __init__(
        self,
        networks: Mapping[str, nn.Module | Graph] | None = None,
        first: int = 0,
        second: int | None = None,
        size: int | Sequence[int] = 224,
        uid: str | None = None,
    ) -> None:
        self._networks = [_summed(network) for network in described(networks, size)]
        if len(self._networks) < 2:
            raise StateError(
                f"networks has {len(self._networks)} entries: give at least two, by their labels"
            )
        if second is None:
            second = 2 if networks is None else 1
        super().__init__(uid=uid, first=first, second=second)
        self.set_trait("networks", self._networks)

    def _limits(self) -> dict[str, dict[str, Any]]:
        limits = super()._limits()
        for name in ("first", "second"):
            limits[name]["max"] = len(self._networks) - 1
        return limits

    @validate("first", "second")
    def _within(self, proposal: Any) -> int:
        name, value = proposal["trait"].name, proposal["value"]
        if value >= (count := len(self._networks)):
            raise StateError(
                f"{name} is {value}; there are {count} networks: pass at most {count - 1}"
            )
        return value

    def readouts(self) -> Readouts:
        """The budgets of the first network, and how many times the second's they are."""
        one, two = self.networks[self.first], self.networks[self.second]
        found: Readouts = {budget: one[budget] for budget in BUDGETS}
        return found | {f"times-{budget}": one[budget] / two[budget] for budget in BUDGETS}


def _summed(network: dict[str, Any]) -> dict[str, Any]:
    layers = network["layers"]
    totals = {budget: sum(layer[budget] for layer in layers) for budget in BUDGETS}
    return {key: network[key] for key in ("id", "label", "size")} | totals
