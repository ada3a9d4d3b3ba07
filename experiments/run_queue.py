"""The small trainings: take the next unfinished run, train it, measure it; write the records.

    python experiments/run_queue.py [--only NAME …] [--minutes M] [--status] [--record] [--smoke]

Each run is the library's trainer in a folder of its own, so that the queue stops and starts at any
moment: SIGTERM or Ctrl-C saves the running one. ``README.md`` beside this says what is asked, by
which rule runs are added, and how a record is read.
"""

from __future__ import annotations

import argparse
import importlib
import os
import shutil
import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from _common import REPOSITORY, write
from _design import Design
from _images import SOURCE, Images
from _trial import CHANCE, CURVE, Run, Trial

from inception_lib.paper.verdict import LOOKS, UNDECIDED, verdict

# In the order in which their answers are needed.
ORDER = (
    "grid_reduction",
    "linear_or_relu",
    "label_smoothing",
    "auxiliary",
    "width_depth",
    "recipe",
    "where_asymmetric",
    "resolution",
    "ladder",
)
GUESS = 40.0  # seconds of processor of a run of which none like it is known
EARLY = 3  # epochs: the first quarter of the curve
# Of these a record has the sums over all runs of a variant: counts, and bins of calibration.
POOLED = {"gaps": ("gap_counts", "training_gap_counts"), "confidence": ("bins",)}


def designs(only: list[str] | None = None) -> dict[str, Design]:
    """The experiments by name, in their order."""
    return {
        name: importlib.import_module(f"designs.{name}").DESIGN
        for name in ORDER
        if only is None or name in only
    }


@dataclass
class Queue:
    """All runs of some experiments.

    Attributes
    ----------
    designs : dict
    runs : Path
        Where the folders of runs lie.
    smoke : bool
        A few steps on a few images in place of a training.
    """

    designs: dict[str, Design]
    runs: Path
    smoke: bool = False

    def run(self, trial: Trial, seed: int) -> Run:
        """The run of a trial, with what every experiment that shares it measures."""
        measures = {"end": None}
        for design in designs().values():
            if trial in design.variants.values():
                measures |= dict.fromkeys(design.measures)
        return Run(self._sized(trial), seed, self.runs, tuple(measures))

    def _sized(self, trial: Trial) -> Trial:
        if not self.smoke:
            return trial
        few = Images(trial.images.side, train=70, curve=10, test=50, wrong=trial.images.wrong)
        kept = {k: v for k, v in trial.recipe if k != "epochs"}
        return replace(trial, images=few, recipe=(*kept.items(), ("epochs", 1)))

    def of(self, design: Design) -> Iterator[tuple[str, Run]]:
        """The finished runs of an experiment, by variant."""
        for name, trial in design.variants.items():
            for seed in range(LOOKS[-1]):
                run = self.run(trial, seed)
                if run.finished:
                    yield name, run

    def waiting(self) -> Iterator[Run]:
        """What is to be run, in order; what the looks of finished blocks ask for comes with them.

        First the first variants of each experiment with five seeds, then its others; then five
        seeds more, look by look, as long as a comparison of the first variants is not decided;
        then the same for all comparisons.
        """
        if self.smoke:
            for design in self.designs.values():
                yield from self._undone(design, tuple(design.variants), range(1))
            return
        for others in (False, True):
            for design in self.designs.values():
                first = design.first or tuple(design.variants)
                rest = tuple(name for name in design.variants if name not in first)
                yield from self._undone(design, rest if others else first, range(LOOKS[0]))
        records = {name: self.record(design) for name, design in self.designs.items()}
        for others in (False, True):
            for before, after in pairwise(LOOKS):
                for name, design in self.designs.items():
                    names = _undecided(design, records[name], others)
                    yield from self._undone(design, names, range(before, after))

    def _undone(self, design: Design, names: tuple[str, ...], seeds: range) -> Iterator[Run]:
        for seed in seeds:
            for name in names:
                run = self.run(design.variants[name], seed)
                if not run.finished:
                    yield run

    def work(self, until: float) -> int:
        """Run what waits until that time (``time.monotonic``); how many runs were finished."""
        done = 0
        skipped: set[Path] = set()
        while time.monotonic() < until:
            run = next((r for r in self.waiting() if r.folder not in skipped), None)
            if run is None:
                break
            began = time.monotonic()
            run.carry_out()
            if not run.finished:  # another queue has it
                skipped.add(run.folder)
                continue
            shutil.rmtree(run.folder / "run" / "checkpoints", ignore_errors=True)
            done += 1
            end = run.found("end")
            said = "diverged" if end is None else f"error {end['error']:.2f} %"
            print(
                f"{run.trial.network} seed {run.seed}: {said}, "
                f"{time.monotonic() - began:.0f} s; {self.outlook()}",
                flush=True,
            )
        return done

    def outlook(self) -> str:
        """What is done and what the rest of the first block will cost, in words."""
        done: dict[str, list[float]] = {}
        for design in self.designs.values():
            for _, run in self.of(design):
                done.setdefault(str(run.folder), [run.found("about")["cpu_seconds"]])
        known: dict[str, list[float]] = {}
        for folder, (seconds,) in done.items():
            known.setdefault(Path(folder).parent.name, []).append(seconds)
        left, cost = set(), 0.0
        for run in self.waiting():
            if run.folder not in left:
                left.add(run.folder)
                cost += statistics.median(known.get(run.trial.key, [GUESS]))
        spent = sum(seconds for (seconds,) in done.values())
        return (
            f"{len(done)} runs done in {spent / 60:.0f} min of processor, "
            f"{len(left)} known to wait, about {cost / 60:.0f} min"
        )

    def status(self) -> str:
        """A line an experiment and variant: seeds that are done, and mean error."""
        lines = []
        for design in self.designs.values():
            found: dict[str, list[Run]] = {name: [] for name in design.variants}
            for name, run in self.of(design):
                found[name].append(run)
            for name, runs in found.items():
                errors = [final(run)["error"] for run in runs]
                mean = f"{statistics.mean(errors):6.2f} %" if errors else "     –"
                lines.append(f"{design.name:16} {name:24} {len(runs):2} seeds {mean}")
            record = self.record(design)
            for one in design.comparisons:
                said = verdict(record, one.claim)
                lines.append(
                    f"  {one.claim}: {said.first} − {said.second or 0} in {said.measure}: "
                    f"{said.mean:+.3g} ({said.low:+.3g} to {said.high:+.3g}), {said.decision}"
                )
        return "\n".join([*lines, self.outlook()])

    def record(self, design: Design) -> dict[str, Any]:
        """What ``results/<experiment>.json`` holds; ``README.md`` describes it."""
        runs, commits, machines = [], set(), set()
        pooled: dict[str, dict[str, list[dict[str, Any]]]] = {}
        budgets: dict[str, dict[str, int]] = {}
        versions: dict[str, str] = {}
        for name, run in self.of(design):
            about = run.found("about")
            commits.add(about["commit"])
            machines.add(about["machine"])
            budgets[name] = about["budget"]
            versions = {"library": about["library"], "torch": about["torch"]}
            row = {
                "variant": name,
                "seed": run.seed,
                "diverged": about["diverged"],
                "cpu_seconds": about["cpu_seconds"],
                "final": final(run),
                "curve": run.curve(),
            }
            for measure in design.measures:
                more = details(run, measure)
                if measure in POOLED and more:
                    pooled.setdefault(name, {}).setdefault(measure, []).append(more)
                elif more and (measure != "features" or name in (design.drawn or design.variants)):
                    row[measure] = more
            runs.append(row)
        base = Trial("designs.networks:base").at(0).to_dict()
        return {
            "provenance": {
                "command": f"python experiments/run_queue.py --only {design.name} --record",
                **versions,
                "machine": ", ".join(sorted(machines)),
                "commits": sorted(commits),
                "images": SOURCE,
            },
            "question": design.question,
            "recipe": {k: v for k, v in base.items() if k not in ("seed", "network", "name")},
            "variants": [
                {
                    "name": name,
                    "network": trial.network,
                    **budgets.get(name, {}),
                    "images": trial.images.to_dict(),
                    "changes": dict(trial.recipe),
                }
                for name, trial in design.variants.items()
            ],
            "comparisons": [vars(one) for one in design.comparisons],
            "curve_columns": list(CURVE),
            **({"pooled": _pooled(pooled)} if pooled else {}),
            "runs": runs,
        }


def _undecided(design: Design, record: dict[str, Any], others: bool) -> tuple[str, ...]:
    """Variants of comparisons, of the first ones or of all, that no look has decided yet."""
    first = tuple(design.variants) if others else design.first or tuple(design.variants)
    names: dict[str, None] = {}
    for one in design.comparisons:
        asked = {one.first, one.second} - {""}
        if asked <= set(first) and verdict(record, one.claim).decision == UNDECIDED:
            names |= dict.fromkeys(sorted(asked))
    return tuple(names)


def final(run: Run) -> dict[str, Any]:
    """The numbers that comparisons are made of; a run that diverged guesses."""
    if run.diverged:
        return {"error": CHANCE, "early": CHANCE}
    found = dict(run.found("end"))
    for name in run.measures[1:]:
        found |= {k: v for k, v in run.found(name).items() if isinstance(v, float)}
    found["early"] = statistics.mean(row[3] for row in run.curve()[:EARLY])
    found["overfit"] = found["error"] - found["training_error"]
    return found


def details(run: Run, measure: str) -> dict[str, Any]:
    """What a measure found beside single numbers; of a scatter the first seed's alone."""
    if run.diverged or (measure == "features" and run.seed):
        return {}
    found = {k: v for k, v in run.found(measure).items() if not isinstance(v, float)}
    if measure == "features":  # a scatter needs no more
        return {k: [_to_hundredths(v) for v in values] for k, values in found.items()}
    return found


def _to_hundredths(value: Any) -> Any:
    return round(value, 2) if isinstance(value, float) else [_to_hundredths(v) for v in value]


def _pooled(
    details: dict[str, dict[str, list[dict[str, Any]]]],
) -> dict[str, dict[str, dict[str, Any]]]:
    """Counts, and bins of [images, confidence, share right], of all runs of a variant together."""
    return {
        variant: {
            measure: {key: _together([run[key] for run in runs]) for key in POOLED[measure]}
            for measure, runs in measures.items()
        }
        for variant, measures in details.items()
    }


def _together(lists: list[list[Any]]) -> list[Any]:
    columns = zip(*lists, strict=True)
    if not isinstance(lists[0][0], list):
        return [sum(column) for column in columns]
    found = []
    for rows in columns:
        n = sum(row[0] for row in rows)
        means = (sum(row[0] * row[i] for row in rows) / max(n, 1) for i in range(1, len(rows[0])))
        found.append([n, *means])
    return found


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--only", nargs="+", choices=ORDER, metavar="NAME", help=", ".join(ORDER))
    options.add_argument("--runs", type=Path, help="folder of the runs (default: runs/)")
    options.add_argument("--minutes", type=float, default=float("inf"), help="begin no run later")
    options.add_argument("--threads", type=int, default=1, help="CPU threads (default 1)")
    options.add_argument("--status", action="store_true", help="say how far it is; run nothing")
    options.add_argument("--record", action="store_true", help="write results/; run nothing")
    options.add_argument("--smoke", action="store_true", help="each variant for two steps")
    given = options.parse_args()
    torch.set_num_threads(given.threads)
    os.nice(0 if given.smoke or given.status or given.record else 19)
    runs = given.runs or REPOSITORY / "runs"
    queue = Queue(designs(given.only), runs, given.smoke)
    if given.status:
        print(queue.status())
        return
    if not given.record:
        queue.work(time.monotonic() + 60 * given.minutes)
        if given.smoke:
            return
    for design in queue.designs.values():
        record = queue.record(design)
        if record["runs"]:
            write(design.name, record)
    print(queue.outlook())


if __name__ == "__main__":
    sys.exit(main())
