"""The ledger as a strip of squares whose tolerance the reader sets."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from .ledger import Row, ledger

if TYPE_CHECKING:
    from inception_lib.viz import AnnotatedPaper

__all__ = ["annotated", "needed"]


def annotated(rows: Iterable[Row] | None = None, **state: object) -> AnnotatedPaper:
    """One square a claim, in the order of the paper.

    Parameters
    ----------
    rows : iterable of Row, optional
        Which; all of the ledger by default.
    **state
        ``allowance``, ``chosen`` and ``uid`` of `inception_lib.viz.AnnotatedPaper`.
    """
    from inception_lib.viz import AnnotatedPaper

    claims = [
        {
            "id": r.id,
            "section": r.section,
            "where": r.where,
            "claim": r.claim,
            "paper": r.paper_text,
            "ours": r.ours_text,
            "verdict": r.verdict,
            "reason": r.reason,
            "needs": needed(r),
        }
        for r in (ledger() if rows is None else rows)
    ]
    return AnnotatedPaper(claims, **state)


def needed(row: Row) -> float | None:
    """The least allowance at which a claim holds, in percent of the paper's number.

    Allowance is what a number may be off beyond the row's own tolerance: 0 for a claim that holds
    as it is, None where the two sides are not single numbers.
    """
    if row.holds:
        return 0.0
    ours = row.ours
    if ours is None or row.paper is None or isinstance(ours.value, tuple) or not row.paper:
        return None
    off = {
        "equal": abs(ours.number - row.paper) - row.tolerance,
        "below": ours.number - row.paper,
        "above": row.paper - ours.number,
    }.get(row.relation)
    return None if off is None else 100 * max(off, 0.0) / abs(row.paper)
