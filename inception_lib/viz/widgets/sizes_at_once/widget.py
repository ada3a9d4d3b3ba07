"""One cell of a module's output, and what each of its branches sees of the image for it."""

from __future__ import annotations

from functools import cache

import torch
from traitlets import Dict, List, Unicode

from inception_lib.graph import Graph, receptive_field, trace
from inception_lib.nets.registry import create
from inception_lib.viz.base import BookWidget, Readouts
from inception_lib.viz.photos import PHOTOS
from inception_lib.viz.traits import Bounded, StateError

__all__ = ["SizesAtOnce"]

SIDE, CELLS = 224, 28  # of the image in pixels, of the module's grid
FIRST = "inception3a"
ENDS = {  # branch: the node at its end, colour, what it is called
    "1×1": (f"{FIRST}.branch1x1.relu", "1x1"),
    "3×3": (f"{FIRST}.branch3x3_2.relu", "kxk"),
    "5×5": (f"{FIRST}.branch5x5_2.relu", "kxk"),
}


class SizesAtOnce(BookWidget):
    """A photograph, a cell of GoogLeNet's first module, and the windows of its three kernels.

    Parameters
    ----------
    photo : str
        ``"astronaut"``, ``"chelsea"`` or ``"coffee"``.
    row, column : int
        Of the cell on the module's grid of 28×28.
    uid : str, optional
        Name of the widget in its page, see `BookWidget`.

    Attributes
    ----------
    windows : list of dict
        For each branch its ``name``, its colour (``kind``), the ``side`` of its window in pixels
        of the network's 224×224 input, and the ``first`` pixel that the first cell sees.
    grid : dict
        ``cells`` on a side, ``stride`` from one to the next in pixels, ``side`` of the image.

    Examples
    --------
    >>> SizesAtOnce().readouts()["side-5x5"]
    59
    """

    row = Bounded(6, 0, CELLS - 1)
    column = Bounded(12, 0, CELLS - 1)
    windows: List = List(read_only=True).tag(sync=True)
    grid: Dict = Dict(read_only=True).tag(sync=True)
    photo: Dict = Dict(read_only=True).tag(sync=True)
    name = Unicode(read_only=True).tag(sync=True)

    def __init__(
        self, photo: str = "astronaut", row: int = 6, column: int = 12, uid: str | None = None
    ) -> None:
        if photo not in PHOTOS:
            known = ", ".join(repr(name) for name in PHOTOS)
            raise StateError(f"photo is {photo!r}, which is not known: pass one of {known}")
        super().__init__(uid=uid, row=row, column=column)
        fields = receptive_field(_graph())
        found = []
        for name, (node, kind) in ENDS.items():
            field = fields[node]
            (first, _), _ = field.window((0, 0))
            found.append({"name": name, "kind": kind, "side": field.size[0], "first": first})
        image, stride = PHOTOS[photo], fields[ENDS["1×1"][0]].stride[0]
        self.set_trait("windows", found)
        self.set_trait("grid", {"cells": CELLS, "stride": stride, "side": SIDE})
        self.set_trait("photo", {"src": image.src, "alt": image.alt})
        self.set_trait("name", photo)

    def readouts(self) -> Readouts:
        """The cell, and the side of each window in pixels."""
        sides = {f"side-{w['name'].replace('×', 'x')}": w["side"] for w in self.windows}
        return {"row": self.row + 1, "column": self.column + 1, **sides}


@cache
def _graph() -> Graph:
    with torch.device("meta"):
        return trace(create("googlenet"), SIDE)
