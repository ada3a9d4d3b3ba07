"""A run that was killed ends as the run that was left alone, to the last bit."""

import os
import random
import signal

import _runs
import pytest
import torch
from _runs import rows, same, weights

from inception_lib.training.checkpoint import load_checkpoint
from inception_lib.training.engine import Trainer
from inception_lib.training.guards import Stopped
from inception_lib.training.recorder import Recorder

LONG = {"epochs": 6, "save_steps": 1, "accumulate": 2, "keep": 3}


class Killed(BaseException):
    """As sudden as a process's death, but for the process."""


@pytest.fixture
def interrupt(monkeypatch):
    """Do something right after a step."""
    after = Recorder.after_step

    def at(step, what):
        def after_step(self, *args):
            after(self, *args)
            if self.run.step == step:
                what()

        monkeypatch.setattr(Recorder, "after_step", after_step)

    return at


def die():
    raise Killed


def last_state(out):
    return load_checkpoint(sorted((out / "checkpoints").glob("step-*.pt"))[-1])


def values(table):
    """What of the metrics does not depend on the clock."""
    names = ("step", "epoch", "loss", "lr", "grad_norm", "top1")
    return [{name: row[name] for name in names} for row in table]


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    out = tmp_path_factory.mktemp("alone")
    _runs.fit(out, **LONG)
    return out


@pytest.mark.parametrize("steps", [(1,), (7,), (8,), (23,), (3, 4, 13, 20), (24,)])
def test_resumed_at_any_step(tmp_path, alone, interrupt, steps):
    for step in steps:
        interrupt(step, die)
        with pytest.raises(Killed):
            _runs.fit(tmp_path, **LONG)
    interrupt(-1, die)
    _runs.fit(tmp_path, **LONG)
    same(weights(tmp_path), weights(alone))
    ours, theirs = last_state(tmp_path), last_state(alone)
    assert ours["step"] == theirs["step"] == 24
    same(ours["network"], theirs["network"])
    torch.testing.assert_close(ours["optimizer"], theirs["optimizer"], rtol=0, atol=0)
    assert (ours["best_top1"], ours["best_step"]) == (theirs["best_top1"], theirs["best_step"])
    for phase in ("train", "validation"):
        before = {row["step"]: row for row in values(rows(alone, phase))}
        for row in values(rows(tmp_path, phase)):
            # A resumed run has a row of its first step that the other has not.
            assert before.get(row["step"], row) == row
        assert {row["step"] for row in rows(tmp_path, phase)} >= set(before)


@pytest.mark.parametrize("optimizer", ["rmsprop_tf", "rmsprop", "adamw"])
@pytest.mark.parametrize("precision", ["fp32", "fp16"])
def test_every_optimizer_resumes(tmp_path, interrupt, optimizer, precision):
    changes = {"optimizer": optimizer, "precision": precision, "nesterov": False, "lr": 0.01}
    changes |= {"save_steps": 3, "channels_last": True}
    _runs.fit(tmp_path / "alone", **changes)
    interrupt(5, die)
    with pytest.raises(Killed):
        _runs.fit(tmp_path / "killed", **changes)
    interrupt(-1, die)
    _runs.fit(tmp_path / "killed", **changes)
    same(weights(tmp_path / "alone"), weights(tmp_path / "killed"))


def test_three_kills_at_random_moments(tmp_path, alone):
    """SIGKILL, somewhere in a step, in a checkpoint's writing, and somewhere again."""
    moments = random.Random()
    kills = [
        ("kill", moments.randint(1, 6), moments.uniform(0, 0.01)),
        ("kill-write", moments.randint(1, 3)),
        ("kill", moments.randint(17, 19), moments.uniform(0, 0.01)),
    ]
    for kill in kills:
        done = _runs.script(tmp_path, LONG, *kill)
        assert done.returncode == -signal.SIGKILL, f"{kill}: {done}"
    assert _runs.script(tmp_path, LONG).returncode == 0
    same(weights(tmp_path), weights(alone))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_saves_and_exits_with_0(tmp_path, alone, interrupt, number, capsys):
    handlers = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    after = {"epochs": 6, "accumulate": 2}  # no checkpoint but at the ends of epochs
    interrupt(5, lambda: os.kill(os.getpid(), number))
    with pytest.raises(Stopped) as stopped:
        Trainer(_runs.recipe(**after), _runs.noise(), tmp_path, device="cpu").fit()
    assert stopped.value.code == 0
    assert handlers == (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT))
    said = capsys.readouterr().out
    assert f"stopped by {number.name} after step 6 of 24" in said
    assert "same command again to resume" in said
    interrupt(-1, die)
    Trainer(_runs.recipe(**after), _runs.noise(), tmp_path, device="cpu").fit()
    assert "resumes after step 6 of 24 from step-00000006.pt" in capsys.readouterr().out
    same(weights(tmp_path), weights(alone))


def test_ctrl_c_twice_interrupts_at_once(tmp_path, interrupt):
    def twice():
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)

    interrupt(5, twice)
    with pytest.raises(KeyboardInterrupt):
        _runs.fit(tmp_path)


def test_a_signal_to_the_process(tmp_path, alone):
    done = _runs.script(tmp_path, {**LONG, "save_steps": 0}, "term", 9)
    assert done.returncode == 0, done.stderr
    assert "stopped by SIGTERM after step 10 of 24" in done.stdout
    _runs.fit(tmp_path, **LONG)
    same(weights(tmp_path), weights(alone))


def test_a_damaged_checkpoint_costs_only_its_steps(tmp_path, alone, interrupt):
    interrupt(15, die)
    with pytest.raises(Killed):
        _runs.fit(tmp_path, **LONG)
    interrupt(-1, die)
    last = sorted((tmp_path / "checkpoints").glob("step-*.pt"))[-1]
    data = bytearray(last.read_bytes())
    data[len(data) // 2] ^= 1
    last.write_bytes(data)
    with pytest.warns(UserWarning, match="damaged.*going back to the one before"):
        _runs.fit(tmp_path, **LONG)
    same(weights(tmp_path), weights(alone))


def test_only_the_same_recipe_is_resumed(tmp_path, alone, interrupt):
    interrupt(9, die)
    with pytest.raises(Killed):
        _runs.fit(tmp_path, **LONG)
    interrupt(-1, die)
    with pytest.raises(ValueError, match=r"lr was 0\.05, is 0\.1.*another folder") as error:
        _runs.fit(tmp_path, **{**LONG, "lr": 0.1, "seed": 3})
    assert "seed was 0, is 3" in str(error.value)
    with pytest.raises(ValueError, match="data images was"):
        _runs.fit(tmp_path, _runs.noise(80), **LONG)
    # What does not change the result may change.
    _runs.fit(tmp_path, **{**LONG, "keep": 1, "save_steps": 5, "cache": "none"})
    same(weights(tmp_path), weights(alone))


@pytest.mark.parametrize("augment", ["paper", "flip"])
def test_resumed_with_other_workers_and_another_cache(tmp_path, interrupt, augment):
    """Killed three times, each time read otherwise: the weights of a run that was left alone."""
    data = _runs.photographs(tmp_path / "photographs")
    changes = {"augment": augment, "batch": 8, "epochs": 4, "save_steps": 1}
    _runs.fit(tmp_path / "alone", data, **changes, workers=0, cache="none")
    for step, way in (
        (2, {"workers": 8, "cache": "device"}),
        (4, {"workers": 0, "cache": "device"}),
        (7, {"workers": 1, "cache": "none"}),
    ):
        interrupt(step, die)
        with pytest.raises(Killed):
            _runs.fit(tmp_path / "killed", data, **changes, **way)
    interrupt(-1, die)
    _runs.fit(tmp_path / "killed", data, **changes, workers=2, cache="auto")
    same(weights(tmp_path / "killed"), weights(tmp_path / "alone"))


def test_a_kill_between_the_names_of_a_best_checkpoint(tmp_path, alone, interrupt):
    """The last epoch's checkpoint is there, ``best.pt`` not yet."""
    interrupt(5, die)
    with pytest.raises(Killed):
        _runs.fit(tmp_path, **LONG)
    interrupt(-1, die)
    best = tmp_path / "checkpoints" / "best.pt"
    assert load_checkpoint(best)["step"] == 4
    for path in (tmp_path / "checkpoints").glob("step-0000000[5-9].pt"):
        path.unlink()
    best.unlink()
    _runs.fit(tmp_path, **LONG)
    assert load_checkpoint(best)["step"] == last_state(alone)["best_step"]
