"""A run that was killed ends as the run that was left alone, to the last bit."""

import os
import random
import shutil
import signal
import time

import _runs
import pytest
import torch
from _runs import rows, same, weights

from inception_lib.training.checkpoint import CheckpointError, load_checkpoint
from inception_lib.training.engine import Trainer
from inception_lib.training.guards import Stopped
from inception_lib.training.hooks import Hooks
from inception_lib.training.lock import locked

LONG = {"epochs": 6, "save_steps": 1, "accumulate": 2, "keep": 3}


class Killed(BaseException):
    """As sudden as a process's death, but for the process."""


@pytest.fixture
def interrupt(monkeypatch):
    """Do something right after a step."""
    after = Hooks.after_step

    def at(step, what):
        def after_step(self, *args):
            after(self, *args)
            if self.run.step == step:
                what()

        monkeypatch.setattr(Hooks, "after_step", after_step)

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
    """SIGKILL, somewhere in a step, in a checkpoint's writing, and somewhere again.

    The same moments in each run of the test; ``experiments/kill_and_resume.py`` tries others.
    """
    moments = random.Random(0)
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


def change_pixels(folder):
    (folder / "train" / "class0" / "0.jpg").write_bytes(
        (folder / "train" / "class1" / "1.jpg").read_bytes() + b" "
    )


def swap_two(folder):
    one, two = folder / "train" / "class0" / "0.jpg", folder / "train" / "class1" / "1.jpg"
    one.rename(folder / "aside")
    two.rename(folder / "train" / "class0" / "1.jpg")
    (folder / "aside").rename(folder / "train" / "class1" / "0.jpg")


def rename_one(folder):
    (folder / "validation" / "class2" / "2.jpg").rename(folder / "validation" / "class2" / "b.jpg")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (change_pixels, "the train images of class0 are others"),
        (swap_two, "the train images of class0, class1 are others"),
        (rename_one, "the validation images of class2 are others"),
    ],
)
def test_other_images_of_the_same_number_are_noticed(tmp_path, interrupt, change, words):
    data, out = _runs.photographs(tmp_path / "photographs"), tmp_path / "run"
    changes = {"batch": 8, "epochs": 2, "save_steps": 1, "workers": 0}
    interrupt(2, die)
    with pytest.raises(Killed):
        _runs.fit(out, data, **changes)
    interrupt(-1, die)
    change(tmp_path / "photographs")
    with pytest.raises(ValueError, match=words):
        _runs.fit(out, data, **changes)


def test_other_pixels_in_memory_are_noticed(tmp_path):
    _runs.fit(tmp_path, **LONG)
    with pytest.raises(ValueError, match=r"the train images of class 0.* are others"):
        _runs.fit(tmp_path, _runs.noise(seed=1), **LONG)


def test_the_same_images_elsewhere_are_the_same_run(tmp_path, interrupt, monkeypatch):
    """A trailing slash, a relative path, a copy: neither is another recipe."""
    changes = {"batch": 8, "epochs": 2, "save_steps": 1, "workers": 0}
    data, out = _runs.photographs(tmp_path / "photographs"), tmp_path / "run"
    _runs.fit(tmp_path / "alone", data, **changes)
    shutil.copytree(tmp_path / "photographs", tmp_path / "copy")
    monkeypatch.chdir(tmp_path)
    spellings = (data, f"{data}/", "imagefolder:copy")
    for step, spelling in enumerate(spellings, start=2):
        interrupt(step, die)
        with pytest.raises(Killed):
            _runs.fit(out, spelling, **changes)
    interrupt(-1, die)
    _runs.fit(out, data, **changes)
    same(weights(out), weights(tmp_path / "alone"))


def test_a_checkpoint_knows_its_recipe(tmp_path, interrupt):
    interrupt(5, die)
    with pytest.raises(Killed):
        _runs.fit(tmp_path, **LONG)
    interrupt(-1, die)
    (tmp_path / "recipe.json").unlink()
    with pytest.raises(ValueError, match="seed was 0, is 7"):
        _runs.fit(tmp_path, **LONG, seed=7)
    assert not (tmp_path / "recipe.json").exists()
    _runs.fit(tmp_path, **LONG)
    (tmp_path / "recipe.json").unlink()
    with pytest.raises(ValueError, match=r"finished run without its recipe\.json"):
        _runs.fit(tmp_path, **LONG)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[]", b"{}"])
def test_damaged_records_are_named_with_the_remedy(tmp_path, alone, content):
    for name in ("recipe.json", "finished.json"):
        out = tmp_path / name.partition(".")[0]
        shutil.copytree(alone, out)
        (out / name).write_bytes(content)
        with pytest.raises(ValueError, match=rf"{name} is damaged .*: (restore|delete)"):
            _runs.fit(out, **LONG)
    (out / "finished.json").unlink()  # as it says
    _runs.fit(out, **LONG)
    same(weights(out), weights(alone))


@pytest.mark.parametrize("damage", ["cut", "garbage", "binary", "empty"])
def test_a_damaged_table_costs_its_rows_alone(tmp_path, interrupt, alone, damage):
    interrupt(9, die)
    with pytest.raises(Killed):
        _runs.fit(tmp_path, **LONG)
    interrupt(-1, die)
    table = tmp_path / "metrics.csv"
    whole = table.read_bytes()
    odd = {
        "cut": whole[:-25],
        "garbage": whole + b"what,is,this\nx,y,train,1,1,1,1,1,1,1,1,1,1,1\n",
        "binary": whole + b"\xff\x00\xfe\n",
        "empty": b"",
    }
    table.write_bytes(odd[damage])
    _runs.fit(tmp_path, **LONG)
    same(weights(tmp_path), weights(alone))
    assert [row["step"] for row in rows(tmp_path)][-1] == "24"


# One at a time ------------------------------------------------------------------------------


def test_a_second_run_in_the_folder_is_refused(tmp_path, alone):
    """While the first lives; its process is named, and nothing of it is touched."""
    changes = {**LONG, "epochs": 40}
    first, said = _runs.start(tmp_path / "run", changes, "pause", 3)
    until = time.monotonic() + 60
    while not (tmp_path / "run" / "paused").exists() and time.monotonic() < until:
        time.sleep(0.05)
    before = (tmp_path / "run" / "recipe.json").read_bytes()
    for other in (changes, {**changes, "seed": 3}):
        words = f"in use by process {first.pid}" if other is changes else "another recipe"
        with pytest.raises(ValueError, match=words):
            _runs.fit(tmp_path / "run", **other)
    assert (tmp_path / "run" / "recipe.json").read_bytes() == before
    os.kill(first.pid, signal.SIGKILL)  # the lock dies with it
    assert _runs.finish(first, said).returncode == -signal.SIGKILL
    (tmp_path / "run" / "recipe.json").write_bytes(before)
    with locked(tmp_path / "run"):
        pass


def test_two_trainings_in_one_process_are_refused(monkeypatch, tmp_path):
    after, told = Hooks.after_step, []

    def second(self, *args):
        after(self, *args)
        if not told:
            told.append("")
            with pytest.raises(RuntimeError, match="another training runs in this process") as no:
                _runs.fit()
            told[0] = str(no.value)

    monkeypatch.setattr(Hooks, "after_step", second)
    _runs.fit(tmp_path)
    assert "a process of its own" in told[0]
    _runs.fit()  # and afterwards it may


def test_a_folder_that_is_taken_away(tmp_path, interrupt):
    interrupt(6, lambda: shutil.rmtree(tmp_path / "run"))
    with pytest.raises(CheckpointError, match="was removed while the run went on"):
        _runs.fit(tmp_path / "run", **LONG)
    assert not (tmp_path / "run" / "checkpoints").exists()


def test_what_kills_leave_is_swept_up(tmp_path):
    (tmp_path / "checkpoints").mkdir()
    left = [
        tmp_path / ".recipe.json.99.part",
        tmp_path / "checkpoints" / ".step-00000001.pt.9.part",
    ]
    for path in left:
        path.write_bytes(b"half")
    _runs.fit(tmp_path)
    assert not any(path.exists() for path in left)


def test_out_must_be_a_folder(tmp_path):
    with pytest.raises(ValueError, match="out is empty"):
        _runs.fit("")
    (tmp_path / "file").write_text("x")
    with pytest.raises(ValueError, match="which is a file: give a folder"):
        _runs.fit(tmp_path / "file")


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
