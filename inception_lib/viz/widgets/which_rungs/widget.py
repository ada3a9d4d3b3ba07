"""Which steps of Table 3 are larger than chance in its images (section 10)."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

from traitlets import List

from inception_lib.graph import cost
from inception_lib.intervals import (
    difference_half_width,
    independent_disagreement,
    share_half_width,
)
from inception_lib.viz.base import BookWidget, Readouts
from inception_lib.viz.graphs import graph_of
from inception_lib.viz.traits import Bounded, StateError

__all__ = ["WhichRungs"]

RUNGS = 5  # of Table 3, from Inception-v2 on
VALIDATED = 48_238  # images of section 10: 50,000 without the 1,762 on ImageNet's list
UNPAIRED = 36  # percent; more than two independent networks of Table 3 would disagree on


class WhichRungs(BookWidget):
    """The ladder of Table 3 as error against cost, and four steps for the reader to sign.

    For each step that is ticked the figure shows the 95 % interval of the difference, and whether
    it is clear of 0; before, it does not say. How wide the interval is depends on the images, and
    on how often two neighbouring networks differ in whether they are right.

    Parameters
    ----------
    rungs : iterable
        Five rows with ``title``, ``network``, ``top1`` (percent) and ``cost`` (billions of
        multiply-adds), in order: ``inception_lib.paper.tables.TABLE3[3:]``.
    images : int
        Validation images, 1,000 to 50,000; the paper has 48,238.
    disagree : float
        Percent of the images that one of two neighbouring networks has right and the other wrong.
        For each step it counts as at least the difference and at most what independent networks
        would have, p(1−q) + q(1−p); so 36 is unpaired.
    signed : int
        The steps that are ticked: 1, 2, 4 and 8 in the order of the ladder, added up.
    uid : str, optional
        Name of the widget in its page, see `BookWidget`.

    Raises
    ------
    ValueError
        If there are not five rungs with an error each, or a value is outside its limits.
    """

    rungs: List[dict] = List(read_only=True).tag(sync=True)
    images = Bounded(VALIDATED, 1_000, 50_000, "images")
    disagree = Bounded(UNPAIRED, 0, UNPAIRED, "percent", whole=False, step=0.5)
    signed = Bounded(0, 0, 2 ** (RUNGS - 1) - 1)

    def __init__(
        self,
        rungs: Iterable[Any],
        images: int = VALIDATED,
        disagree: float = UNPAIRED,
        signed: int = 0,
        uid: str | None = None,
    ) -> None:
        rows = list(rungs)
        if len(rows) != RUNGS or any(row.top1 is None or row.cost is None for row in rows):
            raise StateError(
                f"there are {len(rows)} rungs; the ladder has {RUNGS}, each with an error and a "
                "cost: pass TABLE3[3:]"
            )
        super().__init__(uid=uid, images=images, disagree=disagree, signed=signed)
        self.set_trait(
            "rungs",
            [
                {
                    "title": row.title.removeprefix(f"{rows[0].title} "),
                    "top1": row.top1,
                    "printed": row.cost,
                    "macs": cost(graph_of(row.network)).macs,
                }
                for row in rows
            ],
        )

    @classmethod
    def examples(cls) -> list[BookWidget]:
        """The paper's ladder as it is met first, and with every step signed."""
        v2, v3 = "inception_v2", "inception_v3"
        rows = [
            SimpleNamespace(title=title, network=network, top1=top1, cost=spent)
            for title, network, top1, spent in (
                ("Inception-v2", v2, 23.4, 3.8),
                ("Inception-v2 RMSProp", v2, 23.1, 3.8),
                ("Inception-v2 Label Smoothing", v2, 22.8, 3.8),
                ("Inception-v2 Factorized 7×7", "inception_v2_factorized_7x7", 21.6, 4.8),
                ("Inception-v2 BN-auxiliary", v3, 21.2, 4.8),
            )
        ]
        return [
            cls(rows, uid="which-rungs-example"),
            cls(rows, disagree=15, signed=15, uid="which-rungs-signed"),
        ]

    def shares(self) -> list[float]:
        """Of each step: the share of the images on which its two networks disagree."""
        found = []
        for p, q in self._steps():
            most = independent_disagreement(p, q)
            found.append(max(abs(p - q), min(self.disagree / 100, most)))
        return found

    def readouts(self) -> Readouts:
        """What stands on the page; of a step's interval nothing before the step is signed.

        ``error-1`` to ``error-5`` are shares, all half-widths and differences percentage points.
        ``clear`` is 1 where the interval leaves out 0.
        """
        shares = self.shares()
        found: Readouts = {
            "images": self.images,
            "share-low": min(shares),
            "share-high": max(shares),
        }
        for i, rung in enumerate(self.rungs, start=1):
            found[f"error-{i}"] = rung["top1"] / 100
            found[f"half-{i}"] = 100 * share_half_width(rung["top1"] / 100, self.images)
            found[f"macs-{i}"] = rung["macs"]
        stand = 0
        for i, ((p, q), share) in enumerate(zip(self._steps(), shares, strict=True)):
            found[f"difference-{i + 1}"] = difference = 100 * (p - q)
            if self.signed >> i & 1:
                half = 100 * difference_half_width(p, q, self.images, share)
                clear = abs(difference) > half
                found[f"interval-{i + 1}"] = half
                found[f"clear-{i + 1}"] = int(clear)
                stand += clear
        if self.signed:
            found |= {"signed": self.signed.bit_count(), "stand": stand}
        return found

    def _steps(self) -> list[tuple[float, float]]:
        """Errors before and after each step, as shares."""
        errors = [rung["top1"] / 100 for rung in self.rungs]
        return list(pairwise(errors))
