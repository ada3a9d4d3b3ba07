"""Is a run that was killed twenty times the run that was left alone? Its weights, bit for bit.

Two runs of the same command on the same images. One is left alone. The other gets SIGKILL, which
no process can catch, at twenty moments: the waiting for each ends with a random share of the time
that a few steps take, and every other one then goes on until a checkpoint is being written. After
each kill the same command is given again. A checkpoint is written after every step.
"""

from __future__ import annotations

import hashlib
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from _common import parser, provenance, write
from safetensors.torch import load_file

from inception_lib.training.checkpoint import load_checkpoint

TRAIN = "train --recipe tiny --data digits --save-steps 1 --workers 0 --device cpu --quiet"


def begin(out: Path, epochs: int, threads: int) -> subprocess.Popen[bytes]:
    """Give the command that begins a run, or resumes it."""
    command = [sys.executable, "-m", "inception_lib", *TRAIN.split()]
    command += ["--epochs", str(epochs), "--out", str(out)]
    return subprocess.Popen(command, env={**os.environ, "OMP_NUM_THREADS": str(threads)})


def saved(out: Path) -> int:
    """The step of the last whole checkpoint, 0 if there is none."""
    steps = re.compile(r"step-(\d+)\.pt")
    found = (steps.fullmatch(path.name) for path in (out / "checkpoints").glob("*"))
    return max((int(match[1]) for match in found if match), default=0)


def parts(out: Path) -> list[Path]:
    """Checkpoints that are not whole."""
    return list((out / "checkpoints").glob(".step-*.part"))


def kill(
    process: subprocess.Popen[bytes], out: Path, step: int, delay: float, in_write: bool
) -> dict[str, object]:
    """Let the run save a step, wait, kill it, and see what it left."""
    while saved(out) < step:
        if process.poll() is not None:
            raise RuntimeError(f"the run ended by itself before step {step}: give more --epochs")
        time.sleep(0.002)
    time.sleep(delay)
    while in_write and not parts(out) and process.poll() is None:
        pass
    process.kill()
    if process.wait() != -signal.SIGKILL:
        raise RuntimeError("the run ended by itself before the last kill: give more --epochs")
    return {"last_checkpoint": saved(out), "while_writing": bool(parts(out))}


def digest(file: Path) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def main() -> None:
    """Run both, kill one, compare."""
    options = parser(__doc__, weights=False)
    options.add_argument("--kills", type=int, default=20)
    options.add_argument("--epochs", type=int, default=20, help="of 19 steps")
    options.add_argument("--seed", type=int, default=0, help="of the moments")
    options = options.parse_args()
    moments = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as folder:
        alone, killed = Path(folder) / "alone", Path(folder) / "killed"
        start = time.monotonic()
        if begin(alone, options.epochs, options.threads).wait():
            raise RuntimeError("the run that was left alone failed")
        end = saved(alone)
        pace = (time.monotonic() - start) / end
        kills = []
        for number in range(options.kills):
            process = begin(killed, options.epochs, options.threads)
            # Evenly along the run, and never before it has got on from where it was resumed.
            step = max(saved(killed) + 1, (number + 1) * (end - 20) // (options.kills + 1))
            delay = moments.uniform(0, 4 * pace)
            kills.append(kill(process, killed, step, delay, in_write=number % 2 == 1))
            print(f"kill {number + 1}: {kills[-1]}", flush=True)
        if begin(killed, options.epochs, options.threads).wait():
            raise RuntimeError("the run that was killed failed to resume")
        first, second = (load_file(run / "weights.safetensors") for run in (alone, killed))
        last = Path("checkpoints") / f"step-{end:08d}.pt"
        states = [load_checkpoint(run / last) for run in (alone, killed)]
        equal = first.keys() == second.keys() and all(
            first[name].equal(second[name]) for name in first
        )
        result = {
            "provenance": provenance(__file__, options, run=f"inception {TRAIN}", data="digits"),
            "what": "a run killed with SIGKILL and resumed, beside the same run left alone (CPU)",
            "steps": end,
            "kills": kills,
            "killed_while_writing": sum(bool(one["while_writing"]) for one in kills),
            "tensors": len(first),
            "averaged_weights_equal": equal,
            "network_equal": all(
                tensor.equal(states[1]["network"][name])
                for name, tensor in states[0]["network"].items()
            ),
            "sha256": {
                "alone": digest(alone / "weights.safetensors"),
                "killed": digest(killed / "weights.safetensors"),
            },
        }
    write("kill_and_resume", result)
    if not equal:
        sys.exit("the weights differ")


if __name__ == "__main__":
    main()
