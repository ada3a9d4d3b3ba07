"""The side head of Figure 8 behind any module: its tensors, its price, and what it reaches."""

from __future__ import annotations

from functools import cache
from typing import Any

import torch
from traitlets import Dict

from inception_lib.graph import cost, trace
from inception_lib.nets.heads import AuxiliaryHead
from inception_lib.nets.specs import get_spec
from inception_lib.viz.base import BookWidget, Readouts
from inception_lib.viz.graphs import graph_of
from inception_lib.viz.traits import Bounded

__all__ = ["PlaceTheHead"]

LAST = 7  # of the places: 5b, 5c, 5d, 6a … 6e; behind them the grid is too small for the head


class PlaceTheHead(BookWidget):
    """Inception-v3 with its side head behind another module (section 4).

    Parameters
    ----------
    place : int
        0 to 7: behind ``Mixed_5b``, ``5c``, ``5d`` (35×35 cells), ``6a`` to ``6e`` (17×17). The
        paper's is 7.
    uid : str, optional
        Name of the widget in its page, see `BookWidget`.

    Raises
    ------
    ValueError
        If the place is outside its limits.

    Examples
    --------
    >>> PlaceTheHead(7).readouts()["params"]
    3326696
    """

    network: Dict = Dict(read_only=True).tag(sync=True)
    place = Bounded(LAST, 0, LAST)

    def __init__(self, place: int = LAST, uid: str | None = None) -> None:
        super().__init__(uid=uid, place=place)
        self.set_trait("network", _network())

    def readouts(self) -> Readouts:
        """Weights and multiply-adds of the head, their shares, and what its loss reaches.

        ``reached`` is the share of the network's own weights that stand before the head and so
        get gradient from its loss.
        """
        now = self.network["places"][self.place]
        params = sum(layer["params"] for layer in now["layers"])
        macs = sum(layer["macs"] for layer in now["layers"])
        return {
            "params": params,
            "macs": macs,
            "params-share": params / self.network["params"],
            "macs-share": macs / self.network["macs"],
            "reached": now["before"] / self.network["params"],
        }


@cache
def _network() -> dict[str, Any]:
    """The trunk's modules with their grids, and at each place the head as it is traced there."""
    spec = get_spec("inception_v3")
    graph = graph_of(spec.name)
    whole = cost(graph)
    names = [block.name for block in spec.blocks]
    modules, places, before = [], [], 0
    for row in whole.by_module().rows:
        before += row.params
        if row.name not in names:
            continue
        channels, side, _ = graph[f"{row.name}.concat"].shape
        modules.append({"name": row.name, "side": side})
        if side >= 17:
            places.append({"before": before, **_head(channels, side)})
    return {
        "params": whole.params,
        "macs": whole.macs,
        "modules": modules,
        "places": places,
    }


def _head(channels: int, side: int) -> dict[str, Any]:
    """The head's tensors, (cells a side, channels), and its layers' weights and multiply-adds."""
    with torch.device("meta"):
        graph = trace(AuxiliaryHead(channels), (channels, side, side))
    rows = {row.name: row for row in cost(graph).by_module().rows}
    ends = ("pool", "conv0.relu", "conv1.relu", "avgpool")
    tensors = [(side, channels), *((graph[end].shape[1], graph[end].shape[0]) for end in ends)]
    return {
        "tensors": [list(tensor) for tensor in tensors],
        "layers": [
            {"name": name, "params": rows[name].params, "macs": rows[name].macs}
            for name in ("conv0", "conv1", "fc")
        ],
    }
