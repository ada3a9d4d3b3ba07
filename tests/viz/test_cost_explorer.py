"""CostExplorer: its numbers are those of real modules, and the front end's."""

from __future__ import annotations

import math

import pytest

from inception_lib.viz import CostExplorer

PAPER = {
    "5x5-vs-3x3": 1 - 9 / 25,
    "two-3x3": 0.28,
    "asym-3": 1 / 3,
    "two-2x2": 1 / 9,
    "asym-n": 1 - 2 / 7,
}


@pytest.mark.parametrize("preset", CostExplorer.preset.names)
@pytest.mark.parametrize(
    ("grid", "channels", "alpha"),
    [(35, 192, 1.0), (28, 480, 1.5), (7, 8, 0.5), (149, 768, 4.0), (17, 75, 1.35)],
)
def test_terms_are_window_times_channels_times_grid(
    preset: str, grid: int, channels: int, alpha: float
) -> None:
    for alternative in CostExplorer(preset, grid, channels, alpha, uid="c").alternatives():
        for layer in alternative.layers:
            params = math.prod(layer.kernel) * layer.in_channels * layer.out_channels
            assert (layer.params, layer.macs) == (params, params * grid**2)
        assert alternative.macs == sum(layer.macs for layer in alternative.layers)
        assert alternative.widths[-1] == math.floor(channels * alpha + 0.5)


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
