"""Trained networks: what a run left behind, a file of weights, a network by its name."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from inception_lib.graph.mode import in_mode
from inception_lib.nets.published import PUBLISHED
from inception_lib.nets.registry import NETWORKS, create, own_size
from inception_lib.nets.weights import IncompleteWeights, load_weights, read_weights

from .checkpoint import load_checkpoint, network_weights
from .config import Config, read_config
from .data import Preprocess
from .folder import load_run
from .outputs import logits_of
from .recipes import RECIPES, Recipe
from .state import make_network, network_options

__all__ = ["Trained", "allow_code", "load_network", "load_trained", "run_of"]

HALF = (0.5, 0.5, 0.5)
IMAGENET = 1000  # classes; torchvision knows their names


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
        The data that it learnt from, as ``Dataset.to_dict`` gives it, or what a file says of
        them: ``classes``, ``mean`` and ``std``; None for a bare file.
    options : dict
        What ``create`` was told to build the network, ``num_classes`` among it.
    """

    path: Path
    network: nn.Module
    recipe: Recipe
    data: dict[str, Any] | None
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes; numbers where nothing says them."""
        if self.data is not None:
            return tuple(self.data["classes"])
        return tuple(map(str, range(self.options["num_classes"])))

    @property
    def preprocess(self) -> Preprocess:
        """How an image is shown to the network: ``trained.network(trained.preprocess(path))``."""
        about = self.data or {"mean": HALF, "std": HALF}
        size = self.recipe.eval_size or self.recipe.size
        return Preprocess(size, self.recipe.eval_crop, tuple(about["mean"]), tuple(about["std"]))

    @property
    def config(self) -> Config:
        """What goes with the weights where they are written."""
        return Config(self.recipe.network, self.classes, self.preprocess, self.options)


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
        For a file of weights that lies in no run's folder and does not say itself what it is
        (``inception export`` and runs write files that do).
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
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"no run and no weights at {path}: give a folder or a file")
    file = _weights_of(path) if path.is_dir() else path
    home = run_of(file)
    data = None
    if home is not None:
        recipe, data = load_run(home)
        allow_code(home, recipe.network, network)
        classes = len(data["classes"])
    elif recipe is None and (config := read_config(file)) is not None:
        return _of_config(file, config, network)
    if recipe is None or classes is None:
        raise ValueError(
            f"{file} lies in no run's folder, so nothing says which network it is for: give a "
            "recipe (--recipe) and data with its classes (--data)"
        )
    if file.suffix == ".pt" and file.parent.name == "checkpoints":
        tensors = network_weights(load_checkpoint(file))
    else:
        tensors = read_weights(file)
    if home is None:
        recipe = recipe.replace(aux=any(name.startswith("AuxLogits.") for name in tensors))
    made = make_network(recipe.replace(weights=""), classes)
    _fill(made, tensors, file, recipe.network)
    return Trained(file, made.eval(), recipe, data, network_options(recipe, classes))


def load_network(
    name: str,
    weights: str | os.PathLike[str] | None = None,
    *,
    classes: Sequence[str] | None = None,
    size: int | None = None,
    crop: float = 0.875,
    mean: Sequence[float] | None = None,
    std: Sequence[float] | None = None,
    strict: bool = True,
) -> Trained:
    """A network by its name, with weights that no run of this library left.

    Parameters
    ----------
    name : str
        As ``create`` takes it: ``"inception_v3"``, or ``package.module:callable``.
    weights : path or name, optional
        As ``read_weights`` takes it: a file, or ``"torchvision"``. Without, what the callable
        itself loads, or the weights that the network begins with.
    classes : sequence of str, optional
        Names of the classes. Of published weights ImageNet's, of others numbers.
    size : int, optional
        Side of the images, pixels; by default the network's own.
    crop : float
        Central share of each side that is shown.
    mean, std : three floats, optional
        Of the images, on the scale 0 to 1. By default those of published weights, or those that
        the network itself names (timm's do), else 0.5 each: [−1, 1].
    strict : bool
        Refuse weights that leave a tensor of the network as initialised.

    Raises
    ------
    ValueError
        If there is no such network, or the weights or the names are another's.
    FileNotFoundError
        If there is no such file.
    """
    weights = None if weights is None else os.fspath(weights)
    published = PUBLISHED.get(weights or "")
    if published is not None and published.network != name:
        raise ValueError(
            f"the weights {weights!r} are of {published.network}, not of {name}: give that network"
        )
    options: dict[str, Any] = {}
    if name in NETWORKS:
        tensors = read_weights(weights) if weights else {}
        if classes is not None:
            options["num_classes"] = len(classes)
        elif "fc.weight" in tensors:
            options["num_classes"] = len(tensors["fc.weight"])
        if published is not None:
            options["count_include_pad"] = published.count_include_pad
    made = create(name, **options)
    if weights:
        _load(made, weights, strict)
    about = getattr(made, "default_cfg", None)
    about = about if isinstance(about, dict) else {}
    mean = mean or (published.mean if published else about.get("mean", HALF))
    std = std or (published.std if published else about.get("std", HALF))
    if size is None:
        own = own_size(name, made)
        size = own if isinstance(own, int) else own[-1]
    count = options.setdefault("num_classes", _count(made, size))
    names = classes
    if names is None and count == IMAGENET and published is not None:
        names = imagenet_classes()
    if names is not None and len(names) != count:
        raise ValueError(
            f"{name} has {count:,} classes, and {len(names):,} names are given: one name a class"
        )
    view = Preprocess(size, crop, tuple(mean), tuple(std))
    config = Config(name, tuple(names or map(str, range(count))), view, options)
    return _described(Path(weights or name), made, config)


def imagenet_classes() -> tuple[str, ...]:
    """The names of ImageNet's 1000 classes, in the order in which published weights have them."""
    from torchvision.models import Inception_V3_Weights

    return tuple(Inception_V3_Weights.IMAGENET1K_V1.meta["categories"])


def _count(network: nn.Module, size: int) -> int:
    """How many classes a network tells apart, by one image."""
    with in_mode(network, False), torch.inference_mode():
        return logits_of(network(torch.zeros(1, 3, size, size))).shape[1]


def _load(network: nn.Module, weights: str, strict: bool) -> None:
    """Fill a network; where it is strict, what would be a warning is an error."""
    if not strict:
        load_weights(network, weights)
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", IncompleteWeights)
        try:
            load_weights(network, weights)
        except IncompleteWeights as lacks:
            raise ValueError(
                f"{lacks}: give weights that are whole, of a network with its classes"
            ) from None


def _of_config(file: Path, config: Config, network: str | None) -> Trained:
    """A network that its file of weights describes."""
    allow_code(file, config.network, network)
    made = create(config.network, **config.options)
    _fill(made, read_weights(file), file, config.network)
    return _described(file, made, config)


def _described(path: Path, made: nn.Module, config: Config) -> Trained:
    """A network of no run, with what a run would know of it."""
    view = config.preprocess
    recipe = RECIPES["paper"].replace(
        name="none",
        network=config.network,
        size=view.size,
        eval_crop=view.crop,
        batch=32,
        accumulate=1,
        aux=bool(config.options.get("aux", False)),
    )
    data: dict[str, Any] = {"name": "", "classes": list(config.classes)}
    data |= {"mean": list(view.mean), "std": list(view.std)}
    return Trained(path, made.eval(), recipe, data, dict(config.options))


def allow_code(path: Path, wants: str, network: str | None) -> None:
    """Refuse the code that a run, or a file, names, unless it was asked for by its name.

    Raises
    ------
    ValueError
        If it wants ``package.module:callable``, and ``network`` is not the same.
    """
    if ":" in wants and wants != network:
        raise ValueError(
            f"{path} asks to import {wants}, which is code: if you trust it, give it by "
            f"name (--network {wants}, or network={wants!r} in Python)"
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
