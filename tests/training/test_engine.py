"""A run from its start to its end, against loops written out by hand."""

import dataclasses
import inspect
import json
import math

import _runs
import pytest
import torch
from _runs import rows, same, weights
from torch import nn

from inception_lib.training import engine
from inception_lib.training.checkpoint import load_checkpoint, network_weights
from inception_lib.training.data import Loader
from inception_lib.training.distributed import World
from inception_lib.training.engine import Trainer
from inception_lib.training.folder import load_run
from inception_lib.training.losses import TrainingLoss
from inception_lib.training.state import RunState, make_network

CPU = torch.device("cpu")
FROZEN = {"network": "_runs:plain", "freeze_bn": True, "augment": "none"}


def test_three_lines_learn_and_write_nothing(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    torch.manual_seed(5)
    before = torch.get_rng_state(), torch.get_float32_matmul_precision()
    result = _runs.fit(epochs=8)
    assert result.top1 > 0.8
    assert result.steps == 32
    assert result.out is None
    assert result.images_per_second > 0
    assert list(tmp_path.iterdir()) == []
    assert torch.equal(before[0], torch.get_rng_state()), "the caller's generator was moved"
    assert before[1] == torch.get_float32_matmul_precision()
    assert capsys.readouterr().out == ""


def test_folder_of_a_run(tmp_path, capsys):
    out = tmp_path / "run"
    result = _runs.fit(out)
    assert {path.name for path in out.iterdir()} >= {
        "recipe.json", "metrics.csv", "checkpoints", "weights.safetensors", "finished.json",
        "curves.png",
    }  # fmt: skip
    names = {path.name for path in (out / "checkpoints").iterdir()}
    assert names == {"best.pt", "step-00000008.pt", "step-00000012.pt"}
    last = load_checkpoint(out / "checkpoints" / "step-00000012.pt")
    same(weights(out), network_weights(last))
    assert weights(out).keys() == _runs.small(3).state_dict().keys()
    assert any(not torch.equal(last["network"][k], v) for k, v in weights(out).items())
    recipe, data = load_run(out)
    assert recipe == result.recipe
    assert data["name"] == "noise"
    assert json.loads((out / "recipe.json").read_text())["versions"]["torch"] == torch.__version__
    # Once more: it says so, and nothing is touched.
    times = {path: path.stat().st_mtime_ns for path in out.rglob("*")}
    again = Trainer(_runs.recipe(), _runs.noise(), out, device="cpu").fit()
    assert again == result
    assert "holds a finished run" in capsys.readouterr().out
    assert times == {path: path.stat().st_mtime_ns for path in out.rglob("*")}


def by_hand(recipe, steps):
    """A plain loop over torch's SGD: the weights after each step, and its losses."""
    data = _runs.noise()
    network = make_network(recipe, 3)
    if recipe.freeze_bn:
        network.bn.eval()
    loss = TrainingLoss(recipe.label_smoothing, recipe.aux_weight)
    decayed = [network.conv.weight, network.side.weight, network.fc.weight]
    rest = [p for p in network.parameters() if all(p is not d for d in decayed)]
    groups = [{"params": decayed, "weight_decay": recipe.weight_decay}, {"params": rest}]
    optimizer = torch.optim.SGD(groups, recipe.lr, momentum=0.9, nesterov=recipe.nesterov)
    loader = Loader(data.train, recipe, data, train=True, device=CPU)
    losses = []
    for epoch in range(math.ceil(steps / loader.steps)):
        for batch in loader.epoch(epoch):
            value = loss(network(batch.images), batch.labels)
            optimizer.zero_grad()
            value.backward()
            optimizer.step()
            losses.append(value.item())
    return network.state_dict(), losses


@pytest.mark.parametrize("frozen", [True, False])
def test_is_the_plain_loop(tmp_path, frozen):
    changes = {
        "network": "_runs:plain", "freeze_bn": frozen, "average": 0.0, "schedule": "constant",
        "clip_norm": 0.0,
    }  # fmt: skip
    _runs.fit(tmp_path, **changes)
    expected, losses = by_hand(_runs.recipe(**changes), 12)
    same(weights(tmp_path), expected, rtol=1e-5, atol=1e-6)
    for row in rows(tmp_path):
        assert float(row["loss"]) == pytest.approx(losses[int(row["step"]) - 1], rel=1e-5)


def test_accumulation_equals_the_big_batch(tmp_path):
    found = {}
    for parts in (1, 4):
        _runs.fit(tmp_path / str(parts), accumulate=parts, clip_norm=0.5, **FROZEN)
        found[parts] = weights(tmp_path / str(parts))
    same(found[1], found[4], rtol=1e-5, atol=1e-6)
    _runs.fit(tmp_path / "bn", accumulate=4, **{**FROZEN, "freeze_bn": False})
    assert not torch.allclose(weights(tmp_path / "bn")["fc.weight"], found[1]["fc.weight"])


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_half_precision(tmp_path, precision):
    result = _runs.fit(tmp_path / precision, precision=precision, clip_norm=0.1, epochs=8)
    assert result.top1 > 0.8
    _runs.fit(tmp_path / "fp32", precision="fp32", clip_norm=0.1, epochs=8)
    state = load_checkpoint(tmp_path / precision / "checkpoints" / "step-00000032.pt")
    assert state["network"]["conv.weight"].dtype == torch.float32
    assert bool(state["scaler"]) == (precision == "fp16")
    # Clipped and logged are the gradients themselves, not those that the scaler has enlarged.
    for half, full in zip(rows(tmp_path / precision), rows(tmp_path / "fp32"), strict=True):
        assert float(half["grad_norm"]) == pytest.approx(float(full["grad_norm"]), rel=0.1)


def test_scaler_is_resumed(tmp_path):
    run = RunState(_runs.recipe(precision="fp16"), _runs.noise(), World(CPU))
    run.scaler.scale(torch.ones(()))
    run.scaler.update(1234.0)
    again = RunState(_runs.recipe(precision="fp16"), _runs.noise(), World(CPU))
    again.load_state_dict(run.state_dict())
    assert again.scaler.get_scale() == 1234.0


def test_compiled_is_the_same(tmp_path, monkeypatch):
    graphs = []

    def backend(module, inputs):
        graphs.append(module)
        return module.forward

    compiled = nn.Module.compile
    monkeypatch.setattr(
        nn.Module, "compile", lambda self: compiled(self, backend=backend, fullgraph=True)
    )
    torch._dynamo.reset()
    _runs.fit(tmp_path / "compiled", compile=True, augment="none")
    assert len(graphs) == 1, "one graph holds forward pass and loss, and is made once"
    _runs.fit(tmp_path / "not", augment="none")
    torch._dynamo.reset()
    same(weights(tmp_path / "compiled"), weights(tmp_path / "not"), rtol=1e-5, atol=1e-6)


def test_parts_that_are_not_trained_stay(tmp_path):
    _runs.fit(tmp_path / "fc", train_only="fc", freeze_bn=True)
    start = make_network(_runs.recipe(), 3).state_dict()
    for name, tensor in weights(tmp_path / "fc").items():
        assert torch.equal(tensor, start[name]) == (not name.startswith("fc")), name
    _runs.fit(tmp_path / "bn", freeze_bn=True)
    found = weights(tmp_path / "bn")
    assert torch.equal(found["bn.running_var"], start["bn.running_var"])
    assert not torch.equal(found["bn.weight"], start["bn.weight"])
    # Nor do the running statistics of what is not trained, whether the recipe says so or not.
    _runs.fit(tmp_path / "still", train_only="fc")
    state = load_checkpoint(sorted((tmp_path / "still" / "checkpoints").glob("step-*.pt"))[-1])
    start = make_network(_runs.recipe(train_only="fc"), 3).state_dict()
    still = [name for name in start if not name.startswith("fc.")]
    same({name: state["network"][name] for name in still}, {name: start[name] for name in still})
    _runs.fit(tmp_path / "both", train_only="bn, fc")
    state = load_checkpoint(sorted((tmp_path / "both" / "checkpoints").glob("step-*.pt"))[-1])
    assert not torch.equal(state["network"]["bn.running_mean"], start["bn.running_mean"])
    with pytest.raises(ValueError, match="train_only names 'head'"):
        _runs.fit(train_only="head")


def test_channels_last_reaches_weights_and_images(monkeypatch):
    seen = []
    forward = _runs.Small.forward

    def look(self, x):
        if type(x) is torch.Tensor and x.device.type == "cpu":  # not while it is traced
            last = x.is_contiguous(memory_format=torch.channels_last)
            seen.append((last, self.conv.weight.stride(1)))
        return forward(self, x)

    monkeypatch.setattr(_runs.Small, "forward", look)
    _runs.fit(channels_last=True, epochs=1)
    assert set(seen[:4]) == {(True, 1)}


class Untouchable:
    """A test split that fails whoever looks at it."""

    def __getattribute__(self, name):
        raise AssertionError(f"the trainer read the test split ({name})")

    def __len__(self):
        return 7  # to be counted is allowed


def test_test_split_is_never_read_and_best_is_of_the_averaged_weights(tmp_path):
    data = dataclasses.replace(_runs.noise(), test=Untouchable())
    result = _runs.fit(tmp_path, data, epochs=6, eval_epochs=2)
    top1 = {int(row["step"]): float(row["top1"]) for row in rows(tmp_path, "validation")}
    assert list(top1) == [8, 16, 24]
    assert result.best_top1 == pytest.approx(max(top1.values()))
    assert result.top1 == pytest.approx(top1[24])
    best = load_checkpoint(tmp_path / "checkpoints" / "best.pt")
    assert top1[best["step"]] == pytest.approx(result.best_top1)
    network = _runs.small(3).eval()
    network.load_state_dict(network_weights(best))
    batches = list(Loader(data.validation, _runs.recipe(), data, train=False, device=CPU).epoch(0))
    right = [(network(b.images).logits.argmax(1) == b.labels).float() for b in batches]
    assert float(torch.cat(right).mean()) == pytest.approx(best["best_top1"])


def test_without_validation_there_is_no_score(tmp_path):
    data = dataclasses.replace(_runs.noise(), validation=None)
    result = _runs.fit(tmp_path, data)
    assert math.isnan(result.top1)
    assert math.isnan(result.best_top1)
    assert json.loads((tmp_path / "finished.json").read_text())["top1"] is None
    assert math.isnan(_runs.fit(tmp_path, data).top1)
    assert not (tmp_path / "checkpoints" / "best.pt").exists()


def test_speed_leaves_out_evaluation_and_the_first_steps(monkeypatch):
    from inception_lib.training import speed
    from inception_lib.training.hooks import Hooks

    now = [0.0]
    monkeypatch.setattr(speed.time, "perf_counter", lambda: now[0])
    evaluate, after = Hooks._evaluate, Hooks.after_step

    def slow(self):
        now[0] += 1000
        return evaluate(self)

    def step(self, *args):
        now[0] += 500 if self.run.step <= speed.WARM_STEPS else 2  # as if compiling
        after(self, *args)

    monkeypatch.setattr(Hooks, "_evaluate", slow)
    monkeypatch.setattr(Hooks, "after_step", step)
    assert _runs.fit(epochs=6).images_per_second == pytest.approx(16 / 2)


def test_the_loop_can_be_read():
    lines = inspect.getsource(engine.train).splitlines()
    assert len(lines) <= 60


def test_refuses():
    with pytest.raises(ValueError, match="no recipe is called 'papre': known are paper"):
        Trainer("papre", _runs.noise())
    with pytest.raises(ValueError, match="has no training images"):
        Trainer("tiny", dataclasses.replace(_runs.noise(), train=None))


def test_fused_training_is_the_same(tmp_path):
    changes = {"network": "inception_tiny_8", "augment": "none", "epochs": 1, "lr": 0.01}
    for fuse in (False, True):
        _runs.fit(tmp_path / str(fuse), fuse=fuse, **changes)
    fused, not_fused = weights(tmp_path / "True"), weights(tmp_path / "False")
    same(fused, not_fused, rtol=1e-3, atol=1e-3)  # as rounding grows in four steps
    run = RunState(_runs.recipe(fuse=True, **changes), _runs.noise(), World(CPU))
    assert any(type(m).__name__.startswith("Fused") for m in run.network.modules())
    assert fused.keys() == make_network(_runs.recipe(**changes), 3).state_dict().keys()


def test_networks_take_what_they_know_of_a_recipe():
    changes = {"aux": True, "dropout": 0.25}
    network = make_network(_runs.recipe(network="inception_v3", **changes), 3)
    assert network.AuxLogits is not None
    assert network.dropout.p == 0.25
    assert network.fc.out_features == 3
    theirs = make_network(_runs.recipe(network="torchvision.models:squeezenet1_1", **changes), 3)
    assert theirs(torch.zeros(2, 3, 64, 64)).shape == (2, 3)


def test_starts_from_weights(tmp_path):
    _runs.fit(tmp_path / "first", network="inception_tiny_8", epochs=1)
    file = tmp_path / "first" / "weights.safetensors"
    network = make_network(_runs.recipe(network="inception_tiny_8", weights=str(file)), 3)
    same(network.state_dict(), weights(tmp_path / "first"))


class InDict(nn.Module):
    """A network of another library: a mapping with its head's logits and a side head's."""

    def __init__(self, num_classes):
        super().__init__()
        self.inside = _runs.Small(num_classes)

    def forward(self, x):
        logits, side = self.inside(x)
        return {"out": logits} if side is None else {"out": logits, "aux": side}


class OneChannel(nn.Sequential):
    def __init__(self, num_classes):
        super().__init__(nn.Conv2d(1, 4, 3), nn.Flatten(), nn.Linear(4 * 36, num_classes))


class Grey(nn.Sequential):
    """The remedy of the refusal."""

    def __init__(self, num_classes):
        from torchvision.transforms import v2

        super().__init__(v2.Grayscale(), OneChannel(num_classes))


class Scores(nn.Module):
    def __init__(self, num_classes):
        super().__init__()
        self.fc = nn.Linear(192, num_classes)

    def forward(self, x):
        return {"scores": self.fc(x.flatten(1))}


def test_a_network_that_returns_a_mapping_learns_as_one_that_does_not(tmp_path):
    mapping = f"{__name__}:InDict"
    a, b = (
        _runs.fit(tmp_path / name, network=network, epochs=1)
        for name, network in (("a", mapping), ("b", "_runs:small"))
    )
    assert (a.top1, a.loss) == (b.top1, b.loss)
    one, other = weights(tmp_path / "a"), weights(tmp_path / "b")
    same({name.removeprefix("inside."): value for name, value in one.items()}, other)


@pytest.mark.parametrize(
    ("network", "words"),
    [
        ("OneChannel", r"takes 1 channels and is given 3 .* nn\.Sequential\(torchvision\..*Gray"),
        ("Scores", "returned a dict of scores: it must return logits"),
    ],
)
def test_networks_that_do_not_fit_are_one_sentence(network, words, capsys):
    from inception_lib.cli import main

    with pytest.raises((ValueError, TypeError), match=words):
        _runs.fit(network=f"{__name__}:{network}", epochs=1)
    given = ["train", "--data", "shapes:64", "--size", "8", "--network", f"{__name__}:{network}"]
    assert main([*given, "--batch", "16", "--epochs", "1", "--quiet", "--device", "cpu"]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_one_channel_with_the_remedy_learns():
    assert _runs.fit(network=f"{__name__}:Grey", epochs=1).steps == 4


def test_a_small_run_takes_one_thread_and_gives_the_others_back(monkeypatch):
    seen, loop = [], engine.train
    monkeypatch.setattr(
        engine, "train", lambda *given: (seen.append(torch.get_num_threads()), loop(*given))
    )
    torch.set_num_threads(2)
    try:
        _runs.fit(epochs=1)
        assert (seen, torch.get_num_threads()) == ([1], 2)
    finally:
        torch.set_num_threads(1)
