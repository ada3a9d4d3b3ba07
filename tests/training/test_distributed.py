"""Two processes that train together, against one process with all of their images."""

import os
import subprocess
import sys

import _runs
import pytest
import torch
from _runs import rows, same, weights
from torch import nn

from inception_lib.training.checkpoint import load_checkpoint
from inception_lib.training.distributed import DeviceError, World

# Sums of float32 in another order differ by their rounding, which twelve steps let grow.
NEAR = {"rtol": 1e-4, "atol": 1e-5}
PLAIN = {"network": "_runs:plain", "save_steps": 1}


def parameters(out):
    return {k: v for k, v in weights(out).items() if not k.startswith(("bn.running", "bn.num"))}


def losses(out):
    return [float(row["loss"]) for row in rows(out)]


def both(out, changes, *fault):
    found = _runs.pair(out, changes, *fault)
    assert [one.returncode for one in found] == [0, 0], found[0].stderr + found[1].stderr
    assert found[1].stdout == "", "the second process has nothing to say"
    return found


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    out = tmp_path_factory.mktemp("two")
    both(out, PLAIN)
    return out


def test_as_one_process_where_statistics_are_frozen(tmp_path):
    changes = {"network": "_runs:plain", "freeze_bn": True}
    both(tmp_path / "two", changes)
    _runs.fit(tmp_path / "one", **changes)
    assert len(losses(tmp_path / "one")) == 5
    assert losses(tmp_path / "two") == pytest.approx(losses(tmp_path / "one"), rel=1e-5)
    same(weights(tmp_path / "two"), weights(tmp_path / "one"), **NEAR)
    scores = [
        [(float(row["top1"]), float(row["loss"])) for row in rows(tmp_path / out, "validation")]
        for out in ("one", "two")
    ]
    assert scores[0] == [pytest.approx(score, rel=1e-4) for score in scores[1]]


def test_as_one_process_that_normalises_the_halves_apart(tmp_path, two):
    _runs.fit(tmp_path / "halves", accumulate=2, **PLAIN)
    assert losses(two) == pytest.approx(losses(tmp_path / "halves"), rel=1e-5)
    same(parameters(two), parameters(tmp_path / "halves"), **NEAR)
    _runs.fit(tmp_path / "whole", **PLAIN)
    assert losses(two) != pytest.approx(losses(tmp_path / "whole"), rel=1e-3)


def test_dropout_falls_alike(tmp_path):
    both(tmp_path / "two", {"epochs": 1})
    _runs.fit(tmp_path / "one", epochs=1, accumulate=2)
    assert losses(tmp_path / "two") == pytest.approx(losses(tmp_path / "one"), rel=1e-5)


def test_only_the_first_process_writes(two):
    assert len(list((two / "tensorboard").iterdir())) == 1
    steps = [row["step"] for row in rows(two)]
    assert steps == ["1", "4", "8", "10", "12"]
    assert not list(two.rglob("*.part"))


def test_a_signal_to_one_process_stops_both_at_the_same_step(tmp_path, two):
    found = both(tmp_path, PLAIN, "term", 5)
    assert "stopped by another process after step 6 of 12" in found[0].stdout
    assert load_checkpoint(tmp_path / "checkpoints" / "step-00000006.pt")["step"] == 6
    both(tmp_path, PLAIN)
    same(weights(tmp_path), weights(two))


def test_a_killed_process_is_replaced_by_torchrun(tmp_path, two):
    marker = tmp_path / "killed"
    command = [
        sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2",
        "--max-restarts=1", "--monitor-interval=0.1", str(_runs.HERE / "_runs.py"),
        str(tmp_path / "run"), '{"network": "_runs:plain", "save_steps": 1}',
        "kill-rank", "6", str(marker),
    ]  # fmt: skip
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, env=environment)
    assert done.returncode == 0, done.stderr
    assert marker.exists(), "nobody was killed"
    assert "resumes after step 6 of 12" in done.stdout
    same(weights(tmp_path / "run"), weights(two))


def test_synchronized_normalisation_needs_gpus():
    network = nn.Sequential(nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4))
    with pytest.raises(DeviceError, match=r"sync_bn is True on the CPU.*sync_bn=False"):
        World(torch.device("cpu"), 0, 2).convert_sync_batchnorm(network)
    assert World(torch.device("cpu")).convert_sync_batchnorm(network) is network
    found = World(torch.device("cuda"), 0, 2).convert_sync_batchnorm(network)
    assert isinstance(found[1], nn.SyncBatchNorm)
    assert found.state_dict().keys() == network.state_dict().keys()


def test_a_batch_must_divide():
    from inception_lib.training.state import RunState

    with pytest.raises(ValueError, match="batch of 15 does not divide over 2 processes"):
        RunState(_runs.recipe(batch=15), _runs.noise(), World(torch.device("cpu"), 0, 2))
