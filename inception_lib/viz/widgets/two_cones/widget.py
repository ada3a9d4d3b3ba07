"""A large convolution and 3×3 in a row over one photograph (section 3.1, Figure 1)."""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor
from traitlets import Dict

from inception_lib.graph import Graph, path_counts, projective_field, trace
from inception_lib.nets import conv_stack
from inception_lib.viz.base import BookWidget, Readouts
from inception_lib.viz.photos import PHOTOS
from inception_lib.viz.traits import Bounded, OneOf, StateError

__all__ = ["TwoCones"]

SHAPE = (9, 13)  # cells of the photograph, down and across


class TwoCones(BookWidget):
    """One k×k convolution beside 3×3 in a row that see the same window, as two cones.

    Either from an output cell down (its receptive field), or from a cell of the photograph up (its
    projective field). Numbers in the cells count paths, one channel a layer; what lies in the
    padding is left out.

    Parameters
    ----------
    layers : int
        3×3 in a row, 1 to 3; the single convolution has the window that they have together.
    look : str
        ``"sees"``: what an output cell sees; ``"reaches"``: which output cells a cell of the
        photograph reaches.
    row, column : int
        Of that cell, on 9×13 cells.
    photo : str
        ``"astronaut"``, ``"chelsea"`` or ``"coffee"``.
    uid : str, optional
        Name of the widget in its page, see `BookWidget`.

    Raises
    ------
    ValueError
        If a value is not known or outside its limits.

    Examples
    --------
    >>> numbers = TwoCones(layers=2).readouts()
    >>> numbers["one-cells"], numbers["stack-cells"], numbers["stack-most"]
    (25, 25, 9)
    """

    layers = Bounded(2, 1, 3)
    look = OneOf("sees", ("sees", "reaches"))
    row = Bounded(4, 0, SHAPE[0] - 1)
    column = Bounded(6, 0, SHAPE[1] - 1)
    image = Dict(read_only=True).tag(sync=True)

    def __init__(
        self,
        layers: int = 2,
        look: str = "sees",
        row: int = 4,
        column: int = 6,
        photo: str = "astronaut",
        uid: str | None = None,
    ) -> None:
        if photo not in PHOTOS:
            known = ", ".join(map(repr, PHOTOS))
            raise StateError(f"photo is {photo!r}, which is not known: pass one of {known}")
        super().__init__(uid=uid, layers=layers, look=look, row=row, column=column)
        item = PHOTOS[photo]
        self.set_trait("image", {"src": item.src, "alt": item.alt, "focus": list(item.focus)})

    def counts(self, kernels: tuple[int, ...]) -> Tensor:
        """Paths from the picked cell to each cell at the other end, 9×13, for kernels in a row."""
        graph = _graph(kernels)
        cell = (self.row, self.column)
        if self.look == "sees":
            return path_counts(graph, graph.outputs[0], cell)
        # Backwards from each output cell to this pixel.
        found = torch.zeros(SHAPE, dtype=torch.float64)
        for at in projective_field(graph, cell)[graph.outputs[0]].cells.nonzero().tolist():
            found[tuple(at)] = path_counts(graph, graph.outputs[0], tuple(at))[cell]
        return found

    def readouts(self) -> Readouts:
        """Cells that are seen or reached, and the most and fewest paths to one of them."""
        side = 2 * self.layers + 1
        found: Readouts = {}
        for name, kernels in (("one", (side,)), ("stack", (3,) * self.layers)):
            paths = self.counts(kernels)
            there = paths[paths > 0]
            found |= {f"{name}-cells": len(there), f"{name}-most": int(there.max())}
        found["stack-least"] = int(there.min())
        return found


@cache
def _graph(kernels: tuple[int, ...]) -> Graph:
    with torch.device("meta"):
        return trace(conv_stack((1,) * (len(kernels) + 1), kernels), (1, *SHAPE))
