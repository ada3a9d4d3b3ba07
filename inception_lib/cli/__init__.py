"""The command line, ``inception``: count networks, train them, judge them.

A network is a name (``inception_v3``), or any callable that returns an ``nn.Module``, as
``package.module:name`` (``torchvision.models:resnet50``).
"""

from __future__ import annotations

import importlib
import io
import os
import sys
import warnings
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from ..version import VERSION
from .parser import Parser, nearest

__all__ = ["main"]

# By module: its commands in order, and what each does. So the list is printed, and a misspelt word
# answered, before anything is loaded that takes longer than that.
COMMANDS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "networks": {
            "summary": "totals: parameters, multiply-adds, activations",
            "cost": "multiply-adds and parameters, module by module",
            "rf": "receptive field, stride and padding, module by module; exact, or a hull and why",
            "compare": "networks side by side: multiply-adds, parameters, activations, bytes, "
            "memory",
        },
        "viewing": {
            "view": "a page with the network in space, its cost and its receptive fields",
        },
        "training": {
            "train": "train a network by a recipe; the same command resumes what was interrupted",
            "recipe": "a recipe's values and where each comes from",
            "plot": "curves of one run, or of several to compare",
        },
        "evaluating": {
            "evaluate": "accuracy, calibration and mistakes of trained networks, alone and as an "
            "ensemble",
        },
        "predicting": {
            "predict": "the likeliest classes of images, with probabilities, and what mattered",
        },
        "probing": {
            "features": "pooled features of a network's module, once over the data, into a file",
            "probe": "a linear classifier on features: chosen on validation, tested once",
        },
        "benching": {
            "bench": "a network's images/s, MFU, memory and time by block on this machine",
        },
        "exporting": {
            "export": "a trained network as one file that others use without this library",
        },
    }
)
COUNTING = ("summary", "cost", "rf", "compare", "view")  # commands that train nothing


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns
    -------
    int
        0 where all went well, 2 where something was asked wrongly, 1 where a run failed or a
        part could not be done. The reason is on stderr, what was asked for on stdout.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):
        # A console of another code page shows \xd7 for what it lacks, and loses no result.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    if os.getcwd() not in sys.path:
        sys.path.append(os.getcwd())  # package.module:callable may be the reader's own
    options = _parser(given).parse_args(given)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("always", UserWarning)
            warnings.showwarning = _warn
            done = options.run(options)
    except ImportError as error:
        words = str(error)
        if options.command not in COUNTING and "inception-lib[" not in words:
            words += ' (what training needs comes with pip install "inception-lib[train]")'
        return _say(words, 2)
    except BrokenPipeError:  # the reader (head, less) has seen enough
        sys.stderr.close()
        return 0
    except Exception as error:
        status = _status(error)
        if status is None:
            raise
        return _say(error, status)
    return done or 0


def _status(error: Exception) -> int | None:
    """What a failure ends with; None for one that nobody has foreseen."""
    if isinstance(error, (ValueError, FileNotFoundError, NotADirectoryError)):
        wrongly_asked = True
    else:
        from ..training.checkpoint import CheckpointError
        from ..training.distributed import DeviceError
        from ..training.export import ExportError
        from ..training.guards import NonFiniteError, TooLittleMemory
        from ..training.outputs import UnknownOutput

        if isinstance(error, (NonFiniteError, TooLittleMemory, CheckpointError, ExportError)):
            return 1
        if not isinstance(error, (DeviceError, UnknownOutput, OSError)):
            return None
        wrongly_asked = not isinstance(error, OSError)
    return 2 if wrongly_asked else 1  # the rest: no space, no permission


def _parser(given: Sequence[str]) -> Parser:
    """The parser of the command that is asked for, which alone is loaded, or of all by name."""
    parser = Parser(prog="inception", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--version", action="version", version=VERSION)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    asked = next((word for word in given if not word.startswith("-")), None)
    for module, names in COMMANDS.items():
        if asked in names:
            importlib.import_module(f".{module}", __name__).add_commands(commands)
            parser.commands = commands.choices
            return parser
    words = {name: words for names in COMMANDS.values() for name, words in names.items()}
    if asked is not None:
        parser.error(f"no command is called {asked!r}{nearest(asked, words)}")
    for name, help_ in words.items():
        commands.add_parser(name, help=help_)
    return parser


def _say(error: object, status: int) -> int:
    print(f"inception: {error}", file=sys.stderr)
    return status


def _warn(message: Warning | str, *_: object, **__: object) -> None:
    """A warning as a line for the reader, without the place in our code that it came from."""
    print(f"inception: note: {message}", file=sys.stderr)
