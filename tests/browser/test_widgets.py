"""Widgets in the built pages: they answer to a hand, and say what Python says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from chromium import BOOK, pages
from playwright.sync_api import Locator, Page, expect

from inception_lib.viz import CostExplorer, WhichRungs, to_page

KINDS = ("cost-explorer", "receptive-field")


def page_of(kind: str) -> str:
    """Address of the first page that shows a widget of this kind."""
    mark = f'data-kind="{kind}"'
    found = [p for p in pages() if mark in (BOOK / p).read_text("utf-8")]
    assert found, f"no page of the book shows a {kind}"
    return (BOOK / found[0]).as_uri()


def widget_on(page: Page, kind: str) -> Locator:
    """Return the first widget of this kind, its head in view, below the bar of the page."""
    widget = page.locator(f'.inception-widget[data-kind="{kind}"]').first
    widget.evaluate("w => { w.scrollIntoView({ block: 'start' }); scrollBy(0, -80); }")
    page.wait_for_timeout(300)  # the theme makes room beside a wide figure, which moves it
    return widget


def picture(widget: Locator) -> str:
    """Everything that the widget shows: numbers, and drawings as markup."""
    widget.evaluate("() => new Promise(r => requestAnimationFrame(() => setTimeout(r, 30)))")
    return widget.evaluate(
        "w => [...w.querySelectorAll('output, svg')].map(e => e.outerHTML).join('')"
    )


def exact(widget: Locator, name: str) -> float:
    """Return the exact number behind an ``<output>``."""
    value = widget.locator(f'output[name="{name}"]').first.get_attribute("data-value")
    assert value is not None
    return float(value)


def first_range(widget: Locator) -> Locator:
    """The first slider that is there to be moved."""
    sliders = widget.locator("input[type=range]")
    return next(s for s in sliders.all() if s.is_visible())


@pytest.mark.parametrize("kind", KINDS)
def test_dragging_a_slider_moves_the_figure(kind: str, visit: Callable) -> None:
    opened = visit(page_of(kind))
    widget = widget_on(opened.page, kind)
    slider = first_range(widget)
    slider.scroll_into_view_if_needed()
    before, value = picture(widget), slider.input_value()
    box = slider.bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    opened.page.mouse.move(box["x"] + 0.3 * box["width"], middle)
    opened.page.mouse.down()
    opened.page.mouse.move(box["x"] + 0.8 * box["width"], middle, steps=8)
    opened.page.mouse.up()
    assert slider.input_value() != value
    assert picture(widget) != before
    assert opened.errors == []


@pytest.mark.parametrize("kind", KINDS)
def test_keys_move_the_figure(kind: str, visit: Callable) -> None:
    opened = visit(page_of(kind))
    widget = widget_on(opened.page, kind)
    slider = first_range(widget)
    before = picture(widget)
    slider.focus()
    key = "ArrowLeft" if slider.input_value() == slider.get_attribute("max") else "ArrowRight"
    for _ in range(3):
        opened.page.keyboard.press(key)
    assert picture(widget) != before
    assert opened.errors == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_tap_on_a_chip_moves_the_figure(kind: str, visit: Callable) -> None:
    opened = visit(page_of(kind), width=375, touch=True)
    widget = widget_on(opened.page, kind)
    before = picture(widget)
    name = widget.locator('.chip[data-preset][aria-pressed="false"]').first.get_attribute(
        "data-preset"
    )
    chip = widget.locator(f'.chip[data-preset="{name}"]')
    chip.tap()
    expect(chip).to_have_attribute("aria-pressed", "true")
    assert picture(widget) != before
    assert opened.errors == []


@pytest.mark.parametrize(
    ("preset", "grid", "channels", "alpha"),
    [("two-3x3", 35, 192, 1.0), ("two-3x3", 17, 128, 1.5), ("two-2x2", 147, 32, 2.0)],
)
def test_cost_explorer_agrees_with_python(
    preset: str, grid: int, channels: int, alpha: float, visit: Callable
) -> None:
    widget = widget_on(visit(page_of("cost-explorer")).page, "cost-explorer")
    widget.locator(f'.chip[data-preset="{preset}"]').click()
    for key, value in (("grid", grid), ("channels", channels), ("alpha", alpha)):
        widget.locator(f'input[name="{key}-number"]').fill(str(value))
    picture(widget)
    ours = CostExplorer(preset=preset, grid=grid, channels=channels, alpha=alpha)
    single, factorized = ours.alternatives()
    assert exact(widget, "single-macs") == single.macs
    assert exact(widget, "single-params") == single.params
    assert exact(widget, "factorized-macs") == factorized.macs
    assert exact(widget, "factorized-params") == factorized.params
    assert exact(widget, "saving") == pytest.approx(ours.saving(), abs=1e-12)


def test_the_chips_show_the_papers_savings(visit: Callable) -> None:
    widget = widget_on(visit(page_of("cost-explorer")).page, "cost-explorer")
    for preset, saving in {"two-3x3": 28, "asym-3": 33, "two-2x2": 11, "asym-7": 71}.items():
        widget.locator(f'.chip[data-preset="{preset}"]').click()
        picture(widget)
        assert round(100 * exact(widget, "saving")) == saving


@pytest.mark.parametrize("stack", ["5x5", "two-3x3", "3x1-1x3", "two-2x2", "1x7-7x1"])
def test_receptive_field_agrees_with_python(stack: str, visit: Callable) -> None:
    from inception_lib.viz import ReceptiveField

    widget = widget_on(visit(page_of("receptive-field")).page, "receptive-field")
    chip = widget.locator(f'.chip[data-preset="{stack}"]')
    chip.click()
    expect(chip).to_have_attribute("aria-pressed", "true")
    picture(widget)
    side = int(widget.locator('input[name="grid-number"]').input_value())
    ours = ReceptiveField(stack, grid=side)
    assert exact(widget, "size") == ours.field.size[0]
    assert exact(widget, "stride") == ours.field.stride[0]
    assert exact(widget, "padding") == ours.field.padding[0]
    assert exact(widget, "pixels") == int((ours.path_counts > 0).sum())


def test_table_2_is_shown_once_both_budgets_are_hit_and_a_guess_is_made(visit: Callable) -> None:
    opened = visit(page_of("hit-the-budget"))
    widget = widget_on(opened.page, "hit-the-budget")
    table, question = widget.locator(".ihb-table"), widget.locator(".ihb-ask")
    accuracy = widget.get_by_text("75.2 %")

    def press(*names: str) -> None:
        for name in names:
            widget.locator(f'.chip[data-preset="{name}"]').click()
        picture(widget)

    press("151", "pool-off")  # near the line, and not near enough
    expect(question).to_be_hidden()
    press("pool-on", "stride-1")
    assert exact(widget, "ratio") == 1
    press("79")
    expect(question).to_be_hidden()
    press("pool-off")
    assert exact(widget, "macs") == 5_361_703_520
    expect(question).to_be_visible()
    expect(table).to_be_hidden()
    expect(accuracy).to_have_count(0)
    box = widget.locator("figure").bounding_box()
    assert box is not None
    assert box["height"] <= 560
    widget.locator('.chip[data-preset="guess-70"]').press("Enter")
    expect(table).to_be_visible()
    expect(table).to_be_focused()
    expect(accuracy.first).to_be_visible()
    assert opened.errors == []


def test_a_step_says_whether_it_is_clear_of_0_once_it_is_signed(
    visit: Callable, tmp_path: Path
) -> None:
    opened = visit(to_page(WhichRungs.examples()[:1], tmp_path / "rungs.html").as_uri())
    widget = opened.page.locator(".inception-widget")
    answer = widget.get_by_text("clear of 0")
    factorized = widget.get_by_role("checkbox", name="sign Factorized 7×7")
    expect(widget.get_by_role("checkbox")).to_have_count(4)
    assert "clear of 0" not in widget.inner_text()
    assert "reaches 0" not in widget.inner_text()
    factorized.press("Space")
    expect(answer.first).to_be_visible()
    assert exact(widget, "clear-3") == exact(widget, "stand") == 1
    expect(widget.locator('output[name="clear-2"]')).to_have_text("")
    widget.locator('.chip[data-preset="thousand"]').click()
    expect(widget.locator('output[name="clear-3"]')).to_have_text("reaches 0")
    height = widget.locator("figure").bounding_box()["height"]
    assert height <= 560
    factorized.uncheck()
    expect(widget.locator('output[name="clear-3"]')).to_have_text("")
    assert opened.errors == []
