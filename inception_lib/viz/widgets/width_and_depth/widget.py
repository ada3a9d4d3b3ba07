"""Small networks of one cost, wide and shallow or narrow and deep (principle 4 of section 2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from traitlets import List

from inception_lib.results import read_results
from inception_lib.viz.base import BookWidget, Readouts
from inception_lib.viz.traits import Bounded, OneOf

__all__ = ["WidthAndDepth"]

BUDGETS = {"small": 250_000, "middle": 1_000_000, "large": 4_000_000}


class WidthAndDepth(BookWidget):
    """Recorded errors of networks that cost the same and differ in width and depth.

    Parameters
    ----------
    budget : str
        ``"small"``, ``"middle"`` or ``"large"``: 0.25, 1 or 4 M multiply-adds for an image.
    place : int
        Which of the five recorded depths is looked at, from 0.
    record : mapping, optional
        What ``experiments/balance_digits.py`` wrote; the book's own by default.
    uid : str, optional
        Name of the widget in its page, see `BookWidget`.

    Raises
    ------
    ValueError
        If a value is not known or outside its limits.
    MissingResults
        If no record is given and the book's is not here.
    """

    curves: List[dict] = List(read_only=True).tag(sync=True)
    budget = OneOf("middle", BUDGETS)
    place = Bounded(0, 0, 4)

    def __init__(
        self,
        budget: str = "middle",
        place: int = 0,
        record: Mapping[str, Any] | None = None,
        uid: str | None = None,
    ) -> None:
        rows = (read_results("balance_digits") if record is None else record)["networks"]
        super().__init__(uid=uid, budget=budget, place=place)
        self.set_trait(
            "curves",
            [
                {
                    "budget": name,
                    "networks": [
                        {key: row[key] for key in ("depth", "width", "macs", "errors")}
                        for row in rows
                        if row["budget"] == macs
                    ],
                }
                for name, macs in BUDGETS.items()
            ],
        )

    def readouts(self) -> Readouts:
        """Layers, channels and cost of the network that is looked at, and its mean error."""
        (networks,) = (c["networks"] for c in self.curves if c["budget"] == self.budget)
        now = networks[self.place]
        errors = now["errors"]
        return {
            "depth": now["depth"],
            "width": now["width"],
            "macs": now["macs"],
            "error": sum(errors) / len(errors),
        }
