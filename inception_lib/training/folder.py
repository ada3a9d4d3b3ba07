"""The folder of a run: what it was asked to do, its checkpoints, and what came out."""

from __future__ import annotations

import dataclasses
import json
import math
import os
import platform
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from inception_lib.files import write_atomically
from inception_lib.nets.weights import save_weights
from inception_lib.version import VERSION

from .checkpoint import Checkpoints
from .recipes import Recipe

__all__ = ["Result", "RunFolder", "load_run"]

# Fields that change how a run is carried out, not what it computes.
FREE = frozenset({"workers", "cache", "keep", "save_steps", "data notes"})


@dataclass(frozen=True)
class Result:
    """What a run reached.

    Attributes
    ----------
    recipe : Recipe
        As it was run.
    steps, epochs : int
        Updates of the weights, and passes over the training images.
    top1, top5, loss : float
        Of the last averaged weights on the validation images, as shares; NaN where the data has
        no validation split.
    best_top1 : float
        The best validation top-1 of the run, that of ``checkpoints/best.pt``.
    seconds : float
        Wall time of the run, everything counted; of earlier attempts up to the last checkpoint.
    images_per_second : float
        Training images over all processes, without warm-up, compilation and evaluation.
    out : Path or None
        The run's folder.
    """

    recipe: Recipe = field(repr=False)
    steps: int
    epochs: int
    top1: float
    top5: float
    loss: float
    best_top1: float
    seconds: float
    images_per_second: float
    out: Path | None

    def to_dict(self) -> dict[str, Any]:
        """Every field as JSON can hold it: NaN as None, the folder as text."""
        found: dict[str, Any] = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        found = {k: None if v != v else v for k, v in found.items()}  # NaN differs from itself
        out = None if self.out is None else str(self.out)
        return found | {"recipe": self.recipe.to_dict(), "out": out}


def load_run(path: str | os.PathLike[str]) -> tuple[Recipe, dict[str, Any]]:
    """The recipe of a run's folder and what its data was, to repeat it elsewhere.

    Returns
    -------
    Recipe
    dict
        ``Data.to_dict()``: ``open_data(found["name"], **found["options"])`` opens it again.

    Raises
    ------
    FileNotFoundError
        If ``path`` is not the folder of a run.
    """
    file = Path(path) / "recipe.json"
    if not file.is_file():
        raise FileNotFoundError(f"{path} is not the folder of a run: it has no recipe.json")
    found = json.loads(file.read_text(encoding="utf-8"))
    return Recipe.from_dict(found["recipe"]), found["data"]


class RunFolder:
    """Reads and writes the folder; without a path, nothing is written anywhere.

    Parameters
    ----------
    path : Path or None
        The folder, made when the run begins.
    recipe : Recipe
        What is to be run.
    data : dict
        What its data is, as ``Data.to_dict`` says.
    """

    def __init__(self, path: Path | None, recipe: Recipe, data: dict[str, Any]) -> None:
        self.path, self.recipe = path, recipe
        self.data = json.loads(json.dumps(data))  # lists for tuples, as it is read back
        self.checkpoints = None if path is None else Checkpoints(path / "checkpoints", recipe.keep)

    def check(self) -> None:
        """Refuse a folder that holds another run.

        Raises
        ------
        ValueError
            If the run in the folder has another recipe or other data; the fields are named.
        """
        if self.path is None or not (self.path / "recipe.json").is_file():
            return
        recipe, data = load_run(self.path)
        before = {**recipe.to_dict(), **{f"data {k}": v for k, v in data.items()}}
        now = {**self.recipe.to_dict(), **{f"data {k}": v for k, v in self.data.items()}}
        different = [
            f"{name} was {before.get(name)!r}, is {now[name]!r}"
            for name in now
            if name not in FREE and before.get(name) != now[name]
        ]
        if different:
            raise ValueError(
                f"{self.path} holds a run of another recipe ({'; '.join(different)}): a run is "
                "resumed as it was begun; use its recipe, or another folder"
            )

    def begin(self) -> None:
        """Make the folder and write down what is run, with which versions."""
        if self.path is None:
            return
        self.path.mkdir(parents=True, exist_ok=True)
        self._write_json(
            "recipe.json",
            {
                "recipe": self.recipe.to_dict(),
                "data": self.data,
                "versions": {
                    "inception_lib": VERSION,
                    "torch": torch.__version__,
                    "python": platform.python_version(),
                },
            },
        )

    def finished(self) -> Result | None:
        """The result stored by a finished run."""
        if self.path is None or not (self.path / "finished.json").is_file():
            return None
        found = json.loads((self.path / "finished.json").read_text(encoding="utf-8"))
        found = {k: math.nan if v is None else v for k, v in found.items()}
        return Result(recipe=self.recipe, out=self.path, **found)

    def finish(self, result: Result, weights: dict[str, Tensor]) -> None:
        """Write the weights, then the result: its file says that all the rest is there."""
        if self.path is None:
            return
        save_weights(weights, self.path / "weights.safetensors")
        found = result.to_dict()
        del found["recipe"], found["out"]
        self._write_json("finished.json", found)

    def _write_json(self, name: str, content: dict[str, Any]) -> None:
        assert self.path is not None
        text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
        write_atomically(self.path / name, lambda file: _all(file, text.encode()))


def _all(file: Any, data: bytes) -> None:
    file.write(data)
