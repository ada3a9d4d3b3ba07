"""Table 3 rung by rung, and what its costs could have counted."""

import itertools

import pytest
import torch

from inception_lib import cost, trace
from inception_lib.nets.build import build
from inception_lib.nets.ladder import ladder
from inception_lib.nets.spec import SPECS
from inception_lib.nets.variants import MODULES, STEMS, VARIANTS


def count(spec, size=299, train=False):
    with torch.device("meta"):
        model = build(spec)
    return cost(trace(model, size, train=train))


def test_rungs_are_those_of_table_3():
    rungs = ladder()
    assert [r.top1 for r in rungs] == [23.4, 23.1, 22.8, 21.6, 21.2]
    assert [r.top5 for r in rungs] == [None, 6.3, 6.1, 5.8, 5.6]
    assert [r.cost for r in rungs] == [3.8, 3.8, 3.8, 4.8, 4.8]
    assert all(SPECS[r.spec.name] is r.spec for r in rungs)
    names = ["inception_v2"] * 3 + ["inception_v2_factorized_7x7", "inception_v3"]
    assert [r.spec.name for r in rungs] == names


def test_each_rung_changes_one_thing():
    rungs = ladder()
    for before, after in itertools.pairwise(rungs):
        changed = [
            key
            for key in ("stem", "head", "blocks", "aux_after")
            if getattr(before.spec, key) != getattr(after.spec, key)
        ]
        changed += [k for k, v in after.recipe if dict(before.recipe)[k] != v]
        assert len(changed) == 1, after.name
    assert dict(rungs[-1].recipe) == {"optimizer": "rmsprop_tf", "label_smoothing": 0.1}


def test_costs_of_the_rungs():
    """The released modules cost more than the table's whole networks: its 3.8 is out of reach."""
    v2, factorized, v3 = (count(ladder()[i].spec) for i in (0, 3, 4))
    assert v2.macs == 5_299_886_272
    assert factorized.macs == v3.macs == 5_713_216_096
    modules = sum(r.macs for r in v3.by_module().rows if r.name.startswith("Mixed"))
    assert modules == pytest.approx(4.370e9, abs=1e6)
    seven = 64 * 3 * 7 * 7 * 147**2
    threes = 32 * 3 * 9 * 149**2 + 32 * 32 * 9 * 147**2 + 64 * 32 * 9 * 147**2
    assert v3.macs - v2.macs == threes - seven


def test_bn_auxiliary_adds_a_normalisation_and_takes_a_bias():
    """Of the head's fully connected layer, which is its 5×5: 768 scales, offsets for biases."""
    factorized, v3 = (count(ladder()[i].spec, train=True) for i in (3, 4))
    assert v3.params - factorized.params == 768
    assert v3.macs == factorized.macs
    inside = {r.name for r in v3.rows} - {r.name for r in factorized.rows}
    assert inside == {"AuxLogits.conv1.bn"}


@pytest.fixture(scope="module")
def counted():
    return {(v.stem, v.modules): count(v.spec).macs / 1e9 for v in VARIANTS}


def test_variants_are_every_stem_over_all_modules(counted):
    assert set(counted) == {(s, m) for s in STEMS for m in MODULES}
    assert counted["3x3s as released", "as released"] == pytest.approx(5.713, abs=5e-4)
    assert counted["7x7, then as released", "as released"] == pytest.approx(5.300, abs=5e-4)
    assert counted["3x3s as Table 1", "as Table 1"] == pytest.approx(6.483, abs=5e-4)


def test_what_comes_nearest_to_3_8_and_4_8(counted):
    seven = {k: v for k, v in counted.items() if k[0].startswith("7x7")}
    threes = {k: v for k, v in counted.items() if k[0].startswith("3x3")}
    near = min(seven, key=lambda k: abs(seven[k] - 3.8))
    assert near == ("7x7, then 3x3/2", "three at 17x17, all 128 wide")
    assert seven[near] == pytest.approx(3.746, abs=5e-4)
    near = min(threes, key=lambda k: abs(threes[k] - 4.8))
    assert near == ("3x3s as released", "three at 17x17, all 128 wide")
    assert threes[near] == pytest.approx(4.687, abs=5e-4)


def test_one_pair_of_stems_differs_by_the_tables_billion(counted):
    """3.8 and 4.8 are rounded: the step between them is 0.9 to 1.1 Bn."""
    fits = {
        (seven, threes)
        for seven in STEMS
        for threes in STEMS
        if seven.startswith("7x7")
        and threes.startswith("3x3")
        and 0.9 <= counted[threes, "as released"] - counted[seven, "as released"] <= 1.1
    }
    assert fits == {("7x7, then 3x3/2", "3x3s as released")}
    both = [
        (seven, threes, modules)
        for seven, threes in fits
        for modules in MODULES
        if abs(counted[seven, modules] - 3.8) <= 0.05
        and abs(counted[threes, modules] - 4.8) <= 0.05
    ]
    assert both == []  # no reading gives both figures
