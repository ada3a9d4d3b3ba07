"""HitTheBudget: section 9's networks of the library, and the ledger's Table 2."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from inception_lib import cost, trace
from inception_lib.nets import build
from inception_lib.nets.specs.inception_v3 import LOW_RESOLUTION
from inception_lib.paper import ledger
from inception_lib.viz import HitTheBudget
from inception_lib.viz.widgets.hit_the_budget.widget import remade

SWITCHES = {299: (2, "on"), 151: (1, "on"), 79: (1, "off")}
WORDS = Path(__file__).parents[2] / "inception_lib/viz/widgets/hit_the_budget/words.js"


@pytest.mark.parametrize("spec", LOW_RESOLUTION, ids=lambda spec: spec.name)
def test_the_solutions_are_the_networks_of_table_2(spec) -> None:
    stride, pool = SWITCHES[spec.size]
    made = remade(stride, pool)
    assert made.stem == spec.stem
    assert made.blocks == spec.blocks
    numbers = HitTheBudget(spec.size, stride, pool, uid="b").readouts()
    assert numbers["macs"] == cost(trace(build(spec), spec.size, train=False)).macs


def test_what_the_tasks_ask_for() -> None:
    at = {s: HitTheBudget(s, *on, uid="b").readouts()["ratio"] for s, on in SWITCHES.items()}
    assert at[151] == 1
    assert at[79] == pytest.approx(0.938, abs=5e-4)
    assert 1 / HitTheBudget(79, uid="b").readouts()["ratio"] == pytest.approx(26.9, abs=0.05)
    # No other switches come as near, at either side.
    for side, best in ((151, at[151]), (79, at[79])):
        others = {(1, "on"), (1, "off"), (2, "on"), (2, "off")} - {SWITCHES[side]}
        for stride, pool in others:
            ratio = HitTheBudget(side, stride, pool, uid="b").readouts()["ratio"]
            assert abs(ratio - 1) > max(0.07, abs(best - 1))


def test_the_parts_are_the_whole() -> None:
    numbers = HitTheBudget(200, 1, "off", uid="b").readouts()
    assert sum(v for k, v in numbers.items() if k.startswith("macs-")) == numbers["macs"]


def test_accuracies_are_the_ledgers() -> None:
    said = {row.id: (row.says or "").replace("\u202f", " ") for row in ledger()}
    words = WORDS.read_text(encoding="utf-8")
    table = re.search(r"export const TABLE = \{(.*)\};", words)
    assert table is not None
    shown = dict(re.findall(r'(\d+): "([^"]+)"', table[1]))
    assert shown == {str(side): said[f"table-2-{side}"] for side in SWITCHES}


@pytest.mark.parametrize("state", [{"side": 78}, {"stride": 3}, {"pool": "half"}, {"guess": "50"}])
def test_limits(state: dict) -> None:
    (name,) = state
    with pytest.raises(ValueError, match=f"^{name} is .* pass "):
        HitTheBudget(**state)
