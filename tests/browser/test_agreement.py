"""A drag, a key and a tap in each widget: the numbers that come up are those that Python gives."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from chromium import BOOK
from playwright.sync_api import Locator, Page, expect
from test_widgets import exact, first_range, picture

from inception_lib import inception_v3, receptive_field, trace
from inception_lib.viz import CostExplorer, ModuleDiagram, ReceptiveField

CHAPTER = (BOOK / "chapters" / "03_factorizing_convolutions.html").as_uri()


def widget(page: Page, uid: str) -> Locator:
    found = page.locator(f'.inception-widget[data-uid="{uid}"]').first
    found.scroll_into_view_if_needed()
    return found


def drag(page: Page, slider: Locator, start: float, end: float) -> None:
    """Pull a slider's thumb from one share of its length to another."""
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + start * box["width"], middle)
    page.mouse.down()
    page.mouse.move(box["x"] + end * box["width"], middle, steps=6)
    page.mouse.up()


def press(slider: Locator, key: str, times: int) -> None:
    slider.focus()
    for _ in range(times):
        slider.press(key)


# -- CostExplorer ----------------------------------------------------------------------------------


def costs_agree(shown: Locator, preset: str) -> int:
    """Compare every number; returns the multiply-adds of the factorization."""
    picture(shown)
    state = {k: shown.locator(f'input[name="{k}-number"]') for k in ("grid", "channels", "alpha")}
    given = {key: float(field.input_value()) for key, field in state.items()}
    ours = CostExplorer(preset, int(given["grid"]), int(given["channels"]), given["alpha"])
    for side, alternative in zip(("single", "factorized"), ours.alternatives(), strict=True):
        assert exact(shown, f"{side}-macs") == alternative.macs
        assert exact(shown, f"{side}-params") == alternative.params
    assert exact(shown, "saving") == pytest.approx(ours.saving(), abs=1e-12)
    return ours.alternatives()[1].macs


def test_cost_explorer(visit: Callable) -> None:
    opened = visit(CHAPTER, touch=True)
    shown = widget(opened.page, "cost-laboratory")
    seen = [costs_agree(shown, "two-3x3")]
    drag(opened.page, shown.locator('input[type=range][name="grid"]'), 0.2, 0.7)
    seen.append(costs_agree(shown, "two-3x3"))
    press(shown.locator('input[type=range][name="channels"]'), "ArrowRight", 3)
    seen.append(costs_agree(shown, "two-3x3"))
    shown.locator('.chip[data-preset="asym-3"]').tap()
    seen.append(costs_agree(shown, "asym-3"))
    assert len(set(seen)) == 4, "each changed the numbers"


@pytest.mark.parametrize(
    "name",
    ["Grid: height and width of the input", "Input channels", "Your point on the curve: alpha"],
)
def test_a_handle_in_the_drawing_goes_by_hand_and_by_keys(name: str, visit: Callable) -> None:
    opened = visit(CHAPTER)
    shown = widget(opened.page, "cost-laboratory")
    handle = shown.get_by_role("slider", name=name, exact=True)
    handle.scroll_into_view_if_needed()
    values = [handle.get_attribute("aria-valuenow")]
    box = handle.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    opened.page.mouse.move(x, y)
    opened.page.mouse.down()
    opened.page.mouse.move(x + 5, y, steps=4)
    opened.page.mouse.up()
    costs_agree(shown, "two-3x3")
    values.append(handle.get_attribute("aria-valuenow"))
    press(handle, "ArrowRight", 2)
    costs_agree(shown, "two-3x3")
    values.append(handle.get_attribute("aria-valuenow"))
    assert len(set(values)) == 3, "each moved it"


# -- ReceptiveField --------------------------------------------------------------------------------


def fields_agree(shown: Locator, stack: str) -> tuple[int, ...]:
    """Compare every number at the cell that the page is at; returns what identifies the state."""
    picture(shown)
    side = int(shown.locator('input[name="grid-number"]').input_value())
    cell = [int(shown.locator(f'input[name="{axis}"]').input_value()) for axis in ("row", "column")]
    ours = ReceptiveField(stack, grid=side, cell=cell)
    paths = ours.path_counts
    assert exact(shown, "size") == ours.field.size[0]
    assert exact(shown, "stride") == ours.field.stride[0]
    assert exact(shown, "padding") == ours.field.padding[0]
    assert exact(shown, "pixels") == int((paths > 0).sum())
    return (ours.field.size[0], side, *cell)


def test_receptive_field(visit: Callable) -> None:
    opened = visit(CHAPTER, touch=True)
    shown = widget(opened.page, "window-laboratory")
    seen = [fields_agree(shown, "two-3x3")]
    drag(opened.page, first_range(shown), 0.3, 0.8)
    seen.append(fields_agree(shown, "two-3x3"))
    press(shown.locator("svg.irf-stack").last, "ArrowUp", 4)  # to where the window meets the border
    press(shown.locator("svg.irf-stack").last, "ArrowLeft", 7)
    seen.append(fields_agree(shown, "two-3x3"))
    shown.locator('.chip[data-preset="1x7-7x1"]').tap()
    seen.append(fields_agree(shown, "1x7-7x1"))
    assert len(set(seen)) == 4, "each changed the numbers"


def test_a_click_in_the_drawing_moves_the_cell(visit: Callable) -> None:
    opened = visit(CHAPTER)
    shown = widget(opened.page, "window-laboratory")
    before = fields_agree(shown, "two-3x3")
    photograph = shown.locator("svg.irf-flat").last
    photograph.scroll_into_view_if_needed()
    box = photograph.bounding_box()
    assert box is not None
    photograph.click(position={"x": 0.35 * box["width"], "y": 0.85 * box["height"]})
    assert fields_agree(shown, "two-3x3") != before


def test_the_windows_of_the_whole_network(visit: Callable) -> None:
    opened = visit(CHAPTER, touch=True)
    shown = widget(opened.page, "network-windows")
    fields = receptive_field(trace(inception_v3(aux=False), 299))
    slider = shown.locator('input[type=range][name="block"]')
    assert exact(shown, "size") == fields["Mixed_7c"].size[0] == 1311
    press(slider, "ArrowLeft", 3)
    picture(shown)
    assert exact(shown, "size") == fields["Mixed_6e"].size[0] == 927
    assert exact(shown, "stride") == fields["Mixed_6e"].stride[0]
    assert exact(shown, "padding") == fields["Mixed_6e"].padding[0]
    drag(opened.page, slider, 0.8, 0.0)
    picture(shown)
    assert exact(shown, "size") == fields["Conv2d_1a_3x3"].size[0] == 3


# -- ModuleDiagram ---------------------------------------------------------------------------------


def diagram_agrees(shown: Locator) -> str:
    picture(shown)
    figure = shown.locator('.chip[aria-pressed="true"]').first.get_attribute("data-preset")
    assert figure is not None
    ours = ModuleDiagram(figure=figure)
    expect(shown.locator('output[name="macs"]')).to_have_attribute(
        "data-value", str(ours.diagram.macs)
    )
    assert exact(shown, "params") == ours.diagram.params
    return figure


def test_module_diagram(visit: Callable) -> None:
    opened = visit(CHAPTER, touch=True)
    shown = widget(opened.page, "figures-4-to-7")
    seen = [diagram_agrees(shown)]
    shown.locator('.chip[data-preset="figure-5"]').tap()
    seen.append(diagram_agrees(shown))
    shown.locator('.chip[data-preset="figure-5"]').press("ArrowRight")
    seen.append(diagram_agrees(shown))
    assert seen == ["figure-4", "figure-5", "figure-6-n3"]


def test_a_kernel_of_the_diagram_tells_its_share(visit: Callable) -> None:
    opened = visit(CHAPTER)
    shown = widget(opened.page, "figures-4-to-7")
    ours = ModuleDiagram(figure="figure-4").diagram
    dearest = max(ours.boxes, key=lambda box: box.macs)
    kernel = shown.get_by_role("button", name="5×5").first
    kernel.hover()
    picture(shown)
    assert exact(shown, "box-macs") == dearest.macs
    assert exact(shown, "box-params") == dearest.params
    assert exact(shown, "box-share") == pytest.approx(dearest.macs / ours.macs)
