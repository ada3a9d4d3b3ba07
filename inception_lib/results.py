"""Recorded experiments: small files under ``results/``, in the book's repository; their source."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from .version import VERSION

__all__ = ["MissingResults", "provenance", "read_results", "result_path", "rounded"]


class MissingResults(FileNotFoundError):
    """A recorded result that is not here."""


def result_path(file: str) -> Path:
    """A file under ``results/``, looked for beside the library, then here and one folder above.

    Parameters
    ----------
    file : str
        Path below ``results/``, with its ending: ``"shift_consistency.json"``.

    Raises
    ------
    MissingResults
        If it is in none of these places.
    """
    here = Path.cwd()
    for root in (Path(__file__).resolve().parents[1], here, here.parent):
        path = root / "results" / file
        if path.is_file():
            return path
    raise MissingResults(
        f"No result here: results/{file} is missing. The book's repository has it, and "
        f"experiments/{Path(file).parts[0].split('.')[0]}.py makes it."
    )


def read_results(name: str) -> Any:
    """What the experiment ``name`` recorded: ``results/<name>.json``.

    Raises
    ------
    MissingResults
        If it is not in the repository, or the repository is not here.
    """
    return json.loads(result_path(f"{name}.json").read_text(encoding="utf-8"))


def provenance(command: str, **more: Any) -> dict[str, Any]:
    """Where recorded numbers come from: the command and the versions, then ``more``."""
    return {
        "command": command,
        "library": f"inception_lib {VERSION}",
        "torch": torch.__version__.partition("+")[0],
        **more,
    }


def rounded(value: Any, digits: int = 4) -> Any:
    """Floats to so many significant digits, within mappings and sequences too.

    A repeated run, whose last bits may be others, then differs in nothing.
    """
    if isinstance(value, float):
        return float(f"{value:.{digits}g}")
    if isinstance(value, Mapping):
        return {key: rounded(v, digits) for key, v in value.items()}
    return [rounded(v, digits) for v in value] if isinstance(value, (list, tuple)) else value
