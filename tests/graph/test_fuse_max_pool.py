"""The quick max pooling: its kernels under Triton's interpreter, and where it stands in."""

import copy
import os
import subprocess
import sys

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from inception_lib import FactorizedModule, GridReduction, cost, inception_v3, trace
from inception_lib.graph.fuse import fuse, fusion, unfuse
from inception_lib.graph.fuse.max_pool import QuickMaxPool2d, max_pool

pytest.importorskip("triton")

CASES = [  # kernel, stride, padding, channels, height, width
    (3, 2, 0, 16, 9, 11),
    (3, 2, 1, 20, 8, 7),
    (3, 1, 1, 3, 5, 6),
    (5, 3, 2, 130, 12, 9),
    (3, 2, 0, 112, 8, 35),  # more columns than one program takes
]
SCRIPT = """
import sys
sys.path.insert(0, {here!r})
from test_fuse_max_pool import CASES, agrees
for case in CASES:
    agrees(*case, device="cpu")
"""


def agrees(kernel, stride, padding, channels, height, width, device, dtype=torch.float32):
    """Values and gradients are torch's, with many ties and one that is not a number."""
    torch.manual_seed(0)
    x = torch.randint(-2, 3, (2, channels, height, width), device=device).to(dtype)
    x = F.relu(x).contiguous(memory_format=torch.channels_last)
    x[0, 0, 3, 3] = torch.nan
    theirs, ours = x.clone().requires_grad_(), x.clone().requires_grad_()
    expected = F.max_pool2d(theirs, kernel, stride, padding)
    found, _ = max_pool(ours, kernel, stride, padding)
    assert torch.equal(found.isnan(), expected.isnan())
    assert torch.equal(found.nan_to_num(), expected.nan_to_num())
    # A gradient that is a part of a larger tensor's, as behind a concatenation.
    wide = torch.rand(*expected.shape[:1], channels + 8, *expected.shape[2:], device=device)
    grad = wide.to(dtype).contiguous(memory_format=torch.channels_last)[:, 4 : channels + 4]
    expected.backward(grad)
    found.backward(grad)
    close = {"rtol": 1e-6, "atol": 1e-6} if dtype == torch.float32 else {"rtol": 0.02, "atol": 0.02}
    torch.testing.assert_close(ours.grad, theirs.grad, **close)


def test_kernels_under_the_interpreter():
    """Triton reads its switch when it is imported: so in a process of its own."""
    here = os.path.dirname(__file__)
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(here=here)],
        env={**os.environ, "TRITON_INTERPRET": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-3000:]


@pytest.mark.gpu
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("case", CASES)
def test_kernels_on_a_gpu(case, dtype):
    agrees(*case, device="cuda", dtype=dtype)


def modules(device, dtype=torch.float64):
    """Two modules behind a pooling, and images; the same on every device."""
    torch.manual_seed(0)
    plain = nn.Sequential(nn.MaxPool2d(3, 2), GridReduction(16), FactorizedModule(16 + 384 + 96))
    x = torch.rand(8, 16, 33, 33)
    layout = {"device": device, "dtype": dtype, "memory_format": torch.channels_last}
    return plain.to(**layout), x.to(**layout)


def learnt(network, x):
    """Each gradient and running statistic by name, after one step's forward and backward."""
    network = copy.deepcopy(network)
    network(x).square().mean().backward()
    found = {name: p.grad.double().cpu() for name, p in network.named_parameters()}
    return found | {name: b.double().cpu() for name, b in network.named_buffers()}


def furthest(found, expected):
    """The largest distance of a tensor from the one expected, by that one's length, and whose."""
    return max(
        (float((found[name] - tensor).norm() / tensor.norm()), name)
        for name, tensor in expected.items()
    )


@pytest.mark.parametrize("transform", ["stack", "commute", "max_pool"])
@pytest.mark.parametrize("device", ["cpu", pytest.param("cuda", marks=pytest.mark.gpu)])
def test_each_rewriting_learns_the_same(device, transform):
    """In 64 bits, where rounding turns no ReLU about; the quick pooling stands aside there."""
    plain, x = modules(device)
    apart = furthest(learnt(fuse(plain, train=True, only=[transform]), x), learnt(plain, x))
    assert apart[0] < 1e-9, apart


@pytest.mark.parametrize("form", ["plain", "stack", "commute", "max_pool", "all"])
@pytest.mark.parametrize("device", ["cpu", pytest.param("cuda", marks=pytest.mark.gpu)])
def test_each_form_is_true_to_64_bits(monkeypatch, device, form):
    """One ReLU that rounding turns about moves a gradient by half a percent: a few may."""
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", False)
    expected = learnt(*modules("cpu"))
    network, x = modules(device, torch.float32)
    if form != "plain":
        network = fuse(network, train=True, only=None if form == "all" else [form])
    apart = furthest(learnt(network, x), expected)
    assert apart[0] < 0.05, apart


@pytest.mark.gpu
@pytest.mark.parametrize("side", [16, 33, 70])
def test_a_pooling_above_a_convolution_learns_the_same_on_a_gpu(side):
    """Without ReLU and normalisation nothing turns about: what is left is the pooling."""
    torch.manual_seed(0)
    plain = nn.Sequential(nn.Conv2d(3, 48, 3), nn.MaxPool2d(3, 2), nn.Conv2d(48, 8, 1))
    layout = {"device": "cuda", "memory_format": torch.channels_last}
    plain, x = plain.to(**layout), torch.rand(8, 3, side, side).to(**layout)
    fused = fuse(plain, train=True)
    assert isinstance(fused[1], QuickMaxPool2d)
    apart = furthest(learnt(fused, x), learnt(plain, x))
    assert apart[0] < 1e-3, apart


def test_where_it_stands_in():
    model = inception_v3()
    fused = fuse(model, train=True)
    assert fusion(fused).counts["max_pool"] == 4  # two in the stem, one in each reduction
    assert isinstance(fused.maxpool1, QuickMaxPool2d)
    assert type(model.maxpool1) is nn.MaxPool2d
    assert cost(trace(fused, 299, train=True)).macs == cost(trace(model, 299, train=True)).macs
    assert type(unfuse(fused).maxpool1) is nn.MaxPool2d


@pytest.mark.parametrize(
    "pool",
    [
        nn.MaxPool2d(2),
        nn.MaxPool2d(3, 2, ceil_mode=True),
        nn.MaxPool2d(3, 1, dilation=2),
        nn.MaxPool2d((3, 1), 1),
        nn.AvgPool2d(3, 2),
    ],
    ids=str,
)
def test_other_pools_stay(pool):
    fused = fuse(nn.Sequential(pool), train=True)
    assert type(fused[0]) is type(pool)


def test_on_a_cpu_it_is_torchs():
    x = torch.rand(2, 4, 9, 9, requires_grad=True)
    fused = fuse(nn.Sequential(nn.MaxPool2d(3, 2)), train=True)
    assert torch.equal(fused(x), F.max_pool2d(x, 3, 2))
