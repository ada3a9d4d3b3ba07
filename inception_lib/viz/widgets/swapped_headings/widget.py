"""A table of errors whose two headings can change places (Table 4, section 10)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import SimpleNamespace
from typing import Any

from traitlets import List

from inception_lib.viz.base import BookWidget, Readouts
from inception_lib.viz.traits import OneOf

__all__ = ["SwappedHeadings"]

HEADINGS = ("top-5", "top-1")
AS_PRINTED, EXCHANGED = HEADINGS


class SwappedHeadings(BookWidget):
    """Table 4 with movable headings, and a plot of what it says under them.

    The right class is among the first five guesses wherever it is the first one: no network's
    top-5 error can be above its top-1 error. As printed, each row of two errors says so.

    Parameters
    ----------
    table : iterable
        Rows with ``title``, ``network``, ``crops``, ``top1`` and ``top5`` (percent or None), as
        ``inception_lib.paper.tables.TABLE4`` has them: the column that the paper prints first
        is ``top1``.
    beside : mapping of str to iterable
        Rows of the tables around it by name, with ``models`` and ``note`` too; those of the last
        row's network are followed from table to table. One crop comes first.
    first : str
        Heading of the first column of errors: ``"top-5"``, as printed, or ``"top-1"``.
    uid : str, optional
        Name of the widget in its page, see `BookWidget`.

    Raises
    ------
    ValueError
        If `first` is not known, or no row beside the table is of its last network.
    """

    rows: List[dict] = List(read_only=True).tag(sync=True)
    beside: List[dict] = List(read_only=True).tag(sync=True)
    first = OneOf(AS_PRINTED, HEADINGS)

    def __init__(
        self,
        table: Iterable[Any],
        beside: Mapping[str, Iterable[Any]],
        first: str = AS_PRINTED,
        uid: str | None = None,
    ) -> None:
        rows = list(table)
        followed = rows[-1].network
        around = [
            {
                "where": where,
                "title": row.title,
                "crops": row.crops,
                "models": row.models,
                "top1": row.top1,
                "top5": row.top5,
                "note": row.note,
                "followed": row.network == followed,
            }
            for where, others in beside.items()
            for row in others
            if row.top1 is not None and row.top5 is not None
        ]
        if not any(row["followed"] for row in around):
            raise ValueError(
                f"no table beside has both errors of {followed!r}: give one that has, so that its "
                "errors can be compared"
            )
        super().__init__(uid=uid, first=first)
        self.set_trait(
            "rows",
            [
                {
                    "title": row.title,
                    "crops": row.crops,
                    "first": row.top1,
                    "second": row.top5,
                    "followed": row.network == followed,
                }
                for row in rows
            ],
        )
        self.set_trait("beside", around)

    @classmethod
    def examples(cls) -> list[BookWidget]:
        """Four rows of Table 4 with two of the tables around it."""

        fields = ("network", "top1", "top5", "crops", "models")

        def row(*values: Any) -> SimpleNamespace:
            given = dict(zip(fields, values, strict=True))
            return SimpleNamespace(**given, title=given["network"], note="")

        v3 = "Inception-v3"
        table = [
            row("GoogLeNet", None, 7.89, 144, 1),
            row("VGG", 24.4, 6.8, None, 1),
            row("BN-Inception", 22.0, 5.82, 144, 1),
            row(v3, 18.77, 4.2, 144, 1),
        ]
        beside = {"Table 3": [row(v3, 21.2, 5.6, 1, 1)], "Table 5": [row(v3, 17.2, 3.58, 144, 4)]}
        return [cls(table, beside, uid="swapped-headings-example")]

    def readouts(self) -> Readouts:
        """Rows that cannot be, of how many; the last row's errors and the same network's before.

        ``impossible`` counts the rows whose top-5 error is above their top-1 error, ``both`` the
        rows that have two errors.
        """
        read = [self._read(row) for row in self.rows]
        both = [(top1, top5) for top1, top5 in read if top1 is not None and top5 is not None]
        one = next(row for row in self.beside if row["followed"])
        top1, top5 = read[-1]
        return {
            "impossible": sum(top5 > top1 for top1, top5 in both),
            "both": len(both),
            "one-top-1": one["top1"] / 100,
            "many-top-1": top1 / 100,
            "one-top-5": one["top5"] / 100,
            "many-top-5": top5 / 100,
        }

    def _read(self, row: Mapping[str, Any]) -> tuple[Any, Any]:
        """Top-1 and top-5 error of a row, by the headings as they stand now."""
        first, second = row["first"], row["second"]
        return (first, second) if self.first == EXCHANGED else (second, first)
