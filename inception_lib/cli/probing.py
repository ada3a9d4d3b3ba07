"""``inception features | probe``: features of a trained network, and a classifier on them."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .opening import NETWORK_HELP, add_network, new_files, open_data_of, open_network
from .tables import add_forms, emit, json_text, print_rows
from .training import DATA_HELP

if TYPE_CHECKING:
    from ..training.data import Dataset
    from ..training.probe import Score
    from ..training.trained import Trained

__all__ = ["add_commands"]


def add_commands(commands: Any) -> None:
    """Add the commands to argparse's subparsers."""
    command = commands.add_parser(
        "features",
        help="pooled features of a network's module, once over the data, into a file",
        epilog="The file has, for each split NAME, the tensors NAME (images × features), "
        "NAME.labels and NAME.names. Without --weights a network by its name is as it begins.",
        allow_abbrev=False,
    )
    command.add_argument("network_or_run", metavar="RUN|NET", help=NETWORK_HELP)
    command.add_argument("--data", metavar="SPEC", help=f"{DATA_HELP} (default: the run's own)")
    command.add_argument(
        "--node",
        metavar="NAME",
        help="the module whose output is averaged over its grid (default: the last grid)",
    )
    command.add_argument("-o", "--output", metavar="FILE", required=True, help=".safetensors")
    command.add_argument("--overwrite", action="store_true", help="replace a file that is there")
    add_network(command)
    command.add_argument("--batch", type=int, metavar="N", help="images at once (default: 32)")
    command.set_defaults(run=_features)

    command = commands.add_parser(
        "probe",
        help="a linear classifier on features: chosen on validation, tested once",
        allow_abbrev=False,
    )
    command.add_argument("features", metavar="FEATURES", help="what inception features wrote")
    command.add_argument(
        "-o", "--output", metavar="FILE", help="write fc.weight and fc.bias (.safetensors)"
    )
    command.add_argument("--overwrite", action="store_true", help="replace a file that is there")
    add_forms(command, "one row a penalty")
    command.set_defaults(run=_probe)


def _features(options: argparse.Namespace) -> None:
    from ..training.features import pooled_features, save_features

    path = Path(options.output)
    if options.batch is not None and options.batch < 1:
        raise ValueError(f"--batch is {options.batch}: give at least 1")
    new_files([path], options.overwrite)
    trained = open_network(options.network_or_run, options, strict=False)
    data = _data(options, trained)
    layer = options.node or _last(trained)
    start, found = time.perf_counter(), {}
    for name, split in data.splits.items():
        found[name] = pooled_features(
            trained, split, layer, device=options.device, batch=options.batch
        )
    about = {
        "network": trained.recipe.network,
        "weights": trained.path.name,
        "node": layer,
        "data": data.name,
        "classes": list(data.classes),
        "preprocess": trained.preprocess.to_dict(),
    }
    save_features(path, found, about)
    images, width = sum(map(len, found.values())), next(iter(found.values())).x.shape[1]
    print(
        f"{path}: {width:,} features behind {layer} of {images:,} images "
        f"({', '.join(f'{name} {len(one):,}' for name, one in found.items())}), "
        f"{time.perf_counter() - start:.1f} s"
    )
    print(f"inception: note: next, inception probe {path}", file=sys.stderr)


def _last(trained: Trained) -> str:
    import torch

    from ..training.attribution import last_grid

    side = trained.preprocess.size
    return last_grid(trained.network, torch.zeros(1, 3, side, side))


def _data(options: argparse.Namespace, trained: Trained) -> Dataset:
    from ..training.data import open_data
    from ..training.folder import load_run
    from ..training.trained import run_of

    home = run_of(options.network_or_run)
    if options.data is None:
        if home is None:
            words = "is no run with data of its own: give --data"
            raise ValueError(f"{options.network_or_run} {words}")
        data = open_data_of(home)
    else:
        seed, size = 0, trained.preprocess.size
        if home is not None:
            recipe, _ = load_run(home)
            seed, size = recipe.seed, recipe.size
        data = open_data(options.data, seed=seed, size=size)
    for note in data.notes:
        print(f"inception: note: {note}", file=sys.stderr)
    return data


def _probe(options: argparse.Namespace) -> None:
    from ..nets.weights import save_weights
    from ..training.features import read_features
    from ..training.probe import probe

    if options.output is not None:
        new_files([Path(options.output)], options.overwrite)
    splits, about = read_features(options.features)
    found = probe(splits, len(about["classes"]))
    rows = [
        {
            "penalty": penalty,
            "train_top1": train.top1,
            "validation_top1": held.top1,
            "validation_loss": held.loss,
        }
        for penalty, train, held in found.tried
    ]
    if options.output is not None:
        tensors = {"fc.weight": found.classifier.weight, "fc.bias": found.classifier.bias}
        save_weights(tensors, options.output, classes=json_text(about["classes"]))
    if options.json:
        head = {"features": options.features, "penalty": found.penalty}
        for name, score in (("validation", found.validation), ("test", found.test)):
            head[name] = None if score is None else vars(score)
        print(json_text({**head, "tried": rows}))
        return
    if options.csv:
        emit(options, {}, rows)
        return
    print_rows(
        [
            {
                "penalty": f"{penalty:.2g}" + (" *" if penalty == found.penalty else "  "),
                "train error %": f"{100 * (1 - train.top1):.2f}",
                "validation error %": f"{100 * (1 - held.top1):.2f}",
                "validation loss": f"{held.loss:.4f}",
            }
            for penalty, train, held in found.tried
        ]
    )
    print(f"\n{about['network']} behind {about['node']}, {about['data']}; * chosen on validation:")
    print(f"validation {_words(found.validation)}; it was chosen there, so it looks too good")
    if found.test is None:
        print(
            "there are no test images: give data with some for a number that nothing was fitted to"
        )
    else:
        print(f"test {_words(found.test)}; read once")


def _words(score: Score) -> str:
    low, high = (100 * (1 - end) for end in reversed(score.interval95))
    error = 100 * (1 - score.top1)
    return f"error {error:.2f} % (95 %: {low:.2f} to {high:.2f}) of {score.n:,} images"
