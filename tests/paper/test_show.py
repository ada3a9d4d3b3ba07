"""How chapters show the ledger: stable text, and HTML that is whole without a script."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from inception_lib.paper import LedgerError, cite, ledger, row, scoreboard


class Balance(HTMLParser):
    """Fails on a tag that is closed out of order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)
        self.ids += [value for name, value in attrs if name == "id" and value]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_every_row_has_its_anchor() -> None:
    assert Balance(scoreboard()._repr_html_()).ids == [r.id for r in ledger()]


def test_a_verdict_is_a_word_and_a_sign() -> None:
    html = scoreboard()._repr_html_()
    assert html.count('<td data-cell="verdict">') == len(ledger())
    for claim in ledger():
        line = next(t for t in html.splitlines() if f'<tr id="{claim.id}"' in t)
        assert re.search(rf'aria-hidden="true">[✓≠?❝]</span> {claim.verdict}</td>', line)


def test_rows_can_be_chosen() -> None:
    some = scoreboard(r for r in ledger() if r.section == "3.2")
    assert "asym-3" in repr(some)
    assert "two-3x3" not in repr(some)


def test_headings_are_the_papers() -> None:
    html = scoreboard()._repr_html_()
    heads = re.findall(r'<tr class="part"[^>]*><th scope="rowgroup" colspan="5">(.*?)</th>', html)
    assert heads[:3] == ["Abstract", "1 Introduction", "3 Factorizing convolutions"]
    assert heads[-2:] == ["10 Results", "11 Conclusions"]
    assert len(heads) == 11
    assert all(head.strip("0123456789 ") for head in heads)
    one = scoreboard(r for r in ledger() if r.section.startswith("3"))._repr_html_()
    assert 'class="part"' not in one


def test_citation() -> None:
    citation = cite("two-3x3")
    assert repr(citation).replace("\u202f", " ") == (
        "Two 3×3 in place of a 5×5 save 28 % of the multiply-adds. Paper: 28 %; ours: 28 %. "
        "✓ holds [scoreboard.html#two-3x3]"
    )
    html = citation._repr_html_()
    Balance(html)
    assert 'href="scoreboard.html#two-3x3"' in html


def test_citation_without_our_value() -> None:
    assert "ours" not in repr(cite("abstract-single"))


def test_unknown_citation() -> None:
    with pytest.raises(LedgerError, match="near it: fig-2"):
        cite("fig2")


def test_shown_twice_is_the_same() -> None:
    assert scoreboard()._repr_html_() == scoreboard()._repr_html_()
    assert repr(scoreboard([row("fig-1")])) == repr(scoreboard([row("fig-1")]))
