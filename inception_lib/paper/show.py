"""The ledger as chapters show it: one row cited in passing, and the whole of it as a table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from itertools import groupby

from .ledger import KINDS, Row, ledger, row

__all__ = ["Citation", "Scoreboard", "cite", "scoreboard"]

PAGE = "scoreboard.html"
COLUMNS = ("Section", "Claim", "Paper", "Ours", "Verdict")
# The paper's own headings, over its rows where several sections are shown.
SECTIONS = {
    "abstract": "Abstract",
    "1": "Introduction",
    "3": "Factorizing convolutions",
    "4": "Auxiliary classifiers",
    "5": "Efficient grid size reduction",
    "6": "Inception-v2",
    "7": "Label smoothing",
    "8": "Training methodology",
    "9": "Lower-resolution input",
    "10": "Results",
    "11": "Conclusions",
}
# A verdict is told by its word and its sign; colour only repeats it.
SIGNS = {"holds": "✓", "differs": "≠", "open": "?", "not reproducible here": "❝"}


@dataclass(frozen=True)
class Citation:
    """One row as a chapter shows it; see ``cite``."""

    row: Row

    def _values(self) -> str:
        ours = f"; ours: {self.row.ours_text}" if self.row.ours_text else ""
        return f"Paper: {self.row.paper_text}{ours}"

    def __repr__(self) -> str:
        r = self.row
        return f"{r.claim} {self._values()}. {SIGNS[r.verdict]} {r.verdict} [{PAGE}#{r.id}]"

    def _repr_html_(self) -> str:
        r = self.row
        return (
            f'<p class="claim-cite" data-verdict="{escape(r.verdict)}">{escape(r.claim)} '
            f'<span class="claim-values">{escape(self._values())}.</span> '
            f'<a href="{PAGE}#{r.id}">{_verdict(r)}</a></p>'
        )


@dataclass(frozen=True)
class Scoreboard:
    """Rows as a table; see ``scoreboard``."""

    rows: tuple[Row, ...]

    def __repr__(self) -> str:
        width = max(len(r.id) for r in self.rows)
        return "\n".join(
            f"{r.id:{width}}  {r.paper_text:34}  {r.ours_text or '–':48}  "
            f"{SIGNS[r.verdict]} {r.verdict}"
            for r in self.rows
        )

    def _repr_html_(self) -> str:
        heads = "".join(f'<th scope="col">{name}</th>' for name in COLUMNS)
        parts = [(part, list(rows)) for part, rows in groupby(self.rows, _part)]
        lines = []
        for part, rows in parts:
            if len(parts) > 1:
                lines.append(_heading(part))
            lines += map(_table_row, rows)
        body = "\n".join(lines)
        return (
            '<table class="ledger">\n'
            "<caption>What the paper claims, what this library finds, and whether they agree."
            f"</caption>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>"
        )


def cite(id: str) -> Citation:
    """One claim with both values, its verdict, and a link to its row on the scoreboard.

    Raises
    ------
    LedgerError
        If no claim has that id; the message names those nearest to it.
    """
    return Citation(row(id))


def scoreboard(rows: Iterable[Row] | None = None) -> Scoreboard:
    """The ledger as a table, which the built book lets its reader sort and filter.

    Parameters
    ----------
    rows : iterable of Row, optional
        Which; all of them by default.
    """
    return Scoreboard(tuple(ledger() if rows is None else rows))


def _verdict(r: Row) -> str:
    return f'<span class="sign" aria-hidden="true">{SIGNS[r.verdict]}</span> {escape(r.verdict)}'


def _part(r: Row) -> str:
    """The paper's section, without its subsection."""
    return r.section.partition(".")[0]


def _heading(part: str) -> str:
    number = f"{part} " if part.isdigit() else ""
    title = escape(SECTIONS.get(part, ""))
    return (
        f'<tr class="part" data-part="{escape(part)}">'
        f'<th scope="rowgroup" colspan="{len(COLUMNS)}">{number}{title}</th></tr>'
    )


def _table_row(r: Row) -> str:
    reason = f'<p class="because">{escape(r.reason)}</p>' if r.reason else ""
    section = escape(r.section)
    if r.chapter:
        section = f'<a href="{escape(r.chapter)}.html">{section}</a>'
    exact = f' title="{r.ours.number:.12g}"' if r.ours and not r.ours.text else ""
    return (
        f'<tr id="{r.id}" data-part="{escape(_part(r))}" data-kind="{KINDS[r.kind]}" '
        f'data-verdict="{escape(r.verdict)}">'
        f'<td data-cell="section">{section} <span class="where">{escape(r.where)}</span></td>'
        f'<td data-cell="claim">{escape(r.claim)}{reason}'
        f'<p class="meta">{KINDS[r.kind]} · <a href="#{r.id}">{r.id}</a></p></td>'
        f'<td data-cell="paper">{escape(r.paper_text)}</td>'
        f'<td data-cell="ours"{exact}>{escape(r.ours_text) or "–"}</td>'
        f'<td data-cell="verdict">{_verdict(r)}</td></tr>'
    )
