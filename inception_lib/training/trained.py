"""Networks that a run left behind: its folder, one of its checkpoints, a file of weights."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

if TYPE_CHECKING:
    from .recipes import Recipe

__all__ = ["Trained", "allow_code", "load_trained", "run_of"]


@dataclass(frozen=True, eq=False)
class Trained:
    """A network with its weights, and what is known of where they come from.

    Attributes
    ----------
    path : Path
        The file that was read.
    network : nn.Module
        In evaluation mode, on the CPU.
    recipe : Recipe
        How it was trained, so how images are shown to it.
    data : dict or None
        The data that it learnt from, as ``Data.to_dict`` gives it; None for a bare file.
    """

    path: Path
    network: nn.Module
    recipe: Recipe
    data: dict[str, Any] | None


def load_trained(
    path: str | os.PathLike[str],
    *,
    recipe: Recipe | None = None,
    classes: int | None = None,
    network: str | None = None,
) -> Trained:
    """Read a trained network.

    Parameters
    ----------
    path : path
        A run's folder (its final weights; of an unfinished run the best so far, else the latest),
        a checkpoint, or a file of weights.
    recipe : Recipe, optional
        For a file of weights that lies in no run's folder.
    classes : int, optional
        As ``recipe``: how many classes the weights have. Where the run is known its own count.
    network : str, optional
        A network of one's own, ``package.module:callable``. A run that was trained with such code
        is read only if the same is given here: what lies in a folder imports nothing by itself.

    Raises
    ------
    FileNotFoundError
        If there is nothing there, or no weights yet.
    ValueError
        If nothing says which network the weights are for, or they are another network's, or the
        run asks for code that ``network`` does not name.
    """
    from .checkpoint import load_checkpoint, network_weights
    from .folder import load_run
    from .state import make_network

    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"no run and no weights at {path}: give a folder or a file")
    file = _weights_of(path) if path.is_dir() else path
    home = run_of(file)
    data = None
    if home is not None:
        recipe, data = load_run(home)
        allow_code(home, recipe, network)
        classes = len(data["classes"])
    if recipe is None or classes is None:
        raise ValueError(
            f"{file} lies in no run's folder, so nothing says which network it is for: give a "
            "recipe (--recipe) and data with its classes (--data)"
        )
    if file.suffix == ".pt" and file.parent.name == "checkpoints":
        tensors = network_weights(load_checkpoint(file))
    else:
        from inception_lib.nets.weights import read_weights

        tensors = read_weights(file)
    if home is None:
        recipe = recipe.replace(aux=any(name.startswith("AuxLogits.") for name in tensors))
    made = make_network(recipe.replace(weights=""), classes)
    _fill(made, tensors, file, recipe.network)
    return Trained(file, made.eval(), recipe, data)


def allow_code(run: Path, recipe: Recipe, network: str | None) -> None:
    """Refuse a run's own code unless it was asked for by its name.

    Raises
    ------
    ValueError
        If the run's network is ``package.module:callable`` and ``network`` is not the same.
    """
    if ":" in recipe.network and recipe.network != network:
        raise ValueError(
            f"{run} asks to import {recipe.network}, which is code: if you trust it, give it by "
            f"name (--network {recipe.network}, or network={recipe.network!r} in Python)"
        )


def run_of(path: str | os.PathLike[str]) -> Path | None:
    """The run's folder that ``path`` is, or in which that file lies; None if there is none."""
    path = Path(path)
    near = [path] if path.is_dir() else [path.parent, path.absolute().parent.parent]
    return next((folder for folder in near if (folder / "recipe.json").is_file()), None)


def _weights_of(run: Path) -> Path:
    """The file in a run's folder that evaluation wants."""
    best, checkpoints = run / "checkpoints" / "best.pt", run / "checkpoints"
    final = run / "weights.safetensors"
    found = [p for p in (final, best, *sorted(checkpoints.glob("step-*.pt"))[::-1]) if p.is_file()]
    if not found:
        raise FileNotFoundError(
            f"{run} holds no weights: it is no run's folder, or the run has saved none yet"
        )
    return found[0]


def _fill(network: nn.Module, tensors: dict[str, Tensor], file: Path, name: str) -> None:
    """Load every tensor, or say which does not fit: evaluation must not begin with random ones."""
    own = network.state_dict()
    missing = [k for k in own if k not in tensors and not k.endswith("num_batches_tracked")]
    unknown = [k for k in tensors if k not in own]
    misfit = [k for k in tensors if k in own and own[k].shape != tensors[k].shape]
    for keys, words in (
        (misfit, "has another shape for"),
        (missing, "does not have"),
        (unknown, "has, unlike the network,"),
    ):
        if keys:
            shapes = ""
            if keys is misfit:
                was, now = (tuple(x[keys[0]].shape) for x in (tensors, own))
                shapes = f" ({was}, the network has {now})"
            raise ValueError(
                f"{file} {words} {keys[0]}{shapes}, and {len(keys) - 1} more: these are not the "
                f"weights of {name} with these classes; give the recipe and the data that they "
                "were trained with"
            )
    network.load_state_dict(tensors, strict=False)
