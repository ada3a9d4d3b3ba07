"""Runs of seconds for tests of the engine: a small network, few images; also as a script.

    python _runs.py OUT '{"epochs": 3}' [FAULT …]

Faults: ``kill STEP SECONDS``, ``kill-write N``, ``term STEP``, ``pause STEP``,
``kill-rank STEP MARKER``, ``file-limit BYTES``, ``memory BYTES``.
"""

import csv
import json
import multiprocessing
import os
import resource
import shutil
import signal
import socket
import sys
import tempfile
import threading
from pathlib import Path
from typing import NamedTuple

import torch
from safetensors.torch import load_file
from torch import nn

from inception_lib.nets import InceptionOutput
from inception_lib.training.data import Dataset, Split
from inception_lib.training.engine import Trainer
from inception_lib.training.recipes import RECIPES

HERE = Path(__file__).resolve().parent

torch.set_num_threads(1)  # sums in the same order in every process


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


class Branching(Small):
    """What it computes depends on the values of its images: it cannot be traced."""

    def forward(self, x):
        return super().forward(x if x.sum() > 0 else -x)


def branching(num_classes):
    return Branching(num_classes)


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

    def make(n, split):
        labels = torch.arange(n) % classes
        pixels = torch.randint(0, 120, (n, 3, 8, 8), generator=generator)
        return Split.of_tensor((pixels + 60 * labels[:, None, None, None]).byte(), labels, split)

    names = tuple(f"class {k}" for k in range(classes))
    return Dataset("noise", names, make(images, "train"), make(20, "validation"))


def photographs(folder, images=24):
    """The same as JPEGs in a tree of files, and what opens it."""
    from PIL import Image

    for name, split in noise(images).splits.items():
        for i, (pixels, label) in enumerate(zip(split.images, split.labels, strict=True)):
            file = folder / name / f"class{int(label)}" / f"{i}.jpg"
            file.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels.permute(1, 2, 0).numpy()).save(file)
    return f"imagefolder:{folder}"


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


class Done(NamedTuple):
    """How a process ended, and what it said."""

    returncode: int
    stdout: str
    stderr: str


def start(out, changes, *fault, **environment):
    """Begin a run in a process of its own; a fork of one that has imported all of this."""
    server = multiprocessing.get_context("forkserver")
    server.set_forkserver_preload(["_runs"])
    said = Path(tempfile.mkdtemp())
    arguments = [str(out), json.dumps(changes), *map(str, fault)]
    process = server.Process(target=_in_process, args=(arguments, said, environment))
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(HERE), before]))
    process.start()
    os.environ["PYTHONPATH"] = before or ""
    return process, said


def finish(process, said):
    """Wait for what ``start`` began."""
    process.join(120)
    assert process.exitcode is not None, "it hangs"
    texts = [(said / name).read_text() for name in ("out", "err")]
    shutil.rmtree(said)
    return Done(process.exitcode, *texts)


def script(out, changes, *fault, **environment):
    """A run in a process of its own, from its start to its end."""
    return finish(*start(out, changes, *fault, **environment))


def pair(out, changes, *fault):
    """Two processes that train together, as ``torchrun`` would have started them."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    common = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    started = [
        start(out, changes, *fault, RANK=rank, LOCAL_RANK=rank, **common) for rank in ("0", "1")
    ]
    return [finish(*one) for one in started]


def _in_process(arguments, said, environment):
    os.environ.update(environment)
    for number, name in enumerate(("out", "err"), start=1):
        with open(said / name, "w") as file:
            os.dup2(file.fileno(), number)
    main(arguments)


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
    from inception_lib.training.hooks import Hooks

    after = Hooks.after_step

    def after_step(self, *args):
        after(self, *args)
        if self.run.step == step:
            what(self.world.rank)

    Hooks.after_step = after_step


def _ask_last_to_stop(rank):
    """A signal reaches one process alone."""
    if rank == int(os.environ.get("WORLD_SIZE", 1)) - 1:
        os.kill(os.getpid(), signal.SIGTERM)


def _kill_once(rank, marker):
    """Let process 1 die, but only once."""
    if rank == 1 and not marker.exists():
        marker.touch()
        _kill()


def _pause(out):
    """Say so, and wait to be killed."""
    (out / "paused").touch()
    signal.pause()


def main(arguments):
    out, changes, *fault = arguments
    if fault[:1] == ["kill"]:
        delay = float(fault[2])
        _after_step(int(fault[1]), lambda _: threading.Timer(delay, _kill).start())
    elif fault[:1] == ["kill-write"]:
        _kill_in_write(int(fault[1]))
    elif fault[:1] == ["file-limit"]:
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(fault[1]),) * 2)
    elif fault[:1] == ["memory"]:
        used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + int(fault[1]),) * 2)
    elif fault[:1] == ["term"]:
        _after_step(int(fault[1]), _ask_last_to_stop)
    elif fault[:1] == ["pause"]:
        _after_step(int(fault[1]), lambda _: _pause(Path(out)))
    elif fault[:1] == ["kill-rank"]:
        _after_step(int(fault[1]), lambda rank: _kill_once(rank, Path(fault[2])))
    Trainer(recipe(**json.loads(changes)), noise(), out or None, device="cpu").fit()


if __name__ == "__main__":
    main(sys.argv[1:])
