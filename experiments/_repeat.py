"""Training runs: the command that gives one again, and what one left."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import Any

from inception_lib.training.recipes import RECIPES, Recipe


def inception(*words: str, read: bool = False) -> str:
    """Run the library's command; what it prints, if that is to be read."""
    command = [sys.executable, "-m", "inception_lib", *words]
    done = subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE if read else None)
    return done.stdout or ""


def read_json(path: Path) -> Any:
    """What a file holds; ``FileNotFoundError`` says what a RUN must have."""
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing: give the folder of a run that has finished")
    return json.loads(path.read_text(encoding="utf-8"))


def without_path(text: str) -> str:
    """The last part of what may be a path, after the kind of data if that is named."""
    kind, colon, path = text.rpartition(":")
    return f"{kind}{colon}{PurePath(path).name}" if "/" in path else text


def named(recipe: Recipe) -> tuple[str, dict[str, Any]]:
    """The recipe by name that this one is a change of, and what must be given to get this one.

    The seed is not among the changes. A recipe of a name of its own is a change of the nearest.
    """
    nearest = min(RECIPES.values(), key=lambda base: len(differences(base, recipe)))
    base = RECIPES.get(recipe.name, nearest).replace(seed=recipe.seed)
    changes = differences(base, recipe)
    # Fields that follow a changed one (warm-up follows epochs) are given where they did not.
    return base.name, changes | differences(base.replace(**changes), recipe)


def differences(base: Recipe, recipe: Recipe) -> dict[str, Any]:
    """The fields in which ``recipe`` differs, with its values."""
    before = base.to_dict()
    return {name: value for name, value in recipe.to_dict().items() if value != before[name]}


def train_command(recipe: Recipe, data: Mapping[str, Any]) -> str:
    """The command that gives this run again.

    Raises
    ------
    ValueError
        If the images were made or split by another seed than the recipe's: no flag says so.
    """
    base, changes = named(recipe)
    spec, options = data["name"], data["options"]
    made = {"digits": ("seed",), "shapes": ("seed", "size")}.get(spec.partition(":")[0], ())
    for key in made:
        if options.get(key, 0) != getattr(recipe, key):
            raise ValueError(
                f"the {key} of {spec} was {options.get(key, 0)}, that of the recipe "
                f"{getattr(recipe, key)}: no single command repeats this run, record one that has"
            )
    words = ["inception", "train", "--recipe", base, "--data", without_path(spec)]
    if "validation" in options:
        words += ["--validation", str(options["validation"])]
    for name, value in changes.items():
        flag = name.replace("_", "-")
        if isinstance(value, bool):
            words.append(f"--{flag}" if value else f"--no-{flag}")
        elif isinstance(value, list):
            words += [f"--{flag}", ",".join(map(str, value))]
        else:
            words += [f"--{flag}", without_path(value) if isinstance(value, str) else str(value)]
    return shlex.join([*words, "--seed", str(recipe.seed), "--out", "RUN"])
