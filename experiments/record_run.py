"""Record finished training runs: results/training/NAME.json and NAME.png, small enough to keep.

    python experiments/record_run.py RUN [RUN …] --name NAME --machine WORDS [--evaluation FILE …]

A RUN is a folder that ``inception train --out RUN`` wrote. Its recipe.json, metrics.csv and
finished.json are enough: a run can be recorded far from its weights and images, if what
``inception evaluate RUN --split test --json`` printed there is given as ``--evaluation``. Without
that the test images are judged here. Runs that are recorded together differ in their seed alone.
No path is recorded: of ``imagefolder:PATH`` the last folder's name is.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import Any

import _common
import torch
from _repeat import inception, named, read_json, train_command, without_path

from inception_lib.training.folder import load_run
from inception_lib.training.plot import Curves, draw_curves, read_curves
from inception_lib.training.recipes import Recipe
from inception_lib.training.speed import training_flop
from inception_lib.training.state import make_network

IMAGES = {
    "cifar10": "CIFAR-10, 32×32 pixels",
    "digits": "scikit-learn's handwritten digits, 8×8 pixels, split by the seed",
    "fashionmnist": "Fashion-MNIST, 28×28 pixels, grey",
    "imagenette": "Imagenette, ten classes of ImageNet",
    "shapes": "generated shapes",
}
CURVE = ("epoch", "step", "training_objective", "validation_error", "validation_loss")
DPI = 120
PATH = re.compile(r"(?<![\w./])(?:/|[A-Za-z]:\\)(?:\w[\w.-]*[/\\])+")


def number(row: Mapping[str, Any], column: str) -> float | None:
    """One figure of a row of metrics.csv."""
    return float(row[column]) if row.get(column) else None


def curve(rows: tuple[Mapping[str, Any], ...]) -> list[list[float | None]]:
    """One row an evaluation, as ``CURVE`` names the columns; the objective is its mean since.

    A run without validation images has one row for its last step.
    """
    points, losses = [], []
    for row in rows:
        if row["phase"] == "train":
            losses.append(float(row["loss"]))
            continue
        loss = statistics.fmean(losses) if losses else None
        error = 1 - float(row["top1"])
        points.append(
            [float(row["epoch"]), int(row["step"]), loss, error, number(row, "loss")],
        )
        losses = []
    if not points:
        last = rows[-1]
        points.append([float(last["epoch"]), int(last["step"]), losses[-1], None, None])
    return points


def validation(run: Path, finished: Mapping[str, Any], rows: Any, n: int) -> dict[str, Any] | None:
    """The final and the best evaluation on the validation images."""
    seen = [row for row in rows if row["phase"] != "train"]
    if not seen:
        return None
    if abs(float(seen[-1]["top1"]) - finished["top1"]) > 1e-6:
        raise ValueError(
            f"{run}: metrics.csv ends with a top-1 of {seen[-1]['top1']}, finished.json says "
            f"{finished['top1']}: these are files of two runs"
        )
    best = max(seen, key=lambda row: float(row["top1"]))  # the first of equals

    def figures(row: Mapping[str, Any]) -> dict[str, Any]:
        return {key: number(row, key) for key in ("epoch", "top1", "top5", "loss", "ece")}

    return {"n": n, "final": figures(seen[-1]), "best": figures(best)}


def training_operations(recipe: Recipe, classes: int, steps: int) -> int | None:
    """Floating-point operations of so many steps, as the mathematics counts them.

    None where they cannot be counted here: a network of one's own may be far, or not traceable.
    """
    try:
        with torch.device("meta"):
            network = make_network(recipe.replace(weights=""), classes)
        return training_flop(network, recipe.size) * steps * recipe.batch
    except (ImportError, ValueError):
        return None


def evaluated(run: Path, spec: str | None) -> Any:
    """What ``inception evaluate`` says of the test images, here and now."""
    if not (run / "weights.safetensors").is_file():
        raise FileNotFoundError(
            f"{run} has no weights.safetensors: judge the test images where they are, with "
            f"'inception evaluate RUN --split test --json > test.json', and give --evaluation"
        )
    words = ["--split", "test", "--json", *(["--data", spec] if spec else [])]
    return json.loads(inception("evaluate", str(run), *words, read=True))


def test_figures(found: Mapping[str, Any], data: Mapping[str, Any]) -> dict[str, Any]:
    """The part of an evaluation that is kept."""
    if found["split"] != "test" or len(found["networks"]) != 1:
        raise ValueError(
            f"an evaluation is of {len(found['networks'])} networks on the {found['split']} "
            "split: give one of each run alone, on the test split"
        )
    if found["classes"] != data["classes"]:
        raise ValueError("an evaluation is of other classes than the run: is it another run's?")
    other = "" if found["data"] == data["name"] else f" --data {without_path(found['data'])}"
    views = "" if found["crops"] == 1 else f" --crops {found['crops']}"
    views += " --flip" * found["flip"] + (f" --shift {found['shift']}" if found["shift"] else "")
    return {
        "command": f"inception evaluate RUN{other} --split test{views}",
        **{key: found[key] for key in ("n", "top1", "interval95", "top5", "loss", "ece")},
        "crops": found["crops"],
        "flip": found["flip"],
        "shift": found["shift"],
        "left_out": len(found["excluded"]) + len(found["corrupt"]),
        "images": {row["name"]: row["images"] for row in found["per_class"]},
        "recall": {row["name"]: row["recall"] for row in found["per_class"]},
    }


def record(run: Path, evaluation: Path | None, spec: str | None) -> dict[str, Any]:
    """One run, as it is stored."""
    finished, (recipe, data) = read_json(run / "finished.json"), load_run(run)
    rows = read_curves(run).rows
    training = [row for row in rows if row["phase"] == "train"]
    speed = {"images_per_second": finished["images_per_second"]}
    for column, of in (("mfu", statistics.median), ("waiting", statistics.median)):
        values = [float(row[column]) for row in training if row[column]]
        speed[column] = of(values) if values else None
    speed["memory_gib"] = max(float(row["memory_gib"]) for row in rows)
    found = None
    if evaluation is not None:
        found = read_json(evaluation)
    elif spec is not None or "test" in data["images"]:
        found = evaluated(run, spec)
    return {
        "command": train_command(recipe, data),
        "seed": recipe.seed,
        **{key: finished[key] for key in ("steps", "epochs", "seconds")},
        "training_flop": training_operations(recipe, len(data["classes"]), finished["steps"]),
        "speed": speed,
        "validation": validation(run, finished, rows, data["images"].get("validation", 0)),
        "test": None if found is None else test_figures(found, data),
        "curve": curve(rows),
    }


def common(runs: list[Path], images: str | None) -> dict[str, Any]:
    """What must be the same in all runs: recipe, data, versions."""
    seen = []
    for run in runs:
        about = read_json(run / "recipe.json")
        recipe, data = load_run(run)
        base, changes = named(recipe)
        resolved = {k: v for k, v in recipe.to_dict().items() if k != "seed"}
        kind, _, root = data["name"].partition(":")
        words = images or IMAGES.get(kind)
        if words is None:
            raise ValueError(f"say in words what {data['name']} is: --images WORDS")
        notes = [n.replace(root, PurePath(root).name) if root else n for n in data["notes"]]
        described = {"spec": without_path(data["name"]), "what": words, "images": data["images"]}
        described |= {"classes": len(data["classes"]), "mean": data["mean"], "std": data["std"]}
        described |= {"notes": notes} if notes else {}
        versions = {k: v.partition("+")[0] for k, v in about["versions"].items()}
        seen.append(
            {
                "recipe": {
                    "name": base,
                    "changes": named_only(changes),
                    # In full as well: what the name stands for may change.
                    "resolved": named_only(resolved),
                },
                "data": described,
                "versions": versions,
            }
        )
    for key in seen[0]:
        if any(one[key] != seen[0][key] for one in seen):
            raise ValueError(f"the runs differ in their {key}: record each under its own name")
    return seen[0]


def named_only(values: dict[str, Any]) -> dict[str, Any]:
    """Fields of a recipe, files by their name alone."""
    return {k: without_path(v) if isinstance(v, str) else v for k, v in values.items()}


def over_seeds(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Mean, standard deviation and least top-1 of several runs."""
    found: dict[str, Any] = {"runs": len(runs)}
    for split, tops in (
        ("validation", [run["validation"]["final"]["top1"] for run in runs if run["validation"]]),
        ("test", [run["test"]["top1"] for run in runs if run["test"]]),
    ):
        if len(tops) == len(runs):
            spread = {"mean": statistics.fmean(tops), "sd": statistics.stdev(tops)}
            found[f"{split}_top1"] = {**spread, "least": min(tops)}
    return found


def options() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN", help="folders of runs")
    parser.add_argument("--name", required=True, help="of the files: letters, digits, _ and -")
    parser.add_argument("--machine", required=True, help="in words: CPU or GPU, and how many")
    parser.add_argument("--images", metavar="WORDS", help="what the images are; for imagefolder")
    parser.add_argument(
        "--evaluation", nargs="+", type=Path, metavar="FILE", help="one a RUN, in their order"
    )
    parser.add_argument("--data", metavar="SPEC", help="test images (default: the run's own)")
    parser.add_argument("--note", metavar="TEXT", help="what else a reader should know")
    return parser


def main() -> None:
    """Read the runs, judge them where needed, write both files."""
    parser = options()
    given = parser.parse_args()
    if not re.fullmatch(r"[\w-]+", given.name):
        parser.error(f"--name is {given.name!r}: letters, digits, _ and - make a file's name")
    evaluations = given.evaluation or [None] * len(given.runs)
    if len(evaluations) != len(given.runs):
        parser.error(f"{len(evaluations)} evaluations for {len(given.runs)} runs: give one a run")
    if given.evaluation and given.data:
        parser.error("--evaluation says already how the test images were judged: leave out --data")
    about = common(given.runs, given.images)
    versions = about.pop("versions")
    runs = [record(run, one, given.data) for run, one in zip(given.runs, evaluations, strict=True)]
    result: dict[str, Any] = {
        "provenance": {
            "command": f"python experiments/record_run.py RUN --name {given.name}",
            "library": f"inception_lib {versions['inception_lib']}",
            "torch": versions["torch"],
            "python": versions["python"],
            "machine": given.machine,
        },
        **({"note": given.note} if given.note else {}),
        **about,
        **({"over_seeds": over_seeds(runs)} if len(runs) > 1 else {}),
        "curve_columns": list(CURVE),
        "runs": runs,
    }
    local = PATH.search(json.dumps(result, ensure_ascii=False))
    if local:
        raise ValueError(f"the record would hold the path of a machine, {local[0]}…: leave it out")
    picture = _common.write(f"training/{given.name}", result).with_suffix(".png")
    curves = [
        Curves(f"seed {run['seed']}", read_curves(path).rows)
        for run, path in zip(runs, given.runs, strict=True)
    ]
    draw_curves(curves).savefig(picture, dpi=DPI, pil_kwargs={"optimize": True})
    print(f"wrote results/training/{picture.name}, {picture.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
