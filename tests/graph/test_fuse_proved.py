"""What only looks fusible is left as it is, and said so: aliases, hooks, random numbers, names."""

import random

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from inception_lib import TraceError, fuse
from inception_lib.graph import fusion
from inception_lib.graph.fuse import unfuse


class Net(nn.Module):
    """Layers, and a function of them and of the image."""

    def __init__(self, function=None):
        super().__init__()
        self.function = function
        self.a, self.b = nn.Conv2d(4, 4, 1), nn.Conv2d(4, 4, 1)
        self.conv, self.norm = nn.Conv2d(4, 4, 3, padding=1), nn.BatchNorm2d(4)
        self.relu, self.halve = nn.ReLU(inplace=True), nn.AvgPool2d(2, 2)
        self.even, self.max = nn.AvgPool2d(3, 1, 1), nn.MaxPool2d(2)
        self.count, self.scale = 0, 1.0
        self.norm.running_mean.normal_()
        self.norm.running_var.uniform_(0.5, 2)
        self.double().eval()

    def forward(self, x):
        return self.function(self, x)


def images():
    return torch.randn(2, 4, 8, 8, generator=torch.Generator().manual_seed(2)).double()


def assert_equal(model, fused, runs=2):
    """Twice, with the same random numbers: something may be kept from call to call."""
    for seed in range(runs):
        outputs = []
        for network in (model, fused):
            torch.manual_seed(seed)
            random.seed(seed)
            with torch.no_grad():
                outputs.append(network(images()))
        assert (outputs[0] - outputs[1]).abs().max() <= 1e-12 * outputs[0].abs().max()


def forms(model):
    """Both fused forms, in evaluation."""
    return fuse(model), fuse(model, train=True).eval()


@torch.fx.wrap
def changed_by_someone(tensor):
    tensor.mul_(2)


ALIASES = {
    "itself": lambda y: y,
    "view": lambda y: y.view(y.shape),
    "slice": lambda y: y[:, 1:3],
    "flatten": lambda y: torch.flatten(y, 1),
    "transposed": lambda y: y.transpose(2, 3),
    "detached": lambda y: y.detach(),
    "data": lambda y: y.data,
    "chunk": lambda y: y.chunk(2, 1)[0],
    "dropout": lambda y: F.dropout(y, 0.5, False),
    "float": lambda y: y.double(),
    "view of a view": lambda y: y[:, :3].flatten(2)[:, 1:],
}
CHANGES = {
    "mul_": lambda z: z.mul_(2),
    "relu_": F.relu_,
    "inplace": lambda z: F.relu(z, inplace=True),
    "by position": lambda z: F.relu(z, True),
    "out": lambda z: torch.add(z, 1, out=z),
    "copy_": lambda z: z.copy_(z * 3),
    "a function of someone's": changed_by_someone,
}


def placed(place, alias, change):
    def function(s, x):
        y = s.conv(x) * 1
        z = ALIASES[alias](y)
        if place == "pool":
            q = s.a(y)
            CHANGES[change](z)
            return s.halve(q) + s.halve(y)
        if place == "row":
            q = s.norm(s.a(y))
            CHANGES[change](z)
            return s.max(q) + s.max(y)
        p = s.a(y)
        CHANGES[change](z)
        return p + s.b(y)

    return function


@given(
    place=st.sampled_from(["stack", "pool", "row"]),
    alias=st.sampled_from(sorted(ALIASES)),
    change=st.sampled_from(sorted(CHANGES)),
)
@settings(max_examples=60)
def test_changed_in_place_between(place, alias, change):
    model = Net(placed(place, alias, change))
    for fused in forms(model):
        assert_equal(model, fused)
        assert "stack" not in fusion(fused).counts or place != "stack"
        if place == "stack":
            assert "may change what it reads" in dict(fusion(fused).left)["a"]
            assert "left as it was: a, since" in str(fusion(fused))


@pytest.mark.parametrize("operator", ["+=", "-=", "*=", "/=", "**="])
def test_what_python_changes_in_place_changes_its_aliases(operator):
    scope = {}
    code = f"def function(s, x):\n y = s.conv(x).abs()\n z = y\n y {operator} 3\n return s.a(z) + y"
    exec(code, scope)
    model = Net(scope["function"])
    for fused in forms(model):
        assert_equal(model, fused)


@pytest.mark.parametrize(
    "function",
    [
        lambda s, x: s.norm(s.conv(x)) + F.conv2d(x, s.conv.weight, padding=1),
        lambda s, x: s.norm(s.conv(x)) * s.conv.bias.sum(),
        lambda s, x: s.norm(s.conv(s.conv(x))),
    ],
    ids=["weight", "bias", "called"],
)
def test_a_convolution_that_is_read_twice(function):
    model = Net(function)
    fused = fuse(model)
    assert_equal(model, fused)
    assert dict(fusion(fused).left)["conv"] == "it is called, or its weights are read, twice"


def counts(s, x):
    s.count += 1
    return s.relu(s.norm(s.conv(x))) * s.count


def keeps(s, x):
    s.last = s.conv(x)
    return s.norm(s.last)


def anew(s, x):
    total = torch.zeros(1, 4, 1, 1).double()
    total += x.mean((0, 2, 3))[None, :, None, None]
    return s.norm(s.conv(x)) + total


@pytest.mark.parametrize(
    ("function", "why"),
    [
        (lambda s, x: s.norm(s.conv(x)) * torch.rand(1), "it draws random numbers"),
        (lambda s, x: s.norm(s.conv(x)) * (random.random() + 1), "it draws random numbers"),
        (lambda s, x: s.a(x) + s.b(x) if random.random() < 0.5 else x, "it draws random numbers"),
        (counts, "it changes its own attributes"),
        (keeps, "it changes its own attributes"),
        (anew, "it writes into a tensor that each call makes anew"),
    ],
    ids=["torch", "python", "branch", "counter", "keeps", "anew"],
)
def test_a_forward_that_does_more_than_to_compute(function, why):
    model = Net(function)
    before, states = dict(vars(model)), torch.get_rng_state()
    evaluation, training = forms(model)
    assert dict(vars(model)) == before
    assert torch.equal(torch.get_rng_state(), states)
    assert fusion(evaluation).counts == {}
    assert fusion(evaluation).left == (("Net", why),)
    assert why == "it writes into a tensor that each call makes anew" or (
        fusion(training).left == (("Net", why),)
    )
    for fused in (evaluation, training):
        model.count = 0
        assert_equal(model, fused)


def test_what_is_impure_inside_is_left_and_the_rest_is_fused():
    class Outer(nn.Sequential):
        pass

    model = Outer(nn.Conv2d(4, 4, 1), nn.BatchNorm2d(4), Net(counts)).double().eval()
    fused = fuse(model)
    assert fusion(fused).counts == {"fold_bn": 1}
    assert fusion(fused).left == (("2", "it changes its own attributes"),)
    assert_equal(model, fused)


@pytest.mark.parametrize("where", ["", "conv", "norm", "relu", "block", "before"])
def test_hooks_are_called(where):
    def function(s, x):
        return s.relu(s.norm(s.conv(x)))

    inner = Net(function)
    model = nn.Sequential(inner, nn.Conv2d(4, 4, 1), nn.BatchNorm2d(4)).double().eval()
    halves = {"": model, "block": inner, "before": inner}.get(where) or getattr(inner, where)
    if where == "before":
        halves.register_forward_pre_hook(lambda m, args: (args[0] * 0.5,))
    else:
        halves.register_forward_hook(lambda m, args, out: out * 0.5)
    for fused in forms(model):
        assert_equal(model, fused)
    assert fusion(fuse(model)).counts["fold_bn"] >= 1
    assert where == "" or "it has hooks" in dict(fusion(fuse(model)).left).values()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("norm", ["weight_norm", "spectral_norm"])
@pytest.mark.parametrize("home", [nn.utils, nn.utils.parametrizations])
def test_weights_that_are_worked_out_at_each_call(norm, home):
    model = Net(lambda s, x: s.relu(s.norm(s.conv(x))))
    getattr(home, norm)(model.conv)
    model.double().train()(images())
    model.eval()
    for fused in forms(model):
        assert_equal(model, fused)


def test_calls_by_keyword():
    def function(s, x):
        y = F.relu(input=s.norm(input=s.conv(input=x)))
        return y + s.a(F.avg_pool2d(input=x, kernel_size=3, stride=1, padding=1))

    model = Net(function)
    fused = fuse(model)
    assert_equal(model, fused)
    assert fusion(fused).counts == {"fold_bn": 1, "relu": 1, "commute": 1}
    torch.testing.assert_close(fused(x=images()), model(images()))


class Bytes(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function, self.conv = function, nn.Conv2d(3, 4, 3)

    def forward(self, x):
        return self.conv(self.function(x))


@pytest.mark.parametrize(
    ("function", "folds"),
    [
        (lambda x: x / 255, 1),
        (lambda x: (x / 255 - 0.5) / 0.25, 1),
        (lambda x: (x - 128) / 255, 0),  # bytes wrap around
        (lambda x: x * 2.5, 1),
    ],
)
def test_images_of_bytes(function, folds):
    model = Bytes(function).eval()
    fused = fuse(model)
    assert fusion(fused).counts == ({"fold_input": 1} if folds else {})
    pixels = torch.randint(0, 256, (2, 3, 7, 6), dtype=torch.uint8)
    for x in (pixels, pixels.float()):
        torch.testing.assert_close(fused(x), model(x), rtol=1e-4, atol=1e-4)


def test_an_image_that_is_changed_before_the_convolution_reads_it():
    def function(s, x):
        y = x[:, [2, 1, 0]] * 0.5
        x.mul_(3)
        return s(y)

    conv = nn.Conv2d(3, 4, 1).double()

    class Changes(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = conv

        def forward(self, x):
            return function(self.conv, x)

    model, x = Changes().eval(), torch.rand(1, 3, 4, 4).double()
    torch.testing.assert_close(fuse(model)(x.clone()), model(x.clone()))


def test_settings_that_change_after_fusing():
    """The training form then does what the network does."""

    def function(s, x):
        return (s.a(x) + s.b(x)) * s.scale

    model = Net(function)
    fused = fuse(model, train=True).eval()
    assert fusion(fused).counts == {"stack": 1}
    for scale in (1.0, 3.0, 1.0):
        model.scale = fused.scale = scale
        assert_equal(model, fused)
    assert_equal(model, unfuse(fused))


def test_check_compares_before_it_returns():
    model = Net(lambda s, x: s.relu(s.norm(s.conv(x))))
    assert fusion(fuse(model, check=images())).counts == {"fold_bn": 1, "relu": 1}
    assert fusion(fuse(model, train=True, check=images())).counts == {}
    state = {name: value.clone() for name, value in model.state_dict().items()}

    class Clocked(Net):
        """Depends on something that no transform can see."""

        calls = torch.zeros(1)

        def forward(self, x):
            Clocked.calls += 1
            return self.norm(self.conv(x)) * float(Clocked.calls)

    with pytest.raises(
        ValueError, match=r"in evaluation the fused network is .* away from Clocked"
    ):
        fuse(Clocked(), check=images())
    assert all(torch.equal(value, state[name]) for name, value in model.state_dict().items())


def test_names_that_no_program_can_hold():
    model = nn.Sequential()
    model.add_module('a "conv"', nn.Conv2d(3, 4, 1))
    with pytest.raises(TraceError, match=r"names no program can hold .*rename them without quotes"):
        fuse(model)
