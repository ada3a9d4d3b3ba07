"""Checkpoints: whole or not there, checked, and the last good one found."""

import errno
import hashlib
import os
import signal
import subprocess
import sys
import zipfile

import pytest
import torch

from inception_lib.training import checkpoint
from inception_lib.training.checkpoint import (
    CheckpointError,
    Checkpoints,
    load_checkpoint,
    network_weights,
    save_checkpoint,
)


def state(step=1, size=1000):
    generator = torch.Generator().manual_seed(step)
    return {"step": step, "network": {"w": torch.randn(size, generator=generator)}, "average": None}


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_is_torchs_file_with_its_hash_at_the_end(tmp_path):
    path = tmp_path / "a.pt"
    save_checkpoint(path, state())
    assert torch.equal(load_checkpoint(path)["network"]["w"], state()["network"]["w"])
    plain = torch.load(path, weights_only=True)
    assert torch.equal(plain["network"]["w"], state()["network"]["w"])
    assert zipfile.ZipFile(path).testzip() is None
    data = path.read_bytes()
    assert data[-71:] == b"sha256:" + hashlib.sha256(data[:-71]).hexdigest().encode()
    assert names(tmp_path) == ["a.pt"]


@pytest.mark.parametrize("where", [0, 0.3, 0.9, 1])
def test_one_changed_bit_anywhere_is_found(tmp_path, where):
    path = tmp_path / "a.pt"
    save_checkpoint(path, state())
    data = bytearray(path.read_bytes())
    data[min(int(where * len(data)), len(data) - 1)] ^= 1
    path.write_bytes(data)
    with pytest.raises(CheckpointError, match="damaged"):
        load_checkpoint(path)


@pytest.mark.parametrize("size", [0, 10, 71, 2000])
def test_truncated_is_found(tmp_path, size):
    path = tmp_path / "a.pt"
    save_checkpoint(path, state())
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(CheckpointError, match="damaged"):
        load_checkpoint(path)


def test_missing_one_is_named(tmp_path):
    with pytest.raises(CheckpointError, match=r"gone\.pt cannot be read: No such file"):
        load_checkpoint(tmp_path / "gone.pt")


def test_code_in_a_file_is_never_run(tmp_path):
    class Evil:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "ran"),)

    save_checkpoint(tmp_path / "evil.pt", {"step": Evil()})  # its hash is right
    with pytest.raises(Exception, match=r"[Ww]eights.only"):
        load_checkpoint(tmp_path / "evil.pt")
    assert not (tmp_path / "ran").exists()


def test_keeps_the_last_and_the_best(tmp_path):
    folder = Checkpoints(tmp_path / "c", keep=2)
    assert folder.latest() is None
    for step in (5, 10, 15, 99_999_999, 100_000_000):
        folder.save(step, state(step), best=step == 10)
    assert names(tmp_path / "c") == ["best.pt", "step-100000000.pt", "step-99999999.pt"]
    assert load_checkpoint(tmp_path / "c" / "best.pt")["step"] == 10
    path, found = folder.latest()
    assert (path.name, found["step"]) == ("step-100000000.pt", 100_000_000)


def test_best_is_copied_where_links_are_not_possible(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(errno.EPERM, "no links")

    monkeypatch.setattr(os, "link", refuse)
    folder = Checkpoints(tmp_path, keep=1)
    folder.save(1, state(1), best=True)
    folder.save(2, state(2))
    assert load_checkpoint(tmp_path / "best.pt")["step"] == 1


def test_a_damaged_one_falls_back_with_a_warning(tmp_path):
    folder = Checkpoints(tmp_path, keep=3)
    for step in (1, 2, 3):
        folder.save(step, state(step))
    last = tmp_path / "step-00000003.pt"
    last.write_bytes(last.read_bytes()[:-1000])
    with pytest.warns(UserWarning, match=r"step-00000003\.pt is damaged.*the one before"):
        path, found = folder.latest()
    assert (path.name, found["step"]) == ("step-00000002.pt", 2)
    for path in folder.paths():
        path.write_bytes(b"")
    nothing = pytest.raises(CheckpointError, match="none of the 3")
    with pytest.warns(UserWarning, match="damaged"), nothing:
        folder.latest()


def test_no_space_leaves_the_one_before_and_no_part(tmp_path, monkeypatch):
    folder = Checkpoints(tmp_path, keep=2)
    folder.save(1, state(1))

    class Full(checkpoint._Hashing):
        def __init__(self, file):
            super().__init__(_FullFile(file))

    class _FullFile:
        def __init__(self, file):
            self.file, self.room = file, 3000

        def write(self, data):
            self.room -= len(data)
            if self.room < 0:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return self.file.write(data)

    monkeypatch.setattr(checkpoint, "_Hashing", Full)
    message = r"step 2 could not be written.*No space left.*step-00000001\.pt, is whole.*resume"
    with pytest.raises(CheckpointError, match=message):
        folder.save(2, state(2))
    assert names(tmp_path) == ["step-00000001.pt"]
    assert folder.latest()[1]["step"] == 1


LIMITED = """
import resource, sys, torch
from pathlib import Path
from inception_lib.training.checkpoint import Checkpoints
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
folder = Checkpoints(Path(sys.argv[1]))
folder.save(1, {"w": torch.zeros(1000)})
folder.save(2, {"w": torch.zeros(100_000)})
"""

KILLED = """
import os, signal, sys, torch
from pathlib import Path
from inception_lib.training.checkpoint import Checkpoints
folder = Checkpoints(Path(sys.argv[1]))
folder.save(1, {"w": torch.zeros(1000)})
os.fsync = lambda handle: os.kill(os.getpid(), signal.SIGKILL)
folder.save(2, {"w": torch.zeros(1000)})
"""


def run(code, folder):
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [sys.executable, "-c", code, str(folder)], capture_output=True, text=True, env=environment
    )


def test_a_limit_of_the_system_is_reported(tmp_path):
    done = run(LIMITED, tmp_path)
    assert done.returncode == 1
    assert "step 2 could not be written" in done.stderr
    assert "File too large; the one before, step-00000001.pt, is whole" in done.stderr
    assert names(tmp_path) == ["step-00000001.pt"]


def test_a_kill_while_writing_leaves_a_part_that_the_next_save_removes(tmp_path):
    assert run(KILLED, tmp_path).returncode == -signal.SIGKILL
    parts = [name for name in names(tmp_path) if name.endswith(".part")]
    assert len(parts) == 1
    folder = Checkpoints(tmp_path)
    assert folder.latest()[0].name == "step-00000001.pt"
    folder.save(3, state(3))
    assert names(tmp_path) == ["step-00000001.pt", "step-00000003.pt"]


def test_weights_to_evaluate_with():
    found = state()
    assert network_weights(found) is found["network"]
    found["average"] = {"n_averaged": torch.tensor(3), "module.w": torch.ones(2)}
    assert network_weights(found).keys() == {"w"}


def test_keep_is_checked(tmp_path):
    with pytest.raises(ValueError, match="keep is 0"):
        Checkpoints(tmp_path, keep=0)
