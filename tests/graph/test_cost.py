"""Costs against published totals and against torch's own counter."""

import pytest
import torch
import torchvision
from counts import V3_AUX_MACS, V3_AUX_PARAMS, V3_MACS, V3_PARAMS
from torch.overrides import TorchFunctionMode
from torch.utils.flop_counter import FlopCounterMode

from inception_lib import cost, inception_v3, receptive_field, trace
from inception_lib.graph import activation_count, peak_memory, traffic, training_macs
from inception_lib.nets import SPECS, build, classics


def test_the_released_network():
    evaluation = cost(trace(inception_v3(), 299))
    assert evaluation.macs == V3_MACS
    assert evaluation.params == V3_PARAMS
    training = cost(trace(inception_v3(), 299, train=True))
    assert training.macs == V3_AUX_MACS
    assert training.params == V3_AUX_PARAMS


def test_block_by_block():
    expected = {  # multiply-adds in millions, parameters of convolutions
        "Conv2d_1a_3x3": (19.18, 864),
        "Conv2d_2a_3x3": (199.15, 9_216),
        "Conv2d_2b_3x3": (398.30, 18_432),
        "Conv2d_3b_1x1": (27.28, 5_120),
        "Conv2d_4a_3x3": (696.87, 138_240),
        "Mixed_5b": (312.35, 254_976),
        "Mixed_5c": (338.69, 276_480),
        "Mixed_5d": (348.10, 284_160),
        "Mixed_6a": (401.94, 1_152_000),
        "Mixed_6b": (374.06, None),
        "Mixed_6c": (487.70, None),
        "Mixed_6e": (617.91, None),
        "Mixed_7a": (291.00, 1_695_744),
        "Mixed_7b": (322.44, None),
        "Mixed_7c": (388.50, None),
        "fc": (2.05, 2_049_000),
    }
    model = inception_v3()
    rows = {row.name: row for row in cost(trace(model, 299)).by_module().rows}
    for name, (macs, params) in expected.items():
        assert rows[name].macs / 1e6 == pytest.approx(macs, abs=0.006), name
        if params is not None:
            scales = sum(
                p.numel() for n, p in model.get_submodule(name).named_parameters() if ".bn." in n
            )
            own = [n for n, _ in model.get_submodule(name).named_parameters()]
            scales += sum(
                model.get_submodule(name).get_parameter(n).numel()
                for n in own
                if n.startswith("bn.")
            )
            assert rows[name].params - scales == params, name


class OnMeta(TorchFunctionMode):
    """Parameters are made without memory; what is computed when a network is built has values."""

    def __torch_function__(self, function, types, args=(), kwargs=None):
        kwargs = dict(kwargs or {})
        if function is torch.empty:
            kwargs["device"] = "meta"
        return function(*args, **kwargs)


@pytest.mark.parametrize("name", torchvision.models.list_models(module=torchvision.models))
def test_equals_torchs_counter(name):
    """Every classifier of torchvision: multiply-adds, and all parameters that evaluation reads."""
    extra = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
    with OnMeta():
        model = torchvision.models.get_model(name, weights=None, **extra).eval().to("meta")
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(torch.empty(1, 3, 224, 224, device="meta"))
    ours = cost(trace(model, 224))
    assert 2 * ours.macs == counter.get_total_flops()
    unused = {"googlenet": ("aux1", "aux2"), "inception_v3": ("AuxLogits",)}.get(name, ("-",))
    used = [p.numel() for n, p in model.named_parameters() if not n.startswith(unused)]
    assert ours.params == sum(used)


CLASSICS = ("alexnet", "vgg16", "vgg19", "googlenet", "bn_googlenet", "bn_inception", "prelu_net")


@pytest.mark.parametrize("name", [*SPECS, *CLASSICS])
def test_every_network_of_the_library(name):
    """Multiply-adds and parameters in both modes; each node has a receptive field."""
    size = 224 if name in CLASSICS else SPECS[name].size
    with torch.device("meta"):
        model = getattr(classics, name)() if name in CLASSICS else build(name)
    for train in (False, True):
        graph = trace(model, size, train=train)
        images = torch.empty(2, *graph.input.shape, device="meta")
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            model.train(train)(images)
        found = cost(graph)
        assert 4 * found.macs == counter.get_total_flops()
        assert len(receptive_field(graph)) == len(graph)
    assert found.params == sum(p.numel() for p in model.parameters())


def test_tables_add_up_and_print_the_convention():
    whole = cost(trace(inception_v3(), 299))
    for depth in (1, 2, 3):
        part = whole.by_module(depth)
        assert (part.macs, part.params) == (whole.macs, whole.params)
    text = repr(whole.by_module())
    assert "Mixed_6e" in text
    assert f"{V3_MACS:,}" in text
    assert "multiply-adds of convolutions, linear layers and matrix products" in text
    html = whole.by_module()._repr_html_()
    assert "17×17×768" in html
    assert "<caption>" in html
    with pytest.raises(ValueError, match="depth is 0"):
        whole.by_module(0)


def test_columns_for_inference_and_training_by_node_module_and_network():
    graph = trace(inception_v3(), 299, train=True)
    whole = cost(graph)
    total = whole.total
    assert total.activations == activation_count(graph)
    assert total.bytes == sum(row.bytes for row in traffic(graph))
    assert total.live_bytes == peak_memory(graph).bytes
    assert total.training_macs == training_macs(graph)
    assert total.training_bytes == sum(row.bytes for row in traffic(graph, backward=True))
    assert whole.by_module().total == total
    rows = whole.by_module().to_rows()
    assert rows[-1]["name"] == "total"
    assert rows[-1]["macs"] == V3_AUX_MACS
    block = next(row for row in rows if row["name"] == "Mixed_5b")
    inside = [row for row in whole.to_rows() if row["name"].startswith("Mixed_5b.")]
    assert block["output"] == "35×35×256"
    for column in ("params", "macs", "activations", "bytes", "training_macs", "training_bytes"):
        assert block[column] == sum(row[column] for row in inside), column
    assert block["live_bytes"] == max(row["live_bytes"] for row in inside)
    half = cost(graph, dtype=torch.float16)
    assert (half.dtype, half.macs) == ("float16", whole.macs)
    assert half.total.bytes < whole.total.bytes
