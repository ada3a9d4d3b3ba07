"""What several commands share: a trained network and the views it is shown; files to write."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..training.data import Dataset
    from ..training.trained import Trained

__all__ = [
    "NETWORK_HELP",
    "add_network",
    "add_views",
    "new_files",
    "open_data_of",
    "open_network",
    "views_of",
]

NETWORK_HELP = (
    "a run's folder, a checkpoint, a file of weights that says what it is; or a network's name, "
    "with --weights"
)


def add_views(command: argparse.ArgumentParser) -> None:
    """The flags of the views of an image whose probabilities are averaged."""
    command.add_argument(
        "--crops", type=int, choices=(1, 12, 144), default=1, help="crops an image (default: 1)"
    )
    command.add_argument("--flip", action="store_true", help="average with the mirror images")
    command.add_argument(
        "--shift",
        type=int,
        default=0,
        metavar="N",
        help="average with the images moved by N pixels along each diagonal (default: 0)",
    )


def views_of(options: argparse.Namespace) -> dict[str, Any]:
    """What ``add_views`` was told, as ``evaluate`` and ``predict`` take it."""
    return {name: getattr(options, name) for name in ("crops", "flip", "shift")}


def add_network(command: argparse.ArgumentParser, *, weights: bool = True) -> None:
    """The flags that say which network, and how images are shown to it."""
    if weights:
        command.add_argument(
            "--weights", metavar="FILE|NAME", help="of a network by its name: a file, torchvision …"
        )
    command.add_argument(
        "--network",
        metavar="NET",
        help="package.module:callable, where a run asks for such code: it is imported only if "
        "it is named here",
    )
    command.add_argument(
        "--classes",
        metavar="FILE",
        help="names of the classes, one a line, where nothing else says them; or imagenet",
    )
    command.add_argument(
        "--size", type=int, metavar="N", help="side of the images, pixels (default: as trained)"
    )
    command.add_argument(
        "--normalise",
        choices=("symmetric", "imagenet"),
        help="of a network by its name: to [−1, 1], or by ImageNet's mean and deviation "
        "(default: what its weights are known to want, else symmetric)",
    )
    command.add_argument("--device", help="cpu, cuda … (default: a GPU where there is one)")


def open_network(what: str, options: argparse.Namespace, *, strict: bool = True) -> Trained:
    """The network that the command line names.

    Raises
    ------
    FileNotFoundError
        If it is no file, no folder and no network.
    ValueError
        If nothing says what a file holds, or a network has no weights.
    """
    import dataclasses

    from ..nearest import nearest
    from ..nets.inputs import IMAGENET_MEAN, IMAGENET_STD
    from ..nets.registry import NETWORKS
    from ..training.trained import load_network, load_trained, run_of

    weights = getattr(options, "weights", None)
    by_name = what in NETWORKS or (":" in what and not Path(what).exists())
    if not by_name:
        for flag in ("weights", "normalise", "classes"):
            if getattr(options, flag, None) is not None:
                raise ValueError(
                    f"--{flag} goes with a network's name, and {what} is none"
                    f"{nearest(what, NETWORKS)}: leave it out for what a run or its files hold"
                )
        if not Path(what).exists():
            raise FileNotFoundError(
                f"there is no run, no file and no network {what}{nearest(what, NETWORKS)}: give a "
                f"run's folder, a file of weights, one of {', '.join(NETWORKS)}, or "
                "package.module:callable"
            )
        try:
            trained = load_trained(what, network=options.network)
        except ValueError as error:
            if run_of(what) is None and "nothing says" in str(error):
                raise ValueError(
                    f"{what} does not say which network it is for: give the network's name "
                    f"instead, and --weights {what}"
                ) from error
            raise
        if options.size is not None:
            recipe = trained.recipe.replace(eval_size=options.size)
            trained = dataclasses.replace(trained, recipe=recipe)
        return trained
    if strict and not weights and what in NETWORKS:
        raise ValueError(
            f"{what} by its name has learnt nothing yet: give --weights FILE, or --weights "
            "torchvision where that is meant"
        )
    choices: dict[str, Any] = {"size": options.size, "classes": _classes(options.classes)}
    if options.normalise == "imagenet":
        choices |= {"mean": IMAGENET_MEAN, "std": IMAGENET_STD}
    elif options.normalise == "symmetric":
        choices |= {"mean": (0.5, 0.5, 0.5), "std": (0.5, 0.5, 0.5)}
    return load_network(what, weights, strict=strict, **choices)


def _classes(file: str | None) -> tuple[str, ...] | None:
    if file is None:
        return None
    if file == "imagenet":
        from ..training.trained import imagenet_classes

        return imagenet_classes()
    if not Path(file).is_file():
        raise FileNotFoundError(f"there is no file {file}: give one name of a class a line")
    lines = Path(file).read_text(encoding="utf-8").splitlines()
    return tuple(line.strip() for line in lines if line.strip())


def open_data_of(run: Path, or_else: str = ", or say with --data where they are") -> Dataset:
    """The data that a run learnt from, split as they were.

    Raises
    ------
    FileNotFoundError
        If they are not there; the message says what helps.
    """
    from ..training.data import open_data
    from ..training.folder import load_run

    recipe, about = load_run(run)
    choices = {"seed": recipe.seed, "size": recipe.size} | about["options"]
    try:
        return open_data(about["name"], **choices)
    except FileNotFoundError as error:
        raise FileNotFoundError(
            f"{error}. That is where {run} found its images, seen from the folder in which it was "
            f"started: go there{or_else}"
        ) from error


def new_files(paths: list[Path], overwrite: bool) -> None:
    """Refuse to write over what is there, before the work is done; make the folders.

    Raises
    ------
    ValueError
        If a file is there already, or a name is a folder's.
    """
    for path in paths:
        if path.is_dir():
            raise ValueError(f"{path} is a folder: give the name of a file")
        if path.exists() and not overwrite:
            raise ValueError(f"{path} is there already: give another name, or --overwrite")
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
