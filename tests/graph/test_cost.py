"""Costs against published totals and against torch's own counter."""

import pytest
import torch
import torchvision
from torch.utils.flop_counter import FlopCounterMode

from inception_lib import cost, inception_v3, trace


def test_the_released_network():
    evaluation = cost(trace(inception_v3(), 299))
    assert evaluation.macs == 5_713_216_096
    assert evaluation.params == 23_834_568
    training = cost(trace(inception_v3(), 299, train=True))
    assert training.macs == 5_718_899_296
    assert training.params == 27_161_264


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


NETWORKS = [
    *("alexnet", "vgg16", "vgg11_bn", "googlenet", "inception_v3", "resnet50", "resnext50_32x4d"),
    *("wide_resnet50_2", "densenet121", "squeezenet1_1", "mobilenet_v2", "mobilenet_v3_large"),
    *("mnasnet1_0", "shufflenet_v2_x1_0", "efficientnet_b0", "efficientnet_v2_s"),
    *("regnet_x_400mf", "regnet_y_400mf", "convnext_tiny", "vit_b_16", "swin_t", "swin_v2_t"),
    "maxvit_t",
]  # every family of torchvision's classifiers


@pytest.mark.parametrize("name", NETWORKS)
def test_equals_torchs_counter(name):
    extra = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
    size = 224 if name in ("vit_b_16", "maxvit_t") else 256
    model = torchvision.models.get_model(name, weights=None, **extra).eval().to("meta")
    with FlopCounterMode(display=False) as counter:
        model(torch.empty(1, 3, size, size, device="meta"))
    ours = cost(trace(model, size))
    assert ours.macs == counter.get_total_flops() // 2
    unused = {"googlenet": ("aux1", "aux2"), "inception_v3": ("AuxLogits",)}.get(name, ("-",))
    used = {n: p for n, p in model.named_parameters() if not n.startswith(unused)}
    if not name.startswith(("vit", "swin", "maxvit")):  # theirs are partly read by leaf functions
        assert ours.params == sum(p.numel() for p in used.values())


def test_tables_add_up_and_print_the_convention():
    whole = cost(trace(inception_v3(), 299))
    for depth in (1, 2, 3):
        part = whole.by_module(depth)
        assert (part.macs, part.params) == (whole.macs, whole.params)
    text = repr(whole.by_module())
    assert "Mixed_6e" in text
    assert "5,713,216,096" in text
    assert "multiply-adds of convolutions, linear layers and matrix products" in text
    html = whole.by_module()._repr_html_()
    assert "17×17×768" in html
    assert "<caption>" in html
    with pytest.raises(ValueError, match="depth is 0"):
        whole.by_module(0)
