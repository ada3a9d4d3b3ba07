"""The scoreboard in the built book: sorting, filtering and links, without a kernel."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

import chromium
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from inception_lib.paper import ledger

IDS = [r.id for r in ledger()]
PARTS = dict.fromkeys(r.section.partition(".")[0] for r in ledger())


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    opened = browser.new_page()
    yield opened
    opened.close()


@pytest.fixture
def board(page: Page) -> Page:
    page.goto("about:blank")
    page.goto((chromium.BOOK / "chapters" / "scoreboard.html").as_uri())
    return page


def chip(page: Page, group: str, name: str) -> Locator:
    """A filter of the ledger; squares of the strip above it are buttons as well."""
    return page.get_by_role("group", name=group, exact=True).get_by_role("button", name=name)


def shown(page: Page) -> list[str]:
    return page.locator("table.ledger tr[id]:visible").evaluate_all("rows => rows.map(r => r.id)")


def order(page: Page) -> list[str]:
    """What stands below what: a heading by its section, a row by its own."""
    return page.locator("table.ledger tbody tr:visible").evaluate_all(
        "rows => rows.map(r => (r.id ? '' : 'heading ') + r.dataset.part)"
    )


def test_whole_at_first(board: Page) -> None:
    assert shown(board) == IDS
    expect(board.locator("output[name=count]")).to_have_text(f"{len(IDS)} of {len(IDS)} claims")


def test_chips_filter_within_and_across_groups(board: Page) -> None:
    wanted = [r.id for r in ledger() if r.verdict == "differs"]
    chip(board, "Verdict", "differs").click()
    assert shown(board) == wanted
    chip(board, "Verdict", "open").click()
    assert shown(board) == [r.id for r in ledger() if r.verdict in ("differs", "open")]
    chip(board, "Kind", "measured").click()
    assert shown(board) == [r.id for r in ledger() if r.verdict == "differs" and r.kind == "M"]
    board.get_by_role("button", name="Show all").click()
    assert shown(board) == IDS


def test_headings_stand_over_their_rows(board: Page) -> None:
    parts = [r.section.partition(".")[0] for r in ledger()]
    in_order = [line for part, rows in groupby(parts) for line in (f"heading {part}", *rows)]
    assert order(board) == in_order
    board.get_by_role("button", name="10 Results").click()
    board.get_by_role("button", name="3 Factorizing").click()
    assert order(board) == [x for x in in_order if x.split()[-1] in ("3", "10")]
    chip(board, "Kind", "trained").click()
    trained = [r.section.partition(".")[0] for r in ledger() if r.kind == "T"]
    third, tenth = (["heading " + part, *(p for p in trained if p == part)] for part in ("3", "10"))
    assert len(third) > 1 < len(tenth)
    assert order(board) == third + tenth
    section = board.locator("th", has_text="Section").get_by_role("button")
    section.click()
    assert order(board) == tenth + third
    board.locator("th", has_text="Verdict").get_by_role("button").click()
    assert not any(line.startswith("heading") for line in order(board))
    board.get_by_role("button", name="Show all").click()
    section.click()
    assert order(board) == in_order


def test_search_takes_an_x_for_a_times_sign(board: Page) -> None:
    board.get_by_label("Find", exact=True).fill("1xn save")
    assert shown(board) == ["asym-n"]
    board.get_by_label("Find", exact=True).fill("no such claim")
    assert shown(board) == []
    expect(board.locator("output[name=count]")).to_have_attribute("data-value", "0")


def test_headers_sort_by_keyboard(board: Page) -> None:
    head = board.locator("th", has_text="Verdict")
    head.get_by_role("button").focus()
    board.keyboard.press("Enter")
    expect(head).to_have_attribute("aria-sort", "ascending")
    assert board.locator("th[aria-sort]").count() == 1
    assert shown(board)[0] == next(r.id for r in ledger() if r.verdict == "differs")
    board.keyboard.press("Enter")
    expect(head).to_have_attribute("aria-sort", "descending")
    assert shown(board)[0] in {r.id for r in ledger() if r.verdict == "holds"}
    board.locator("th", has_text="Section").get_by_role("button").click()
    assert shown(board) == IDS


def test_a_link_shows_its_row_whatever_the_filters(board: Page) -> None:
    chip(board, "Kind", "quoted").click()
    expect(board.locator("#two-3x3")).to_be_hidden()
    board.evaluate("location.hash = '#two-3x3'")
    expect(board.locator("#two-3x3")).to_be_in_viewport()


def test_whole_without_a_script(page: Page) -> None:
    assert page.context.browser is not None
    context = page.context.browser.new_context(java_script_enabled=False)
    plain = context.new_page()
    plain.goto((chromium.BOOK / "chapters" / "scoreboard.html").as_uri() + "#two-3x3")
    expect(plain.locator("#two-3x3")).to_be_in_viewport()
    assert plain.locator("table.ledger tr[id]").count() == len(IDS)
    assert plain.locator("table.ledger tr.part:visible").count() == len(PARTS)
    context.close()


def test_narrow_page(board: Page) -> None:
    size = board.viewport_size
    board.set_viewport_size({"width": 375, "height": 800})
    assert board.evaluate("document.documentElement.scrollWidth") == 375
    board.goto("about:blank")
    board.goto((chromium.BOOK / "chapters" / "scoreboard.html").as_uri() + "#asym-n")
    expect(board.locator("#asym-n")).to_be_in_viewport()
    assert size is not None
    board.set_viewport_size(size)
