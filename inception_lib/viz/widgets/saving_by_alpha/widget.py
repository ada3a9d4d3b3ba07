"""What two 3×3 save of a 5×5 that widens, and where GoogLeNet's nine 5×5 stand (section 3.1)."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import torch
from traitlets import List

from inception_lib.graph import cost, trace
from inception_lib.nets import conv_stack, create
from inception_lib.viz.base import BookWidget, Readouts
from inception_lib.viz.traits import Bounded

__all__ = ["SavingByAlpha"]

PAPER = 1.5  # "in the case of GoogLeNet"


class SavingByAlpha(BookWidget):
    """The saving of two 3×3 over a 5×5 against α, the channels out by the channels in.

    Each of the two widens by √α. Besides the curve, the nine 5×5 that GoogLeNet has.

    Parameters
    ----------
    alpha : float
        Channels out by channels in, 0.5 to 8.
    uid : str, optional
        Name of the widget in its page, see `BookWidget`.

    Attributes
    ----------
    layers : list of dict
        GoogLeNet's 5×5: the ``name`` of their module, ``inside`` and ``out`` (channels).

    Raises
    ------
    ValueError
        If `alpha` is outside its limits.

    Examples
    --------
    >>> round(SavingByAlpha(1.0).readouts()["saving"], 4)
    0.28
    """

    alpha = Bounded(1.0, 0.5, 8.0, whole=False, step=0.05)
    layers: List[dict] = List(read_only=True).tag(sync=True)

    def __init__(self, alpha: float = 1.0, uid: str | None = None) -> None:
        super().__init__(uid=uid, alpha=alpha)
        self.set_trait("layers", [dict(layer) for layer in _fives()])

    def readouts(self) -> Readouts:
        """The saving as a share of the 5×5, and both costs for a pair of its input's channels."""
        # In units of c² on one cell, with real widths: what the formula is about.
        single, pair = 25 * self.alpha, 9 * math.sqrt(self.alpha) * (1 + self.alpha)
        return {"saving": 1 - pair / single, "single": single, "pair": pair}

    def saved(self, name: str) -> float:
        """Share saved of one of GoogLeNet's 5×5, by two 3×3 of whole channels, traced."""
        layer = next(layer for layer in self.layers if layer["name"] == name)
        inside, out = layer["inside"], layer["out"]
        between = math.floor(math.sqrt(inside * out) + 0.5)
        with torch.device("meta"):
            pair = cost(trace(conv_stack((inside, between, out), [3, 3]), (inside, 7, 7))).macs
            single = cost(trace(conv_stack((inside, out), [5]), (inside, 7, 7))).macs
        return 1 - pair / single


@cache
def _fives() -> list[dict[str, Any]]:
    with torch.device("meta"):
        graph = trace(create("googlenet"), 224)
    return [
        {"name": node.name.split(".")[0].removeprefix("inception"), "inside": inside, "out": out}
        for node in graph
        if node.op == "conv" and node.kernel == (5, 5)
        for out, inside in [(node.shape[0], graph[node.parents[0]].shape[0])]
    ]
