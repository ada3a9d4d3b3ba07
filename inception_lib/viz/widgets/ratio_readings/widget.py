"""One ratio in three sentences: what pooling first saves, as section 5 and Figure 9 put it."""

from __future__ import annotations

from inception_lib.viz.base import BookWidget, Readouts
from inception_lib.viz.traits import Bounded, OneOf
from inception_lib.viz.widgets.pool_placement.widget import PoolPlacement

__all__ = ["RatioReadings"]

READINGS = ("to a quarter", "by a quarter", "3 times more")


class RatioReadings(BookWidget):
    """Two bars, convolving first and pooling first, and three ways to say how they compare.

    Parameters
    ----------
    reading : str
        ``"to a quarter"``, ``"by a quarter"`` or ``"3 times more"``.
    grid : int
        Height and width of the input, 6 to 70 cells.
    uid : str, optional
        Name of the widget in its page, see `BookWidget`.

    Raises
    ------
    ValueError
        If a value is outside its limits.

    Examples
    --------
    >>> RatioReadings(grid=34).readouts()["left"]
    0.25
    """

    reading = OneOf("by a quarter", READINGS)
    grid = Bounded(34, 6, 70, "cells")

    def __init__(
        self, reading: str = "by a quarter", grid: int = 34, uid: str | None = None
    ) -> None:
        super().__init__(uid=uid, reading=reading, grid=grid)

    def readouts(self) -> Readouts:
        """What is left, what is saved, and by how many times the dear way exceeds the cheap one."""
        macs = PoolPlacement(grid=self.grid, uid="readings").readouts()
        left = float(macs["macs-before"]) / float(macs["macs-behind"])
        return {"left": left, "saved": 1 - left, "more": 1 / left - 1}
