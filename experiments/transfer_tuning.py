"""Tune the trained trunk on photographs of clothes: what to choose, chosen on validation.

    python experiments/transfer_tuning.py --runs FOLDER --machine WORDS [--data FOLDER]

A linear classifier is trained first, alone; from there, and from the trunk itself, several ways to
tune the rest are tried. The one with the least validation loss over twelve crops is trained with
two more seeds, and the three together judge the test photographs, once. About four minutes on a
GPU. A run that lies finished in FOLDER is not repeated, nor is what was said of it judged again.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from _common import CLOTHES_SOURCE, TRUNK, clothes, provenance, shared, write
from _repeat import inception, read_json

from inception_lib.training.folder import load_run
from inception_lib.training.recipes import get_recipe

RECIPE = "transfer"
COMMON = {"network": "inception_v3_trunk", "precision": "bf16", "eval-epochs": 4}
CROPS = 12
START, PROBE = "the trunk", "probe"
WAYS: dict[str, tuple[str, dict[str, Any]]] = {  # what it starts from, and its flags
    PROBE: (START, {"lr": 0.1, "epochs": 12, "train-only": "fc"}),
    "all_from_trunk": (START, {"lr": 0.01, "epochs": 16}),
    "all_slowly": (PROBE, {"lr": 0.003, "epochs": 12}),
    "all": (PROBE, {"lr": 0.01, "epochs": 12}),
    "last_module": (PROBE, {"lr": 0.02, "epochs": 12, "train-only": "Mixed_7a,fc"}),
}
SEEDS = (0, 1, 2)


class Runs:
    """Training and judging, each done once and left in a folder."""

    def __init__(self, folder: Path, data: str, trunk: str) -> None:
        self.folder, self.data, self.trunk = folder, data, trunk

    def train(self, way: str, seed: int = 0) -> Path:
        """One way with one seed; the folder of the run.

        Raises
        ------
        ValueError
            If a run of another recipe lies there.
        """
        out = self.folder / (f"{way}_seed{seed}" if seed else way)
        start, flags = WAYS[way]
        flags = {**COMMON, **flags, "seed": seed}
        if not (out / "finished.json").is_file():
            weights = self.trunk if start == START else self.folder / PROBE / "weights.safetensors"
            given = {"recipe": RECIPE, **flags, "weights": weights, "data": self.data, "out": out}
            inception("train", *(str(word) for k, v in given.items() for word in (f"--{k}", v)))
        wanted = get_recipe(RECIPE).replace(**{k.replace("-", "_"): v for k, v in flags.items()})
        recipe, _ = load_run(out)
        if recipe.replace(weights=wanted.weights) != wanted:
            raise ValueError(f"{out} holds a run of another recipe than {way}: give another --runs")
        return out

    def judge(self, split: str, *runs: Path) -> Any:
        """What ``inception evaluate`` says of a run, or of several together, over 12 crops."""
        name = runs[0].name if len(runs) == 1 else "together"
        path = self.folder / name / f"{split}_{CROPS}.json"
        if not path.is_file():
            words = ["--data", self.data, "--split", split, "--crops", str(CROPS), "--json"]
            said = inception("evaluate", *map(str, runs), *words, read=True)
            path.parent.mkdir(exist_ok=True)
            path.write_text(said, encoding="utf-8")
        return read_json(path)


def tried(runs: Runs, way: str) -> dict[str, Any]:
    """One way's figures on validation."""
    run = runs.train(way)
    finished = read_json(run / "finished.json")
    crops = runs.judge("validation", run)
    start, flags = WAYS[way]
    return {
        "way": way,
        "from": start,
        "flags": flags,
        "seconds": finished["seconds"],
        "validation": {"top1": finished["top1"], "loss": finished["loss"]},
        "validation_12_crops": {"top1": crops["top1"], "loss": crops["loss"]},
    }


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--weights", help="a file of weights (default: the authors' trunk)")
    options.add_argument("--runs", type=Path, required=True, help="where the runs lie, or will")
    options.add_argument("--machine", required=True, help="in words: CPU or GPU, and how many")
    options.add_argument("--data", help="a folder with train/, validation/ and test/")
    given = options.parse_args()
    given.runs.mkdir(parents=True, exist_ok=True)
    trunk = given.weights or str(shared(TRUNK))
    runs = Runs(given.runs, f"imagefolder:{clothes(given.data)}", trunk)

    rows = [tried(runs, way) for way in WAYS]
    for row in rows:
        print(f"{row['way']:16} {row['validation']} {row['validation_12_crops']}", flush=True)
    best = min(rows, key=lambda row: row["validation_12_crops"]["loss"])
    chosen = [runs.train(best["way"], seed) for seed in SEEDS]
    test = runs.judge("test", *chosen)
    print(f"test: {test['top1']:.4f} of {test['n']}, 95 % {test['interval95']}")

    versions = read_json(chosen[0] / "recipe.json")["versions"]
    about = provenance(
        __file__,
        argparse.Namespace(weights=given.weights),  # the rest is the reader's own folders
        images=CLOTHES_SOURCE,
        machine=given.machine,
        torch=versions["torch"].partition("+")[0],
    )
    figures = ("n", "top1", "interval95", "top5", "loss", "ece")
    write(
        "transfer_tuning",
        {
            "provenance": about,
            "common": {"recipe": RECIPE, **COMMON},
            "tried": rows,
            "chosen": {"way": best["way"], "seeds": SEEDS, "crops": CROPS},
            "test": {key: test[key] for key in figures},
            "members": [
                {"seed": seed, **{k: v for k, v in member.items() if k != "network"}}
                for seed, member in zip(SEEDS, test["members"], strict=True)
            ],
        },
    )


if __name__ == "__main__":
    main()
