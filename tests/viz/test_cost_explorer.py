"""CostExplorer: its numbers are those of real modules, and the front end's."""

from __future__ import annotations

import json
import math

import make_fixtures
import pytest

from inception_lib.viz import CostExplorer

PAPER = {
    "5x5-vs-3x3": 1 - 9 / 25,
    "two-3x3": 0.28,
    "asym-3": 1 / 3,
    "two-2x2": 1 / 9,
    "asym-n": 1 - 2 / 7,
}


@pytest.mark.parametrize("name", sorted(make_fixtures.FILES))
def test_fixture_is_fresh(name: str) -> None:
    stored = (make_fixtures.FIXTURES / name).read_text(encoding="utf-8")
    assert stored == make_fixtures.dump(make_fixtures.FILES[name]()), (
        f"tests/fixtures/{name} is out of date: run python -m tests.viz.make_fixtures"
    )


def test_python_equals_the_traced_modules() -> None:
    cases = json.loads((make_fixtures.FIXTURES / "cost_explorer.json").read_text())["cases"]
    for case in cases:
        pair = CostExplorer(**case["state"], uid="c").alternatives()
        for ours, theirs in zip(pair, (case["single"], case["factorized"]), strict=True):
            assert (ours.macs, ours.params) == (theirs["macs"], theirs["params"])
            assert [
                {
                    "kernel": list(layer.kernel),
                    "in": layer.in_channels,
                    "out": layer.out_channels,
                    "params": layer.params,
                    "macs": layer.macs,
                }
                for layer in ours.layers
            ] == theirs["layers"]


@pytest.mark.parametrize(("preset", "saving"), PAPER.items())
def test_paper(preset: str, saving: float) -> None:
    """Sections 3.1 and 3.2, with as many output channels as input channels."""
    widget = CostExplorer(preset)
    assert widget.saving() == pytest.approx(saving)
    single, factorized = widget.alternatives()
    assert 1 - factorized.params / single.params == pytest.approx(saving)


def test_googlenet_alpha() -> None:
    widget = CostExplorer("two-3x3", channels=480, alpha=1.5)
    exact = 1 - 9 / 25 * 2.5 / math.sqrt(1.5)
    assert widget.saving() == pytest.approx(exact, abs=2e-3)
    assert widget.alternatives()[1].widths == (480, 588, 720)


def test_a_factorization_can_cost_more() -> None:
    widget = CostExplorer("two-2x2", alpha=4.0)
    assert widget.saving() < 0
    assert "more multiply-adds" in widget.fallback_html()


def test_names() -> None:
    single, factorized = CostExplorer("asym-n", n=5).alternatives()
    assert (single.name, factorized.name) == ("5×5", "1×5 → 5×1")
    assert repr(CostExplorer(uid="c")) == (
        "CostExplorer(uid='c', preset='two-3x3', grid=35, channels=192, alpha=1.0, n=7)"
    )


def test_fallback_is_a_table_of_every_term() -> None:
    html = CostExplorer(uid="c").fallback_html()
    assert html.count('scope="row"') == 4
    assert html.count('scope="col"') == 4
    assert "<caption>3×3 → 3×3 in place of 5×5 on a 35×35 grid" in html
    assert "28\u202f% of the multiply-adds and of the parameters saved" in html
    assert 'title="812\u202f851\u202f200">813\u202fM' in html
    assert "3·3 · 192 · 192 · 35²" in html


@pytest.mark.parametrize(
    "state",
    [{"preset": "7x7"}, {"grid": 6}, {"grid": 150}, {"channels": 7}, {"channels": 1000},
     {"alpha": 0.4}, {"alpha": 5}, {"n": 1}, {"n": 10}, {"grid": 35.5}],
)  # fmt: skip
def test_limits(state: dict) -> None:
    (name,) = state
    with pytest.raises(ValueError, match=f"^{name} is .* pass "):
        CostExplorer(**state)
