"""The ledger as chapters show it: one row cited, a section asked about, the whole as a table.

What is printed is at most 72 characters wide.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape
from itertools import groupby

from .ledger import KINDS, LedgerError, Row, ledger, row

__all__ = ["Citation", "Questions", "Scoreboard", "cite", "scoreboard", "show"]

WIDTH = 72  # of what is printed: a cell's output is not scrolled on a telephone
BLANK = "▁▁▁"
# Figures as the claims write them in words.
WORDS = {
    3: ("three",),
    4: ("four", "four times"),
    5: ("five",),
    6: ("six",),
    12: ("twelve",),
    25: ("a quarter",),
    50: ("half",),
}

PAGE = "scoreboard.html"
COLUMNS = ("Section", "Claim", "Paper", "Ours", "Verdict")
# The paper's own headings, over its rows where several sections are shown.
SECTIONS = {
    "abstract": "Abstract",
    "1": "Introduction",
    "2": "General design principles",
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
SIGNS = {
    "holds": "✓",
    "differs": "≠",
    "open": "?",
    "not reproducible here": "❝",
    "holds at this scale": "✓",
    "opposite at this scale": "≠",
    "not decided": "?",
}


@dataclass(frozen=True)
class Citation:
    """One row as a chapter shows it; see ``cite``."""

    row: Row

    def _values(self) -> str:
        ours = f"; ours: {self.row.ours_text}" if self.row.ours_text else ""
        return f"Paper: {self.row.paper_text}{ours}"

    def __repr__(self) -> str:
        r = self.row
        words = f"{r.claim} {self._values()}. {SIGNS[r.verdict]} {r.verdict}"
        return "\n".join([*_wrapped(words), f"[{PAGE}#{r.id}]"])

    def _repr_html_(self) -> str:
        r = self.row
        return (
            f'<p class="claim-cite" data-verdict="{escape(r.verdict)}">{escape(r.claim)} '
            f'<span class="claim-values">{escape(self._values())}.</span> '
            f'<a href="{PAGE}#{r.id}">{_verdict(r)}</a></p>'
        )


@dataclass(frozen=True)
class Questions:
    """What the paper claims, its figures left blank; see ``show``."""

    rows: tuple[Row, ...]

    def __repr__(self) -> str:
        return "\n".join(line for r in self.rows for line in self._lines(r))

    def _lines(self, r: Row) -> Iterator[str]:
        # Without its id, which may name the figure.
        place = r.section if not r.section[0].isdigit() else f"section {r.section}"
        yield from _wrapped(f"{place}, {r.where}:")
        yield from _wrapped(_blanked(r), "    ")


@dataclass(frozen=True)
class Scoreboard:
    """Rows as a table; see ``scoreboard``."""

    rows: tuple[Row, ...]

    def __repr__(self) -> str:
        lines: list[str] = []
        for r in self.rows:
            lines.append(f"{SIGNS[r.verdict]} {r.id}: {r.verdict}")
            ours = f"; ours: {r.ours_text}" if r.ours_text else ""
            lines += _wrapped(f"paper: {r.paper_text}{ours}", "    ")
        return "\n".join(lines)

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


def show(section: str | None = None, *, answers: bool = False) -> Questions | Scoreboard:
    """The claims of a section, for the page that is about to work them out.

    Parameters
    ----------
    section : str, optional
        ``"3"`` for all of section 3, ``"3.1"`` for that part alone, ``"abstract"``; the whole
        paper by default.
    answers : bool
        Whether to show the paper's figures, ours, and the verdicts, as ``scoreboard`` does. By
        default each figure that the paper prints is left blank, and nothing of ours is computed.

    Raises
    ------
    LedgerError
        If the ledger has no such section; the message lists those there are.
    """
    rows = tuple(
        r for r in ledger() if section is None or f"{r.section}.".startswith(f"{section}.")
    )
    if not rows:
        there = ", ".join(dict.fromkeys(r.section for r in ledger()))
        raise LedgerError(f"no claim is of section {section!r}; there are: {there}")
    return Scoreboard(rows) if answers else Questions(rows)


def _wrapped(text: str, indent: str = "") -> list[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False
    )


def _blanked(r: Row) -> str:
    """The claim without the figure that the paper prints, in digits, words or symbols."""
    figures = re.findall(r"\d+(?:[.,]\d+)*", r.says)
    if re.search(r"[\d=(]", r.says):
        figures.append(r.says.rpartition(" = ")[2])  # a formula
    if r.paper is not None:
        figures += [f"{r.paper:,.10g}", f"{r.paper:.1f}", *WORDS.get(int(r.paper), ())]
    text = r.claim
    for figure in sorted(figures, key=len, reverse=True):
        # Not the side of a kernel, nor a part of a longer number or word.
        text = re.sub(rf"(?<![\w.,×]){re.escape(figure)}(?![\w×]|[.,]\d)", BLANK, text)
    return text


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
        f'<td data-cell="claim">{escape(r.claim)}{reason}{_comparison(r)}'
        f'<p class="meta">{KINDS[r.kind]} · <a href="#{r.id}">{r.id}</a></p></td>'
        f'<td data-cell="paper">{escape(r.paper_text)}</td>'
        f'<td data-cell="ours"{exact}>{escape(r.ours_text) or "–"}</td>'
        f'<td data-cell="verdict">{_verdict(r)}</td></tr>'
    )


def _comparison(r: Row) -> str:
    """Line by line, where the claim compares a table."""
    if r.ours is None or not r.ours.lines:
        return ""
    items = []
    for line in r.ours.lines:
        sign = SIGNS["holds" if line.same else "differs"]
        ours = "" if line.same else f"; ours: {line.ours}"
        items.append(f"<li>{sign} {escape(line.paper + ours)}</li>")
    return (
        f'<details class="lines"><summary>{len(items)} lines</summary><ol>{"".join(items)}</ol>'
        "</details>"
    )
