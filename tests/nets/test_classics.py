"""The networks of the paper's tables against published counts, other libraries and arithmetic."""

import pytest
import torch
import torchvision
from torch import nn

from inception_lib import cost, receptive_field, trace
from inception_lib.nets.classics import (
    Plain,
    SpatialPyramid,
    alexnet,
    bn_googlenet,
    bn_inception,
    googlenet,
    prelu_net,
    vgg16,
    vgg19,
)


def meta(make, *args, **options):
    with torch.device("meta"):
        return make(*args, **options)


def count(model):
    return sum(p.numel() for p in model.parameters())


def conv(out, inside, kernel, grid=0):
    """Weights of a convolution without its biases, or multiply-adds where a grid is given."""
    return out * inside * kernel * kernel * (grid * grid or 1)


def test_alexnet_by_hand():
    """Five convolutions, the second, fourth and fifth seeing half the channels; three layers."""
    model = meta(alexnet)
    graph = trace(model, 224)
    grids = [graph[f"features.{i}"].shape for i in (0, 3, 7, 8, 12, 14)]
    sides = ((96, 55), (96, 27), (256, 13), (384, 13), (256, 13), (256, 6))
    assert grids == [(channels, side, side) for channels, side in sides]
    widths = ((96, 3, 11, 55), (256, 48, 5, 27), (384, 256, 3, 13), (384, 192, 3, 13))
    layers = (*widths, (256, 192, 3, 13))
    dense = ((4096, 9216), (4096, 4096), (1000, 4096))
    macs = sum(conv(*layer) for layer in layers) + sum(a * b for a, b in dense)
    params = sum(conv(o, i, k) + o for o, i, k, _ in layers) + sum(a * b + a for a, b in dense)
    # 724 M and 61 M also in Sze et al., Efficient processing of deep neural networks, Table II.
    assert (cost(graph).macs, cost(graph).params) == (macs, params) == (724_406_816, 60_965_224)
    # torchvision's is the one-column variant of 2014.
    assert count(meta(torchvision.models.alexnet)) == 61_100_840


def test_alexnet_normalises_by_the_papers_formula():
    """b = a / (2 + 10⁻⁴ Σ a²)^0.75 over five neighbouring channels."""
    norm = next(m for m in meta(alexnet).modules() if isinstance(m, nn.LocalResponseNorm))
    a = torch.randn(2, 9, 3, 3, dtype=torch.float64) * 30
    expected = torch.stack(
        [
            a[:, i] / (2 + 1e-4 * a[:, max(0, i - 2) : i + 3].square().sum(1)) ** 0.75
            for i in range(9)
        ],
        1,
    )
    torch.testing.assert_close(norm(a), expected)


@pytest.mark.parametrize(("make", "name"), [(vgg16, "vgg16"), (vgg19, "vgg19")])
def test_vgg_has_torchvisions_parameters(make, name):
    theirs = meta(torchvision.models.get_model, name)
    ours = meta(make)
    shapes = [
        {key: tuple(value.shape) for key, value in m.state_dict().items()} for m in (ours, theirs)
    ]
    assert shapes[0] == shapes[1]
    weights = torchvision.models.get_model_weights(name).DEFAULT.meta
    assert count(ours) == weights["num_params"]
    assert cost(trace(ours, 224)).macs == pytest.approx(weights["_ops"] * 1e9, rel=1e-3)


def test_vgg_computes_what_torchvisions_does():
    ours = vgg16().eval()
    theirs = meta(torchvision.models.vgg16).eval()
    theirs.load_state_dict(ours.state_dict(), assign=True)  # one copy of 138 M numbers
    x = torch.rand(1, 3, 32, 32)
    with torch.no_grad():
        torch.testing.assert_close(ours(x).logits, theirs(x))


def test_vgg16_sees_what_google_published():
    """Size, stride and padding from the table of google-research/receptive_field."""
    fields = receptive_field(trace(meta(vgg16), 224))
    published = {1: (3, 1, 1), 4: (6, 2, 2), 9: (16, 4, 6), 16: (44, 8, 18), 23: (100, 16, 42)}
    for layer, (size, stride, padding) in (published | {30: (212, 32, 90)}).items():
        field = fields[f"features.{layer - (layer == 1)}"]
        assert (field.size[0], field.stride[0], field.padding[0]) == (size, stride, padding)


# Table 1 of Going deeper with convolutions, "ops", in millions.
GOOGLENET_OPS = {
    "conv1": 34,
    "conv2+conv3": 360,
    "inception3a": 128,
    "inception3b": 304,
    "inception4a": 73,
    "inception4b": 88,
    "inception4c": 100,
    "inception4d": 119,
    "inception4e": 170,
    "inception5a": 54,
    "inception5b": 71,
    "fc": 1,
}


def test_googlenets_own_table_counts_a_separable_stem():
    """Row by row to the printed million; 5a is printed 54 where its widths give 51."""
    model = meta(bn_googlenet, aux=False, separable_stem=True)
    rows = {row.name: row for row in cost(trace(model, 224)).by_module().rows}
    for name, printed in GOOGLENET_OPS.items():
        ours = sum(rows[part].macs for part in name.split("+")) / 1e6
        assert abs(ours - (51 if name == "inception5a" else printed)) < 1, name
    weights = sum(m.weight.numel() for m in model.conv1.modules() if isinstance(m, nn.Conv2d))
    assert weights == 3 * 8 * 49 + 24 * 64 == 2_712  # printed "2.7K"
    assert sum(GOOGLENET_OPS.values()) == 1_502  # the "1.5 Bn" of our paper's Table 3
    plain = cost(trace(meta(googlenet), 224)).macs
    assert plain == 1_582_671_872
    # With the full 7×7 that the same table names: 9,408 weights on 112² places, not 2,712.
    assert plain - cost(trace(model, 224)).macs == 112 * 112 * (9_408 - 2_712)


def test_googlenet_counts():
    assert count(meta(bn_googlenet, aux=False)) == 7_005_832  # 7.01 M
    assert count(meta(googlenet, aux=False)) == 6_998_552  # a bias for each scale and shift
    published = torchvision.models.GoogLeNet_Weights.DEFAULT.meta
    three = meta(bn_googlenet, aux=False, branch_kernel=3)
    assert count(three) == published["num_params"] == 6_624_904
    assert cost(trace(three, 224)).macs == pytest.approx(published["_ops"] * 1e9, rel=1e-3)
    # TF-slim tests its inception_v1 for 5,607,184 variables before the classifier: weights, and
    # for each channel shift, mean and variance.
    assert slim_variables(three) == 5_607_184


def slim_variables(model):
    convs = [m for m in model.modules() if isinstance(m, nn.Conv2d)]
    norms = [m for m in model.modules() if isinstance(m, nn.BatchNorm2d)]
    return sum(m.weight.numel() for m in convs) + 3 * sum(m.num_features for m in norms)


def copy_in_order(ours, theirs):
    """Give one network the numbers of another whose layers come in the same order."""
    mine = ours.state_dict()
    values = list(theirs.state_dict().values())
    assert [v.shape for v in mine.values()] == [v.shape for v in values]
    ours.load_state_dict(dict(zip(mine, values, strict=True)))


def test_googlenet_computes_what_torchvisions_does(monkeypatch):
    theirs = torchvision.models.GoogLeNet(init_weights=False).double().eval()
    theirs.maxpool4 = nn.MaxPool2d(3, 2, ceil_mode=True)  # it has 2×2, the paper 3×3
    for module in theirs.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)
    ours = bn_googlenet(branch_kernel=3).double().eval()
    copy_in_order(ours, theirs)
    x = torch.rand(2, 3, 224, 224, dtype=torch.float64) * 2 - 1
    grid = torch.rand(2, 512, 14, 14, dtype=torch.float64)
    with torch.no_grad():
        torch.testing.assert_close(ours(x).logits, theirs(x))
        head = ours.aux1(grid)
        # It averages 14×14 into overlapping windows of 4 and 5; the paper says 5×5 at stride 3.
        pool = nn.functional.avg_pool2d
        monkeypatch.setattr(nn.functional, "adaptive_avg_pool2d", lambda y, _: pool(y, 5, 3))
        torch.testing.assert_close(head, theirs.aux1(grid))


@pytest.mark.parametrize("make", [googlenet, bn_googlenet])
def test_two_side_heads_in_training_only(make):
    model = meta(make, num_classes=7)
    out = model.train()(torch.empty(2, 3, 224, 224, device="meta"))
    assert [tuple(t.shape) for t in (out.logits, *out.aux_logits)] == [(2, 7)] * 3
    assert model.eval()(torch.empty(2, 3, 224, 224, device="meta")).aux_logits is None
    bare = meta(make, num_classes=7, aux=False).train()
    assert bare(torch.empty(2, 3, 224, 224, device="meta")).aux_logits is None
    graph = trace(model, 224, train=True)
    assert [graph[f"aux{i}.fc1"].shape for i in (1, 2)] == [(1024,), (1024,)]
    norms = sum(isinstance(m, nn.BatchNorm2d) for m in model.modules())
    assert norms == (0 if make is googlenet else 59)  # 3 + 9 × 6, and one a head


# From google-research/receptive_field: size, stride, padding at 224 and at 321, and billions of
# operations up to there at 224, without and with the separable stem.
INCEPTION_V2 = {
    "conv1": (7, 2, 2, 3, 0.237, 0.069),
    "maxpool1": (11, 4, 2, 5, 0.239, 0.071),
    "conv2": (11, 4, 2, 5, 0.265, 0.097),
    "conv3": (19, 4, 6, 9, 0.959, 0.791),
    "maxpool2": (27, 8, 6, 13, 0.960, 0.792),
    "inception3a": (59, 8, 22, 29, 1.304, 1.136),
    "inception3b": (91, 8, 38, 45, 1.712, 1.544),
    "inception3c": (123, 16, 46, 61, 2.001, 1.833),
    "inception4a": (187, 16, 78, 93, 2.241, 2.073),
    "inception4b": (251, 16, 110, 125, 2.502, 2.334),
    "inception4c": (315, 16, 142, 157, 2.854, 2.686),
    "inception4d": (379, 16, 174, 189, 3.288, 3.120),
    "inception4e": (443, 32, 190, 221, 3.614, 3.446),
    "inception5a": (571, 32, 254, 285, 3.828, 3.660),
    "inception5b": (699, 32, 318, 349, 4.051, 3.883),
}


@pytest.mark.parametrize("separable", [False, True])
def test_bn_inception_sees_what_google_published(separable):
    for size, padding in ((224, "tensorflow"), (321, "symmetric")):
        model = meta(bn_inception, separable_stem=separable, padding=padding)
        fields = receptive_field(trace(model, size))
        for name, row in INCEPTION_V2.items():
            pad = row[2] if size == 224 else row[3]
            found = (fields[name].size, fields[name].stride, fields[name].padding)
            assert found == ((row[0],) * 2, (row[1],) * 2, (pad,) * 2), (name, size)


@pytest.mark.parametrize("separable", [False, True])
def test_bn_inception_costs_what_google_published(separable):
    """Their operations are two a multiply-add, and count pools and normalisation besides."""
    total = 0
    published = {name: row[5 if separable else 4] * 1e9 for name, row in INCEPTION_V2.items()}
    graph = trace(meta(bn_inception, separable_stem=separable), 224)
    for row in cost(graph).by_module().rows:
        total += row.macs
        if row.name in published:
            beyond = published[row.name] - 2 * total
            assert 0 <= beyond < 0.005 * published[row.name] + 3e6, row.name
    assert total == (1_934_857_216 if separable else 2_018_851_840)


def test_bn_inception_counts():
    # TF-slim tests its inception_v2 for this many variables before the classifier. It leaves the
    # stem without normalisation: 64 biases in place of three numbers a channel.
    assert slim_variables(meta(bn_inception, separable_stem=True)) - 2 * 64 == 10_173_112
    # The port of Caffe's in pytorchcv has 11,295,240, a bias beside each normalisation among them.
    caffe = meta(bn_inception, pool_4cd=128)
    biases = sum(m.out_channels for m in caffe.modules() if isinstance(m, nn.Conv2d))
    assert count(caffe) + biases == 11_295_240
    graph = trace(caffe, 224)
    assert [graph[f"inception4{c}"].shape[0] for c in "abcde"] == [576, 576, 608, 608, 1056]
    graph = trace(meta(bn_inception), 224)
    assert [graph[f"inception4{c}"].shape[0] for c in "abcde"] == [576, 576, 576, 576, 1024]


def test_padding_as_tensorflow():
    """The windows of TensorFlow's SAME on an even grid, by slicing a padded image."""
    model = bn_inception(padding="tensorflow").eval()
    x = torch.rand(1, 3, 64, 64)
    conv1 = model.conv1.conv[1]
    with torch.no_grad():
        padded = torch.zeros(1, 3, 69, 69)
        padded[:, :, 2:66, 2:66] = x
        windows = padded.unfold(2, 7, 2).unfold(3, 7, 2)  # 1×3×32×32×7×7
        expected = torch.einsum("ncyxhw,ochw->noyx", windows, conv1.weight)
        torch.testing.assert_close(model.conv1.conv(x), expected, rtol=1e-4, atol=1e-4)
        assert model(x).logits.shape == (1, 1000)


# Table 3 of Delving deep into rectifiers, 10¹⁰ operations (multiply-adds); VGG-19 stands beside
# them there with 1.96, so fully connected layers are in.
@pytest.mark.parametrize(
    ("model", "published", "layers"), [("A", 1.90, 19), ("B", 2.32, 22), ("C", 5.30, 22)]
)
def test_prelu_nets_cost_what_was_published(model, published, layers):
    net = meta(prelu_net, model)
    graph = trace(net, 224)
    assert cost(graph).macs == pytest.approx(published * 1e10, rel=0.01)
    assert sum(isinstance(m, (nn.Conv2d, nn.Linear)) for m in net.modules()) == layers
    slopes = [m.weight.numel() for m in net.modules() if isinstance(m, nn.PReLU)]
    assert len(slopes) == layers - 1
    assert slopes[:2] == [96, 256 if model != "C" else 384]
    assert cost(trace(meta(vgg19), 224)).macs == pytest.approx(1.96e10, rel=0.01)


def test_prelu_c_by_hand():
    """Channels 96, then six times 384, 768 and 896, and 63 cells of the pyramid."""
    params = conv(96, 3, 7) + conv(384, 96, 3) + 5 * conv(384, 384, 3)
    params += conv(768, 384, 3) + 5 * conv(768, 768, 3) + conv(896, 768, 3) + 5 * conv(896, 896, 3)
    params += 63 * 896 * 4096 + 4096 * 4096 + 4096 * 1000
    outputs = 96 + 6 * (384 + 768 + 896) + 2 * 4096
    assert count(meta(prelu_net)) == params + 2 * outputs + 1000  # a bias and a slope each


@pytest.mark.parametrize("grid", [14, 5, 9, 20])
def test_spatial_pyramid(grid):
    x = torch.rand(2, 5, grid, grid)
    levels = torch.split(SpatialPyramid()(x), [5 * 49, 5 * 9, 5 * 4, 5], 1)
    for cells, level in zip((7, 3, 2, 1), levels, strict=True):
        expected = nn.functional.adaptive_max_pool2d(x, cells).flatten(1)
        if cells != 3 or grid == 14:
            assert torch.equal(level, expected), cells
        else:  # from 14×14 maxima, whose cells reach a little farther
            assert (level >= expected).all()
            assert torch.equal(level.view(2, 5, 9).amax(2), levels[3])


@pytest.mark.parametrize("make", [googlenet, bn_inception, alexnet])
def test_exports(make):
    model = make(num_classes=3).eval()
    x = torch.rand(2, 3, 64, 64)
    with torch.no_grad():
        exported = torch.export.export(model, (x,)).module()
        torch.testing.assert_close(exported(x).logits, model(x).logits)


@pytest.mark.parametrize("make", [alexnet, prelu_net])
def test_compiles_and_runs_in_onnx(make, tmp_path):
    """A compiler that sees the whole graph, and another runtime."""
    onnxruntime = pytest.importorskip("onnxruntime")
    model = (alexnet(num_classes=3) if make is alexnet else narrow_prelu_net()).eval()
    x = torch.rand(2, 3, 224, 224)
    path = str(tmp_path / "net.onnx")
    with torch.no_grad():
        expected = model(x).logits
        compiled = torch.compile(model, backend="aot_eager", fullgraph=True)
        torch.testing.assert_close(compiled(x).logits, expected)
        torch.onnx.export(model, (x,), path, dynamo=True, verbose=False)
    session = onnxruntime.InferenceSession(path)
    (found,) = session.run(None, {session.get_inputs()[0].name: x.numpy()})
    error = (torch.from_numpy(found) - expected).abs().max() / expected.abs().max()
    assert error < 1e-5


def narrow_prelu_net():
    """The layers of a PReLU-net on a grid of 14, without its 178 million parameters."""
    features = nn.Sequential(nn.Conv2d(3, 4, 16, 16), nn.PReLU(4))
    return Plain(features, SpatialPyramid(), nn.Sequential(nn.Linear(4 * 63, 3)))


@pytest.mark.parametrize(
    ("make", "size"), [(alexnet, 64), (googlenet, 80), (bn_googlenet, 80), (bn_inception, 64)]
)
def test_gradient_reaches_every_parameter(make, size):
    model = make(num_classes=5)
    out = model(torch.rand(2, 3, size, size))
    loss = sum(t.square().sum() for t in (out.logits, *(out.aux_logits or ())))
    loss.backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


@pytest.mark.parametrize("make", [alexnet, vgg16, googlenet, bn_googlenet, bn_inception, prelu_net])
def test_the_smallest_image_is_the_smallest(make):
    model = meta(make, num_classes=4)
    for train in (False, True):
        height, width = model.train(train).smallest_input(train)
        assert model(torch.empty(2, 3, height, width, device="meta")).logits.shape == (2, 4)
        if height > 1:
            with pytest.raises(ValueError, match=f"needs at least.* {height}×{width}"):
                model(torch.empty(2, 3, height - 1, width, device="meta"))


def test_one_pixel_less_than_the_smallest_image_fails_in_torch():
    """The limit is where the layers end, not a guess."""
    for make in (alexnet, vgg16, googlenet):
        model = meta(make) if make is not googlenet else meta(make, aux=False)
        layers = model.features if make is not googlenet else nn.Sequential(*model.children())[:-3]
        x = torch.empty(1, 3, model.smallest_input()[0] - 1, 224, device="meta")
        with pytest.raises(RuntimeError):
            layers(x)


def test_one_image_alone():
    """Batch normalisation cannot learn from a single value: say so before it fails."""
    model = bn_inception(num_classes=3)
    with pytest.raises(ValueError, match="one image"):
        model(torch.rand(1, 3, 32, 32))
    assert model(torch.rand(1, 3, 33, 32)).logits.shape == (1, 3)
    assert model.eval()(torch.rand(1, 3, 32, 32)).logits.shape == (1, 3)
    assert googlenet(num_classes=3, aux=False)(torch.rand(1, 3, 32, 32)).logits.shape == (1, 3)


def test_impossible_settings_are_refused():
    for make, options, word in (
        (alexnet, {"num_classes": 0}, "num_classes is 0"),
        (googlenet, {"num_classes": 0, "aux": False}, "num_classes is 0"),
        (vgg16, {"dropout": 1.0}, "dropout is 1.0"),
        (bn_inception, {"dropout": -0.1}, "dropout is -0.1"),
        (bn_inception, {"pool_4cd": 0}, "pool_4cd is 0"),
        (bn_inception, {"padding": "same"}, "padding is 'same'"),
        (googlenet, {"branch_kernel": 4}, "kernel is"),
        (prelu_net, {"model": "D"}, "A, B and C"),
    ):
        with pytest.raises(ValueError, match=word):
            meta(make, **options)
    with pytest.raises(TypeError, match="floating-point"):
        meta(vgg16)(torch.zeros(1, 3, 64, 64, dtype=torch.uint8, device="meta"))
