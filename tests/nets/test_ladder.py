"""Table 3 rung by rung: what changes, and what each rung costs."""

import itertools

import pytest
import torch
from counts import V3_MACS

from inception_lib import cost, trace
from inception_lib.nets.build import build
from inception_lib.nets.specs import SPECS
from inception_lib.nets.specs.ladder import ladder


def count(spec, size=299, train=False):
    with torch.device("meta"):
        model = build(spec)
    return cost(trace(model, size, train=train))


def test_rungs_are_those_of_table_3():
    rungs = ladder()
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
    assert factorized.macs == v3.macs == V3_MACS
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
