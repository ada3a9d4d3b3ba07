"""Run every experiment, one after the other, and write results/.

    python experiments/run_all.py [--weights PATH] [--only NAME …]

About an hour on one CPU core: twenty-five minutes for crops, eight each for transfer_clothing and
principles, six for timm_sweep, four for balance_digits, two and a half for kill_and_resume (22 runs
are begun, which takes most of it). Needs the trained weights and the photographs of clothes, which
are not in the repository (each script says where it looks).

The training runs under results/training/ are not among these: most need images or a GPU. Each has
the command that repeats it in its file, and record_run.py makes that file of the run's folder. Nor
is transfer_tuning.py, which takes four minutes on a GPU and a day on one CPU core, nor
time_by_block.py, six minutes whose times are worth something on a quiet machine alone, nor the
queue of small trainings, run_queue.py, which takes hours (``make results`` runs it after this), nor
ensembles.py, which reads what the queue has trained.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

FROM_WEIGHTS = (
    "feature_maps",
    "module_faces",
    "scene_faces",
    "separability",
    "effective_receptive_field",
    "factorize_5x5",
    "principles",
    "shift_consistency",
    "transfer_clothing",
    "crops",
)
FROM_DATA = ("figure2_digits", "balance_digits", "kill_and_resume", "timm_sweep")
BY_HAND = ("transfer_tuning", "time_by_block")
FROM_RUNS = ("ensembles",)  # after the queue


def main() -> int:
    """Run them in separate processes; stop at the first that fails."""
    options = argparse.ArgumentParser(description="Run every experiment.")
    options.add_argument("--weights", help="passed on to those that read trained weights")
    options.add_argument("--only", nargs="+", choices=FROM_WEIGHTS + FROM_DATA, metavar="NAME")
    given = options.parse_args()
    # The thread count is fixed before torch is imported: sums in another order round differently.
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    for name in given.only or FROM_WEIGHTS + FROM_DATA:
        command = [sys.executable, str(Path(__file__).with_name(f"{name}.py"))]
        if given.weights and name in FROM_WEIGHTS:
            command += ["--weights", given.weights]
        print(f"== {name}", flush=True)
        start = time.monotonic()
        code = subprocess.run(command, env=environment, check=False).returncode
        if code:
            print(f"{name} failed", file=sys.stderr)
            return code
        print(f"== {name}: {time.monotonic() - start:.0f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
