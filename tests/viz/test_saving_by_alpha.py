"""SavingByAlpha: the formula, real layers, and GoogLeNet's nine 5×5 as the ledger has them."""

from __future__ import annotations

import pytest

from inception_lib.paper.checks import googlenet
from inception_lib.viz import CostExplorer, SavingByAlpha


@pytest.mark.parametrize("alpha", [0.5, 1.0, 1.5, 4.0])
def test_the_formula_is_what_wide_layers_save(alpha: float) -> None:
    saving = SavingByAlpha(alpha, uid="a").readouts()["saving"]
    built = CostExplorer("two-3x3", grid=7, channels=768, alpha=alpha, uid="c").saving()
    assert saving == pytest.approx(built, abs=1e-3)


def test_alpha_1_is_the_papers_and_its_inverse_saves_as_much() -> None:
    def at(alpha: float) -> float:
        return SavingByAlpha(alpha, uid="a").readouts()["saving"]

    assert at(1.0) == pytest.approx(0.28)
    assert at(2.0) == pytest.approx(at(0.5))
    assert at(5.5) > 0 > at(5.6)


def test_the_nine_layers_are_those_of_the_ledger() -> None:
    widget = SavingByAlpha(uid="a")
    alphas = [layer["out"] / layer["inside"] for layer in widget.layers]
    assert len(alphas) == 9
    assert (min(alphas), max(alphas)) == (2, 4)
    assert sum(alphas) / 9 == pytest.approx(googlenet.alpha_in_googlenet().value)
    saved = [widget.saved(layer["name"]) for layer in widget.layers]
    assert min(saved) == pytest.approx(0.10, abs=0.005)
    assert max(saved) == pytest.approx(0.24, abs=0.005)


def test_limits() -> None:
    with pytest.raises(ValueError, match=r"^alpha is 9.* pass "):
        SavingByAlpha(9.0)
