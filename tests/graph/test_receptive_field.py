"""Receptive fields against published figures and against gradients by brute force."""

import pytest
import torch
import torchvision
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from inception_lib import inception_v3, receptive_field, trace
from inception_lib.graph import path_counts
from inception_lib.nets import conv_stack


def test_published_fields_of_inception_v3():
    fields = receptive_field(trace(inception_v3(), 299))
    sizes = {
        "Conv2d_2b_3x3": 11, "Conv2d_4a_3x3": 23, "maxpool2": 31, "Mixed_5b": 63,
        "Mixed_5d": 127, "Mixed_6a": 159, "Mixed_6b": 351, "Mixed_6c": 543, "Mixed_6d": 735,
        "Mixed_6e": 927, "Mixed_7a": 1055, "Mixed_7b": 1183, "Mixed_7c": 1311,
    }  # fmt: skip
    assert {name: fields[name].size for name in sizes} == {k: (v, v) for k, v in sizes.items()}
    last = fields["Mixed_7c"]
    assert (last.stride, last.padding) == ((32, 32), (618, 618))


def test_height_and_width_are_apart():
    fields = receptive_field(trace(inception_v3(), 299))
    before = fields["Mixed_6b.branch7x7_1.conv"]
    row, column = fields["Mixed_6b.branch7x7_2.conv"], fields["Mixed_6b.branch7x7_3.conv"]
    assert row.size == (before.size[0], before.size[1] + 6 * 16)
    assert column.size == (before.size[0] + 6 * 16, before.size[1] + 6 * 16)


def test_window_of_a_cell():
    field = receptive_field(trace(inception_v3(), 299))["Conv2d_2b_3x3"]
    assert field.window((0, 0)) == ((-2, -2), (8, 8))
    assert field.window((3, 1)) == ((4, 0), (14, 10))


class Branched(nn.Module):
    """A trunk of modules, each a set of branches that are concatenated or added."""

    def __init__(self, stages):
        super().__init__()
        self.plan = []
        self.layers = nn.ModuleList()
        channels = 1
        for branches, join in stages:
            ids = []
            for branch in branches:
                width, line = channels, []
                for kind, kernel, dilation in branch:
                    pads = tuple(d * (k - 1) // 2 for k, d in zip(kernel, dilation, strict=True))
                    line.append(len(self.layers))
                    self.layers.append(_layer(kind, width, kernel, dilation, pads))
                    width = 1 if kind == "conv" else width
                if join == "add" and width != 1:
                    line.append(len(self.layers))
                    self.layers.append(_layer("conv", width, (1, 1), (1, 1), (0, 0)))
                    width = 1
                ids.append((line, width))
            self.plan.append(([line for line, _ in ids], join))
            channels = 1 if join == "add" else sum(width for _, width in ids)
            self.plan.append(len(self.layers))
            self.layers.append(nn.Conv2d(channels, 1, 3, stride=2, padding=1, bias=False))
            channels = 1
        for layer in self.layers:
            if isinstance(layer, nn.Conv2d):
                nn.init.ones_(layer.weight)

    def forward(self, x):
        for step in self.plan:
            if isinstance(step, int):
                x = self.layers[step](x)
                continue
            branches, join = step
            ends = []
            for line in branches:
                y = x
                for index in line:
                    y = self.layers[index](y)
                ends.append(y)
            if join == "concat":
                x = torch.cat(ends, 1)
            else:
                x = ends[0]
                for end in ends[1:]:
                    x = x + end
        return x


def _layer(kind, width, kernel, dilation, pads):
    if kind == "conv":
        return nn.Conv2d(width, 1, kernel, padding=pads, dilation=dilation, bias=False)
    return nn.AvgPool2d(kernel, 1, pads, divisor_override=1)  # a sum: every path counts one


side = st.sampled_from([1, 3, 5, 7])
layers = st.one_of(
    st.tuples(
        st.just("conv"), st.tuples(side, side), st.tuples(st.integers(1, 2), st.integers(1, 2))
    ),
    st.tuples(st.just("pool"), st.sampled_from([(3, 3), (1, 3), (5, 1)]), st.just((1, 1))),
)
branches = st.lists(layers, min_size=0, max_size=3)
stages = st.lists(
    st.tuples(st.lists(branches, min_size=1, max_size=3), st.sampled_from(["concat", "add"])),
    min_size=1,
    max_size=2,
)


@settings(max_examples=60, deadline=None)
@given(stages=stages)
def test_random_dags_against_gradients(stages):
    size = (111, 113)
    model = Branched(stages).double()
    graph = trace(model, (1, *size))
    out = graph.nodes[-1]
    x = torch.zeros(1, 1, *size, dtype=torch.float64, requires_grad=True)
    y = model(x)
    assert tuple(y.shape[1:]) == out.shape
    row, column = out.shape[1] // 2, out.shape[2] // 2
    y[0, 0, row, column].backward()
    gradient = x.grad[0, 0]

    assert torch.equal(path_counts(graph, out.name, (row, column)), gradient)
    seen = gradient.nonzero()
    (top, left), (bottom, right) = receptive_field(graph)[out.name].window((row, column))
    assert (top, left) == tuple(seen.min(0).values.tolist())  # the image is larger than any window
    assert (bottom, right) == tuple(seen.max(0).values.tolist())


@settings(max_examples=40, deadline=None)
@given(
    kernels=st.lists(st.tuples(st.integers(1, 4), st.integers(1, 4)), min_size=1, max_size=3),
    cell=st.tuples(st.integers(0, 13), st.integers(0, 14)),
)
def test_even_kernels_and_borders_against_gradients(kernels, cell):
    model = conv_stack((1,) * (len(kernels) + 1), kernels, relu=False).double()
    for layer in model:
        nn.init.ones_(layer.weight)
    graph = trace(model, (1, 14, 15))
    x = torch.zeros(1, 1, 14, 15, dtype=torch.float64, requires_grad=True)
    model(x)[0, 0, cell[0], cell[1]].backward()
    assert torch.equal(path_counts(graph, graph.nodes[-1].name, cell), x.grad[0, 0])


@pytest.mark.parametrize("mode", ["reflect", "replicate", "circular"])
def test_paths_through_padding_that_repeats_pixels(mode):
    layers = [nn.Conv2d(1, 1, 3, s, 1, padding_mode=mode, bias=False).double() for s in (1, 2)]
    for layer in layers:
        nn.init.ones_(layer.weight)
    model = nn.Sequential(*layers)
    graph = trace(model, (1, 6, 7))
    for cell in ((0, 0), (2, 3), (1, 0)):
        x = torch.zeros(1, 1, 6, 7, dtype=torch.float64, requires_grad=True)
        model(x)[0, 0, cell[0], cell[1]].backward()
        assert torch.equal(path_counts(graph, "1", cell), x.grad[0, 0])


def test_two_3x3_see_a_5x5_but_not_evenly():
    graph = trace(conv_stack((1, 1, 1), [3, 3]), 9)
    assert receptive_field(graph)["2"].size == (5, 5)
    assert path_counts(graph, "2")[4].tolist() == [0, 0, 3, 6, 9, 6, 3, 0, 0]


def test_strides_against_the_trained_sizes():
    """A cell of the real network, by a real gradient, smaller than the image."""
    model = inception_v3(aux=False).double().eval()
    for p in model.parameters():
        nn.init.constant_(p, 0.01)
    model.maxpool1 = model.maxpool2 = nn.AvgPool2d(3, 2)  # a maximum sends its gradient to one
    x = torch.ones(1, 3, 203, 203, dtype=torch.float64, requires_grad=True)
    seen = {}
    model.Mixed_5d.register_forward_hook(lambda _m, _i, out: seen.__setitem__("y", out))
    with torch.enable_grad():
        model(x)
    seen["y"][0, :, 11, 11].sum().backward()
    lit = x.grad[0].abs().sum(0).nonzero()
    (top, left), (bottom, right) = receptive_field(trace(model, 203))["Mixed_5d"].window((11, 11))
    assert lit.min(0).values.tolist() == [top, left]
    assert lit.max(0).values.tolist() == [bottom, right]


def test_pooling_to_one_cell_sees_everything_and_flattening_nothing_more():
    graph = trace(inception_v3(), 299)
    fields = receptive_field(graph)
    assert fields["avgpool"].size == (1311 + 7 * 32, 1311 + 7 * 32)
    assert fields["fc"] == fields["avgpool"]


class Squeezed(nn.Module):
    """A grid, multiplied by what the whole grid says of each channel; then one more convolution."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(1, 2, 3, stride=2, bias=False)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.gate = nn.Conv2d(2, 2, 1, bias=False)
        self.last = nn.Conv2d(2, 1, 3, stride=2, bias=False)

    def forward(self, x):
        x = self.first(x)
        return self.last(x * self.gate(self.pool(x)))


def test_squeeze_and_excitation_sees_everything():
    model = Squeezed().double()
    fields = receptive_field(trace(model, 21))
    assert fields["first"].stride == (2, 2)
    x = torch.rand(1, 1, 21, 21, dtype=torch.float64, requires_grad=True)
    for cell in ((0, 0), (3, 1)):
        (gradient,) = torch.autograd.grad(model(x)[0, 0, cell[0], cell[1]], x)
        lit = gradient[0, 0].nonzero()
        (top, left), (bottom, right) = fields["last"].window(cell)
        assert lit.min(0).values.tolist() == [top, left] == [0, 0]
        assert lit.max(0).values.tolist() == [bottom, right] == [20, 20]


class Shuffled(nn.Module):
    """Splits of channels, shuffles, layouts with the channels last, and tokens, then a stride."""

    def __init__(self, steps):
        super().__init__()
        self.steps = steps
        self.layers = nn.ModuleList(_step_layer(*step) for step in steps)

    def forward(self, x):
        for (kind, _), layer in zip(self.steps, self.layers, strict=True):
            n, c, h, w = x.shape
            if kind == "split":
                left, right = x.chunk(2, dim=1)
                x = torch.cat((left, layer(right)), 1)
                x = x.view(n, 2, c // 2, h, w).transpose(1, 2).reshape(n, c, h, w)
            elif kind == "channels last":
                x = layer(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
            elif kind == "tokens":
                x = layer(x.flatten(2).transpose(1, 2)).transpose(1, 2).view(n, c, h, w)
            else:
                x = layer(x)
        return x


class Padded(nn.Module):
    """As TensorFlow pads: more on one side, and a factor that comes of parameters alone."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(4))

    def forward(self, x):
        return torch.nn.functional.pad(x, (1, 2, 0, 1)) * (2 * self.scale).reshape(1, -1, 1, 1)


def _step_layer(kind, kernel):
    pads = (kernel[0] // 2, kernel[1] // 2)
    if kind == "split":
        layer = nn.Conv2d(2, 2, kernel, padding=pads, groups=2, bias=False)
    elif kind in ("channels last", "tokens"):
        layer = nn.Linear(4, 4, bias=False)
    elif kind == "pad":
        return nn.ZeroPad2d((2, 0, 1, 3))
    elif kind == "function pad":
        return Padded()
    else:
        layer = nn.Conv2d(4, 4, kernel, stride=(2, 1), padding=pads, bias=False)
    nn.init.ones_(layer.weight)
    return layer


steps = st.lists(
    st.tuples(
        st.sampled_from(
            ["split", "channels last", "tokens", "pad", "function pad", "stride", "split"]
        ),
        st.tuples(side, side),
    ),
    min_size=1,
    max_size=5,
)


@settings(max_examples=60, deadline=None)
@given(steps=steps)
def test_shuffles_and_layouts_against_gradients(steps):
    mixing = nn.Conv2d(4, 4, 1, bias=False)  # so that each channel hears all
    nn.init.ones_(mixing.weight)
    model = nn.Sequential(Shuffled(steps), mixing).double()
    size = (95, 65)
    graph = trace(model, (4, *size))
    _, height, width = graph.nodes[-1].shape
    row, column = height // 2, width // 2
    x = torch.zeros(1, 4, *size, dtype=torch.float64, requires_grad=True)
    model(x)[0, 0, row, column].backward()
    seen = x.grad[0].abs().sum(0).nonzero()
    (top, left), (bottom, right) = receptive_field(graph)["1"].window((row, column))
    inside = (max(top, 0), max(left, 0)), (min(bottom, size[0] - 1), min(right, size[1] - 1))
    assert inside == (tuple(seen.min(0).values.tolist()), tuple(seen.max(0).values.tolist()))
    assert path_counts(graph, "1").nonzero().min(0).values.tolist() == list(inside[0])


@pytest.mark.parametrize(
    ("name", "module", "cell"),
    [("convnext_tiny", "features.2", (4, 7)), ("shufflenet_v2_x0_5", "stage2.1", (3, 8))],
)
def test_real_networks_with_permutes_against_gradients(name, module, cell):
    """Deep in ConvNeXt and ShuffleNet: layouts change, groups are shuffled, windows stay whole."""
    model = torchvision.models.get_model(name, weights=None).double().eval()
    for parameter in model.parameters():
        nn.init.uniform_(parameter, 0.01, 0.02)
    if name.startswith("shuffle"):
        model.maxpool = nn.AvgPool2d(3, 2, 1)  # a maximum sends its gradient to one
    x = torch.rand(1, 3, 139, 203, dtype=torch.float64, requires_grad=True)
    kept = []
    model.get_submodule(module).register_forward_hook(lambda _m, _i, out: kept.append(out))
    model(x)
    kept[0][0, :, cell[0], cell[1]].sum().backward()
    lit = x.grad[0].abs().sum(0).nonzero()
    (top, left), (bottom, right) = receptive_field(trace(model, (139, 203)))[module].window(cell)
    assert lit.min(0).values.tolist() == [max(0, top), max(0, left)]
    assert lit.max(0).values.tolist() == [min(138, bottom), min(202, right)]


@pytest.mark.parametrize(("before", "after"), [(7, 6), (8, 7), (9, 8), (8, 4), (5, 5)])
def test_adaptive_pools_with_even_windows_against_gradients(before, after):
    model = nn.Sequential(nn.AdaptiveAvgPool2d(after)).double()
    fields = receptive_field(trace(model, (1, before, before)))
    for i in range(after):
        x = torch.rand(1, 1, before, before, dtype=torch.float64, requires_grad=True)
        model(x)[0, 0, i, 0].backward()
        lit = x.grad[0, 0].nonzero()
        (top, _), (bottom, _) = fields["0"].window((i, 0))
        assert (top, bottom) == (lit[:, 0].min(), lit[:, 0].max())


def test_uneven_pools_have_no_windows_but_what_follows_sees_all():
    model = nn.Sequential(nn.Conv2d(1, 1, 3, stride=2), nn.AdaptiveAvgPool2d(5), nn.ReLU())
    model.append(nn.Flatten()).append(nn.Linear(25, 2))
    fields = receptive_field(trace(model, 19))
    for name in ("1", "2"):
        with pytest.raises(ValueError, match=r"1 \(adaptive_avg_pool\) are not all alike"):
            fields[name]
    assert fields["3"] == fields["4"]
    assert fields["4"].window((0, 0)) == ((0, 0), (18, 18))


def test_normalisation_over_the_grid_sees_all_of_it():
    model = nn.Sequential(nn.Conv2d(2, 4, 3), nn.GroupNorm(2, 4), nn.Conv2d(4, 1, 3)).double()
    fields = receptive_field(trace(model, (2, 9, 9)))
    assert (fields["0"].size, fields["1"].size) == ((3, 3), (9, 9))
    x = torch.rand(1, 2, 9, 9, dtype=torch.float64, requires_grad=True)
    model(x)[0, 0, 4, 0].backward()
    assert bool((x.grad != 0).all())
    assert fields["2"].window((4, 0)) == ((0, 0), (8, 8))


class Cut(nn.Module):
    def __init__(self, what):
        super().__init__()
        self.conv, self.what = nn.Conv2d(3, 4, 1), what

    def forward(self, x):
        return self.what(self.conv(x))


@pytest.mark.parametrize(
    ("what", "words"),
    [
        (lambda x: x[:, :, 1:], "takes a part of the grid"),
        (lambda x: torch.cat((x, x), 2), "joins tensors along the grid"),
        (lambda x: x.softmax(-1), "works along a part of the grid"),
        (lambda x: x.mean(2), "works along a part of the grid"),
        (lambda x: x.reshape(-1, 4, 2, 4, 2, 4), "rearranges the grid"),
        (lambda x: torch.nn.functional.adaptive_avg_pool2d(x, 3), "are not all alike"),
        (lambda x: torch.roll(x, 1, 2), r"the reach of roll \(roll\) is not known"),
    ],
)
def test_what_is_not_well_defined_says_why(what, words):
    fields = receptive_field(trace(Cut(what), 8))
    assert fields["conv"].size == (1, 1)
    last = trace(Cut(what), 8).nodes[-1].name
    with pytest.raises(ValueError, match=words):
        fields[last]


def test_every_torchvision_family_has_fields_or_a_reason():
    """All nodes of the convolutional families; of the transformers up to their first window."""
    known = {}
    for name in ("convnext_tiny", "shufflenet_v2_x0_5", "vgg11", "densenet121", "mnasnet0_5",
                 "efficientnet_b0", "mobilenet_v3_small", "alexnet", "vit_b_16", "swin_t",
                 "maxvit_t"):  # fmt: skip
        with torch.device("meta"):
            model = torchvision.models.get_model(name, weights=None)
        graph = trace(model, 224)
        fields = receptive_field(graph)
        known[name] = len(fields) / sum(node.op != "parameter" for node in graph)
        for node in graph:
            groups = fields[node.name].groups if node.name in fields else ()
            assert not groups or groups[-1].channels.stop == node.shape[0]
            if node.op != "parameter" and node.name not in fields:
                with pytest.raises(ValueError, match="has no receptive field: "):
                    fields[node.name]
    transformers = {name: known.pop(name) for name in ("vit_b_16", "swin_t", "maxvit_t")}
    assert set(known.values()) == {1.0}
    assert all(0 < share < 0.1 for share in transformers.values())


class Uneven(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Conv2d(1, 1, 3, stride=2)
        self.up = nn.Upsample(scale_factor=2)

    def forward(self, x):
        return self.up(self.a(x))


def test_unknown_reach_is_said_and_not_guessed():
    fields = receptive_field(trace(Uneven(), 9))
    assert fields["a"].size == (3, 3)
    with pytest.raises(
        ValueError, match=r"up has no receptive field: the reach of up \(upsample\)"
    ):
        fields["up"]


@pytest.mark.parametrize(
    ("name", "cell", "words"),
    [("fc", None, "not a grid"), ("Mixed_7c", (8, 0), "the grid of Mixed_7c is 8×8")],
)
def test_path_counts_refuses(name, cell, words):
    with pytest.raises(ValueError, match=words):
        path_counts(trace(inception_v3(), 299), name, cell)
