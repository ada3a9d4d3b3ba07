"""A paper as a strip of claims, one square each, and how much allowance each needs to hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from traitlets import List, Unicode, validate

from inception_lib.viz.base import BookWidget, Readouts
from inception_lib.viz.traits import Bounded, StateError

__all__ = ["AnnotatedPaper"]

FIELDS = ("id", "section", "where", "claim", "paper", "ours", "verdict", "reason")
HOLDS, DIFFERS = "holds", "differs"
# A verdict's readout; the first two change with the allowance.
COUNTS = {
    HOLDS: "holds",
    DIFFERS: "differs",
    "holds at this scale": "holds-small",
    "opposite at this scale": "opposite-small",
    "not decided": "undecided",
    "open": "open",
    "not reproducible here": "quoted",
}


class AnnotatedPaper(BookWidget):
    """One square a claim, in the order of the text, and a handle for how exact one wants to be.

    Parameters
    ----------
    claims : iterable of mapping
        With texts ``id``, ``section``, ``where``, ``claim``, ``paper``, ``ours``, ``verdict`` and
        ``reason``, and ``needs``: the least allowance, in percent of the paper's number, at which
        the claim holds; None if no allowance makes it hold. ``inception_lib.paper.annotated()``
        gives those of the book's ledger.
    allowance : float
        How far off a number may be beyond the digits that the paper prints, 0 to 10 %.
    chosen : str
        The id of the claim that is read; "" for none.
    uid : str, optional
        Name of the widget in its page, see `BookWidget`.

    Raises
    ------
    ValueError
        If a claim lacks a field or has an unknown verdict, or if a value is outside its limits.
    """

    claims: List[dict] = List(read_only=True).tag(sync=True)
    allowance = Bounded(0, 0, 10, "%", whole=False, step=0.1)
    chosen = Unicode("").tag(sync=True)

    def __init__(
        self,
        claims: Iterable[Mapping[str, Any]],
        allowance: float = 0,
        chosen: str = "",
        uid: str | None = None,
    ) -> None:
        rows = [_checked(row) for row in claims]
        super().__init__(uid=uid, allowance=allowance)
        self.set_trait("claims", rows)
        self.chosen = chosen

    @validate("chosen")
    def _check_chosen(self, proposal: Any) -> str:
        known = [row["id"] for row in self.claims]
        if proposal["value"] and proposal["value"] not in known:
            raise StateError(f"chosen is {proposal['value']!r}; pass the id of a claim, or ''")
        return proposal["value"]

    @classmethod
    def examples(cls) -> list[BookWidget]:
        """Eight claims of the paper; each verdict is among theirs."""
        rows = (
            ("two-3x3", "3.1", "28 %", "28 %", HOLDS, 0.0),
            ("abstract-macs", "abstract", "5 Bn", "5.713 Bn", DIFFERS, 4.3),
            ("layers-42", "6", "42", "48", DIFFERS, 14.3),
            ("aux-late", "4", "slightly higher at the end", "+0.2 points", "not decided", None),
            ("table-2-79", "9", "75.2 %", "", "not reproducible here", None),
            ("lowres-naive-worse", "9", "more poorly", "+4.8 points", "holds at this scale", None),
            ("lowres-order", "9", "within 1.4", "+6.7 points", "opposite at this scale", None),
            ("ladder-order", "10", "each step less", "", "open", None),
        )
        claims = [
            dict(zip(FIELDS, (id, section, "", id, paper, ours, verdict, ""), strict=True))
            | {"needs": needs}
            for id, section, paper, ours, verdict, needs in rows
        ]
        return [cls(claims, uid="annotated-paper-example")]

    def readouts(self) -> Readouts:
        """How many claims have each verdict at the present allowance."""
        found = Counter(self._verdict(row) for row in self.claims)
        return {name: found[verdict] for verdict, name in COUNTS.items()}

    def _verdict(self, row: Mapping[str, Any]) -> str:
        if row["verdict"] not in (HOLDS, DIFFERS) or row["needs"] is None:
            return row["verdict"]
        return HOLDS if row["needs"] <= self.allowance else DIFFERS


def _checked(row: Mapping[str, Any]) -> dict[str, Any]:
    missing = {*FIELDS, "needs"} - set(row)
    if missing:
        raise ValueError(f"a claim lacks {', '.join(sorted(missing))}: give {', '.join(FIELDS)}")
    if row["verdict"] not in COUNTS:
        known = ", ".join(COUNTS)
        raise ValueError(
            f"claim {row['id']!r} has the verdict {row['verdict']!r}: use one of {known}"
        )
    return {key: row[key] for key in (*FIELDS, "needs")}
