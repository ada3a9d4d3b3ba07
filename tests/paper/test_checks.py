"""Our side of the ledger against closed forms, which the checks themselves never use."""

from __future__ import annotations

import math

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


def test_what_was_trained_is_read_from_its_record(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = {"claim": "relu-or-linear", "first": "linear", "second": "ReLU", "measure": "error"}
    errors = {"linear": (46.0, 45.0, 47.0, 46.5, 45.5), "ReLU": (45.0, 44.0, 45.5, 45.5, 44.5)}
    recorded = {
        "linear_or_relu": {
            "comparisons": [asked | {"expected": 1, "margin": 0.0}],
            "runs": [
                {"variant": name, "seed": seed, "final": {"error": error}}
                for name, values in errors.items()
                for seed, error in enumerate(values)
            ],
        }
    }
    monkeypatch.setattr(checks.trained, "read_results", recorded.__getitem__)
    found = checks.CHECKS["trained_relu-or-linear"]()
    assert found.number == pytest.approx(1.1)
    assert found.decision == "holds at this scale"
    assert found.text == "+1.10 points (+0.67 to +1.53), 5 pairs"
    assert found["pairs"] == 5


@pytest.mark.parametrize(
    ("depth", "decision"),
    [
        ((2.0, 2.1, 1.9, 2.2, 1.8), "holds at this scale"),
        ((2.0, -2.1, 1.9, -2.2, 1.8), "not decided"),
        ((-2.0, -2.1, -1.9, -2.2, -1.8), "opposite at this scale"),
    ],
)
def test_a_claim_of_two_comparisons_needs_both(
    depth: tuple[float, ...], decision: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    errors = {"both": (0.0,) * 5, "wide": (1.0, 1.1, 0.9, 1.2, 0.8), "deep": depth}
    record = {
        "comparisons": [
            {"claim": f"both-or-{name}", "first": name, "second": "both", "measure": "error"}
            | {"expected": 1}
            for name in ("wide", "deep")
        ],
        "runs": [
            {"variant": name, "seed": seed, "final": {"error": 50 + error}}
            for name, values in errors.items()
            for seed, error in enumerate(values)
        ],
    }
    monkeypatch.setattr(checks.trained, "read_results", lambda name: record)
    found = checks.CHECKS["width_and_depth_together"]()
    assert found.decision == decision
    assert found.text.startswith("width alone: +1.00 points (+0.69 to +1.31), 5 pairs. depth")


def test_what_no_pairs_show_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    from inception_lib.paper.verdict import UNDECIDED, Verdict

    few = Verdict("c", "a", "b", "error", 1, *[math.nan] * 4, UNDECIDED)
    assert checks.trained.said(few) == "1 pairs of runs, too few for an interval"
    open_ = Verdict("c", "a", "b", "gap", 10, -0.2, -0.5, 0.1, 0.4, UNDECIDED)
    assert checks.trained.said(open_) == "−0.20 (−0.50 to +0.10), 10 pairs; 0.4 would have shown"


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
