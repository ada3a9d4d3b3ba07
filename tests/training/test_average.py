"""The running average against plain floats: weights, statistics, counters, warm-up, resuming."""

import io

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from inception_lib.graph.fuse import fuse
from inception_lib.nets import build
from inception_lib.training.average import WeightAverage, decay_at, horizon, unwrap
from inception_lib.training.optim import make_optimizer
from inception_lib.training.recipes import RECIPES


def network():
    return nn.Sequential(nn.Conv2d(3, 2, 1), nn.BatchNorm2d(2), nn.Flatten(), nn.Linear(32, 2))


def wander(model, seed):
    """Another step of a training: every weight moves, and so do the statistics."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for p in model.parameters():
            p.add_(torch.randn(p.shape, generator=generator))
        images = torch.randn(5, 3, 4, 4, generator=generator)
        model(images.to(model[0].weight.dtype))


@settings(deadline=None, max_examples=25)
@given(decay=st.sampled_from([0.0, 0.5, 0.9, 0.9999]), steps=st.integers(0, 30))
def test_equals_the_rule_in_plain_floats(decay, steps):
    torch.manual_seed(0)
    model = network().double()
    average = WeightAverage(model, decay)
    expected = {k: v.flatten().tolist() for k, v in model.state_dict().items()}
    for n in range(1, steps + 1):
        wander(model, n)
        average.update(model)
        keep = min(decay, (1 + n) / (10 + n))  # TensorFlow's num_updates
        for key, value in model.state_dict().items():
            new = value.flatten().tolist()
            if value.is_floating_point():
                new = [keep * a + (1 - keep) * b for a, b in zip(expected[key], new, strict=True)]
            expected[key] = new
    for key, value in average.module.state_dict().items():
        assert value.flatten().tolist() == pytest.approx(expected[key], rel=1e-12, abs=1e-12)
    assert int(average.module[1].num_batches_tracked) == steps  # copied, not averaged
    assert average.updates == steps


def test_statistics_are_averaged_too():
    model = network()
    average = WeightAverage(model, 0.9)
    wander(model, 1)
    average.update(model)
    keep = 2 / 11
    expected = (1 - keep) * model[1].running_mean  # they begin at 0
    assert torch.allclose(average.module[1].running_mean, expected)
    assert bool((expected != 0).all())


def test_the_warm_up():
    assert [decay_at(0.9999, n) for n in (1, 8, 90)] == [2 / 11, 0.5, 0.91]
    assert decay_at(0.9, 80) == 0.9 == decay_at(0.9, 10_000)


def test_the_horizon():
    """By brute force: the mean age of what is averaged, in steps, is 1/(1 − d) − 1."""
    assert horizon(0.9999) == pytest.approx(10_000)
    assert horizon(0.9999) / 801 == pytest.approx(12.5, abs=0.02)
    for decay in (0.0, 0.5, 0.99):
        shares = [(1 - decay) * decay**age for age in range(3000)]
        assert sum(age * share for age, share in enumerate(shares)) + 1 == pytest.approx(
            horizon(decay)
        )


def test_resumes_bit_for_bit():
    model = network()
    average = WeightAverage(model, 0.99)
    for n in range(7):
        wander(model, n)
        average.update(model)
    file = io.BytesIO()
    torch.save({"model": model.state_dict(), "average": average.state_dict()}, file)
    file.seek(0)
    saved = torch.load(file, weights_only=True)
    twin = network()
    twin.load_state_dict(saved["model"])
    resumed = WeightAverage(twin, 0.99)
    resumed.load_state_dict(saved["average"])
    for n in range(7, 12):
        for net, mean in ((model, average), (twin, resumed)):
            wander(net, n)
            mean.update(net)
    assert average.updates == resumed.updates == 12
    for a, b in zip(average.state_dict().values(), resumed.state_dict().values(), strict=True):
        assert torch.equal(a, b)


def test_is_a_network_of_its_own_ready_to_evaluate():
    model = network().train()
    average = WeightAverage(model, 0.9)
    assert model.training
    assert all(p.requires_grad for p in model.parameters())
    assert not any(m.training for m in average.module.modules())
    assert not any(p.requires_grad for p in average.module.parameters())
    assert average.module is not model
    assert list(average.module.state_dict()) == list(model.state_dict())


def test_frozen_and_shared_parameters():
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    model[1].weight = model[0].weight
    model[0].bias.requires_grad_(False)
    average = WeightAverage(model, 0.9)
    assert average.module[0].weight is average.module[1].weight
    before = model[0].weight.detach().clone()
    with torch.no_grad():
        model[0].weight.add_(1.0)
    average.update(model)
    assert torch.allclose(average.module[1].weight, before + 9 / 11)  # moved once, not twice


def test_a_fused_network_is_averaged_and_decayed_as_the_plain_one():
    """Its parameters have the same names, whatever runs them."""
    recipe = RECIPES["tiny"]
    plain = build(recipe.network, num_classes=3).double().train()
    found = {}
    images = torch.rand(4, 3, 8, 8, dtype=torch.float64)
    for form in (plain, fuse(plain, train=True)):
        optimizer, average = make_optimizer(form, recipe), WeightAverage(form, 0.9)
        torch.manual_seed(0)  # of the dropout
        output = form(images)
        (output.logits.square().sum() + output.aux_logits.square().sum()).backward()
        optimizer.step()
        average.update(form)
        sizes = [len(group["params"]) for group in optimizer.param_groups]
        found[form is plain] = sizes, average.module.state_dict()
        with torch.no_grad():
            found[form is plain] += (average.module(images).logits,)
    assert found[True][0] == found[False][0]
    for key, value in found[True][1].items():
        assert torch.allclose(value, found[False][1][key], rtol=1e-9, atol=1e-9), key
    assert torch.allclose(found[True][2], found[False][2], rtol=1e-9)


@pytest.fixture
def one_process(tmp_path):
    torch.distributed.init_process_group(
        "gloo", init_method=f"file://{tmp_path}/store", rank=0, world_size=1
    )
    yield
    torch.distributed.destroy_process_group()


def test_sees_through_wrappers(one_process):
    model = network()
    plain = WeightAverage(model, 0.9)
    distributed = nn.parallel.DistributedDataParallel(model)
    compiled = torch.compile(distributed, backend="eager")
    wrapped = WeightAverage(compiled, 0.9)
    for n, form in enumerate((model, compiled, distributed)):
        assert unwrap(form) is model
        wander(model, n)
        plain.update(model)
        wrapped.update(form)
    for a, b in zip(plain.state_dict().values(), wrapped.state_dict().values(), strict=True):
        assert torch.equal(a, b)


def test_a_networks_own_part_called_module_is_no_wrapper():
    model = nn.ModuleDict({"module": nn.Linear(1, 1)})
    assert unwrap(model) is model


def test_the_arithmetic_is_one_operation_a_kind_of_tensor():
    class Names(TorchDispatchMode):
        def __torch_dispatch__(self, func, types, args=(), kwargs=None):
            seen.append(func.overloadpacket._qualified_op_name)
            return func(*args, **(kwargs or {}))

    for layers in (1, 40):
        seen = []
        model = nn.Sequential(*(nn.BatchNorm1d(3) for _ in range(layers)))
        average = WeightAverage(model, 0.9)
        with Names():
            average.update(model)
        arithmetic = [name for name in seen if name not in {"aten::detach", "aten::alias"}]
        assert arithmetic.count("aten::_foreach_lerp_") == 1
        assert arithmetic.count("aten::_foreach_copy_") == 1
        assert len(arithmetic) < 15


def test_the_host_never_waits_for_the_device():
    """A meta tensor has no values: whoever asked for one would fail."""
    with torch.device("meta"):
        model = network()
    average = WeightAverage(model, 0.9)
    average.update(model)
    assert average.updates == 1


@pytest.mark.parametrize("decay", [1.0, -0.1, float("nan")])
def test_refuses(decay):
    with pytest.raises(ValueError, match=f"decay is {decay}"):
        WeightAverage(network(), decay)
