"""ModuleDiagram: the figures of the book, their numbers, and how they travel."""

from __future__ import annotations

import html
import json
import re

import pytest

from inception_lib import FactorizedModule, GridReduction, cost, inception_v3, trace
from inception_lib.viz import ModuleDiagram


def saving(figure: str) -> float | None:
    return ModuleDiagram(figure=figure, uid="saving").saving()


def test_what_each_figure_saves_at_equal_widths() -> None:
    # At 64 channels everywhere the module costs 4·192 + k·64, k cells of kernel.
    base = 4 * 192
    for figure, taps in {
        "figure-4": 9 + 25,
        "figure-5": 9 + 18,
        "figure-6-n3": 6 + 12,
        "figure-6": 14 + 28,
        "figure-7": 6 + 9 + 6,
    }.items():
        assert saving(figure) == pytest.approx(1 - (base + 64 * taps) / (base + 64 * 34))


def test_the_papers_savings_hold_in_the_branch() -> None:
    def large(figure: str) -> int:
        diagram = ModuleDiagram(figure=figure, uid="branch").diagram
        return sum(b.macs for b in diagram.boxes if b.role == "large-2" and max(b.kernel) > 1)

    assert 1 - large("figure-5") / large("figure-4") == pytest.approx(0.28)
    assert 1 - large("figure-6-n3") / large("figure-5") == pytest.approx(1 / 3)


def test_all_compared_modules_read_the_same_input() -> None:
    figures = ModuleDiagram(uid="same").figures
    same = [f for f in figures if f["group"] == "same input"]
    assert [f["input_shape"] for f in same] == [[192, 35, 35]] * 5
    assert [f["output_shape"][0] for f in same] == [256, 256, 256, 256, 384]
    assert [f["window"] for f in same] == [[5, 5], [5, 5], [5, 5], [13, 13], [5, 5]]
    assert len({f["height"] for f in figures}) == 1


def test_modules_as_built_are_those_of_the_network() -> None:
    by_module = {row.name: row for row in cost(trace(inception_v3(), 299)).by_module().rows}
    widget = ModuleDiagram(uid="built")
    for figure in ("mixed-5b", "mixed-6b", "mixed-7b"):
        widget.figure = figure
        row = by_module[figure.capitalize().replace("-", "_")]
        assert (widget.diagram.macs, widget.diagram.params) == (row.macs, row.params)
        assert widget.diagram.output_shape == row.shape
        assert widget.saving() is None
    assert widget.diagram.seen == 21


def test_figures_of_your_own() -> None:
    own = {
        "Figure 10": GridReduction(288),
        "As a graph": trace(FactorizedModule(288, branch_pool=64), 35),
    }
    widget = ModuleDiagram(own, uid="own")
    assert [f["id"] for f in widget.figures] == ["figure-10", "as-a-graph"]
    assert widget.figure == "figure-10"
    assert widget.diagram.output_shape == (768, 17, 17)
    widget.figure = "as-a-graph"
    assert widget.saving() == pytest.approx(
        1 - cost(own["As a graph"]).macs / cost(trace(own["Figure 10"], 35)).macs
    )


def test_picking_a_layer() -> None:
    widget = ModuleDiagram(figure="figure-5", box="branch3x3dbl_2", uid="pick")
    widget.figure = "figure-4"
    assert widget.box == ""
    widget.box = "branch1x1"
    widget.figure = "figure-7"
    assert widget.box == "branch1x1"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"figure": "figure-8"}, "figure is 'figure-8'.*pass one of 'figure-4'"),
        ({"figure": "figure-5", "box": "branch5x5_2"}, "box is 'branch5x5_2'.*'branch3x3dbl_3'"),
        ({"figures": {}}, "figures is empty"),
    ],
)
def test_errors_name_value_and_remedy(arguments: dict, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        ModuleDiagram(**arguments)


def test_how_it_is_shown() -> None:
    widget, again = (ModuleDiagram(figure="figure-5", uid="twin") for _ in range(2))
    assert repr(widget) == "ModuleDiagram(figure='figure-5', uid='twin')"
    assert widget.to_html() == again.to_html()
    markup = widget.to_html()
    state = json.loads(html.unescape(re.search(r'data-state="([^"]*)"', markup)[1]))
    assert (state["kind"], state["figure"], state["box"]) == ("module-diagram", "figure-5", "")
    fallback = widget.fallback_html()
    assert fallback.count("<tr>") == 1 + len(widget.diagram.boxes)
    assert "15.2\u202f% saved against Figure 4" in fallback
    assert widget.diagram.svg in fallback
