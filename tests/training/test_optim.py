"""TensorFlow's RMSProp against plain floats and timm's; weight decay, freezing, clipping."""

import copy
import io
import math
import random

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from inception_lib import inception_v3
from inception_lib.training.optim import (
    RMSpropTF,
    clip_gradients,
    freeze,
    make_optimizer,
    set_learning_rate,
)
from inception_lib.training.recipes import RECIPES


class Count(TorchDispatchMode):
    """Counts the operations that reach the dispatcher."""

    def __init__(self):
        super().__init__()
        self.calls = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        self.calls += 1
        return func(*args, **(kwargs or {}))


def rmsprop_in_floats(weight, grads, rates, rho, momentum, eps, decay):
    """One weight, as TensorFlow's documentation writes the rule."""
    mean_square, buffer = 1.0, 0.0
    for gradient, rate in zip(grads, rates, strict=True):
        gradient += decay * weight
        mean_square = rho * mean_square + (1 - rho) * gradient**2
        buffer = momentum * buffer + rate * gradient / math.sqrt(mean_square + eps)
        weight -= buffer
        yield weight


@settings(deadline=None)
@given(
    rho=st.floats(0, 1),
    momentum=st.sampled_from([0.0, 0.5, 0.9, 0.99]),
    eps=st.sampled_from([1e-10, 1e-3, 0.1, 1.0]),
    decay=st.sampled_from([0.0, 4e-5, 0.1]),
    scale=st.sampled_from([1e-6, 1.0, 1e3]),
    seed=st.integers(0, 999),
)
def test_equals_the_rule_in_plain_floats(rho, momentum, eps, decay, scale, seed):
    # With decay and hardly an ε the rule is a sign function around zero: steps of one size that
    # flip with the last bit, in which two correct computations part.
    assume(eps > 1e-6 or decay == 0)
    draw = random.Random(seed)
    steps, shapes = 60, [(3,), (2, 2), ()]
    params = [torch.randn(s, dtype=torch.float64).requires_grad_() for s in shapes]
    optimizer = RMSpropTF(params, 0.1, rho, momentum, eps, decay)
    begin = [p.detach().clone() for p in params]
    rates = [0.045 * 0.94 ** (n // 7) for n in range(steps)]
    grads = [[torch.randn_like(p) * scale * draw.random() for p in params] for _ in rates]
    for rate, row in zip(rates, grads, strict=True):
        for param, gradient in zip(params, row, strict=True):
            param.grad = gradient.clone()
        set_learning_rate(optimizer, rate)
        optimizer.step()
    for i, param in enumerate(params):
        for j, found in enumerate(param.detach().flatten().tolist()):
            ours = [row[i].flatten()[j].item() for row in grads]
            start = begin[i].flatten()[j].item()
            *_, expected = rmsprop_in_floats(start, ours, rates, rho, momentum, eps, decay)
            assert found == pytest.approx(expected, rel=1e-9, abs=1e-9)


def small_network():
    return nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 36, 5)
    )


def train(model, optimizer, steps, seed=0):
    generator = torch.Generator().manual_seed(seed)
    for _ in range(steps):
        optimizer.zero_grad()
        images = torch.randn(4, 3, 8, 8, generator=generator)
        model(images).square().mean().backward()
        optimizer.step()


def test_equals_timms_over_a_training():
    from timm.optim.rmsprop_tf import RMSpropTF as Theirs

    model = small_network()
    twin = copy.deepcopy(model)
    train(model, RMSpropTF(model.parameters(), 0.045, 0.9, 0.9, 1.0, 4e-5), 30)
    theirs = Theirs(twin.parameters(), 0.045, alpha=0.9, eps=1.0, momentum=0.9, weight_decay=4e-5)
    train(twin, theirs, 30)
    for ours, expected in zip(model.parameters(), twin.parameters(), strict=True):
        assert torch.allclose(ours, expected, rtol=1e-4, atol=1e-6)


def test_the_first_step_is_073_of_torchs():
    """√1.9 against 1: with ε = 1, where the mean square begins matters."""
    steps = []
    for make in (
        lambda p: RMSpropTF(p, 0.045, 0.9, 0.0, 1.0),
        lambda p: torch.optim.RMSprop(p, 0.045, 0.9, 1.0),
    ):
        weight = torch.zeros((), dtype=torch.float64, requires_grad=True)
        weight.grad = torch.tensor(1e-4, dtype=torch.float64)
        make([weight]).step()
        steps.append(float(weight.detach()))
    assert steps[0] / steps[1] == pytest.approx(1 / math.sqrt(1.9), abs=1e-4)
    assert steps[0] / steps[1] == pytest.approx(0.73, abs=0.005)


@pytest.mark.parametrize("name", ["rmsprop_tf", "rmsprop", "sgd", "adamw"])
def test_state_goes_round_bit_for_bit(name):
    recipe = RECIPES["released"].replace(optimizer=name, eps=1e-3, rho=0.99)
    model = small_network()
    optimizer = make_optimizer(model, recipe)
    train(model, optimizer, 5)
    file = io.BytesIO()
    torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict()}, file)
    train(model, optimizer, 5, seed=1)

    file.seek(0)
    saved = torch.load(file, weights_only=True)
    twin = small_network()
    twin.load_state_dict(saved["model"])
    resumed = make_optimizer(twin, recipe)
    resumed.load_state_dict(saved["optimizer"])
    train(twin, resumed, 5, seed=1)
    assert all(
        torch.equal(a, b)
        for a, b in zip(model.state_dict().values(), twin.state_dict().values(), strict=True)
    )


def test_a_parameter_without_gradient_is_left_alone():
    used, unused = (torch.ones(3, requires_grad=True) for _ in range(2))
    optimizer = RMSpropTF([used, unused], 0.1, weight_decay=0.1)
    used.grad = torch.ones(3)
    optimizer.step()
    assert torch.equal(unused, torch.ones(3))
    assert unused not in optimizer.state
    assert bool((used < 1).all())


def test_a_sparse_gradient_is_the_dense_one_that_it_stands_for():
    found = []
    for sparse in (True, False):
        torch.manual_seed(0)
        table = nn.Embedding(6, 2, sparse=sparse)
        optimizer = RMSpropTF(table.parameters(), 0.1)
        for row in (1, 4):
            optimizer.zero_grad()
            table(torch.tensor([row, row])).sum().backward()
            optimizer.step()
        found.append(table.weight.detach())
    assert torch.equal(*found)


def test_a_closure_is_called_with_gradients_on():
    weight = torch.ones(2, requires_grad=True)
    optimizer = RMSpropTF([weight], 0.1)

    def closure():
        optimizer.zero_grad()
        loss = weight.square().sum()
        loss.backward()
        return loss

    assert float(optimizer.step(closure).detach()) == 2
    assert bool((weight < 1).all())


def with_gradients(tensors, device="cpu"):
    weights = [torch.ones(3, 2, device=device, requires_grad=True) for _ in range(tensors)]
    for weight in weights:
        weight.grad = torch.ones_like(weight)
    return weights


def calls(work):
    with Count() as count:
        work()
    return count.calls


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_the_number_of_operations_does_not_grow_with_the_number_of_tensors(momentum):
    from timm.optim.rmsprop_tf import RMSpropTF as Theirs

    found = {}
    for kind in (RMSpropTF, Theirs):
        for tensors in (2, 300):
            optimizer = kind(with_gradients(tensors), 0.1, momentum=momentum, weight_decay=1e-4)
            optimizer.step()  # begins the states
            found[kind, tensors] = calls(optimizer.step)
    # Eight of ours (six without momentum), and two marks for the profiler.
    assert found[RMSpropTF, 2] == found[RMSpropTF, 300] <= 10
    assert found[Theirs, 300] > 200 * found[RMSpropTF, 300]


def test_clipping_is_a_fixed_number_of_operations():
    few, many = with_gradients(2), with_gradients(300)
    assert calls(lambda: clip_gradients(few, 1)) == calls(lambda: clip_gradients(many, 1)) < 12


def test_the_host_never_waits():
    """A meta tensor has no values: whoever asked for one would fail."""
    weights = with_gradients(3, "meta")
    optimizer = RMSpropTF(weights, 0.1, weight_decay=1e-4)
    assert clip_gradients(weights, 2.0).device.type == "meta"
    optimizer.step()
    assert optimizer.state[weights[0]]["mean_square"].device.type == "meta"


def test_states_follow_the_memory_format():
    weight = torch.randn(4, 3, 5, 5).to(memory_format=torch.channels_last).requires_grad_()
    weight.grad = torch.randn_like(weight)
    optimizer = RMSpropTF([weight], 0.1)
    optimizer.step()
    for state in optimizer.state[weight].values():
        assert state.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize(
    ("constant", "value"),
    [
        ("lr", -1),
        ("lr", float("nan")),
        ("rho", 1.1),
        ("momentum", 1.0),
        ("eps", 0),
        ("weight_decay", -0.1),
    ],
)
def test_constants_out_of_range(constant, value):
    with pytest.raises(ValueError, match=f"{constant} is {value}"):
        RMSpropTF([torch.zeros(1, requires_grad=True)], **{"lr": 0.1, constant: value})


# -- which parameters decay


def names(model, params):
    of = {id(p): name for name, p in model.named_parameters()}
    return {of[id(p)] for p in params}


def test_convolution_and_linear_weights_decay_and_nothing_else():
    """In this network those are the tensors of more than one dimension."""
    with torch.device("meta"):
        model = inception_v3()
    decayed, rest = make_optimizer(model, RECIPES["released"]).param_groups
    assert (decayed["weight_decay"], rest["weight_decay"]) == (4e-5, 0)
    tensors = dict(model.named_parameters())
    assert names(model, decayed["params"]) == {n for n, p in tensors.items() if p.ndim > 1}
    assert len(decayed["params"]) + len(rest["params"]) == len(tensors) == 292


def test_the_type_of_the_module_decides_not_the_shape():
    model = nn.ModuleDict(
        {
            "table": nn.Embedding(5, 3),
            "conv": nn.Conv1d(2, 2, 1),
            "up": nn.ConvTranspose2d(2, 2, 2),
            "norm": nn.LayerNorm((3, 3)),
            "linear": nn.Linear(3, 2),
        }
    )
    decayed, rest = make_optimizer(model, RECIPES["released"]).param_groups
    assert names(model, decayed["params"]) == {"conv.weight", "up.weight", "linear.weight"}
    assert "norm.weight" in names(model, rest["params"])


def test_what_decay_does_to_each():
    model = small_network()
    recipe = RECIPES["modern"].replace(weight_decay=0.1, nesterov=False, momentum=0, lr=0.5)
    optimizer = make_optimizer(model, recipe)
    before = copy.deepcopy(model.state_dict())
    for p in model.parameters():
        p.grad = torch.zeros_like(p)
    optimizer.step()
    for name, value in model.named_parameters():
        factor = 0.95 if name in {"0.weight", "4.weight"} else 1
        assert torch.allclose(value, factor * before[name])


def test_shared_weights_stand_once():
    model = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4), nn.Linear(4, 4))
    model[1].weight = model[0].weight
    model[2].bias = model[0].bias
    decayed, rest = make_optimizer(model, RECIPES["modern"]).param_groups
    assert len(decayed["params"]) == 2
    assert len(rest["params"]) == 2


def test_each_rule_gets_the_recipes_constants():
    model = small_network()
    recipe = RECIPES["released"]
    for name, kind, constants in (
        ("rmsprop_tf", RMSpropTF, {"rho": 0.9, "eps": 1.0, "momentum": 0.9}),
        ("rmsprop", torch.optim.RMSprop, {"alpha": 0.9, "eps": 1.0, "momentum": 0.9}),
        ("sgd", torch.optim.SGD, {"momentum": 0.9, "nesterov": True}),
        ("adamw", torch.optim.AdamW, {"betas": (0.9, 0.9), "eps": 1.0}),
    ):
        optimizer = make_optimizer(model, recipe.replace(optimizer=name, nesterov=True))
        assert type(optimizer) is kind
        assert constants.items() <= optimizer.param_groups[0].items()
        assert [g["lr"] for g in optimizer.param_groups] == [0.045, 0.045]


# -- what is trained


def test_freezing_leaves_parameters_out():
    model = small_network()
    freeze(model, "4, 1.bias")
    trained = [
        p
        for group in make_optimizer(model, RECIPES["transfer"]).param_groups
        for p in group["params"]
    ]
    assert names(model, trained) == {"4.weight", "4.bias", "1.bias"}
    freeze(model, "")
    assert all(p.requires_grad for p in model.parameters())


def test_a_name_is_whole():
    model = nn.ModuleDict({"fc": nn.Linear(2, 2), "fc2": nn.Linear(2, 2)})
    freeze(model, "fc")
    assert not model["fc2"].weight.requires_grad


@pytest.mark.parametrize("text", ["classifier", "fc, Mixed_9x", "fc.weights"])
def test_a_name_that_fits_nothing_lists_those_that_would(text):
    with torch.device("meta"):
        model = inception_v3()
    wrong = text.rpartition(" ")[2]
    with pytest.raises(ValueError, match=rf"{wrong}.*Conv2d_1a_3x3, .*Mixed_7c, fc"):
        freeze(model, text)
    assert all(p.requires_grad for p in model.parameters())  # nothing was changed on the way


def test_nothing_to_train():
    model = nn.Linear(2, 2).requires_grad_(False)
    with pytest.raises(ValueError, match="nothing to train"):
        make_optimizer(model, RECIPES["modern"])


# -- clipping


@given(
    limit=st.floats(1e-3, 1e3),
    scale=st.sampled_from([1e-6, 1.0, 1e4]),
    seed=st.integers(0, 99),
)
def test_clipping_against_one_long_vector(limit, scale, seed):
    """All gradients as one vector in 64 bits, shortened to the limit where it is longer."""
    generator = torch.Generator().manual_seed(seed)
    weights = [torch.zeros(s, requires_grad=True) for s in ((3,), (2, 5), (1,))]
    for p in weights:
        p.grad = torch.randn(p.shape, generator=generator) * scale
    whole = torch.cat([p.grad.flatten() for p in weights]).double()
    length = math.sqrt(float((whole * whole).sum()))
    expected = whole * min(1.0, limit / (length + 1e-6))
    assert float(clip_gradients(weights, limit)) == pytest.approx(length, rel=1e-5)
    found = torch.cat([p.grad.flatten() for p in weights]).double()
    assert torch.allclose(found, expected, rtol=1e-5)


def test_zero_only_measures():
    weights = with_gradients(2)
    weights.append(torch.zeros(1, requires_grad=True))  # has no gradient
    assert float(clip_gradients(iter(weights), 0)) == pytest.approx(math.sqrt(12))
    assert torch.equal(weights[0].grad, torch.ones(3, 2))
    assert float(clip_gradients([], 2.0)) == 0


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_gpu_steps_as_the_cpu_does_without_waiting():
    torch.manual_seed(0)
    cpu = [torch.randn(5, 4, requires_grad=True) for _ in range(20)]
    gpu = [p.detach().cuda().requires_grad_() for p in cpu]
    optimizers = [RMSpropTF(p, 0.045, weight_decay=4e-5) for p in (cpu, gpu)]
    for _ in range(10):
        for p, q in zip(cpu, gpu, strict=True):
            p.grad = torch.randn_like(p)
            q.grad = p.grad.cuda()
        clip_gradients(cpu, 2.0)
        torch.cuda.set_sync_debug_mode("error")
        try:
            clip_gradients(gpu, 2.0)
            optimizers[1].step()
        finally:
            torch.cuda.set_sync_debug_mode("default")
        optimizers[0].step()
    for p, q in zip(cpu, gpu, strict=True):
        assert torch.allclose(p, q.cpu(), atol=1e-6)
