"""Our side of the ledger against closed forms, which the checks themselves never use."""

from __future__ import annotations

import pytest

from inception_lib.paper import checks, ledger


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("cost_of_5x5_in_3x3", 25 / 9),
        ("field_of_two_3x3", 5),
        ("saving_of_two_3x3", 100 * (1 - 18 / 25)),
        ("saving_of_two_3x3_in_params", 100 * (1 - 18 / 25)),
        ("field_of_3x1_1x3", 3),
        ("saving_of_3x1_1x3", 100 / 3),
        ("saving_of_two_2x2", 100 / 9),
        ("params_inception_v3", 23.834568),
        ("inception_v3_macs", 5.713216096),
    ],
)
def test_closed_form(name: str, value: float) -> None:
    assert checks.CHECKS[name]().number == pytest.approx(value, abs=1e-9)


def test_saving_of_asymmetric_pairs_is_one_minus_two_over_n() -> None:
    saved = checks.CHECKS["savings_of_1xn_nx1"]().series
    assert saved == pytest.approx([100 * (1 - 2 / n) for n in range(2, 16)])


@pytest.mark.parametrize(("width", "grid"), [(1, 9), (48, 35), (192, 8)])
def test_savings_depend_on_neither_width_nor_grid(
    width: int, grid: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks.factorizing, "WIDTH", width)
    monkeypatch.setattr(checks.factorizing, "GRID", grid)
    assert checks.CHECKS["saving_of_two_3x3"]().number == pytest.approx(28)


def test_the_gain_of_a_relu_is_read_as_it_was_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    def pair(first: str, *by_epoch: tuple[float, float, float]) -> dict[str, object]:
        found = [{"mean": m, "interval": [low, high]} for m, low, high in by_epoch]
        return {"first": first, "second": "two 3×3, ReLU between", "by_epoch": found}

    pairs = [
        pair("one 5×5", (9.0, 8.0, 10.0)),
        pair("two 3×3, first linear", (5.0, 4.0, 6.0), (0.25, -0.5, 1.0)),
    ]
    recorded = {"with_batch_norm": {"paired_differences": pairs}}
    monkeypatch.setattr(checks.recorded, "read_results", lambda name: recorded)
    gain = checks.CHECKS["gain_of_a_relu_between"]()
    assert (gain.number, *gain.interval) == (0.25, -0.5, 1.0)
    assert gain.text == "+0.25 points (−0.50 to +1.00) on small digits"


def test_lines_in_trained_kernels_are_read_from_the_right_layers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    layers = [
        {
            "kernel": kernel,
            "grid": grid,
            "slice_by_energy": share,
            "pair": [{"trained": 1 - share / 4}, {"trained": 1}],
        }
        for kernel, grid, share in (
            (3, 149, 0.8), (3, 71, 0.9), (3, 17, 0.6), (3, 17, 0.7), (5, 71, 0.1), (3, 35, 0.2)
        )
    ]  # fmt: skip
    monkeypatch.setattr(checks.recorded, "read_results", lambda name: {"layers": layers})
    found = checks.CHECKS["lines_in_trained_kernels"]()
    assert found.series == pytest.approx((80, 90, 60, 70, 77.5, 80, 82.5, 85))
    assert found.text == (
        "lines hold 80 to 90 % before the modules, 60 to 70 % at 17; "
        "of whole layers 78 to 80 % before the modules, 82 to 85 % at 17"
    )


def test_the_trained_trunk_is_read_as_it_was_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    def layer(name: str, channels: int, zeros: float, *near: float) -> dict[str, object]:
        found = {"name": name, "channels": channels, "zeros": zeros, "components": 1}
        return found | {"correlation": {"across": [*near]}, "clothes_components": channels // 2}

    layers = [
        layer("Conv2d_1a_3x3", 32, 0.25, 0.9, 0.8),
        layer("maxpool2", 192, 0.1, 0.7, 0.4),
        layer("Mixed_5b", 256, 0.5, 0.6, 0.3),
        layer("Mixed_5d", 288, 0.6, 0.5, 0.2),
        layer("Mixed_6e", 768, 0.9, 0.1, 0.3),
    ]
    monkeypatch.setattr(checks.principles, "read_results", lambda name: {"layers": layers})
    zeros = checks.CHECKS["zeros_after_relu"]()
    assert zeros.text == "zeros after ReLU: 25 % at the first layer, 90 % at 6e"
    assert zeros["maxpool2"] == 10
    near = checks.CHECKS["likeness_of_neighbours"]()
    assert near.series == (0.9, 0.7, 0.6, 0.5, 0.1)
    assert (near["Mixed_6e second"], near["Mixed_6e components"]) == (0.3, 384)
    assert near.text == (
        "neighbours correlate by 0.90 at the first layer, 0.60 at 5b, 0.10 at 6e; 96 components of "
        "192 hold 90 % of the variance before 5b"
    )


def test_every_check_is_used_and_every_one_used_is_there() -> None:
    assert {r.check for r in ledger()} - {None} == set(checks.CHECKS)


def test_a_series_is_not_a_number() -> None:
    with pytest.raises(TypeError, match="series"):
        _ = checks.Measured((1.0, 2.0)).number
    with pytest.raises(TypeError, match="one number"):
        _ = checks.Measured(1.0).series


def test_a_window_that_is_no_square_is_refused() -> None:
    with pytest.raises(ValueError, match="1×3, not a square"):
        checks.factorizing._side_of_field([(1, 3)])
