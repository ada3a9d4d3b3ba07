"""What every widget of the book keeps, found by itself: fixture, words, fallback, page."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import widget_fixtures as fixtures

from inception_lib.viz import BookWidget, to_page
from inception_lib.viz.base import kind_of

CLASSES = fixtures.classes()


@pytest.mark.parametrize("cls", CLASSES, ids=kind_of)
def test_the_front_end_is_held_to_fresh_numbers(cls: type[BookWidget]) -> None:
    stored = fixtures.path_of(cls).read_text(encoding="utf-8")
    fresh = fixtures.dump(fixtures.build(cls))
    ours, theirs = json.loads(stored), json.loads(fresh)
    assert ours["common"] == theirs["common"]
    for before, now in zip(ours["cases"], theirs["cases"], strict=True):
        assert before["state"] == now["state"]
        assert list(before["readouts"]) == list(now["readouts"])
        for name, value in now["readouts"].items():
            same = value if isinstance(value, str) else pytest.approx(value, rel=1e-12)
            assert before["readouts"][name] == same, (
                f"{name} is out of date: python -m tests.viz.widget_fixtures"
            )


@pytest.mark.parametrize("cls", CLASSES, ids=kind_of)
def test_examples_are_stable_and_have_a_fallback(cls: type[BookWidget]) -> None:
    for widget, again in zip(cls.examples(), cls.examples(), strict=True):
        assert widget.to_html() == again.to_html()
        assert repr(widget) == repr(again)
        assert "0x" not in repr(widget)
        fallback = widget.fallback_html()
        assert any(mark in fallback for mark in ("<table", "<svg", "<img"))


@pytest.mark.parametrize("cls", CLASSES, ids=kind_of)
def test_presets_lie_within_the_limits(cls: type[BookWidget]) -> None:
    widget = cls.examples()[0]
    start = widget.state()
    for preset in cls.words()["presets"]:
        assert set(preset["state"]) <= set(widget.limits), preset["id"]
        fixtures.set_state(widget, {**start, **preset["state"]})
        assert preset["state"].items() <= widget.state().items()


def test_a_page_of_widgets_is_whole_by_itself(tmp_path: Path) -> None:
    shown = [widget for cls in CLASSES for widget in cls.examples()]
    text = to_page(shown, tmp_path / "page.html", title="<All>").read_text("utf-8")
    assert "<title>&lt;All&gt;</title>" in text
    assert text.count("inceptionWidget(") >= len(CLASSES)
    for widget in shown:
        assert f'data-uid="{widget.uid}"' in text
    with pytest.raises(ValueError, match="at least one widget"):
        to_page([], tmp_path / "none.html")
