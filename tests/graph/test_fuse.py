"""Every transform is equal, alone and with the others: 1e-12 in float64, on any network."""

import io

import pytest
import timm
import torch
import torch.nn.functional as F
import torchvision
from counts import V3_MACS
from torch import nn

from inception_lib import TraceError, inception_v3, trace
from inception_lib.graph.cost import cost
from inception_lib.graph.fuse import TRANSFORMS, fuse, fusion
from inception_lib.graph.fuse.layers import FusedConv2d
from inception_lib.nets import AsymmetricModule, ExpandedModule, FactorizedModule, GridReduction


def settled(model):
    """The model in float64 and evaluation, with normalisations that do something."""
    generator = torch.Generator().manual_seed(1)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1, generator=generator)
            module.running_var.uniform_(0.5, 2, generator=generator)
            nn.init.uniform_(module.weight, 0.5, 1.5, generator=generator)
            nn.init.normal_(module.bias, 0, 0.1, generator=generator)
        if isinstance(module, nn.Linear) and not module.weight.any():
            nn.init.normal_(module.weight, 0, 0.1, generator=generator)  # ViT's head begins at 0
    return model.double().eval()


def logits(out):
    return out if isinstance(out, torch.Tensor) else out[0]


def error(model, fused, images):
    """The largest difference, in units of the largest output."""
    with torch.no_grad():
        expected, found = logits(model(images)), logits(fused(images))
    assert expected.abs().max() > 0
    return float((found - expected).abs().max() / expected.abs().max())


def check(model, images, only=None, **expected):
    """Fuse, hold the counts and the equality, and hand the fused network back."""
    before = {name: value.clone() for name, value in model.state_dict().items()}
    fused = fuse(model, only=only)
    assert fusion(fused).counts == expected
    assert error(model, fused, images) <= 1e-12
    after = model.state_dict()
    assert list(after) == list(before)
    assert all(torch.equal(after[name], value) for name, value in before.items())
    return fused


def modules(count_include_pad=True):
    """The modules of Figures 5, 10, 6 and 7 in a row."""
    pads = {"count_include_pad": count_include_pad}
    return nn.Sequential(
        FactorizedModule(24, 16, (12, 16), (12, 16), 8, single_kernel=5, **pads),  # 56
        GridReduction(56, 16, (8, 12)),  # 84
        AsymmetricModule(84, 16, (8, 12), (8, 12), 12, **pads),  # 52
        ExpandedModule(52, 8, (8, 8), (8, 8, 8), 8, **pads),
    )


RELEASED = {"fold_bn": 94, "commute": 9, "stack": 10, "relu": 94}
GRID = torch.randn(2, 24, 15, 13, generator=torch.Generator().manual_seed(2)).double()


@pytest.mark.parametrize("pads", [True, False])
def test_each_transform_alone_and_all_together(pads):
    model = settled(modules(pads))
    assert sum(isinstance(m, nn.Conv2d) for m in model.modules()) == 30
    check(model, GRID, "fold_bn", fold_bn=30)
    check(model, GRID, "commute", commute=3)
    check(model, GRID, ["stack"], stack=3)
    check(model, GRID, ["commute", "stack"], commute=3, stack=3)
    check(model, GRID, ["relu"])  # each ReLU stands behind a normalisation, not a convolution
    # A mean without zeros keeps the bias before it, and then the ReLU stands behind the mean.
    behind = 0 if pads else 3
    fused = check(model, GRID, None, fold_bn=30, commute=3, stack=3, relu=30 - behind)
    kinds = [type(m) for m in fused.modules()]
    assert kinds.count(nn.BatchNorm2d) == 0
    assert kinds.count(nn.ReLU) == behind
    stacked = [s.what for s in fusion(fused).steps if s.transform == "stack"]
    assert stacked == [
        "16 + 12 + 12 = 40 channels",
        "16 + 8 + 8 = 32 channels",
        "8 + 8 + 8 = 24 channels",
    ]


@pytest.mark.parametrize(
    ("build", "size", "counts"),
    [
        (
            lambda: torchvision.models.inception_v3(
                weights=None, init_weights=False, transform_input=True
            ),
            107,
            {"fold_input": 1, "slice": 1} | RELEASED,
        ),
        (
            lambda: timm.create_model("inception_v3"),
            107,
            {"slice": 1} | RELEASED,
        ),
        (inception_v3, 107, {"slice": 1} | RELEASED),
        (
            # The image is shifted and then padded by 3: that shift cannot go into the weights.
            lambda: torchvision.models.googlenet(
                weights=None, init_weights=False, transform_input=True
            ),
            64,
            {"fold_bn": 57, "stack": 9, "relu": 57, "slice": 1},
        ),
        (
            lambda: torchvision.models.densenet121(),
            64,
            {"fold_bn": 59, "commute": 3, "relu": 59, "slice": 1},
        ),
        (lambda: torchvision.models.resnet18(), 64, {"fold_bn": 20, "relu": 9, "slice": 1}),
        (lambda: torchvision.models.squeezenet1_1(), 64, {"relu": 26, "slice": 1}),
        (lambda: torchvision.models.vit_b_16(image_size=32), 32, {}),
    ],
    ids=["inception", "timm", "ours", "googlenet", "densenet", "resnet", "squeezenet", "vit"],
)
@pytest.mark.filterwarnings("ignore")
def test_networks_of_others(build, size, counts):
    model = settled(build())
    check(model, torch.rand(2, 3, size, size).double() * 2 - 1, None, **counts)


def test_what_was_done_is_told():
    model = inception_v3()
    fused = fuse(model, example=299)
    told = fusion(fused)
    assert told.mode == "evaluation"
    assert told.macs == (V3_MACS, V3_MACS)  # no transform here saves multiply-adds
    assert told.moved[1] < 0.5 * told.moved[0]
    assert "commute" in str(told)
    assert "94×" in str(told)
    dense = fusion(fuse(torchvision.models.densenet121(), only="commute", example=224))
    # The three transitions convolve a quarter of the grid: 3/4 of their multiply-adds go.
    transitions = 56**2 * 256 * 128 + 28**2 * 512 * 256 + 14**2 * 1024 * 512
    assert dense.macs[0] - dense.macs[1] == transitions * 3 // 4
    assert all(t.equality == "mathematically equal" for t in TRANSFORMS.values())
    with pytest.raises(ValueError, match="does not come from fuse"):
        fusion(model)


def test_settings_are_checked():
    with pytest.raises(ValueError, match="is no transform: choose of fold_input"):
        fuse(nn.ReLU(), only=["winograd"])
    with pytest.raises(ValueError, match="holds in evaluation alone: choose of commute, stack"):
        fuse(nn.ReLU(), train=True, only=["fold_bn"])

    class Branching(nn.Module):
        def forward(self, x):
            return x if x.sum() > 0 else -x

    with pytest.raises(TraceError, match="Branching cannot be traced"):
        fuse(Branching())


class Poolings(nn.Module):
    """One average pool before, and one after, a 1×1 convolution with a bias."""

    def __init__(self, pool, first):
        super().__init__()
        self.conv = nn.Conv2d(6, 4, 1)
        self.pool, self.first = pool, first

    def forward(self, x):
        return self.conv(self.pool(x)) if self.first else self.pool(self.conv(x))


@pytest.mark.parametrize(
    ("pool", "first", "commutes", "relus"),
    [
        (nn.AvgPool2d(3, 1, 1), True, 1, 1),
        # The bias stays in the convolution, which ends before the pool: ReLU is left alone.
        (nn.AvgPool2d(3, 1, 1, count_include_pad=False), True, 1, 0),
        (nn.AvgPool2d(3, 1, 0), True, 1, 0),
        (nn.AvgPool2d(3, 1, 1, divisor_override=5), True, 1, 1),
        (nn.AvgPool2d(2, 2), True, 0, 1),  # to convolve the finer grid would cost more
        (nn.AvgPool2d(2, 2), False, 1, 1),
        (nn.AvgPool2d(2, 2, ceil_mode=True), False, 1, 1),
        (nn.AvgPool2d(3, 2, 1, count_include_pad=False), False, 1, 1),
        (nn.AvgPool2d(3, 2, 1), False, 0, 0),  # the bias was averaged with zeros
        (nn.AvgPool2d(2, 2, divisor_override=3), False, 0, 0),
        (nn.AvgPool2d(3, 1, 1), False, 0, 0),  # nothing to gain
        (nn.MaxPool2d(3, 1, 1), True, 0, 1),  # not linear
    ],
)
def test_commute_with_a_bias(pool, first, commutes, relus):
    model = Poolings(pool, first).double()
    images = torch.randn(2, 6, 7, 9).double()
    commuted = {"commute": 1} if commutes else {}
    check(model, images, "commute", **commuted)
    rectified = nn.Sequential(model, nn.ReLU())
    check(rectified, images, ["commute", "relu"], **commuted, **({"relu": 1} if relus else {}))


class Normalise(nn.Module):
    """What torchvision's transforms do, with the channels put in another order first."""

    def __init__(self, order=(2, 0, 1)):
        super().__init__()
        self.order = list(order)
        self.register_buffer("mean", torch.tensor([0.485, 0.456, 0.406])[:, None, None])
        self.register_buffer("std", torch.tensor([0.229, 0.224, 0.225])[:, None, None])

    def forward(self, x):
        return (x[:, self.order] - self.mean) / self.std


class Squares(Normalise):
    def forward(self, x):
        return x * x


class Gradient(Normalise):
    def forward(self, x):
        return x[:, :, 1:] - x[:, :, :-1]


@pytest.mark.parametrize(
    ("before", "padding", "folds"),
    [
        (Normalise(), 0, 1),
        (Normalise(), 1, 0),
        (Squares(), 0, 0),
        (Gradient(), 0, 0),
    ],
)
def test_fold_input(before, padding, folds):
    model = nn.Sequential(before, nn.Conv2d(3, 5, 3, padding=padding)).double()
    images = torch.rand(2, 3, 9, 8).double()
    fused = check(model, images, "fold_input", **({"fold_input": 1} if folds else {}))
    assert all(n.op != "call_function" for n in fused.graph.nodes) == bool(folds)


def test_fold_a_scale_before_a_padded_convolution():
    """Zeros stay zeros under a scale, so that may pass a padding."""

    class Scale(nn.Module):
        def forward(self, x):
            return x * 0.5

    model = nn.Sequential(Scale(), nn.Conv2d(3, 5, 3, padding=1)).double()
    check(model, torch.rand(2, 3, 9, 8).double(), "fold_input", fold_input=1)


class Twice(nn.Module):
    """Patterns that only look foldable."""

    def __init__(self, kind):
        super().__init__()
        self.kind = kind
        self.a, self.b = nn.Conv2d(4, 4, 1), nn.Conv2d(4, 4, 1)
        self.bn = nn.BatchNorm2d(4)

    def forward(self, x):
        if self.kind == "read twice":
            y = self.a(x)
            return self.bn(y) + y
        if self.kind == "called twice":
            return self.bn(self.a(self.a(x)))
        if self.kind == "changed in place between":
            y = self.a(x)
            F.relu(x, inplace=True)
            return y + self.b(x)
        y = self.bn(self.a(x))  # the batch's own statistics
        return y


@pytest.mark.parametrize("kind", ["read twice", "called twice", "changed in place between", "own"])
def test_what_only_looks_equal_is_left_alone(kind):
    model = settled(Twice(kind))
    if kind == "own":
        model.bn = nn.BatchNorm2d(4, track_running_stats=False).double()
    images = torch.randn(2, 4, 5, 6).double()
    fused = fuse(model)
    with torch.no_grad():
        expected, found = model(images.clone()), fused(images.clone())
    assert (found - expected).abs().max() <= 1e-12
    assert fusion(fused).counts == {}


def test_a_fused_network_is_fused_already_and_traces_as_before():
    model = inception_v3().eval()
    fused = fuse(model)
    assert fusion(fuse(fused)).counts == {}
    assert cost(trace(fused, 107)).macs == cost(trace(model, 107)).macs
    assert any(isinstance(m, FusedConv2d) for m in fused.modules())
    assert not any(p.requires_grad for p in fused.parameters())


def test_gradients_of_the_image():
    """Saliency needs them; the fixed weights get none."""
    model = settled(modules())
    fused = fuse(model)
    one, two = GRID.clone().requires_grad_(), GRID.clone().requires_grad_()
    model(one).square().sum().backward()
    fused(two).square().sum().backward()
    assert (one.grad - two.grad).norm() <= 1e-12 * one.grad.norm()


@pytest.mark.parametrize("kind", ["modules", "googlenet"])
@pytest.mark.filterwarnings("ignore")
def test_export_and_reload(kind):
    if kind == "modules":
        model, images = settled(modules()), GRID
    else:
        model = settled(torchvision.models.googlenet(weights=None, init_weights=False))
        images = torch.randn(2, 3, 64, 64).double()
    program = torch.export.export(fuse(model), (images,))
    file = io.BytesIO()
    torch.export.save(program, file)
    file.seek(0)
    again = torch.export.load(file).module()
    assert error(model, again, images) <= 1e-12


def test_export_of_the_released_network():
    model = settled(inception_v3())
    images = torch.rand(1, 3, 107, 107).double()
    program = torch.export.export(fuse(model), (images,))
    assert error(model, program.module(), images) <= 1e-12
    names = [str(node.target) for node in program.graph.nodes]
    assert sum(name.startswith("aten.conv2d") for name in names) == 94 - 9 * 2 - 1
    assert not any("batch_norm" in name or "mkldnn" in name for name in names)


def test_the_released_network_is_exported_and_read_back(tmp_path):
    model = inception_v3(num_classes=10, aux=False).eval()
    image = torch.rand(1, 3, 75, 75) * 2 - 1
    for number, network in enumerate((model, fuse(model))):
        program = torch.export.export(network, (image,))
        torch.export.save(program, tmp_path / f"{number}.pt2")
        read = torch.export.load(tmp_path / f"{number}.pt2").module()
        with torch.no_grad():
            expected = model(image).logits
            error = (read(image).logits - expected).abs().max() / expected.abs().max()
        assert error < 1e-4
