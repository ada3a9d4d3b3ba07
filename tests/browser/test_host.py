"""The host of widgets in a page without a kernel, on a small module made for the purpose."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

HOST = Path(__file__).parents[2] / "chapters" / "_book" / "host.js"

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


def widget(uid: str, state: dict[str, object], kind: str = "toy") -> str:
    data = json.dumps(state).replace('"', "&quot;")
    return (
        f'<div class="inception-widget" data-kind="{kind}" data-uid="{uid}" data-state="{data}">'
        "<p>fallback</p></div>"
    )


@pytest.fixture
def toy(tmp_path: Path, visit: Callable) -> Callable[..., tuple[Page, list[str]]]:
    def open_page(*widgets: str) -> tuple[Page, list[str]]:
        script = HOST.read_text("utf-8").replace("__WIDGETS_SOURCE__", json.dumps(MODULE))
        (tmp_path / "host.js").write_text(script, encoding="utf-8")
        body = "".join(widgets)
        (tmp_path / "page.html").write_text(
            f'<!doctype html><meta charset="utf-8"><script defer src="host.js"></script>{body}',
            encoding="utf-8",
        )
        opened = visit((tmp_path / "page.html").as_uri())
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
