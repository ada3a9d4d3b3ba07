"""The list of notation: every symbol of the chapters, with one meaning in each and no other."""

from __future__ import annotations

import json
import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

CHAPTERS = Path(__file__).parents[1] / "chapters"
GREEK = {"α": r"\alpha", "ε": r"\varepsilon", "δ": r"\delta", "η": r"\eta", "ρ": r"\rho"}
COMMANDS = {*GREEK.values(), r"\ell"}  # of TeX's commands those that are symbols
_MATH = re.compile(r"\$\$(.+?)\$\$|\$([^$\n]+)\$", re.S)
_WORDS = re.compile(r"\\(mathrm|text|operatorname)\{[^}]*\}")
_LETTERS = re.compile(r"\\[a-z]+|[A-Za-z]'?")


class Row(NamedTuple):
    """One meaning of a symbol (as TeX); the welcome page is chapter 0."""

    symbol: str
    first: int
    section: str
    chapters: frozenset[int]


@cache
def rows() -> list[Row]:
    found = []
    for line in (CHAPTERS / "notation.md").read_text(encoding="utf-8").splitlines():
        if not line.startswith("| $"):
            continue
        symbol, meaning, unit, where = (cell.strip() for cell in line.strip("|").split("|"))
        assert meaning, line
        assert unit, line
        start, *again = where.split(";")
        chapter, section = start.split(", ", 1)
        first = 0 if chapter == "Welcome" else int(chapter)
        chapters = frozenset({first, *map(int, again)})
        found.append(Row(symbol.strip("$"), first, section, chapters))
    return found


@cache
def pages() -> dict[int, dict[str, str]]:
    """The prose of each chapter that is written, by section; its opening is before the first."""
    found = {0: (CHAPTERS / "welcome.md").read_text(encoding="utf-8")}
    for path in CHAPTERS.glob("[0-9][0-9]_*.ipynb"):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        prose = ("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
        found[int(path.name[:2])] = "\n\n".join(prose)
    return {number: _sections(text) for number, text in found.items()}


def _sections(text: str) -> dict[str, str]:
    start, *pieces = re.split(r"^## (.+)$", text, flags=re.M)
    return {"opening": start} | dict(zip(pieces[::2], pieces[1::2], strict=True))


def symbols(text: str) -> set[str]:
    """Letters in the mathematics of a text, and Greek ones outside of it."""
    found = {tex for letter, tex in GREEK.items() if letter in text}
    for display, inline in _MATH.findall(text):
        found.update(_LETTERS.findall(_WORDS.sub(" ", display or inline)))
    return {symbol for symbol in found if symbol[0] != "\\" or symbol in COMMANDS}


def test_symbols_of_a_text() -> None:
    text = r"With ε, $2d^2k$ and $\frac{\mathrm{d}g}{\mathrm{d}t} \le q'(y)$: $\alpha$."
    assert symbols(text) == {r"\varepsilon", "d", "k", "g", "t", "q'", "y", r"\alpha"}


@pytest.mark.parametrize("chapter", sorted(pages()))
def test_every_symbol_is_listed(chapter: int) -> None:
    listed = {row.symbol for row in rows() if chapter in row.chapters}
    used = set().union(*map(symbols, pages()[chapter].values()))
    assert used == listed, "chapters/notation.md has a row for each symbol of each chapter"


def test_a_symbol_has_one_meaning_in_a_chapter() -> None:
    uses = Counter((row.symbol, chapter) for row in rows() for chapter in row.chapters)
    assert [use for use, times in uses.items() if times > 1] == []


def test_the_section_is_that_of_the_first_use() -> None:
    for row in rows():
        if row.first in pages():  # else it is not written yet
            sections = pages()[row.first]
            first = next(name for name, text in sections.items() if row.symbol in symbols(text))
            assert row.section == first, row
