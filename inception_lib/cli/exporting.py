"""``inception export``: a trained network as one file for others."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .opening import NETWORK_HELP, add_network, new_files, open_data_of, open_network

if TYPE_CHECKING:
    from torch import Tensor

    from ..training.trained import Trained

__all__ = ["add_commands"]

FORMS = ("onnx", "pt2", "state_dict", "safetensors")
CHECKED = 64  # validation images on which the answers are compared


def add_commands(commands: Any) -> None:
    """Add the command to argparse's subparsers."""
    command = commands.add_parser(
        "export",
        help="a trained network as one file that others use without this library",
        epilog="onnx and pt2 take uint8 pixels N×3×size×size, any N, and give probabilities; "
        "classes and preprocessing are inside. Of a state_dict they stand beside, in FILE.json. "
        "The file takes its name once its answers equal the network's, on images of the run's "
        "validation split, or on noise where there are none.",
        allow_abbrev=False,
    )
    command.add_argument("network_or_run", metavar="RUN|NET", help=NETWORK_HELP)
    command.add_argument("--to", choices=FORMS, required=True, help="the form")
    command.add_argument("-o", "--output", metavar="FILE", required=True, help="file to write")
    command.add_argument("--overwrite", action="store_true", help="replace a file that is there")
    add_network(command)
    command.set_defaults(run=_export)


def _export(options: argparse.Namespace) -> None:
    from ..training.export import export, script

    path = Path(options.output)
    beside = [path.with_name(path.name + ".json")] if options.to == "state_dict" else []
    new_files([path, *beside], options.overwrite)
    trained = open_network(options.network_or_run, options)
    pixels, words = _pixels(options, trained)
    done = export(trained, options.to, path, pixels)
    print(
        f"inception: note: {path} has {path.stat().st_size / 1e6:.1f} MB; by {done.by}, on "
        f"{done.images} {words}, its probabilities differ by at most {done.difference:.1g}",
        file=sys.stderr,
    )
    if trained.recipe.network != "inception_v3" and options.to in ("state_dict", "safetensors"):
        print(
            f"inception: note: the code of {trained.recipe.network} is not in the file: --to onnx "
            "and --to pt2 hold the whole computation",
            file=sys.stderr,
        )
    print(script(trained, options.to, path), end="")


def _pixels(options: argparse.Namespace, trained: Trained) -> tuple[Tensor | None, str]:
    """Images to check on, as the network is shown them, and what they are called."""
    from ..training.data import Unreadable
    from ..training.inference import show
    from ..training.trained import run_of

    home = run_of(options.network_or_run)
    if home is not None:
        try:
            data = open_data_of(home, or_else="")
            if data.validation is not None:
                first = range(min(CHECKED, len(data.validation)))
                found = show(trained.preprocess, data.validation, first)
                return found, f"validation images of {data.name}"
        except (ValueError, OSError, ImportError, Unreadable) as error:
            reason = str(error).splitlines()[0]
            print(f"inception: note: checked on noise: {reason}", file=sys.stderr)
    return None, "images of noise"
