"""The element that asks for a guess before it answers."""

from __future__ import annotations

from collections.abc import Callable

from chromium import BOOK
from playwright.sync_api import expect

WELCOME = (BOOK / "chapters" / "welcome.html").as_uri()


def test_a_wrong_guess_is_compared(visit: Callable) -> None:
    box = visit(WELCOME).page.locator(".predict")
    assert box.locator("details").get_attribute("open") is None
    box.get_by_label("25,600").check()
    expect(box.locator("summary")).to_have_text("Compare with the answer")
    box.locator("summary").click()
    expect(box.locator(".predict-verdict")).to_have_text("You said 25,600. It is 102,400.")
    expect(box.locator("[data-mark=wrong]")).to_contain_text("25,600")
    expect(box.locator("[data-mark=right]")).to_contain_text("102,400")


def test_a_right_guess_is_told_so(visit: Callable) -> None:
    box = visit(WELCOME).page.locator(".predict")
    box.get_by_label("102,400").check()
    box.locator("summary").click()
    expect(box.locator(".predict-verdict")).to_contain_text("and so it is")
    assert box.locator("[data-mark=wrong]").count() == 0


def test_it_works_by_keyboard(visit: Callable) -> None:
    page = visit(WELCOME).page
    box = page.locator(".predict")
    box.get_by_label("1,600").focus()
    page.keyboard.press("ArrowDown")
    assert box.get_by_label("25,600").is_checked()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert box.locator("details").get_attribute("open") is not None
    expect(box.locator(".predict-verdict")).to_contain_text("You said 25,600")


def test_it_can_be_opened_without_a_guess(visit: Callable) -> None:
    box = visit(WELCOME).page.locator(".predict")
    box.locator("summary").click()
    expect(box.locator(".predict-verdict")).to_contain_text("without a guess")


def test_without_script_the_answer_is_a_disclosure(visit: Callable) -> None:
    box = visit(WELCOME, script=False).page.locator(".predict")
    assert box.get_by_role("radio").count() == 3
    expect(box.locator("summary")).to_have_text("Answer")
    box.locator("summary").click()
    assert box.get_by_text("A convolution is dense in its channels").is_visible()
