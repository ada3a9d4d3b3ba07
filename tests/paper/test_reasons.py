"""What a reason of the ledger says in passing is true as well: each number is worked out here."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import product

import pytest
import torch
import torchvision

from inception_lib import cost, trace
from inception_lib.graph import Graph
from inception_lib.graph.conventions import CONVENTIONS, count
from inception_lib.graph.depth import depth, every_rule
from inception_lib.nets.build import build
from inception_lib.nets.registry import create, find
from inception_lib.paper import row
from inception_lib.paper.readings import MODULES, STEMS, VARIANTS
from inception_lib.paper.tables import TABLE3, TABLE4
from inception_lib.paper.verdict import verdict
from inception_lib.results import read_results
from inception_lib.training.average import horizon


def because(id: str) -> str:
    return row(id).because.replace("\u202f", " ")


def graph_of(name: str, **options: object) -> Graph:
    with torch.device("meta"):
        return trace(create(name, **options), find(name).size)


def macs(name: str, **options: object) -> float:
    return cost(graph_of(name, **options)).macs / 1e9


def params(name: str, train: bool = False, **options: object) -> float:
    with torch.device("meta"):
        model = create(name, **options)
    return cost(trace(model, find(name).size, train=train)).params / 1e6


def test_parameters() -> None:
    assert f"{params('inception_v3', train=True):.2f} M" in because("abstract-params")
    assert f"{params('inception_v3_table1'):.2f} M without" in because("abstract-params")
    googlenet = because("intro-params-googlenet")
    classifier = 1.025  # 1024 × 1000 weights and 1000 biases
    body = params("googlenet") - classifier
    assert f"it has {body:.2f} M" in googlenet
    three = params("bn_googlenet", branch_kernel=3) - classifier
    assert f"{three:.2f} M" in googlenet
    table = [2.7, 112, 159, 380, 364, 437, 463, 580, 840, 1072, 1388, 1000]  # thousands, printed
    assert f"adds up to {sum(table) / 1000:.1f} M" in googlenet
    assert f"counts it has {params('googlenet', separable_stem=True):.2f} M" in googlenet
    assert f"{params('alexnet'):.2f} M" in because("intro-params-alexnet")
    ratio = because("intro-params-ratio")
    assert f"has {params('googlenet'):.2f} M" in ratio
    assert f"it is {params('alexnet') / body:.1f}." in ratio
    vgg16, vgg19 = params("vgg16"), params("vgg19")
    text = f"with {vgg16:.2f} M. VGG-19, the largest of them, has {vgg19:.2f} M"
    assert text in because("intro-params-vgg")
    assert f"{vgg19 / params('alexnet'):.2f} times" in because("intro-params-vgg")


def test_sections_1_and_2() -> None:
    vgg = row("intro-params-vgg").ours
    text = because("intro-params-vgg")
    assert f"alone holds {25088 * 4096 / 1e6 + 4096 / 1e6:.2f} M" in text
    assert vgg["largest"] == pytest.approx((25088 + 1) * 4096 / 1e6)
    assert f"{100 * 25088 * 4096 / 1e9 / macs('vgg16'):.1f} % of its {macs('vgg16'):.2f} Bn" in text
    cheap = because("intro-cheap")
    for name in ("googlenet", "vgg16", "vgg19", "prelu_net_a", "prelu_net_b", "prelu_net_c"):
        assert f"{macs(name):.2f}" in cheap
    neck, text = row("principle-bottleneck").ours, because("principle-bottleneck")
    assert f"has {8 * 8 * 1280 / (3 * 299**2):.2f} times" in text
    others = [neck[n] for n in ("alexnet", "vgg16", "googlenet", "bn_inception")]
    assert f"behind {min(others):.0f} to {max(others):.0f} %" in text
    waist, text = row("principle-decrease").ours, because("principle-decrease")
    largest = max(waist.parts.values())
    assert f"{waist['image']:,.0f} numbers" in text
    assert f"cut has {largest / waist['image']:.1f} times" in text
    assert f"from {waist['Conv2d_1a_3x3']:,.0f} to {waist['avgpool']:,.0f}" in text
    text = because("principle-bottleneck")
    squeezes = (
        ("maxpool1", "Conv2d_2b_3x3", "Conv2d_3b_1x1"),
        ("maxpool2", "Conv2d_4a_3x3", "Mixed_5b"),
    )
    for (pool, before, behind), words in zip(
        squeezes, ((" squeezes", " times and"), ("", " and")), strict=True
    ):
        down, up = waist[before] / waist[pool], waist[behind] / waist[pool]
        assert f"{pool}{words[0]} {down:.2f}{words[1]} {up:.2f}" in text


def test_what_the_trained_trunk_shows() -> None:
    near, text = row("principle-embedding").ours, because("principle-embedding")
    assert f"between {min(near.series):.2f} and {max(near.series):.2f}" in text
    assert near["Mixed_6e"] == min(near.series)
    assert f"more alike, {near['Mixed_6e second']:.2f}" in text
    (layer,) = (x for x in read_results("principles")["layers"] if x["name"] == "Mixed_6e")
    (a, b), (c, d) = layer["energy_by_parity"]
    assert a > b
    assert c > d
    zeros = row("principle-local").ours.parts
    grid_17 = [zeros[f"Mixed_{name}"] for name in ("6a", "6b", "6c", "6d", "6e")]
    assert min(grid_17) > 50  # "mostly zero"


def test_section_3() -> None:
    reductions = row("dim-reduction").ours
    assert f"take {reductions['times']:.2f} times" in because("dim-reduction")
    parts, text = row("dim-reduction-3a").ours, because("dim-reduction-3a")
    for kernel in ("5×5", "3×3"):
        without = f"{parts[f'{kernel} without']:.1f} M"
        assert re.search(
            rf"{kernel} branch( takes)? {parts[kernel]:.1f} M in place of {without}", text
        )
    saving = row("alpha-saving").ours
    assert f"save {saving.number:.1f} %" in because("alpha-saving")
    assert f"it is {saving['at 1.5']:.1f} %" in because("two-3x3")
    assert f"each save {saving['network']:.1f} %" in because("large-filters")
    large = row("large-filters").ours
    assert large["7×7"] < large["7×7 written"]  # "does not hold for its 7×7"
    alphas = row("alpha").ours.parts.values()
    assert min(alphas) == 2
    assert sum(alpha > 2.66 for alpha in alphas) == 7
    assert "Seven have 2.67 or more" in because("alpha")
    slid = row("naive-slide").ours
    counted = f"{slid['alone']:.0f} multiplications a pair of channels where the 5×5 takes"
    assert f"{counted} {slid['one']:.0f}" in because("naive-slide")


def test_section_5() -> None:
    alive = row("pool-bottleneck").ours
    text = ", then ".join(f"{alive[key]:,.0f}" for key in ("in", "narrowest", "out"))
    assert text in because("pool-bottleneck")
    figure = row("fig-9").ours
    assert f"it is {figure['35 to 17']:.2f} times more" in because("fig-9")
    ways = [figure[f"{way}, 3×3"] for way in ("pool first", "conv first", "side by side")]
    assert f"{ways[0]:,.0f} M (pool first), {ways[1]:,.0f} M (pool last) and {ways[2]:,.0f} M" in (
        because("parallel")
    )


def test_older_networks_of_table_3() -> None:
    googlenet = because("table-3-googlenet")
    assert f"of its text it takes {macs('googlenet'):.3f} Bn" in googlenet
    normalised = macs("bn_googlenet", separable_stem=True)
    assert f"As GoogLeNet, {normalised:.3f} Bn" in because("table-3-bn-googlenet")
    assert f"{macs('bn_googlenet', branch_kernel=3):.3f} Bn, by chance" in googlenet
    assert macs("bn_googlenet") == macs("googlenet")
    inception = because("table-3-bn-inception")
    assert f"{macs('bn_inception'):.3f} Bn, which is 2.0" in inception
    assert f"{macs('bn_inception', pool_4cd=128):.3f} Bn" in inception


SEVEN, THREES = "7x7, then 3x3/2", "3x3s as released"
FOUR, NARROW = "four at 17x17, all 128 wide", "three at 17x17, all 128 wide"


def test_readings_of_table_3(variants: dict[tuple[str, str], float]) -> None:
    v2, v3 = because("table-3-v2"), because("table-3-7x7")
    assert len(variants) == 30
    assert (len(STEMS), len(MODULES)) == (6, 5)
    assert "30 readings, six stems over five sets of modules" in v2
    nearest = min(variants, key=lambda key: abs(variants[key] - 3.8))
    assert nearest == (SEVEN, NARROW)
    assert f"the nearest has {variants[nearest]:.2f} Bn" in v2
    ours = variants[THREES, "as released"] / variants["7x7, then as released", "as released"]
    assert f"costs {ours:.2f} times the first, the paper's {4.8 / 3.8:.2f}" in v2
    threes = {key: value for key, value in variants.items() if key[0].startswith("3x3s")}
    nearest = min(threes, key=lambda key: abs(threes[key] - 4.8))
    assert nearest == (THREES, NARROW)
    assert f"nearest has {threes[nearest]:.2f} Bn" in v3
    five = variants[THREES, FOUR]
    assert f"takes {five:.2f} Bn" in because("abstract-macs")


def test_the_step_of_table_3(variants: dict[tuple[str, str], float]) -> None:
    step = because("table-3-step")
    pair = {stem: variants[stem, "as released"] for stem in (SEVEN, THREES)}
    assert f"by {pair[THREES] - pair[SEVEN]:.2f} Bn" in step
    rows = cost(graph_of("inception_v3")).by_module().rows
    modules = sum(r.macs for r in rows if r.name.startswith("Mixed")) / 1e9
    assert f"alone take {modules:.2f} Bn" in because("table-3-v2")
    found = []
    for stem in (SEVEN, THREES):
        (spec,) = (v.spec for v in VARIANTS if (v.stem, v.modules) == (stem, FOUR))
        two = tuple(block for block in spec.blocks if block.name != "Mixed_5d")
        assert [block.kind for block in two].count("factorized") == 2
        assert [block.kind for block in two].count("asymmetric") == 4
        with torch.device("meta"):
            found.append(cost(trace(build(replace(spec, blocks=two)), 299)).macs / 1e9)
    assert [round(macs, 1) for macs in found] == [3.8, 4.8]
    assert f"takes {found[0]:.2f} and {found[1]:.2f} Bn" in step


def test_no_size_of_image_gives_both_costs() -> None:
    """Stems and modules grow alike: the two networks stay as near to each other at any size."""
    for size in (79, 151, 224, 256):
        pair = []
        for name in ("inception_v2", "inception_v3"):
            with torch.device("meta"):
                pair.append(cost(trace(build(name), size)).macs / 1e9)
        assert pair[1] / pair[0] < 1.15 < 4.75 / 3.85  # so never 3.8 and 4.8


def test_conventions_of_the_counters() -> None:
    text = because("table-3-v3")
    with torch.device("meta"):
        released = torchvision.models.get_model("inception_v3", init_weights=False).eval()
    counted = {name: count(trace(released, 299), name) for name in CONVENTIONS}
    for name in ("torch", "fvcore", "ptflops"):
        assert re.search(rf"{name} (counts )?{counted[name] / 1e9:.3f}", text)
    assert min(counted.values()) == counted["torch"]  # so that none is nearer to 4.8 or to 5


def test_section_6() -> None:
    assert f"takes {macs('inception_v3_table1'):.2f} Bn" in because("table-1-stem")
    v3, googlenet = graph_of("inception_v3"), graph_of("googlenet")
    assert (depth(v3, "pairs_pools"), depth(googlenet, "pairs_pools")) == (42, 27)
    assert depth(googlenet) == 22
    v2, old = macs("inception_v2"), macs("googlenet", separable_stem=True)
    assert f"{v2:.3f} Bn, over {old:.3f} Bn" in because("cost-2-5")
    assert f"v3 takes {macs('inception_v3') / old:.2f} times" in because("cost-2-5")
    assert f"takes {macs('inception_v3_table1') / old:.2f} times" in because("cost-2-5")
    printed, text = graph_of("inception_v3_table1"), because("depth-42")
    assert f"to the letter has {depth(printed)}" in text
    assert f"section 6 speaks, has {depth(printed, 'pairs_pools')};" in text
    pairs = depth(printed, "pairs"), depth(googlenet, "pairs")
    assert "it has {} where GoogLeNet has {}".format(*pairs) in text
    assert f"None of {len(every_rule())} rules gives 42" in text
    by_rule = [(depth(googlenet, rule), depth(printed, rule)) for rule in every_rule()]
    assert not {(22, 42), (27, 42)} & set(by_rule)
    shares = [100 * macs(name) / macs("vgg16") for name in ("inception_v3", "inception_v2")]
    assert f"v3 takes {shares[0]:.1f} %" in because("cost-vgg")
    assert f"a 7×7 {shares[1]:.1f} %" in because("cost-vgg")


def test_sections_8_and_9() -> None:
    average = because("train-average")
    assert f"reaches back {horizon(0.9999):,.0f} steps" in average
    assert f"That is {horizon(0.9999) / 40_037:.2f} epochs" in average
    assert f"{horizon(0.9999) / 801:.1f} epochs where a step is all" in average
    steps = because("train-steps")
    assert f"{3.86e6 * 32 / 1_281_167:.1f} epochs" in steps
    assert f"batch, {40_037 * 100:,} in all" in steps
    assert f"in each, {801 * 100:,} in all" in steps
    assert f"be {3.86e6 * 1600 / 1_281_167:,.0f} epochs" in because("iterations")
    sizes = {299: graph_of("inception_v3_299"), 79: graph_of("inception_v3_79")}
    rows = {s: {r.name: r for r in cost(g).by_module().rows} for s, g in sizes.items()}
    change = {name: rows[79][name].macs - rows[299][name].macs for name in rows[79]}
    first = sum(v for name, v in change.items() if name[7:9] in ("1a", "2a", "2b"))
    later = sum(change.values()) - first
    assert f"{-first / 1e9:.2f} Bn less" in because("lowres-79")
    assert f"{later / 1e9:.2f} Bn more" in because("lowres-79")
    assert f"{299**2 / 79**2:.1f} times" in because("lowres-naive")


def test_section_11() -> None:
    theirs = macs("bn_inception", separable_stem=True)
    measured = because("conclusions-cost-measured")
    assert f"{macs('inception_v3'):.3f} over {theirs:.3f} Bn" in measured
    assert f"it is {macs('inception_v3') / macs('bn_inception'):.2f}." in measured
    text = because("conclusions-prelu-cost")
    models = [macs(f"prelu_net_{m}") for m in "abc"]
    ours = [m / macs("inception_v3") for m in models]
    assert f"{ours[0]:.1f} and {ours[1]:.1f} times" in text
    printed = ", ".join(f"{m / 4.8:.1f}" for m in models[:2]) + f" and {models[2] / 4.8:.1f} times"
    assert printed in text
    assert not any(5.5 <= m / c <= 6.5 for m, c in product(models, (4.8, 5.0, 5.713)))
    params_c, params_a = params("prelu_net_c"), params("prelu_net_a")
    counted = f"with {params_c:.1f} M. The smallest, A, has {params_a:.1f} M"
    assert counted in because("conclusions-prelu-params")
    times = params_a / params("inception_v3")
    assert f"still {times:.1f} times" in because("conclusions-prelu-params")
    assert f"it is {100 * (1 - 3.58 / 4.9):.1f} %" in because("conclusions-ensemble")


def test_no_pair_of_rows_gives_both_cuts() -> None:
    theirs = [r for r in TABLE4 if r.network.startswith("prelu")]
    ours = [r for r in (*TABLE3, *TABLE4) if r.network == "inception_v3"]
    assert len(theirs) == 2
    assert len(ours) == 3
    for a, b in product(theirs, ours):
        cuts = [100 * (1 - getattr(b, t) / getattr(a, t)) for t in ("top5", "top1")]
        assert not (abs(cuts[0] - 25) <= 0.5 and abs(cuts[1] - 14) <= 0.5)


def test_the_normalised_head() -> None:
    found = verdict(read_results("auxiliary"), "aux-bn")
    reason = because("aux-bn")
    assert found.mean < 0 < found.high
    assert "the mean is against the claim, by no more than chance" in reason
    assert found.smallest_effect > 0.4
    assert "0.4 points could not have shown" in reason
    plain, normalised = TABLE3[-2:]
    assert plain.top1 - normalised.top1 == pytest.approx(0.4)
