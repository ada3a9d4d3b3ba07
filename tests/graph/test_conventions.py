"""The four counts against the four tools, installed and run."""

import io

import pytest
import torch
import torch.nn.functional as F
import torchvision
from counts import V3_MACS
from torch import nn
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
    "torch": V3_MACS,
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
        "products": V3_MACS,
        "biases": 1000,
        "parameters of others": 2 * channels,
    }
    assert count_terms(released, "fvcore") == {
        "products": V3_MACS,
        "batch normalisation": 2 * outputs,
        "adaptive pooling": 8 * 8 * 2048,
    }
    modules = 147**2 * 64 + 71**2 * 192 + 8**2 * 2048
    functions = 35**2 * (192 + 256 + 288 + 288) + 17**2 * 768 * 5 + 8**2 * (1280 + 2048)
    assert count_terms(released, "ptflops") == {
        "products": V3_MACS,
        "biases": 1000,
        "normalisation": 2 * outputs,
        "ReLU": outputs,  # functions in torchvision's network, so they count once
        "pooling": modules + functions,
        "ReLU and pooling again": modules,
        "elementwise": 0,  # sums are written +, which the tool does not see
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


def flat(x):
    return x.flatten(2)


def tokens(x):
    return x.flatten(2).transpose(1, 2)  # N×HW×C


def cube(x):
    return x.unsqueeze(2).repeat(1, 1, 8, 1, 1)


class Does(nn.Module):
    """A function of the image, of a 3×3 matrix and of a vector; then a layer, if there is one."""

    def __init__(self, function, layer=None):
        super().__init__()
        self.function, self.layer = function, layer
        if layer is None:
            self.matrix = nn.Parameter(torch.rand(3, 3))
            self.vector = nn.Parameter(torch.rand(3))

    def forward(self, x):
        if self.layer is None:
            return self.function(x, self.matrix, self.vector)
        return self.layer(self.function(x))


class Twice(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.norm = nn.Conv2d(3, 3, 3, padding=1), nn.BatchNorm2d(3)

    def forward(self, x):
        return self.norm(self.conv(self.norm(self.conv(x))))


PLAIN = (
    *("ReLU", "ReLU6", "PReLU", "ELU", "LeakyReLU", "GELU", "SiLU", "Mish", "Sigmoid", "Tanh"),
    *("Hardswish", "Hardsigmoid", "Hardtanh", "Softplus", "SELU", "CELU", "Softsign", "GLU"),
    *("Softmax2d", "Identity", "Dropout", "Dropout2d", "Flatten", "LogSigmoid", "Softmin"),
)
LAYERS = [
    *(Does(torch.clone, getattr(nn, name)()) for name in PLAIN),
    Does(torch.clone, nn.Conv2d(3, 4, 3)),
    Does(torch.clone, nn.Conv2d(3, 4, 3, padding="same")),
    Does(torch.clone, nn.Conv2d(3, 6, 3, groups=3, bias=False)),
    Does(flat, nn.Conv1d(3, 4, 3)),
    Does(cube, nn.Conv3d(3, 4, (1, 3, 3))),
    Does(flat, nn.ConvTranspose1d(3, 4, 3)),
    Does(torch.clone, nn.ConvTranspose2d(3, 4, 3, 2, 1)),
    Does(cube, nn.ConvTranspose3d(3, 4, 3)),
    Does(tokens, nn.Linear(3, 5)),
    Does(tokens, nn.LayerNorm(3)),
    Does(tokens, nn.LayerNorm(3, elementwise_affine=False)),
    Does(torch.clone, nn.GroupNorm(3, 3)),
    Does(torch.clone, nn.GroupNorm(1, 3, affine=False)),
    Does(torch.clone, nn.InstanceNorm2d(3)),
    Does(torch.clone, nn.InstanceNorm2d(3, affine=True)),
    Does(torch.clone, nn.BatchNorm2d(3)),
    Does(torch.clone, nn.BatchNorm2d(3, affine=False)),
    Does(torch.clone, nn.BatchNorm2d(3, track_running_stats=False)),
    Does(flat, nn.BatchNorm1d(3)),
    Does(cube, nn.BatchNorm3d(3)),
    Does(torch.clone, nn.LocalResponseNorm(2)),
    Does(torch.clone, nn.Softmax(1)),
    Does(torch.clone, nn.LogSoftmax(1)),
    Does(torch.clone, nn.ZeroPad2d(1)),
    Does(torch.clone, nn.PixelUnshuffle(2)),
    Does(torch.clone, nn.ChannelShuffle(3)),
    Does(torch.clone, nn.Upsample(scale_factor=2)),
    *(
        Does(to, getattr(nn, f"{kind}Pool{axes}")(2))
        for kind in ("Max", "Avg", "AdaptiveMax", "AdaptiveAvg")
        for axes, to in (("1d", flat), ("2d", torch.clone), ("3d", cube))
    ),
    Does(tokens, nn.TransformerEncoderLayer(3, 1, 8, batch_first=True)),
    Twice(),
]
CALLS = [
    lambda x, m, v: F.relu(x),
    lambda x, m, v: torch.relu(x),
    lambda x, m, v: x.relu(),
    lambda x, m, v: F.prelu(x, v),
    lambda x, m, v: F.relu6(x),
    lambda x, m, v: F.gelu(x),
    lambda x, m, v: F.silu(x),
    lambda x, m, v: F.softmax(x, 1),
    lambda x, m, v: x.softmax(1),
    lambda x, m, v: F.avg_pool1d(flat(x), 2),
    lambda x, m, v: F.avg_pool2d(x, 2),
    lambda x, m, v: F.max_pool2d(x, 2),
    lambda x, m, v: torch.max_pool2d(x, 2),
    lambda x, m, v: F.adaptive_avg_pool1d(flat(x), 2),
    lambda x, m, v: F.adaptive_avg_pool2d(x, 2),
    lambda x, m, v: F.adaptive_max_pool2d(x, 2),
    lambda x, m, v: F.adaptive_max_pool2d(x, 3),
    lambda x, m, v: torch.add(x, x),
    lambda x, m, v: x + x,
    lambda x, m, v: x.add(x),
    lambda x, m, v: torch.mul(x, 2),
    lambda x, m, v: x.mul(x),
    lambda x, m, v: (x * 2).add_(x),
    lambda x, m, v: torch.matmul(x, x.mT),
    lambda x, m, v: x @ x.mT,
    lambda x, m, v: x.matmul(x.mT),
    lambda x, m, v: tokens(x) @ m,
    lambda x, m, v: tokens(x) @ v,
    lambda x, m, v: torch.matmul(m, flat(x)),
    lambda x, m, v: torch.bmm(x[:, 0], x[:, 1]),
    lambda x, m, v: torch.baddbmm(x[:, 0], x[:, 1], x[:, 2]),
    lambda x, m, v: torch.addmm(v, x.mean((2, 3)), m),
    lambda x, m, v: torch.einsum("bchw,bcvw->bchv", x, x),
    lambda x, m, v: F.linear(tokens(x), m, v),
    lambda x, m, v: F.conv2d(x, m[:, :, None, None]),
    lambda x, m, v: F.interpolate(x, scale_factor=2),
    lambda x, m, v: F.layer_norm(x, (8,)),
    lambda x, m, v: F.layer_norm(tokens(x), (3,), v, v),
    lambda x, m, v: F.scaled_dot_product_attention(x, x, x),
    lambda x, m, v: x.mean((2, 3)),
]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("tool", "known"), [("torchinfo", 80), ("fvcore", 85), ("ptflops", 80)])
def test_each_operation_counts_as_the_tool_counts_it_or_is_refused(tool, known, monkeypatch):
    # One opaque kernel, which no tool counts.
    torch.backends.mha.set_fastpath_enabled(False)
    equal = 0
    for model in [*LAYERS, *map(Does, CALLS)]:
        model.eval().requires_grad_(False)
        graph = trace(model, (3, 8, 8))
        try:
            found = count(graph, tool)
        except ValueError as error:
            assert f"how {tool} counts" in str(error)  # noqa: PT017
            with pytest.raises(ValueError, match="is not known here"):
                cost(graph, convention=tool)
            continue
        assert found == TOOLS[tool](model, 8), [node.target for node in graph]
        equal += 1
    torch.backends.mha.set_fastpath_enabled(True)
    assert equal >= known


def test_a_graph_by_export_does_not_tell_modules_from_functions():
    class Branching(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Conv2d(3, 4, 3)

        def forward(self, x):
            return self.layer(x).relu() if x.shape[-1] > 4 else x

    model = Branching().eval()
    graph = trace(model, 8)
    assert count(graph, "fvcore") == by_fvcore(model, 8)
    for tool in ("torchinfo", "ptflops"):
        with pytest.raises(ValueError, match=rf"how {tool} counts layer \(aten\.conv2d"):
            count(graph, tool)
