"""Every filter bank wider or narrower."""

import math

import pytest
import torch

from inception_lib import cost, trace
from inception_lib.nets.build import build
from inception_lib.nets.scale import scale
from inception_lib.nets.specs import SPECS
from inception_lib.nets.tiny import tiny


def count(spec, train=False):
    with torch.device("meta"):
        model = build(spec)
    return {r.name: r for r in cost(trace(model, spec.size, train=train)).rows}


OFF = {"factorized": False, "asymmetric": False, "expanded": False}
CASES = [
    *(spec for name, spec in sorted(SPECS.items()) if name != "inception_v3_299"),
    tiny(32, reduction="pool_first", **OFF),
]


@pytest.mark.parametrize("spec", CASES, ids=lambda spec: spec.name)
def test_doubling_costs_four_times_but_for_the_image_and_the_classes(spec):
    """Section 1, layer by layer: only a layer at either end has one side that stays."""
    once, twice = count(spec, train=True), count(scale(spec, 2), train=True)
    assert list(once) == list(twice)
    ends = {f"{spec.stem[0][0]}.conv", "fc", "AuxLogits.fc"}
    for key, row in once.items():
        assert twice[key].macs == (2 if key in ends else 4) * row.macs, key


def test_doubling_inception_v3():
    spec = scale(SPECS["inception_v3"], 2)
    assert spec.name == "inception_v3_x2"
    macs = [sum(r.macs for r in count(s).values()) for s in (SPECS["inception_v3"], spec)]
    assert 3.99 < macs[1] / macs[0] < 4
    params = [sum(r.params for r in count(s).values()) for s in (SPECS["inception_v3"], spec)]
    assert 3.8 < params[1] / params[0] < 4


def test_widths_are_rounded_to_the_nearest_and_never_vanish():
    narrow = scale(SPECS["inception_v3"], 0.01)
    assert [layer.out for _, layer in narrow.stem if hasattr(layer, "out")] == [1, 1, 1, 1, 2]
    half = scale(SPECS["inception_tiny_8"], 0.5)
    for (_, whole), (_, part) in zip(SPECS["inception_tiny_8"].stem, half.stem, strict=True):
        assert part.out == math.floor(whole.out / 2 + 0.5)
    assert half.head.widths == (8, 32)
    assert scale(SPECS["inception_v3"], 1).stem == SPECS["inception_v3"].stem


def test_scaling_back_gives_the_same_network():
    back = scale(scale(SPECS["inception_v3_table1"], 2), 0.5)
    assert count(back) == count(SPECS["inception_v3_table1"])


@pytest.mark.parametrize("factor", [0, -1, math.inf, math.nan])
def test_refuses_impossible_factors(factor):
    with pytest.raises(ValueError, match="factor is"):
        scale(SPECS["inception_v3"], factor)
