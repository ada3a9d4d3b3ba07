"""Every operation that multiplies: as torch's counter has it, or named as not counted."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from inception_lib import TraceError, cost, trace
from inception_lib.graph import activation_count


def by_torch(model, shape):
    with sdpa_kernel(SDPBackend.MATH), torch.no_grad(), FlopCounterMode(display=False) as counter:
        model.eval()(torch.rand(1, *shape))
    return counter.get_total_flops() // 2


class Does(nn.Module):
    """A function as a network, with parameters of the shapes asked for."""

    def __init__(self, function, *shapes):
        super().__init__()
        self.function = function
        self.weights = nn.ParameterList(nn.Parameter(torch.rand(shape)) for shape in shapes)

    def forward(self, x):
        return self.function(x, *self.weights)


class Branching(Does):
    """The same behind a branch on the shape, so that the graph is torch.export's."""

    def forward(self, x):
        return self.function(x, *self.weights) if x.shape[-1] > 1 else x


def as_sequence(x):
    return x.flatten(2).transpose(1, 2)  # N×HW×C


class Recurrent(nn.Module):
    def __init__(self, kind):
        super().__init__()
        self.layer = kind(4, 5, batch_first=True)

    def forward(self, x):
        return self.layer(as_sequence(x))[0]


@given(
    axes=st.integers(1, 3),
    transposed=st.booleans(),
    groups=st.sampled_from([1, 2]),
    kernel=st.integers(1, 3),
    stride=st.integers(1, 2),
    padding=st.integers(0, 1),
    form=st.sampled_from(["module", "function", "exported"]),
)
@settings(max_examples=40)
def test_convolutions_of_all_dimensions(axes, transposed, groups, kernel, stride, padding, form):
    padding = min(padding, kernel - 1)
    name = f"Conv{'Transpose' * transposed}{axes}d"
    layer = getattr(nn, name)(4, 6, kernel, stride, padding, groups=groups)
    function = getattr(F, f"conv{'_transpose' * transposed}{axes}d")

    def grid(x):
        return {1: x.flatten(2), 2: x, 3: x.unsqueeze(3)}[axes]

    kernels = layer.weight.shape
    if axes == 3 and kernel - 2 * padding > 1 and not transposed:
        return  # the third side is a single cell
    if form == "module":
        model = nn.Sequential(Does(grid), layer)
    else:
        kind = {"function": Does, "exported": Branching}[form]
        settings_ = {"stride": stride, "padding": padding, "groups": groups}
        model = kind(lambda x, w, b: function(grid(x), w, b, **settings_), kernels, (6,))
    graph = trace(model, (4, 6, 4))
    assert sum(node.macs for node in graph) == by_torch(model, (4, 6, 4)) > 0
    written = model(torch.rand(1, 4, 6, 4)).numel()
    assert activation_count(graph) == written
    assert sum(node.params for node in graph) == sum(p.numel() for p in model.parameters())
    assert cost(graph).uncounted == ()


def test_the_example_of_a_transposed_convolution():
    assert cost(trace(nn.ConvTranspose2d(3, 8, 4, 2, 1), (3, 16, 16))).macs == 98_304


@pytest.mark.parametrize(
    "model",
    [
        Does(lambda x: as_sequence(x) @ x.flatten(2)),
        Does(lambda x, w: torch.einsum("bchw,cd->bdhw", x, w), (4, 5)),
        Does(lambda x: F.scaled_dot_product_attention(*[as_sequence(x)[:, None]] * 3)),
        Does(lambda x, w: F.linear(as_sequence(x), w), (5, 4)),
        # operands made from a shape alone, once with an even side, once with an odd one
        Does(lambda x, w: x.mean((2, 3)) + (x.new_ones(6, x.shape[1]) @ w).sum(), (4, 4)),
        Does(lambda x, w: x.mean((2, 3)) + (x.new_ones(7, x.shape[2]) @ w).sum(), (6, 4)),
        # products of parameters alone, which no image changes
        Does(lambda x, v, w: x * (v @ w).mean(), (4, 6), (6, 8)),
        Does(lambda x, w: x + F.linear(w, w).mean(), (6, 6)),
        # a kernel an image, all of them in one grouped convolution
        Does(
            lambda x, w: F.conv2d(
                x.reshape(1, -1, *x.shape[2:]),
                (x.mean((2, 3)) @ w).view(-1, 4, 3, 3),
                groups=x.shape[0],
            ).view(x.shape[0], -1, 4, 2),
            (4, 5 * 36),
        ),
        # a function that gives two tensors
        Does(
            lambda x, w, b, o, c: F.multi_head_attention_forward(
                *[as_sequence(x).transpose(0, 1)] * 3, 4, 2, w, b, None, None, False, 0.0, o, c
            )[0],
            *((12, 4), (12,), (4, 4), (4,)),
        ),
    ],
    ids=lambda model: None,
)
@pytest.mark.parametrize("exported", [False, True], ids=["fx", "export"])
def test_other_products(model, exported):
    if exported:
        model, plain = Branching(model.function), model
        model.weights = plain.weights
    graph = trace(model, (4, 6, 4))
    assert sum(node.macs for node in graph) == by_torch(model, (4, 6, 4)) > 0
    assert cost(graph).uncounted == ()


@pytest.mark.parametrize("kind", [nn.RNN, nn.LSTM, nn.GRU])
def test_recurrent_layers(kind):
    model = Recurrent(kind)
    with torch.backends.mkldnn.flags(enabled=False):  # one opaque kernel, which nothing counts
        expected = by_torch(model, (4, 6, 4))
    assert sum(node.macs for node in trace(model, (4, 6, 4))) == expected > 0


class Bilinear(nn.Module):
    def __init__(self):
        super().__init__()
        self.mix = nn.Bilinear(4, 4, 3)

    def forward(self, x):
        return self.mix(x.mean((2, 3)), x.amax((2, 3)))


@pytest.mark.parametrize(
    ("model", "name", "operation"),
    [
        (Bilinear(), "mix", "aten::_trilinear"),
        (Does(lambda x: torch.cdist(as_sequence(x), as_sequence(x))), "cdist", "_cdist_forward"),
        (Does(lambda x, w: x.flatten(1) @ w, (96,)), "matmul", "aten::mv"),
        (Does(lambda x: torch.fft.rfft2(x).real), "fft_rfft2", "aten::_fft_r2c"),
        (Does(lambda x: torch.linalg.inv(x @ x.mT)), "linalg_inv", "aten::linalg_inv_ex"),
    ],
    ids=["bilinear", "distance", "matrix and vector", "Fourier", "inverse"],
)
def test_what_nothing_counts_is_named(model, name, operation):
    found = cost(trace(model, (4, 6, 4)))
    ((where, what),) = found.uncounted
    assert (where, operation in what) == (name, True)
    assert f"not counted: {name} ({what})" in repr(found)
    assert "not counted" in found._repr_html_()
    assert found.by_module().uncounted == found.uncounted


def test_deformable_convolution_is_named():
    ops = pytest.importorskip("torchvision.ops")

    class Deformed(nn.Module):
        def __init__(self):
            super().__init__()
            self.offset, self.conv = nn.Conv2d(3, 18, 3, padding=1), ops.DeformConv2d(3, 4, 3)

        def forward(self, x):
            return self.conv(x, self.offset(x)[:, :, 1:-1, 1:-1])

    found = cost(trace(Deformed(), (3, 8, 8)))
    assert [what for _, what in found.uncounted] == ["torchvision::deform_conv2d"]


def one_by_one(x):
    return torch.stack([image.flatten(1) @ image.flatten(1).T for image in x])


@pytest.mark.parametrize(
    "function",
    [
        one_by_one,
        lambda x: x.flatten(1) @ x.flatten(1).T,  # each image with each other
        lambda x: x.flatten(1).T @ x.flatten(1),  # a sum over all images
        lambda x: x[0].flatten(1) @ x[0].flatten(1).T,
    ],
    ids=["one by one", "with each other", "summed", "the first"],
)
def test_a_cost_that_no_single_image_has_is_refused_by_name(function):
    with pytest.raises(TraceError, match="multiplies images of a batch one by one, or all"):
        trace(Does(function), (3, 4, 4))


def on_meta(name):
    timm = pytest.importorskip("timm")
    model = timm.create_model(name).eval().requires_grad_(False).to("meta")
    return model, model.default_cfg["input_size"]


@pytest.mark.parametrize(
    "name",
    [
        "eca_nfnet_l0",  # attention over channels by a one-dimensional convolution
        "ecaresnet26t",
        "lambda_resnet26t",  # a three-dimensional one
        "halonet26t",  # positions from a shape with even sides
        "botnet26t_256",
        "xcit_nano_12_p16_224",  # positions that no image changes
        "convit_tiny",
        "cait_xxs24_224",
        "deit3_small_patch16_224",  # a second argument, which has a default
        "efficientvim_m1",
    ],
)
def test_odd_networks_of_timm(name):
    model, size = on_meta(name)
    with (
        sdpa_kernel(SDPBackend.MATH),
        torch.no_grad(),
        FlopCounterMode(display=False) as counter,
    ):
        model(torch.empty(1, *size, device="meta"))
    found = cost(trace(model, size))
    assert 2 * found.macs == counter.get_total_flops()
    assert found.params == sum(p.numel() for p in model.parameters())
    assert found.uncounted == ()


def test_a_network_of_timm_that_mixes_the_images_of_a_batch():
    """Its attention multiplies (batch, cells) by its transpose: each image sees all the others."""
    model, size = on_meta("csatv2")
    with pytest.raises(TraceError, match=r"stages\.0\.0\.attn\.attn multiplies images of a batch"):
        trace(model, size)
