"""The four counts against the four tools, installed and run."""

import io

import pytest
import torch
import torchvision
from torch.utils.flop_counter import FlopCounterMode

from inception_lib import cost, inception_v3, trace
from inception_lib.graph import CONVENTIONS, count, count_terms


def by_torch(model, size):
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(torch.rand(1, 3, size, size))
    return counter.get_total_flops() // 2


def by_torchinfo(model, size):
    import torchinfo

    return torchinfo.summary(model, (1, 3, size, size), device="cpu", verbose=0).total_mult_adds


def by_fvcore(model, size):
    from fvcore.nn import FlopCountAnalysis

    analysis = FlopCountAnalysis(model, torch.rand(1, 3, size, size))
    return analysis.unsupported_ops_warnings(False).uncalled_modules_warnings(False).total()


def by_ptflops(model, size):
    from ptflops import get_model_complexity_info

    macs, _ = get_model_complexity_info(
        model, (3, size, size), as_strings=False, print_per_layer_stat=False, ost=io.StringIO()
    )
    return macs


TOOLS = {
    "torch": by_torch,
    "torchinfo": by_torchinfo,
    "fvcore": by_fvcore,
    "ptflops": by_ptflops,
}


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize(
    ("name", "size"),
    [("inception_v3", 299), ("resnet50", 224), ("googlenet", 224), ("vgg11", 64)],
)
def test_equals_the_tool(tool, name, size):
    extra = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
    model = torchvision.models.get_model(name, weights=None, **extra).eval()
    assert count(trace(model, size), tool) == TOOLS[tool](model, size)


PUBLISHED = {
    "torch": 5_713_216_096,
    "torchinfo": 5_713_251_528,
    "fvcore": 5_731_282_144,
    "ptflops": 5_747_660_552,
}


@pytest.fixture(scope="module")
def released():
    model = torchvision.models.inception_v3(weights=None, init_weights=False)
    return trace(model.to("meta"), 299)


def test_the_four_figures_to_the_last_multiply_add(released):
    assert {name: count(released, name) for name in CONVENTIONS} == PUBLISHED
    channels, outputs = 17_216, 8_967_488  # of all batch normalisations together
    assert count_terms(released, "torchinfo") == {
        "products": 5_713_216_096,
        "biases": 1000,
        "parameters of others": 2 * channels,
    }
    assert count_terms(released, "fvcore") == {
        "products": 5_713_216_096,
        "batch normalisation": 2 * outputs,
        "adaptive pooling": 8 * 8 * 2048,
    }
    modules = 147**2 * 64 + 71**2 * 192 + 8**2 * 2048
    functions = 35**2 * (192 + 256 + 288 + 288) + 17**2 * 768 * 5 + 8**2 * (1280 + 2048)
    assert count_terms(released, "ptflops") == {
        "products": 5_713_216_096,
        "biases": 1000,
        "normalisation": 2 * outputs,
        "ReLU": outputs,  # functions in torchvision's network, so they count once
        "pooling": modules + functions,
        "ReLU and pooling again": modules,
    }


def test_our_network_has_relus_as_modules_which_one_tool_counts_twice():
    model = inception_v3().eval()
    graph = trace(model, 299)
    assert count(graph, "ptflops") == by_ptflops(model, 299)
    assert {name: count(graph, name) for name in ("torch", "torchinfo", "fvcore")} == {
        name: PUBLISHED[name] for name in ("torch", "torchinfo", "fvcore")
    }


def test_tables_by_convention(released):
    table = cost(released, convention="fvcore")
    assert table.macs == PUBLISHED["fvcore"]
    assert "MACs: as fvcore counts" in repr(table.by_module())
    assert "as fvcore counts" in table._repr_html_()


def test_refuses(released):
    with pytest.raises(ValueError, match="convention is 'thop': there are torch, torchinfo, fv"):
        count(released, "thop")
    with pytest.raises(ValueError, match="trace with train=False"):
        count(trace(inception_v3(), 299, train=True), "fvcore")
