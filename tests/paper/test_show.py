"""How chapters show the ledger: stable text, and HTML that is whole without a script."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from inception_lib.paper import LedgerError, Row, cite, ledger, row, scoreboard, show
from inception_lib.paper.show import Questions


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
    assert heads[:3] == ["Abstract", "1 Introduction", "2 General design principles"]
    assert heads[-2:] == ["10 Results", "11 Conclusions"]
    assert len(heads) == 12
    assert all(head.strip("0123456789 ") for head in heads)
    one = scoreboard(r for r in ledger() if r.section.startswith("3"))._repr_html_()
    assert 'class="part"' not in one


def test_citation() -> None:
    citation = cite("two-3x3")
    assert repr(citation).replace("\u202f", " ") == (
        "Two 3×3 in place of a 5×5 save 28 % of the multiply-adds. Paper: 28 %;\n"
        "ours: 28 %. ✓ holds\n[scoreboard.html#two-3x3]"
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


def test_nothing_printed_is_wider_than_72_characters() -> None:
    printed = [repr(show()), repr(scoreboard()), *(repr(cite(r.id)) for r in ledger())]
    assert max(len(line) for text in printed for line in text.splitlines()) <= 72


def test_questions_do_not_give_their_answers_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the paper's figure nor ours, nor a verdict; and nothing is computed for them."""
    monkeypatch.setattr(Row, "ours", property(lambda self: pytest.fail("computed")))
    whole = repr(show())
    assert not re.search(r"[✓≠?❝]|differs|two-3x3|depth-42", whole)
    text = unwrapped(repr(show("3")))
    assert "Two 3×3 in place of a 5×5 save ▁▁▁ % of the multiply-adds." in text
    asked = 0
    for claim in ledger():
        if claim.paper is None or claim.paper in (0, 1, 100):
            continue  # a bound that is ours
        question = unwrapped(repr(Questions((claim,)))).partition(": ")[2]
        for figure in (f"{claim.paper:,.10g}", f"{claim.paper:.1f}"):
            assert not re.search(rf"(?<![\w.,×-]){re.escape(figure)}(?![\w×]|[.,]\d)", question)
        asked += "▁▁▁" in question
    assert asked > 30


def unwrapped(text: str) -> str:
    return text.replace("\n   ", "").replace("\u202f", " ")


def test_figures_in_words_and_formulas_are_blanked() -> None:
    five = repr(show("5"))
    assert "reduces the cost by ▁▁▁." in five
    assert "2d²k²" not in five
    assert "is ▁▁▁ times more" in five
    assert "is p(k)" not in repr(show("7"))
    assert "One cell after two 3×3 convolutions sees the 5×5" in repr(show("3.1"))


def test_a_section_with_its_answers() -> None:
    answers = show("3.2", answers=True)
    assert "asym-3: holds" in repr(answers)
    assert "two-3x3" not in repr(answers)
    assert repr(show("abstract")).startswith("abstract, last sentence")
    with pytest.raises(LedgerError, match=r"no claim is of section '12'; there are: abstract, 1"):
        show("12")


def test_a_table_is_one_row_with_its_lines() -> None:
    html = scoreboard([row("table-1")])._repr_html_()
    Balance(html)
    assert html.count("<li>✓") == 8
    assert html.count("<li>≠") == 5
    assert "<li>≠ conv 3×3/1 on 73×73×64; ours: conv 1×1/1 on 73×73×64</li>" in html
    assert "<details" not in scoreboard([row("fig-1")])._repr_html_()
