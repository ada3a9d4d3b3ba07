"""Every widget in one page, without a kernel: at every preset, and after a key, a drag and a tap,
each number on the page is the one that Python gives for the state that the page is in."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page

sys.path.insert(0, str(Path(__file__).parents[1] / "viz"))

import widget_fixtures as fixtures
from test_widgets import picture

from inception_lib.viz import BookWidget, to_page
from inception_lib.viz.base import STATIC, kind_of

CLASSES = fixtures.classes()


def shown_numbers(widget: Locator) -> dict[str, Any]:
    """The outputs that can be seen: exact numbers, or words where there is no number."""
    return widget.evaluate("""w => Object.fromEntries([...w.querySelectorAll("output")]
      .filter(o => o.checkVisibility({ visibilityProperty: true }))
      .map(o => [o.name, o.dataset.value ?? o.textContent]))""")


def agrees(widget: Locator, twin: BookWidget) -> set[str]:
    """Compare every number in sight with Python's; returns the names of those in sight."""
    picture(widget)
    fixtures.set_state(twin, widget.evaluate("w => w.model.state"))
    shown, ours = shown_numbers(widget), twin.readouts()
    assert shown.keys() <= ours.keys(), twin.state()
    for name in shown:
        value = ours[name]
        if isinstance(value, str):
            assert shown[name] == value, name
        else:
            assert math.isclose(float(shown[name]), value, rel_tol=1e-9, abs_tol=1e-12), name
    return set(shown)


@pytest.fixture(params=CLASSES, ids=kind_of)
def gallery(request: pytest.FixtureRequest, tmp_path: Path, visit: Callable) -> Callable:
    """One page for the examples of a widget: opens it, and gives its widgets with their twins."""
    cls: type[BookWidget] = request.param

    def open_page(**look: Any) -> tuple[Any, list[tuple[Locator, BookWidget]]]:
        opened = visit(to_page(cls.examples(), tmp_path / "gallery.html").as_uri(), **look)
        pairs = [
            (opened.page.locator(f'.inception-widget[data-uid="{twin.uid}"]'), twin)
            for twin in cls.examples()
        ]
        return opened, pairs

    return open_page


def test_every_preset(gallery: Callable) -> None:
    opened, pairs = gallery(touch=True)
    seen, owed = set(), set()
    for widget, twin in pairs:
        seen |= agrees(widget, twin)
        owed |= twin.readouts().keys()
    widget, twin = pairs[0]
    for preset in twin.words()["presets"]:
        chip = widget.locator(f'.chip[data-preset="{preset["id"]}"]')
        if chip.count():
            chip.tap()
        else:
            widget.evaluate("(w, state) => w.model.set(state)", preset["state"])
        seen |= agrees(widget, twin)
        owed |= twin.readouts().keys()
        assert preset["state"].items() <= twin.state().items()
    assert seen == owed, "each number was in sight at some preset"
    assert opened.errors == []
    assert [r for r in opened.requests if not r.startswith(("file://", "blob:", "data:"))] == []


HANDLES = (
    'input[type=range], input[type=radio]:checked, [role="slider"], [role="application"], '
    '.chip[aria-pressed="false"]'
)


def test_keys_and_drags(gallery: Callable) -> None:
    opened, pairs = gallery()
    for widget, twin in pairs:
        states = [widget.evaluate("w => JSON.stringify(w.model.state)")]
        handles = [h for h in widget.locator(HANDLES).all() if h.is_visible()]
        assert handles, "something can be taken hold of"
        for handle in handles:
            if not handle.is_visible():
                continue
            handle.focus()
            for key in ("ArrowRight", "ArrowLeft", "ArrowLeft"):
                handle.press(key)
                agrees(widget, twin)
                states.append(widget.evaluate("w => JSON.stringify(w.model.state)"))
        for handle in handles:
            box = handle.bounding_box() if handle.is_visible() else None
            if box is None or handle.evaluate("h => h.matches('button')"):
                continue
            drag(opened.page, handle)
            agrees(widget, twin)
            states.append(widget.evaluate("w => JSON.stringify(w.model.state)"))
        assert len(set(states)) > 1, "something moved"
    assert opened.errors == []


def drag(page: Page, handle: Locator) -> None:
    """Take hold of the middle of something and pull it a little to the upper left."""
    handle.scroll_into_view_if_needed()
    box = handle.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 9, y - 7, steps=4)
    page.mouse.up()


def test_a_state_can_be_sent_as_a_link(gallery: Callable) -> None:
    opened, pairs = gallery()
    widget, twin = pairs[0]
    preset = twin.words()["presets"][-1]
    widget.evaluate("(w, state) => w.model.set(state)", preset["state"])
    widget.get_by_role("button", name="copy link to this state").click()
    address = opened.page.url
    assert f"#{twin.uid}?" in address
    opened.page.goto("about:blank")
    opened.open(address)
    agrees(widget, twin)
    assert preset["state"].items() <= twin.state().items()


def test_it_draws_in_any_host_of_a_module(
    gallery: Callable, tmp_path: Path, visit: Callable
) -> None:
    """Ten lines that know nothing of this book: a module, and a model of plain JSON."""
    _, [(_, twin), *_] = gallery()
    module = json.dumps(twin._esm).replace("</", "<\\/")
    state = json.dumps(twin.state() | {"limits": twin.limits}).replace("</", "<\\/")
    (tmp_path / "any.html").write_text(
        f"""<!doctype html><meta charset="utf-8"><div id="here"></div><script type="module">
        const state = {state};
        const model = {{ get: (k) => state[k], set: (k, v) => {{ state[k] = v; }},
          save_changes() {{}}, on() {{}}, off() {{}} }};
        const url = URL.createObjectURL(new Blob([{module}], {{ type: "text/javascript" }}));
        const {{ default: widget }} = await import(url);
        window.end = await widget.render({{ model, el: document.querySelector("#here") }});
        document.body.dataset.done = "true";
        </script>""",
        encoding="utf-8",
    )
    opened = visit((tmp_path / "any.html").as_uri())
    opened.page.wait_for_selector("body[data-done]")
    shown = shown_numbers(opened.page.locator("#here"))
    assert shown
    assert shown.keys() <= twin.readouts().keys()
    opened.page.evaluate("window.end()")
    assert opened.page.locator("#here figure").count() == 0
    assert opened.errors == []


def test_the_kit_is_not_in_a_widgets_own_module() -> None:
    kit = (STATIC / "kit.js").read_text("utf-8")
    for cls in CLASSES:
        own = (STATIC / f"{kind_of(cls)}.js").read_text("utf-8")
        assert "__kit" in own
        assert kit not in own
