"""Runs of seconds for tests of the engine: a small network, few images; also as a script.

    python _runs.py OUT '{"epochs": 3}' [FAULT …]

Faults: ``kill SECONDS``, ``kill-write N``, ``term STEP``, ``kill-rank STEP MARKER``.
"""

import csv
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import nn

from inception_lib.nets import InceptionOutput
from inception_lib.training.data import Data, Source
from inception_lib.training.engine import Trainer
from inception_lib.training.recipes import RECIPES

HERE = Path(__file__).resolve().parent


class Small(nn.Module):
    """Convolution, batch normalisation, dropout and a side head: all that a run must restore."""

    def __init__(self, num_classes, dropout=0.3):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, bias=False)
        self.bn = nn.BatchNorm2d(8)
        self.side = nn.Linear(8, num_classes)
        self.dropout = nn.Dropout(dropout)
        self.fc = nn.Linear(8, num_classes)

    def forward(self, x):
        x = torch.relu(self.bn(self.conv(x))).mean((2, 3))
        side = self.side(x) if self.training else None
        return InceptionOutput(self.fc(self.dropout(x)), side)


def small(num_classes):
    return Small(num_classes)


def plain(num_classes):
    """Without dropout, which falls otherwise where a batch is shared otherwise."""
    return Small(num_classes, dropout=0.0)


def exploding(num_classes):
    """A network whose loss overflows once its weights have grown."""
    network = Small(num_classes)
    network.fc.register_forward_hook(lambda _, inputs, out: out * torch.exp(out.abs()))
    return network


def noise(images=64, classes=3, seed=0):
    """Images of noise whose brightness tells the class."""
    generator = torch.Generator().manual_seed(seed)

    def source(n, split):
        labels = torch.arange(n) % classes
        pixels = torch.randint(0, 120, (n, 3, 8, 8), generator=generator)
        return Source.of_tensor((pixels + 60 * labels[:, None, None, None]).byte(), labels, split)

    names = tuple(f"class {k}" for k in range(classes))
    return Data("noise", names, source(images, "train"), source(20, "validation"))


def recipe(**changes):
    """Four steps of 16 images an epoch, with momentum, averaging, smoothing and augmentation."""
    standard = {
        "network": "_runs:small",
        "epochs": 3,
        "batch": 16,
        "lr": 0.05,
        "warmup_epochs": 0,
        "average": 0.9,
        "augment": "flip",
    }
    return RECIPES["tiny"].replace(**{**standard, **changes})


def weights(out):
    """The averaged weights that a run ended with."""
    return load_file(Path(out) / "weights.safetensors")


def same(a, b, **tolerance):
    """Equal to the last bit, or as near as is said."""
    assert a.keys() == b.keys()
    for name in a:
        torch.testing.assert_close(a[name], b[name], **(tolerance or {"rtol": 0, "atol": 0}))


def rows(out, phase="train"):
    """Rows of ``metrics.csv``."""
    with open(Path(out) / "metrics.csv", newline="") as lines:
        return [row for row in csv.DictReader(lines) if row["phase"] == phase]


def fit(out=None, data=None, **changes):
    """Run it, on the CPU and without a word."""
    return Trainer(recipe(**changes), data or noise(), out, device="cpu", quiet=True).fit()


def environment():
    """That of a process which runs this file or imports it."""
    paths = os.pathsep.join(filter(None, [str(HERE), os.environ.get("PYTHONPATH", "")]))
    return {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": paths}


def script(*arguments, **options):
    """Run this file in a process of its own."""
    command = [sys.executable, str(HERE / "_runs.py"), *map(str, arguments)]
    return subprocess.run(
        command, env=environment(), capture_output=True, text=True, timeout=120, **options
    )


def _kill():
    os.kill(os.getpid(), signal.SIGKILL)


def _kill_in_write(number):
    """Die when checkpoint ``number`` has been written and was not yet synced."""
    sync, seen = os.fsync, []

    def fsync(handle):
        if ".part" in os.readlink(f"/proc/self/fd/{handle}"):
            seen.append(handle)
            if len(seen) == number:
                _kill()
        sync(handle)

    os.fsync = fsync


def _after_step(step, what):
    from inception_lib.training.recorder import Recorder

    after = Recorder.after_step

    def after_step(self, *args):
        after(self, *args)
        if self.run.step == step:
            what(self.world.rank)

    Recorder.after_step = after_step


def _kill_once(rank, marker):
    """Let process 1 die, but only once."""
    if rank == 1 and not marker.exists():
        marker.touch()
        _kill()


def main():
    out, changes, *fault = sys.argv[1:]
    if fault[:1] == ["kill"]:
        threading.Timer(float(fault[1]), _kill).start()
    elif fault[:1] == ["kill-write"]:
        _kill_in_write(int(fault[1]))
    elif fault[:1] == ["term"]:
        _after_step(int(fault[1]), lambda _: os.kill(os.getpid(), signal.SIGTERM))
    elif fault[:1] == ["kill-rank"]:
        _after_step(int(fault[1]), lambda rank: _kill_once(rank, Path(fault[2])))
    Trainer(recipe(**json.loads(changes)), noise(), out or None, device="cpu").fit()


if __name__ == "__main__":
    main()
