"""What goes wrong in a run is said, nothing that was saved is lost, and the run can go on."""

import errno
import math
import os
import signal

import _runs
import pytest
import torch
from _runs import same, weights

from inception_lib.training import checkpoint, folder, guards
from inception_lib.training.checkpoint import CheckpointError, load_checkpoint
from inception_lib.training.data import Loader
from inception_lib.training.distributed import DeviceError, pick_device
from inception_lib.training.engine import Trainer
from inception_lib.training.guards import FiniteGuard, NonFiniteError, TooLittleMemory
from inception_lib.training.hooks import READ_STEPS, Hooks
from inception_lib.training.log import RunLog

CPU = torch.device("cpu")


def names(folder):
    return sorted(path.name for path in folder.iterdir())


# -- a loss that is not finite ---------------------------------------------------------------


def poison(monkeypatch, step, part=0):
    """Let one image of a step be no number, whoever asks for it."""
    epoch = Loader.epoch

    def poisoned(self, number, start=0):
        place = (number * self.steps + start) * self.recipe.accumulate
        for at, batch in enumerate(epoch(self, number, start), start=place):
            if self.train and at == (step - 1) * self.recipe.accumulate + part:
                batch.images[1] = math.nan
            yield batch

    monkeypatch.setattr(Loader, "epoch", poisoned)


@pytest.mark.parametrize(("step", "part"), [(6, 1), (8, 0)])
def test_a_loss_that_is_not_finite_stops_the_run(tmp_path, monkeypatch, step, part):
    poison(monkeypatch, step, part)
    message = rf"in step {step} \(epoch 2, micro-batch {part + 1} of 2.*0\.05.*step-00000004\.pt"
    with pytest.raises(NonFiniteError, match=message):
        _runs.fit(tmp_path, accumulate=2)
    assert names(tmp_path / "checkpoints") == ["best.pt", "step-00000004.pt"]
    # The batch that is saved is the one that the network was shown.
    saved = torch.load(tmp_path / "nonfinite.pt", weights_only=True)
    recipe, data = _runs.recipe(accumulate=2), _runs.noise()
    batches = list(Loader(data.train, recipe, data, train=True, device=CPU).epoch(1, step - 5))
    assert saved["step"] == step
    assert torch.equal(saved["indices"], batches[part].indices)
    assert torch.equal(saved["labels"], data.train.labels[saved["indices"]])
    assert saved["images"].isnan().any()


def test_it_is_found_without_looking_at_every_step(tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(
        guards.FiniteGuard, "first", lambda self: seen.append(1) or int(self._first)
    )
    _runs.fit(tmp_path, epochs=10)
    assert len(seen) == 40 // READ_STEPS + 2 * 10  # twice an epoch: to evaluate, and to save


def test_weights_that_are_not_finite_are_never_saved(tmp_path, monkeypatch):
    """The loss was finite, but the update was not."""
    after = Hooks.after_step

    def overflow(self, *args):
        if self.run.step == 8:
            self.run.network.conv.weight.data[0, 0, 0, 0] = math.inf
        after(self, *args)

    monkeypatch.setattr(Hooks, "after_step", overflow)
    with pytest.raises(NonFiniteError, match=r"conv\.weight is not finite after step 8"):
        _runs.fit(tmp_path, save_steps=4, epochs=1, batch=4, eval_epochs=2)
    assert names(tmp_path / "checkpoints") == ["step-00000004.pt"]
    monkeypatch.undo()
    _runs.fit(tmp_path, save_steps=4, epochs=1, batch=4, eval_epochs=2)


def test_a_rate_that_is_too_high(tmp_path):
    with pytest.raises(NonFiniteError, match=r"Lower the learning rate \(lr was 1e\+30\)"):
        _runs.fit(tmp_path, lr=1e30, network="_runs:exploding", epochs=20)
    assert all(
        load_checkpoint(path)["network"]["conv.weight"].isfinite().all()
        for path in (tmp_path / "checkpoints").glob("*.pt")
    )


def test_guard_remembers_the_first():
    guard = FiniteGuard(CPU)
    for place, value in enumerate([1.0, 2.0, math.inf, math.nan, 3.0]):
        guard.watch(torch.tensor(value), place)
    assert guard.first() == 2
    assert FiniteGuard(CPU).first() == guards.NEVER


# -- no space on disk ------------------------------------------------------------------------


def test_a_full_disk_ends_the_run_and_loses_nothing(tmp_path, monkeypatch):
    sync, count = os.fsync, []

    def fsync(handle):
        if "/checkpoints/." in os.readlink(f"/proc/self/fd/{handle}"):
            count.append(handle)
            if len(count) == 2:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        sync(handle)

    monkeypatch.setattr(checkpoint.os, "fsync", fsync)
    message = r"step 8 could not.*No space left.*step-00000004\.pt, is whole.*same command"
    with pytest.raises(CheckpointError, match=message):
        _runs.fit(tmp_path / "full")
    assert names(tmp_path / "full" / "checkpoints") == ["best.pt", "step-00000004.pt"]
    monkeypatch.undo()
    _runs.fit(tmp_path / "full")
    _runs.fit(tmp_path / "alone")
    same(weights(tmp_path / "full"), weights(tmp_path / "alone"))


@pytest.mark.parametrize("name", ["metrics.csv", "weights.safetensors"])
def test_a_disk_that_is_full_for_the_rest(tmp_path, monkeypatch, name):
    """The log, and what is written at the end."""
    _runs.fit(tmp_path / "alone", epochs=1)

    def full(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    if name == "metrics.csv":
        monkeypatch.setattr(RunLog, "evaluation", full)
    else:
        monkeypatch.setattr(folder, "save_weights", full)
    with pytest.raises(CheckpointError, match=r"could not be written to: No space left.*resume"):
        _runs.fit(tmp_path / "full", epochs=1)
    monkeypatch.undo()
    _runs.fit(tmp_path / "full", epochs=1)
    same(weights(tmp_path / "full"), weights(tmp_path / "alone"))


def test_a_limit_on_the_size_of_files(tmp_path):
    """The system itself refuses: this run's checkpoints have about 25 kB."""
    done = _runs.script(tmp_path, {}, "file-limit", 10_000)
    assert done.returncode == 1
    assert "CheckpointError: checkpoint of step 4 could not be written" in done.stderr
    assert "File too large; none is there yet" in done.stderr
    assert names(tmp_path / "checkpoints") == []


# -- devices and memory ----------------------------------------------------------------------


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_no_gpu():
    with pytest.raises(DeviceError, match=r"device is 'cuda:0', and PyTorch .* sees 0 GPUs"):
        Trainer(_runs.recipe(), _runs.noise(), device="cuda").fit()


def test_picks_the_gpu_of_its_number(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert pick_device(None, local_rank=1) == torch.device("cuda:1")
    assert pick_device("cuda:0", local_rank=1) == torch.device("cuda:0")
    assert pick_device("cpu") == CPU
    with pytest.raises(DeviceError, match="device is 'gpu', which PyTorch does not know: give cpu"):
        pick_device("gpu")
    with pytest.raises(DeviceError, match=r"'cuda:2', .* sees 2 GPUs.*start fewer processes"):
        pick_device("cuda", local_rank=2)


def test_too_little_memory_says_what_fits(tmp_path):
    """One GiB above what the process has: 4 M bytes an image and layer are soon too many."""
    changes = {"network": "_runs:plain", "size": 512, "batch": 64, "epochs": 1, "augment": "none"}
    done = _runs.script(tmp_path, changes, "memory", 2**30)
    assert done.returncode == 1
    words = done.stderr.splitlines()[-1]
    assert words.startswith("inception_lib.training.guards.TooLittleMemory: 64 images of 512×512")
    fits = int(words.split("; ")[1].split()[0])
    assert fits in (2, 4, 8, 16, 32)
    assert f"accumulate={64 // fits}" in words
    # What it says is true.
    changes["accumulate"] = 64 // fits
    done = _runs.script(tmp_path / "again", changes, "memory", 2**30)
    assert done.returncode == 0, done.stderr


def test_memory_of_a_gpu_is_treated_alike(monkeypatch):
    """Its error, as PyTorch raises it, from a network that takes at most 5 images."""
    forward = _runs.Small.forward

    def hungry(self, x):
        if type(x) is torch.Tensor and len(x) > 5 and self.training and x.device.type == "cpu":
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return forward(self, x)

    monkeypatch.setattr(_runs.Small, "forward", hungry)
    message = r"16 images of 8×8 .*Tried to allocate.*; 4 were tried and do: .*accumulate=4"
    with pytest.raises(TooLittleMemory, match=message):
        _runs.fit()
    _runs.fit(accumulate=4)
    monkeypatch.setattr(_runs.Small, "forward", lambda self, x: hungry(self, torch.cat([x] * 9)))
    with pytest.raises(TooLittleMemory, match="nor do 2: take smaller images"):
        _runs.fit()


def test_other_errors_pass_unchanged(monkeypatch):
    def broken(self, x):
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    monkeypatch.setattr(_runs.Small, "forward", broken)
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"):
        _runs.fit()


# -- processes -------------------------------------------------------------------------------


@pytest.fixture
def photographs(tmp_path):
    """Twenty-four JPEGs of three classes, and six to validate."""
    return _runs.photographs(tmp_path / "photographs")


def test_a_killed_worker_is_replaced(tmp_path, monkeypatch, photographs):
    changes = {"workers": 2, "cache": "none", "batch": 4, "augment": "flip"}
    _runs.fit(tmp_path / "alone", photographs, **changes)
    after, killed = Hooks.after_step, []

    def kill(self, *args):
        if self.run.step == 3:
            killed.extend(self.run.loader._prefetch.pool._processes)
            os.kill(killed[0], signal.SIGKILL)
        after(self, *args)

    monkeypatch.setattr(Hooks, "after_step", kill)
    with pytest.warns(UserWarning, match="a decoding worker was killed"):
        _runs.fit(tmp_path / "killed", photographs, **changes)
    assert len(killed) == 2
    same(weights(tmp_path / "killed"), weights(tmp_path / "alone"))


def test_a_truncated_photograph_is_named_and_counted(tmp_path, photographs, capsys):
    file = tmp_path / "photographs" / "train" / "class0" / "0.jpg"
    file.write_bytes(file.read_bytes()[:400])
    changes = {"cache": "none", "batch": 4, "epochs": 1, "max_corrupt": 0.1}
    with pytest.warns(UserWarning, match=r"unreadable image skipped: .*0\.jpg"):
        Trainer(_runs.recipe(**changes), photographs, device="cpu").fit()
    assert "unreadable images left out: 1" in capsys.readouterr().out
    refused = pytest.raises(ValueError, match="cannot be read, more than max_corrupt")
    with pytest.warns(UserWarning, match="unreadable image skipped"), refused:
        _runs.fit(None, photographs, **{**changes, "max_corrupt": 0.01})
