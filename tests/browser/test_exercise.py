"""Exercises and terms in the built pages: numbers are checked, definitions shown."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from chromium import BOOK, pages
from playwright.sync_api import Page, expect

WITH = [p for p in pages() if '<form class="exercise-check"' in (BOOK / p).read_text("utf-8")]


def open_first(visit: Callable, page: str, **look: object) -> Page:
    return visit((BOOK / page).as_uri(), **look).page


@pytest.mark.parametrize("page", WITH)
def test_a_right_answer_is_right_and_a_wrong_one_is_not(page: str, visit: Callable) -> None:
    shown = open_first(visit, page)
    for exercise in shown.locator(".exercise[data-answer]").all():
        answer = exercise.get_attribute("data-answer")
        assert answer is not None
        field, verdict = exercise.locator("input"), exercise.locator("output")
        said = []
        for text in (answer, str(float(answer) * 3 + 1), "what?"):
            field.fill(text)
            field.press("Enter")
            said.append(verdict.inner_text())
        assert all(said)
        assert len(set(said)) == 3


@pytest.mark.parametrize("page", WITH)
def test_without_a_script_solutions_still_open(page: str, visit: Callable) -> None:
    shown = open_first(visit, page, script=False)
    exercise = shown.locator(".exercise").first
    assert not exercise.locator("form").is_visible() if exercise.locator("form").count() else True
    exercise.locator("summary", has_text="Solution").click()
    expect(exercise.locator("details.solution > p").first).to_be_visible()


def test_a_term_is_explained_at_the_pointer_and_by_the_keyboard(visit: Callable) -> None:
    shown = open_first(visit, "chapters/03_factorizing_convolutions.html")
    term = next(t for t in shown.locator("a.term").all() if t.is_visible())
    box = shown.locator(".term-definition")
    expect(box).to_be_hidden()
    term.hover()
    expect(box).to_be_visible()
    assert len(box.inner_text()) > 20
    shown.keyboard.press("Escape")
    expect(box).to_be_hidden()
    term.focus()
    expect(box).to_be_visible()


def test_a_tap_explains_and_a_second_tap_follows(visit: Callable) -> None:
    shown = open_first(visit, "chapters/03_factorizing_convolutions.html", width=375, touch=True)
    term = next(t for t in shown.locator("a.term").all() if t.is_visible())
    term.scroll_into_view_if_needed()
    term.tap()
    expect(shown.locator(".term-definition")).to_be_visible()
    term.tap()
    shown.wait_for_url("**/glossary.html#term-*")
