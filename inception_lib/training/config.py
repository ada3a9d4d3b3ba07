"""What must be known of trained weights to use them: network, classes, preprocessing.

It travels in the metadata of a safetensors file, under the key ``inception_lib``, or beside a file
of another kind, as ``FILE.json``.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inception_lib.nets.weights import read_notes

from .data.preprocess import Preprocess
from .state import network_options

if TYPE_CHECKING:
    from .recipes import Recipe

__all__ = ["Config", "config_of", "read_config", "write_beside"]

KEY = "inception_lib"  # in the metadata of a safetensors file


@dataclass(frozen=True)
class Config:
    """A network and what goes with its weights.

    Attributes
    ----------
    network : str
        As ``create`` takes it.
    options : dict
        What ``create`` is told beside the name: ``num_classes``, ``aux`` …
    classes : tuple of str
        Class k is ``classes[k]``.
    preprocess : Preprocess
        How an image is shown to it.
    """

    network: str
    classes: tuple[str, ...]
    preprocess: Preprocess
    options: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return {
            "network": self.network,
            "options": dict(self.options),
            "classes": list(self.classes),
            "preprocess": self.preprocess.to_dict(),
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Config:
        """What ``to_dict`` gave."""
        preprocess = Preprocess.from_dict(stored["preprocess"])
        return cls(stored["network"], tuple(stored["classes"]), preprocess, stored["options"])

    def to_notes(self) -> dict[str, str]:
        """For ``save_weights``; one entry, since a file of several has them in any order."""
        return {KEY: json.dumps(self.to_dict())}


def config_of(recipe: Recipe, data: Mapping[str, Any]) -> Config:
    """Of a run: its recipe, and its data as ``Dataset.to_dict`` gives them."""
    size, classes = recipe.eval_size or recipe.size, tuple(data["classes"])
    preprocess = Preprocess(size, recipe.eval_crop, tuple(data["mean"]), tuple(data["std"]))
    return Config(recipe.network, classes, preprocess, network_options(recipe, len(classes)))


def write_beside(path: Path, config: Config) -> Path:
    """Write ``FILE.json`` for a file that can hold no notes itself."""
    beside = _beside(path)
    beside.write_text(json.dumps(config.to_dict(), indent=1) + "\n", encoding="utf-8")
    return beside


def read_config(path: str | os.PathLike[str]) -> Config | None:
    """What a file of weights, or the file beside it, says of its network; None if nothing.

    Raises
    ------
    ValueError
        If it is damaged.
    """
    path = Path(path)
    text = read_notes(path).get(KEY)
    where: Sequence[object] = (path, "its metadata")
    if text is None and _beside(path).is_file():
        text, where = _beside(path).read_text(encoding="utf-8"), (_beside(path), "it")
    if text is None:
        return None
    try:
        return Config.from_dict(json.loads(text))
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(
            f"{where[0]}: {where[1]} does not say which network, classes and preprocessing "
            f"({type(error).__name__}: {error}): export it again"
        ) from None


def _beside(path: Path) -> Path:
    return path.with_name(path.name + ".json")
