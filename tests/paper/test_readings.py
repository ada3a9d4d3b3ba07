"""Which stem over which modules could cost 3.8 and 4.8 billion: none of those tried does both."""

import pytest

from inception_lib.paper.readings import MODULES, STEMS


def test_variants_are_every_stem_over_all_modules(variants):
    assert set(variants) == {(s, m) for s in STEMS for m in MODULES}
    assert variants["3x3s as released", "as released"] == pytest.approx(5.713, abs=5e-4)
    assert variants["7x7, then as released", "as released"] == pytest.approx(5.300, abs=5e-4)
    assert variants["3x3s as Table 1", "as Table 1"] == pytest.approx(6.483, abs=5e-4)


def test_what_comes_nearest_to_3_8_and_4_8(variants):
    seven = {k: v for k, v in variants.items() if k[0].startswith("7x7")}
    threes = {k: v for k, v in variants.items() if k[0].startswith("3x3")}
    near = min(seven, key=lambda k: abs(seven[k] - 3.8))
    assert near == ("7x7, then 3x3/2", "three at 17x17, all 128 wide")
    assert seven[near] == pytest.approx(3.746, abs=5e-4)
    near = min(threes, key=lambda k: abs(threes[k] - 4.8))
    assert near == ("3x3s as released", "three at 17x17, all 128 wide")
    assert threes[near] == pytest.approx(4.687, abs=5e-4)


def test_one_pair_of_stems_differs_by_the_tables_billion(variants):
    """3.8 and 4.8 are rounded: the step between them is 0.9 to 1.1 Bn."""
    fits = {
        (seven, threes)
        for seven in STEMS
        for threes in STEMS
        if seven.startswith("7x7")
        and threes.startswith("3x3")
        and 0.9 <= variants[threes, "as released"] - variants[seven, "as released"] <= 1.1
    }
    assert fits == {("7x7, then 3x3/2", "3x3s as released")}
    both = [
        (seven, threes, modules)
        for seven, threes in fits
        for modules in MODULES
        if abs(variants[seven, modules] - 3.8) <= 0.05
        and abs(variants[threes, modules] - 4.8) <= 0.05
    ]
    assert both == []  # no reading gives both figures
