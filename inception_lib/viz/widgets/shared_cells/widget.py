"""What two 3×3 cost where neighbouring outputs share the first of them (section 3.1, Figure 1)."""

from __future__ import annotations

from functools import cache

import torch

from inception_lib.graph import cost, trace
from inception_lib.nets.layers import Conv
from inception_lib.nets.modules import InceptionModule
from inception_lib.viz.base import BookWidget, Readouts
from inception_lib.viz.traits import Bounded

__all__ = ["SharedCells"]

MOST = 12  # output cells a side


class SharedCells(BookWidget):
    """A patch of outputs, the cells of the first layer that they read, and three costs.

    The two 3×3 of Figure 1 slide over the image. Where each output computes the cells under it for
    itself, it takes nine of them; where outputs share, ``(patch + 2)²`` serve the whole patch. The
    patch lies inside the image, so no padding is counted.

    Parameters
    ----------
    patch : int
        Output cells a side, 1 to 12.
    uid : str, optional
        Name of the widget in its page, see `BookWidget`.

    Raises
    ------
    ValueError
        If `patch` is outside its limits.

    Examples
    --------
    >>> SharedCells(6).readouts()["shared"]
    25.0
    """

    patch = Bounded(3, 1, MOST, "cells")

    def __init__(self, patch: int = 3, uid: str | None = None) -> None:
        super().__init__(uid=uid, patch=patch)

    def readouts(self) -> Readouts:
        """Multiply-adds an output and pair of channels; cells of the first layer for the patch."""
        outputs = self.patch**2
        alone, one = _macs((3, 3), 1), _macs((5,), 1)
        return {
            "cells-alone": 9 * outputs,
            "cells-shared": _macs((3, 3), self.patch)[0] // 9,
            "one": sum(one),
            "alone": sum(alone),
            "shared": sum(_macs((3, 3), self.patch)) / outputs,
        }


@cache
def _macs(kernels: tuple[int, ...], patch: int) -> tuple[int, ...]:
    """Multiply-adds of each layer that makes a patch of outputs, one channel throughout."""
    side = patch + sum(kernels) - len(kernels)
    layers = tuple(Conv(1, kernel, padding="valid") for kernel in kernels)
    with torch.device("meta"):
        graph = trace(InceptionModule(1, {"only": layers}), (1, side, side))
    return tuple(row.macs for row in cost(graph).rows if row.macs)
