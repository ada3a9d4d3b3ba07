"""The receptive-field widget's Python side: what it says, refuses, and leaves in a page."""

from __future__ import annotations

import html
import json
import re

import make_receptive_field_fixture as fixture
import pytest
import torch
from torch import nn

from inception_lib.graph import path_counts, receptive_field, trace
from inception_lib.nets import OriginalModule
from inception_lib.viz import ReceptiveField
from inception_lib.viz.photos import LIMIT, PHOTOS, SIDE
from inception_lib.viz.widgets.receptive_field import presets


def state_of(widget: ReceptiveField) -> dict:
    """What a page without a kernel reads."""
    found = re.search(r'data-state="([^"]*)"', widget.to_html())
    assert found
    return json.loads(html.unescape(found[1]))


def test_the_front_end_is_held_to_fresh_numbers() -> None:
    stored = fixture.PATH.read_text(encoding="utf-8")
    assert json.loads(stored) == json.loads(fixture.dump(fixture.build())), (
        "the graph or the stacks changed: python -m tests.viz.make_receptive_field_fixture"
    )


@pytest.mark.parametrize(
    ("stack", "size", "along_a_row"),
    [
        ("5x5", (5, 5), [1, 1, 1, 1, 1]),
        ("two-3x3", (5, 5), [3, 6, 9, 6, 3]),
        ("3x1-1x3", (3, 3), [1, 1, 1]),
        ("two-2x2", (3, 3), [2, 4, 2]),
        ("1x7-7x1", (7, 7), [1] * 7),
    ],
)
def test_named_stacks(stack: str, size: tuple[int, int], along_a_row: list[int]) -> None:
    widget = ReceptiveField(stack)
    assert widget.field.size == size
    row = widget.path_counts[5]
    assert row[row > 0].int().tolist() == along_a_row


@pytest.mark.parametrize(
    ("stack", "size", "pixels"),
    [("figure-4", 5, 25), ("figure-5", 5, 25), ("figure-6", 13, 169), ("figure-7", 5, 21)],
)
def test_modules_of_the_figures(stack: str, size: int, pixels: int) -> None:
    widget = ReceptiveField(stack)
    assert widget.field.size == (size, size)
    assert int((widget.path_counts > 0).sum()) == pixels


def test_branches_can_be_switched_off() -> None:
    widget = ReceptiveField("figure-4")
    roots = list(widget.output.parents)
    widget.off = [root for root in roots if root != "branch3x3_2.conv"]
    assert widget.field.size == (3, 3)
    assert widget.path_counts.sum() == 9
    widget.off = roots
    assert widget.field.size == (5, 5), "the last branch stays on"


def test_the_network_block_by_block() -> None:
    widget = ReceptiveField("inception-v3")
    assert widget.block == "Mixed_7c"
    assert (widget.field.size, widget.field.stride) == ((1311, 1311), (32, 32))
    for block, size in {"Conv2d_2b_3x3": 11, "Conv2d_4a_3x3": 23, "Mixed_6e": 927}.items():
        widget.block = block
        assert widget.field.size == (size, size)
    assert list(widget.stacks) == ["inception-v3"]


def test_any_model_can_be_looked_through() -> None:
    model = nn.Sequential(nn.Conv2d(3, 4, 3, stride=2), nn.ReLU(), nn.MaxPool2d(2))
    by_module, by_graph = ReceptiveField(model, size=12), ReceptiveField(trace(model, 12))
    assert by_module.field.size == by_graph.field.size == (5, 5)
    assert by_module.stacks["model"]["rows"][-1][:2] == ["2", "max_pool"]
    assert torch.equal(by_module.path_counts, path_counts(trace(model, 12), "2"))
    assert "Sequential: one cell" in by_module.fallback_html()


def test_readers_state_is_pythons_state() -> None:
    widget = ReceptiveField("two-3x3")
    widget.layers, widget.stack = ["3x3", "1x7", "3x3/2"], "yours"
    assert (widget.field.size, widget.field.stride) == ((5, 11), (2, 2))
    widget.cell = [99, 0]
    assert widget.path_counts.sum() > 0, "a cell beyond a smaller grid is the last one"


def test_rows_keep_windows_and_their_order() -> None:
    graph = trace(OriginalModule(8), 9)
    rows = presets.rows(graph)
    fields = receptive_field(graph)
    assert {row[1] for row in rows} == {"input", "conv", "max_pool", "concat"}
    for number, row in enumerate(rows):
        assert all(parent < number for parent in row[2])
        assert fields[row[0]].size
    assert rows[0] == ["input", "input", [], 9, 9]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"stack": "6x6"}, "stack is '6x6', which is not known: pass one of '5x5'"),
        ({"compare": "6x6"}, "compare is '6x6', which is not known"),
        ({"photo": "dog"}, "photo is 'dog', which is not known: pass one of 'astronaut'"),
        ({"grid": 5}, "grid is 5; it must be a whole number from 7 to 21 pixels: pass grid=7"),
        ({"cell": (11, 0)}, "the output has 11×11 cells: pass a row from 0 to 10"),
        ({"cell": (1,)}, "pass a row from 0 to 10"),
        ({"layers": ["3y3"]}, "'3y3', which is not a layer: write height x width"),
        ({"layers": []}, "layers has 0 layers; it must have 1 to 8"),
        ({"stack": "yours", "layers": ["9x9p0", "9x9p0"]}, "layers leave no cell"),
        ({"stack": "inception-v3", "block": "Mixed_8a"}, "block is 'Mixed_8a', which is not"),
    ],
)
def test_errors_name_value_limit_and_remedy(wrong: dict, words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        ReceptiveField(**wrong)


def test_the_same_limits_hold_later() -> None:
    widget = ReceptiveField()
    for name, value in {"stack": "6x6", "compare": "6x6", "layers": ["3y3"], "block": "x"}.items():
        with pytest.raises(ValueError, match=name):
            setattr(widget, name, value)
    assert (widget.stack, widget.compare, widget.block) == ("two-3x3", "", "")


def test_models_that_have_no_blocks_or_no_window() -> None:
    alone = ReceptiveField(nn.Conv2d(3, 4, 7, stride=2), size=96)
    assert (alone.block, alone.field.size) == ("conv", (7, 7))
    with pytest.raises(ValueError, match="no layer looks at a grid"):
        ReceptiveField(nn.Sequential(nn.Flatten(), nn.Linear(48, 2)), size=(3, 4, 4))
    with pytest.raises(ValueError, match="compare is 'inception-v3', which is not known"):
        ReceptiveField("5x5", compare="inception-v3")


def test_what_a_page_gets() -> None:
    widget = ReceptiveField("two-3x3", compare="5x5", cell=(4, 6), uid="window")
    state = state_of(widget)
    assert state["kind"] == "receptive-field"
    assert (state["stack"], state["compare"], state["cell"]) == ("two-3x3", "5x5", [4, 6])
    assert set(state["stacks"]) == set(presets.CHAINS) | set(presets.MODULES)
    assert (
        widget.to_html()
        == ReceptiveField("two-3x3", compare="5x5", cell=(4, 6), uid="window").to_html()
    )
    assert "0x" not in repr(widget)


@pytest.mark.parametrize("stack", ["two-3x3", "figure-7", "inception-v3"])
def test_fallback_is_a_table_with_the_numbers(stack: str) -> None:
    widget = ReceptiveField(stack)
    seen = widget.fallback_html()
    size = "×".join(map(str, widget.field.size))
    assert f"one cell of the output sees {size} pixels" in html.unescape(seen)
    assert f"<td>{size}</td>" in seen
    assert seen.count("<caption>") == 1
    assert ("<svg" in seen) == (stack != "inception-v3")


@pytest.mark.parametrize("name", PHOTOS)
def test_photographs_are_small_and_square(name: str) -> None:
    photo = PHOTOS[name]
    assert photo.src.startswith("data:image/jpeg;base64,/9j/")
    assert len(photo.src) <= LIMIT
    image = pytest.importorskip("PIL.Image").open(photo.path)
    assert image.size == (SIDE, SIDE)
    assert all(0 <= part <= 1 for part in photo.focus)
    assert max(photo.focus[:2]) + photo.focus[2] <= 1


def test_another_photograph() -> None:
    widget = ReceptiveField(photo="chelsea")
    assert "cat" in widget.image["alt"]
    widget.photo = "coffee"
    assert "coffee" in widget.image["alt"]
