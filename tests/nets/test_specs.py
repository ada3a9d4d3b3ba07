"""Every spec: it can be written down, built without memory, and is as large as it says."""

import dataclasses
import math
import sys

import pytest
import torch
import torchvision
from counts import V3_MACS, V3_PARAMS
from torch import nn

from inception_lib import cost, inception_v3, receptive_field, trace
from inception_lib.nets.build import build
from inception_lib.nets.layers import Conv, ConvReLU, Pool
from inception_lib.nets.spec import Block, Departure, Head, Spec, block
from inception_lib.nets.specs import SPECS, get_spec
from inception_lib.nets.tiny import tiny
from inception_lib.nets.weights import save_weights

META = torch.device("meta")

# MACs at the size of the spec, parameters in evaluation, and the width of the last grid.
KNOWN = {
    "inception_v2": (5_299_886_272, 23_815_336, 2048),
    "inception_v2_factorized_7x7": (V3_MACS, V3_PARAMS, 2048),
    "inception_v3": (V3_MACS, V3_PARAMS, 2048),
    "inception_v3_299": (V3_MACS, V3_PARAMS, 2048),
    "inception_v3_151": (V3_MACS, V3_PARAMS, 2048),
    "inception_v3_79": (5_361_703_520, V3_PARAMS, 2048),
    "inception_v3_table1": (6_482_774_624, 26_405_192, 2048),
    "inception_v3_fid": (V3_MACS + 8 * 2048, V3_PARAMS + 8 * 2049, 2048),
    "inception_v3_trunk": (5_001_513_568, 11_945_160, 1280),
    "inception_tiny_8": (690_752, 62_382, 160),
    "inception_tiny_32": (267_426_048, 1_227_546, 640),
    "inception_tiny_32_x0.5": (67_079_296, 310_290, 320),
    "inception_tiny_32_pooled_x1.5": (108_979_584, 2_274_778, 960),
    "inception_tiny_64": (267_426_048, 1_227_546, 640),
}


def meta(spec, **settings):
    with META:
        return build(spec, **settings)


def test_every_spec_is_known_here():
    assert set(SPECS) == set(KNOWN)


@pytest.mark.parametrize("name", KNOWN)
def test_builds_on_the_meta_device_and_traces(name):
    spec = SPECS[name]
    model = meta(name)
    assert {p.device.type for p in model.parameters()} == {"meta"}
    macs, params, width = KNOWN[name]
    graph = trace(model, spec.size)
    found = cost(graph)
    assert (found.macs, found.params) == (macs, params)
    assert graph.nodes[-1].shape == (spec.num_classes,)
    assert graph["avgpool"].shape == (width, 1, 1)
    training = trace(model, spec.size, train=True)
    assert len(training.outputs) == (2 if spec.aux_after else 1)


DISTINCT = [name for name in KNOWN if name != "inception_v3_299"]  # which is inception_v3


def bypass(monkeypatch):
    """Let every input through, so that torch itself says what it can take."""
    monkeypatch.setattr(sys.modules[build.__module__], "check_input", lambda x, *_: x)


def takes(model, images, height, width):
    try:
        with torch.no_grad():
            model(torch.empty(images, model.spec.in_channels, height, width, device="meta"))
    except (RuntimeError, ValueError):
        return False
    return True


@pytest.mark.parametrize("name", DISTINCT)
@pytest.mark.parametrize("train", [False, True], ids=["evaluation", "training"])
def test_smallest_images_are_the_smallest_that_torch_takes(name, train, monkeypatch):
    bypass(monkeypatch)
    model = meta(name).train(train)
    height, width = model.smallest_input(with_aux=train)
    assert takes(model, 2, height, width)
    if height > 1:
        assert not takes(model, 2, height - 1, width)
        assert not takes(model, 2, height, width - 1)
    else:
        assert (height, width) == (1, 1)


@pytest.mark.parametrize("name", DISTINCT)
@pytest.mark.parametrize("aux", [False, True], ids=["plain", "head"])
def test_one_image_alone_is_refused_where_torch_would_fail(name, aux, monkeypatch):
    model = meta(name, aux=aux).train()
    least = model._lone()
    assert len(least) == 1
    height, width = least[0]
    floor = model.smallest_input(aux)
    small = max(height - 1, floor[0]), max(width - 1, floor[1])
    if small[0] < height:
        image = torch.empty(1, model.spec.in_channels, *small, device="meta")
        with pytest.raises(ValueError, match=f"at least {height}×{width}, or call eval"):
            model(image)
    bypass(monkeypatch)
    assert takes(model, 1, *map(max, zip(least[0], floor, strict=True)))
    if small[0] < height:
        assert not takes(model, 1, *small)
        assert takes(model, 2, *small)


@pytest.mark.parametrize("name", KNOWN)
def test_departures_are_named_with_their_reasons(name):
    spec = SPECS[name]
    assert spec.reference
    assert spec.departures
    for departure in spec.departures:
        for field in dataclasses.fields(Departure):
            assert getattr(departure, field.name), (departure, field.name)
        assert departure.paper != departure.here
    places = [d.where for d in spec.departures]
    assert len(set(places)) == len(places)
    with pytest.raises(dataclasses.FrozenInstanceError):
        spec.name = "mine"


def test_table_1_row_by_row():
    """The input sizes that the table prints, and the cost of its stem by hand."""
    graph = trace(meta("inception_v3_table1"), 299)
    rows = {
        "Conv2d_1a_3x3": (3, 299, 299),
        "Conv2d_2a_3x3": (32, 149, 149),
        "Conv2d_2b_3x3": (32, 147, 147),
        "maxpool1": (64, 147, 147),
        "Conv2d_3b_3x3": (64, 73, 73),
        "Conv2d_4a_3x3": (80, 71, 71),
        "Conv2d_4b_3x3": (192, 35, 35),
        "Mixed_5b": (288, 35, 35),
        "Mixed_5c": (288, 35, 35),
        "Mixed_5d": (288, 35, 35),
        **{f"Mixed_6{letter}": (768, 17, 17) for letter in "bcdef"},
        "Mixed_7b": (1280, 8, 8),
    }
    for name, shape in rows.items():
        inside = [n for n in graph if n.name == name or n.name.startswith(f"{name}.")]
        assert graph[inside[0].parents[0]].shape == shape, name
    stem = sum(r.macs for r in cost(graph).by_module().rows if r.name.startswith("Conv2d"))
    assert stem / 1e6 == pytest.approx(1627.9, abs=0.05)
    kernels = {n.kernel for n in graph if n.name.startswith("Mixed_5")}
    assert (5, 5) not in kernels


def test_three_resolutions_at_nearly_the_same_cost():
    """Section 9, Table 2: the first two cost the same, the third 6 % less."""
    graphs = {size: trace(meta(f"inception_v3_{size}"), size) for size in (299, 151, 79)}
    macs = {size: cost(graph).macs for size, graph in graphs.items()}
    assert macs[151] == macs[299]
    assert 1 - macs[79] / macs[299] == pytest.approx(0.0615, abs=0.0005)
    pool = graphs[299]["maxpool1"]  # "within 1 %": nine comparisons for each of its cells
    assert 9 * math.prod(pool.shape) < 0.01 * macs[299]
    fields = {size: receptive_field(graph)["Mixed_7c"].size[0] for size, graph in graphs.items()}
    assert fields[299] > fields[151] > fields[79]
    assert [graph["avgpool"].shape for graph in graphs.values()] == [(2048, 1, 1)] * 3
    naive = cost(trace(meta("inception_v3"), 79)).macs
    assert macs[299] / naive == pytest.approx(26.9, abs=0.05)  # what shrinking alone would save


def test_fid_variant_equals_torchvision_with_its_pools_exchanged(monkeypatch):
    """No padding in the means, and a maximum in the pooling branch of the last module."""
    theirs = torchvision.models.Inception3(
        num_classes=1008, aux_logits=False, init_weights=False
    ).to(torch.float64)
    ours = build("inception_v3_fid").to(torch.float64)
    theirs.load_state_dict(ours.state_dict())  # strict
    x = torch.rand(1, 3, 107, 107, dtype=torch.float64) * 2 - 1
    with torch.no_grad():
        mine = ours.eval()(x).logits
    average = nn.functional.avg_pool2d

    def exchanged(x, kernel_size, stride=None, padding=0):
        if x.shape[1] == 2048:
            return nn.functional.max_pool2d(x, kernel_size, stride, padding)
        return average(x, kernel_size, stride, padding, count_include_pad=False)

    with torch.no_grad():
        plain = theirs.eval()(x)
        monkeypatch.setattr(nn.functional, "avg_pool2d", exchanged)
        changed = theirs(x)
    scale = changed.abs().max()
    assert float((mine - changed).abs().max() / scale) < 1e-10
    assert float((plain - changed).abs().max() / scale) > 1e-4


def test_trunk_is_the_released_network_up_to_its_coarsest_reduction():
    whole = inception_v3(aux=False, count_include_pad=False).eval()
    trunk = build("inception_v3_trunk", num_classes=5).eval()
    own = trunk.state_dict()
    shared = {k: v for k, v in whole.state_dict().items() if k in own and not k.startswith("fc")}
    assert set(own) - set(shared) == {"fc.weight", "fc.bias"}
    trunk.load_state_dict(shared, strict=False)
    seen = []
    whole.Mixed_7a.register_forward_hook(lambda *given: seen.append(given[2]))
    x = torch.rand(1, 3, 107, 107)
    with torch.no_grad():
        whole(x)
        features, aux = trunk.forward_features(x)
    assert aux is None
    assert torch.equal(features, seen[0])
    assert trace(trunk, 299)["Mixed_7a.concat"].shape == (1280, 8, 8)


def test_torchvisions_weights_fit_every_resolution():
    with META:
        state = torchvision.models.Inception3(init_weights=False).state_dict()
    shapes = {key: value.shape for key, value in state.items()}
    for name in ("inception_v3", "inception_v3_299", "inception_v3_151", "inception_v3_79"):
        assert {key: value.shape for key, value in meta(name).state_dict().items()} == shapes


STEM = (("first", Conv(4, 3)), ("pool", Pool("max", 3, 2)))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"in_channels": 0}, "in_channels of mine is 0"),
        ({"aux_after": "Mixed_9"}, "aux_after of mine is 'Mixed_9': its blocks are a"),
        ({"aux_after": "a", "lower_aux_after": "a"}, "lower_aux_after of mine is 'a'.* are none"),
        ({"stem": (("pool", Pool("max")),)}, "no convolution in its stem"),
        ({"stem": (*STEM, ("a", Conv(4)))}, "a part called 'a'"),
        ({"stem": (*STEM, ("fc", Conv(4)))}, "a part called 'fc'"),
        ({"blocks": (block("a b", "factorized"),)}, "a part called 'a b'"),
    ],
)
def test_a_spec_that_contradicts_itself_is_refused(change, words):
    settings = {"stem": STEM, "blocks": (block("a", "factorized"),)} | change
    with pytest.raises(ValueError, match=words):
        Spec("mine", "a test", **settings)


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (block("a", "factorised"), "a is of kind 'factorised'.*nearest: factorized"),
        (block("a", "factorized", branch9x9=3), "a, a FactorizedModule: .*'branch9x9'"),
        (block("a", "reduction", count_include_pad=True), "a, a GridReduction"),
        (block("a", "factorized", branch1x1=0), "width of a convolution is 0"),
        (block("a", "factorized", branch1x1=2.5), "width of a convolution is 2.5"),
        (block("a", "sequential_reduction", out=4, inside=4, order="last"), "order is 'last'"),
    ],
)
def test_a_block_that_cannot_be_built_is_named(bad, words):
    with pytest.raises(ValueError, match=words):
        build(Spec("mine", "a test", STEM, (bad,)))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"widths": (0, 8)}, "width of the auxiliary head is 0"),
        ({"pool": 0}, "pool of the head is 0"),
        ({"batch_norm": "some"}, "batch_norm of the head is 'some'"),
        ({"dropout": 1.0}, "dropout of the head is 1.0"),
    ],
)
def test_refuses_impossible_heads(settings, words):
    with pytest.raises(ValueError, match=words):
        Head(**settings)


def test_head_is_normalised_as_its_spec_says():
    kinds = {}
    for name in ("all", "1x1", "none"):
        spec = dataclasses.replace(SPECS["inception_v3"], head=Head(batch_norm=name))
        head = meta(spec).AuxLogits
        kinds[name] = [isinstance(layer, ConvReLU) for layer in (head.conv0, head.conv1)]
        assert (head.conv1.conv.bias is None) == (name == "all")
    assert kinds == {"all": [False, False], "1x1": [False, True], "none": [True, True]}


def test_head_drops_what_its_classifier_reads_in_training_alone():
    model = build(dataclasses.replace(tiny(8), head=Head((4, 400), 1, 1, dropout=0.7)))
    head, seen = model.AuxLogits, []
    head.fc.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    x = torch.rand(64, head.conv0.conv.in_channels, 5, 5)
    head.eval()(x)
    head.train()(x)
    whole, kept = (float((one != 0).double().mean()) for one in seen)
    assert 0 < kept == pytest.approx(0.3 * whole, abs=0.02)


def test_a_second_head_reads_an_earlier_grid_and_changes_nothing_else():
    spec = tiny(15)
    both = build(dataclasses.replace(spec, lower_aux_after="Mixed_5b"), dropout=0.0)
    one = build(spec, dropout=0.0)
    lower = {key for key in both.state_dict() if key.startswith("LowerAuxLogits.")}
    assert set(both.state_dict()) - lower == set(one.state_dict())
    one.load_state_dict({k: v for k, v in both.state_dict().items() if k not in lower})
    x = torch.rand(4, 3, 15, 15)
    ours, without = both.train()(x), one.train()(x)
    assert torch.equal(ours.logits, without.logits)
    assert torch.equal(ours.aux_logits[1], without.aux_logits)
    torch.testing.assert_close(ours.aux_logits[0], both.LowerAuxLogits(both.Mixed_5b(
        both.Conv2d_2a_3x3(both.Conv2d_1a_3x3(x)))))  # fmt: skip
    assert both.eval()(x).aux_logits is None
    assert trace(both, 15, train=True).outputs == ("fc", "LowerAuxLogits.fc", "AuxLogits.fc")
    assert cost(trace(both, 15, train=False)).params == cost(trace(one, 15, train=False)).params


def test_weights_of_two_heads_fit_the_network_without_them(tmp_path):
    spec = dataclasses.replace(tiny(8), lower_aux_after="Mixed_5b")
    save_weights(build(spec), tmp_path / "both.safetensors")
    bare = build(spec, aux=False, weights=tmp_path / "both.safetensors")
    assert bare.AuxLogits is bare.LowerAuxLogits is None


def test_get_spec_and_blocks_are_data():
    assert get_spec("inception_v3") is SPECS["inception_v3"]
    assert hash(SPECS["inception_v3"]) == hash(dataclasses.replace(SPECS["inception_v3"]))
    assert block("a", "expanded", pool="max") == Block("a", "expanded", (("pool", "max"),))
    with pytest.raises(TypeError):
        SPECS["mine"] = SPECS["inception_v3"]


def test_unknown_names_come_with_the_nearest():
    with pytest.raises(ValueError, match=r"nearest: .*inception_v3_151"):
        build("inception_v3-151")
