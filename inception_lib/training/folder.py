"""The folder of a run: what it was asked to do, its checkpoints, and what came out."""

from __future__ import annotations

import dataclasses
import json
import math
import os
import platform
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from inception_lib.files import write_atomically
from inception_lib.nets.weights import save_weights
from inception_lib.version import VERSION

from .checkpoint import Checkpoints
from .config import config_of
from .recipes import Recipe

__all__ = ["Result", "RunFolder", "load_run"]

# Fields that change how a run is carried out, not what it computes: tests hold that.
FREE = frozenset({"workers", "cache", "keep", "save_steps", "data notes"})
SHOWN = 5  # classes named in a message


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
        ``Dataset.to_dict()``: ``open_data(found["name"], **found["options"])`` opens it again.

    Raises
    ------
    FileNotFoundError
        If ``path`` is not the folder of a run.
    ValueError
        If its recipe.json is damaged.
    """
    found = _read_recipe(Path(path))
    return Recipe.from_dict(found["recipe"]), found["data"]


def _read_recipe(run: Path) -> dict[str, Any]:
    if not run.exists():
        raise FileNotFoundError(f"there is no folder {run}: it is not the folder of a run")
    if not (run / "recipe.json").is_file():
        raise FileNotFoundError(f"{run} is not the folder of a run: it has no recipe.json")
    return _read_json(
        run / "recipe.json",
        {"recipe": dict, "data": dict},
        "restore it from a copy; each of the run's checkpoints holds its recipe too",
    )


def _read_json(file: Path, needs: Mapping[str, Any], remedy: str) -> dict[str, Any]:
    """What a run wrote; ``needs`` are the keys that it must have, with their types."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        if not isinstance(found, dict):
            raise ValueError("it holds no object")
        for key, kind in needs.items():
            if not isinstance(found.get(key), kind):
                raise ValueError(f"it has no {key!r}")
    except ValueError as error:  # bytes that are not UTF-8 and text that is not JSON too
        raise ValueError(f"{file} is damaged ({error}): {remedy}") from None
    return found


class RunFolder:
    """Reads and writes the folder; without a path, nothing is written anywhere.

    Parameters
    ----------
    path : Path or None
        The folder, made when the run begins.
    recipe : Recipe
        What is to be run.
    data : dict
        What its data is, as ``Dataset.to_dict`` says.
    fingerprint : dict, optional
        Of its images, as ``Dataset.fingerprint`` gives it.

    Raises
    ------
    ValueError
        If the path is a file.
    """

    def __init__(
        self,
        path: Path | None,
        recipe: Recipe,
        data: dict[str, Any],
        fingerprint: dict[str, dict[str, str]] | None = None,
    ) -> None:
        if path is not None and path.exists() and not path.is_dir():
            raise ValueError(f"out is {path}, which is a file: give a folder for the run")
        self.path, self.recipe, self.fingerprint = path, recipe, fingerprint
        self.data = json.loads(json.dumps(data))  # lists for tuples, as it is read back
        self.checkpoints = None if path is None else Checkpoints(path / "checkpoints", recipe.keep)

    def check(self) -> None:
        """Refuse a folder that holds another run.

        Raises
        ------
        ValueError
            If the run in the folder has another recipe or other data; what differs is named.
        """
        if self.path is None:
            return
        if not (self.path / "recipe.json").is_file():
            if (self.path / "finished.json").is_file():
                raise ValueError(
                    f"{self.path} holds a finished run without its recipe.json, so nothing says "
                    "what it was: restore that file, or give another folder"
                )
            return
        stored = _read_recipe(self.path)
        before = {**Recipe.from_dict(stored["recipe"]).to_dict(), **_prefixed(stored["data"])}
        now = {**self.recipe.to_dict(), **_prefixed(self.data)}
        free = set(FREE)
        fingerprint = stored.get("fingerprint")
        if self.fingerprint is not None and fingerprint is not None:
            free.add("data name")  # the same images may lie elsewhere by now
            kinds = [found["data name"].partition(":")[0] for found in (before, now)]
            if kinds[0] != kinds[1]:
                free.discard("data name")
        names = [name for name in now if name not in free and before.get(name) != now[name]]
        if names and set(names) <= {"epochs", "warmup_epochs"}:
            self._refuse_to_prolong(before["epochs"], now["epochs"])
        different = [f"{name} was {before.get(name)!r}, is {now[name]!r}" for name in names]
        if not different and fingerprint is not None and self.fingerprint is not None:
            different = _other_images(fingerprint, self.fingerprint)
        self._refuse(different)

    def check_checkpoint(self, state: dict[str, Any]) -> None:
        """Refuse a checkpoint of another recipe or of other classes, whatever recipe.json says."""
        before, now = state["recipe"], self.recipe.to_dict()
        different = [
            f"{name} was {before.get(name)!r}, is {now[name]!r}"
            for name in now
            if name not in FREE and before.get(name) != now[name]
        ]
        if state["classes"] != self.data["classes"]:
            different.append(f"classes were {state['classes']}, are {self.data['classes']}")
        self._refuse(different)

    def _refuse(self, different: list[str]) -> None:
        if different:
            raise ValueError(
                f"{self.path} holds a run of another recipe ({'; '.join(different)}): a run is "
                "resumed as it was begun; use its recipe, or another folder"
            )

    def _refuse_to_prolong(self, before: int, now: int) -> None:
        """Of a finished run that is asked for more epochs: the command that goes on from it."""
        if now <= before or self.path is None or not (self.path / "finished.json").is_file():
            return
        words = ["inception", "train", "--from", str(self.path)]
        if ":" in self.recipe.network:  # a run's own code is imported only by its name
            words += ["--network", self.recipe.network]
        words += ["--weights", str(self.path / "weights.safetensors")]
        words += ["--epochs", str(now - before), "--out", f"{self.path}-more"]
        raise ValueError(
            f"{self.path} holds a finished run of {before} epochs, whose learning rate has run its "
            f"course: for {now - before} more from its weights, with a course of their own (a "
            f"lower --lr suits them), give: {shlex.join(words)}"
        )

    def begin(self) -> None:
        """Make the folder and write down what is run, with which versions."""
        if self.path is None:
            return
        self.path.mkdir(parents=True, exist_ok=True)
        for part in (*self.path.glob(".*.part"), *self.path.glob("checkpoints/.*.part")):
            part.unlink()  # what a killed run was writing
        self._write_json(
            "recipe.json",
            {
                "recipe": self.recipe.to_dict(),
                "data": self.data,
                "fingerprint": self.fingerprint,
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
        file = self.path / "finished.json"
        remedy = "delete it and give the same command again: the last checkpoint has the result"
        needs = {f.name for f in dataclasses.fields(Result)} - {"recipe", "out"}
        found = _read_json(file, {}, remedy)
        if found.keys() != needs:
            odd = ", ".join(sorted(found.keys() ^ needs))
            raise ValueError(f"{file} is damaged (it lacks or adds {odd}): {remedy}")
        found = {k: math.nan if v is None else v for k, v in found.items()}
        return Result(recipe=self.recipe, out=self.path, **found)

    def still_there(self) -> bool:
        """Whether nobody took the folder away while the run went on."""
        return self.path is None or (self.path / "recipe.json").is_file()

    def finish(self, result: Result, weights: dict[str, Tensor]) -> None:
        """Write the weights, then the result: its file says that all the rest is there."""
        if self.path is None:
            return
        config = config_of(self.recipe, self.data)
        save_weights(weights, self.path / "weights.safetensors", **config.to_notes())
        found = result.to_dict()
        del found["recipe"], found["out"]
        self._write_json("finished.json", found)

    def _write_json(self, name: str, content: dict[str, Any]) -> None:
        assert self.path is not None
        text = json.dumps(content, indent=1, ensure_ascii=False)
        try:
            data = text.encode()
        except UnicodeEncodeError:  # a file's name need not be UTF-8; \\udcff is read back alike
            data = json.dumps(content, indent=1).encode()
        write_atomically(self.path / name, lambda file: _all(file, data + b"\n"))


def _all(file: Any, data: bytes) -> None:
    file.write(data)


def _prefixed(data: Mapping[str, Any]) -> dict[str, Any]:
    return {f"data {name}": value for name, value in data.items()}


def _other_images(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Where two fingerprints differ, in words."""
    found = []
    for split in dict.fromkeys((*before, *now)):
        one, two = before.get(split, {}), now.get(split, {})
        classes = [name for name in dict.fromkeys((*one, *two)) if one.get(name) != two.get(name)]
        if classes:
            words = ", ".join(classes[:SHOWN]) + (" …" if len(classes) > SHOWN else "")
            found.append(
                f"the {split} images of {words} are others: added, removed, renamed, replaced or "
                "given to another class"
            )
    return found
