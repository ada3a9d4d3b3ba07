"""The host of widgets in a page without a kernel, on a small module made for the purpose."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

HOST = Path(__file__).parents[2] / "inception_lib" / "viz" / "js" / "host.js"

MODULE = """
export default { async render({ model, el }) {
  if (model.get("kind") === "broken") throw new Error("cannot");
  const button = document.createElement("button");
  const draw = () => { button.textContent = model.get("n"); };
  button.onclick = () => { model.set("n", model.get("n") + 1); model.save_changes(); };
  model.on("change:n", draw);
  el.append(button);
  draw();
  window.last = model;
} };
"""


LIMITS = {"n": {"min": 0, "max": 9}, "word": {"names": ["one", "two"]}, "list": {}, "text": {}}


def widget(uid: str, state: dict[str, object], kind: str = "toy") -> str:
    data, limits = (json.dumps(value).replace('"', "&quot;") for value in (state, LIMITS))
    return (
        f'<div class="inception-widget" data-kind="{kind}" data-uid="{uid}" data-state="{data}" '
        f'data-limits="{limits}"><p>fallback</p></div>'
    )


@pytest.fixture
def toy(tmp_path: Path, visit: Callable) -> Callable[..., tuple[Page, list[str]]]:
    def open_page(*widgets: str, fragment: str = "") -> tuple[Page, list[str]]:
        script = HOST.read_text("utf-8").replace("__KIT__", json.dumps("const __kit = {};"))
        (tmp_path / "host.js").write_text(script, encoding="utf-8")
        modules = "".join(
            f"inceptionWidget({json.dumps(kind)}, {json.dumps(MODULE)});"
            for kind in ("toy", "broken")
        )
        (tmp_path / "widgets.js").write_text(modules, encoding="utf-8")
        body = "".join(widgets)
        scripts = "".join(f'<script defer src="{n}.js"></script>' for n in ("host", "widgets"))
        (tmp_path / "page.html").write_text(
            f'<!doctype html><meta charset="utf-8">{scripts}{body}', encoding="utf-8"
        )
        opened = visit((tmp_path / "page.html").as_uri() + fragment)
        return opened.page, opened.errors

    return open_page


def test_views_of_one_widget_move_together(toy: Callable) -> None:
    page, errors = toy(widget("a", {"n": 1}), widget("b", {"n": 5}), widget("a", {"n": 1}))
    page.get_by_role("button").first.click()
    assert page.get_by_role("button").all_inner_texts() == ["2", "5", "2"]
    assert page.get_by_text("fallback").count() == 0
    assert errors == []


def test_a_widget_that_fails_keeps_its_fallback_and_harms_no_other(toy: Callable) -> None:
    page, errors = toy(widget("a", {"n": 1}, kind="broken"), widget("b", {"n": 5}))
    states = page.locator(".inception-widget").evaluate_all(
        "all => all.map(w => w.dataset.mounted)"
    )
    assert states == ["false", "true"]
    assert page.get_by_text("fallback").count() == 1
    assert len(errors) == 1
    assert "could not start" in errors[0]


def test_events_follow_the_rules_of_ipywidgets(toy: Callable) -> None:
    page, _ = toy(widget("a", {"n": 1, "m": [1, 2]}))
    heard = page.evaluate("""() => {
      const heard = [];
      const model = window.last;
      const onN = (m, value) => heard.push(["n", value, m === model]);
      model.on("change:n change:m", onN);
      model.on("change", () => heard.push("any"));
      model.set("n", 1);                  // no change, no event
      model.set("m", [1, 2]);             // equal by value, no event
      model.set({ n: 3, m: [2] });        // one event each, one for all
      model.off("change:n", onN);
      model.set("n", 4);
      return heard;
    }""")
    assert heard == [["n", 3, True], ["n", [2], True], "any", "any"]


START = {"uid": "a", "n": 1, "word": "one", "list": [1], "text": ""}


def state(page: Page) -> dict[str, object]:
    found = page.evaluate("document.querySelector('.inception-widget').model.state")
    return {key: found[key] for key in ("n", "word", "list", "text")}


def test_a_state_in_the_address_opens_the_figure_as_it_was(toy: Callable) -> None:
    page, errors = toy(widget("a", dict(START)), fragment="#a?n=7&word=two&list=[2,3]&text=5×5%26")
    assert state(page) == {"n": 7, "word": "two", "list": [2, 3], "text": "5×5&"}
    address = page.evaluate("document.querySelector('.inception-widget').model.link()")
    assert address.startswith(page.url.split("#")[0] + "#a?")
    page.evaluate("state => { window.last.set(state); }", START)
    page.evaluate("a => { location.href = a; }", address)
    page.wait_for_function("window.last.get('n') === 7")
    assert state(page) == {"n": 7, "word": "two", "list": [2, 3], "text": "5×5&"}
    assert errors == []


@pytest.mark.parametrize(
    "query", ["n=10", "n=-1", "n=x", "n=", 'n="3"', "word=three", "list=7", "uid=b", "kind=x", "%"]
)
def test_what_lies_outside_the_limits_is_left_out(query: str, toy: Callable) -> None:
    page, errors = toy(widget("a", dict(START)), fragment=f"#a?{query}")
    assert state(page) == {key: START[key] for key in ("n", "word", "list", "text")}
    assert page.evaluate("window.last.get('uid')") == "a"
    assert errors == []


def test_a_link_in_the_prose_moves_a_figure(toy: Callable) -> None:
    page, _ = toy(
        '<a href="#b?n=4">four</a>', widget("a", dict(START)), widget("b", dict(START, uid="b"))
    )
    page.get_by_role("link").click()
    assert page.get_by_role("button").all_inner_texts() == ["1", "4"]
