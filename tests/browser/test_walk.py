"""A figure that stays in view while its prose goes by: chapter 6 walks through Table 1."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import chromium
import pytest
from playwright.sync_api import Browser, Page

PAGE = chromium.BOOK / "chapters" / "06_inception_v2_layer_by_layer.html"


@pytest.fixture
def walk(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open the chapter: ``walk(width=…, height=…)``."""
    opened, errors = [], []

    def show(*, width: int = 1280, height: int = 800, **options: Any) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        opened.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(PAGE.as_uri())
        page.wait_for_selector('[data-uid="walk"][data-mounted="true"]')
        return page

    yield show
    for context in opened:
        context.close()
    assert errors == []


def state(page: Page, key: str) -> Any:
    return page.evaluate("key => document.querySelector('[data-uid=walk]').model.get(key)", key)


def scroll_to(page: Page, text: str) -> None:
    """Bring a step to the upper part of what the figure leaves of the window."""
    page.evaluate(
        """async (text) => {
          const all = [...document.querySelectorAll('.walk > p')];
          const step = all.find((p) => p.textContent.startsWith(text));
          const figure = document.querySelector('.cell.tag_walk');
          for (let k = 0; k < 8; k++) {  // until the figure is where it stays
            const edge = figure.getBoundingClientRect().bottom;
            const top = step.getBoundingClientRect().top - edge - 10;
            scrollBy({ top, behavior: 'instant' });
            await new Promise((r) => setTimeout(r, 80));
          }
        }""",
        text,
    )


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (375, 812)])
def test_the_figure_stays_in_view_and_moves_with_the_prose(
    width: int, height: int, walk: Callable[..., Page]
) -> None:
    page = walk(width=width, height=height, has_touch=width < 600)
    assert state(page, "step") == "whole"
    for text, step in (("Row 1.", "1"), ("Row 5.", "5"), ("Row 9.", "9"), ("Row 3 ", "3")):
        scroll_to(page, text)
        assert state(page, "step") == step
        box = page.locator('[data-uid="walk"] .its-space').bounding_box()
        assert box is not None
        assert box["y"] > 0
        assert box["y"] + box["height"] < height - 150
    page.evaluate("scrollTo({ top: 0, behavior: 'instant' })")
    page.wait_for_timeout(150)
    assert state(page, "step") == "whole", "above the first step it is as it was"


def test_a_link_of_a_step_moves_the_figure_and_the_address_stays(
    walk: Callable[..., Page],
) -> None:
    page = walk()
    scroll_to(page, "Row 8.")
    page.locator('.walk a[href*="tensor="]').click()
    page.wait_for_timeout(900)  # the figure changes its height, and the page may slide
    assert (state(page, "step"), state(page, "tensor")) == ("8", "release Mixed_5d")
    assert "#" not in page.url
    page.mouse.wheel(0, 1)  # from here on the reader scrolls
    scroll_to(page, "Row 9.")
    assert (state(page, "step"), state(page, "tensor")) == ("9", "")


def test_what_the_reader_sets_is_kept_while_walking(walk: Callable[..., Page]) -> None:
    page = walk()
    page.evaluate("document.querySelector('[data-uid=walk]').model.set('size', 300)")
    scroll_to(page, "Row 4.")
    assert (state(page, "size"), state(page, "step")) == (300, "4")


def test_a_low_window_keeps_its_prose(walk: Callable[..., Page]) -> None:
    page = walk(height=500)
    position = page.evaluate("getComputedStyle(document.querySelector('.tag_walk')).position")
    assert position == "static"
    page.locator('.walk a[href="#walk?step=5"]').click()
    assert state(page, "step") == "5"


def test_without_script_the_table_stands_there(walk: Callable[..., Page], browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(PAGE.as_uri())
    assert page.locator('[data-uid="walk"] tbody tr').count() == 15
    assert page.locator('a[href="#walk?step=5"]').is_visible()
    context.close()


def test_arrow_keys_go_from_row_to_row(walk: Callable[..., Page]) -> None:
    page = walk()
    chip = page.locator('[data-uid="walk"] .chip[data-preset="row-8"]')
    chip.click()
    chip.press("ArrowRight")
    assert state(page, "step") == "6a"
    page.keyboard.press("ArrowRight")
    assert state(page, "step") == "9"
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    assert state(page, "step") == "8"
