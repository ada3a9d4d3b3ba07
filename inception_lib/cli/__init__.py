"""The command line, ``inception``: count networks, train them, judge them.

A network is a name (``inception_v3``), or any callable that returns an ``nn.Module``, as
``package.module:name`` (``torchvision.models:resnet50``).
"""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from collections.abc import Sequence

from ..version import VERSION
from .evaluating import add_commands as add_evaluating
from .networks import add_commands as add_networks
from .training import add_commands as add_training
from .viewing import add_commands as add_viewing

__all__ = ["main"]

COUNTING = ("summary", "cost", "rf", "compare", "view")  # commands that train nothing


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns
    -------
    int
        0 where all went well, 2 where something was asked wrongly, 1 where a run failed. The
        reason is on stderr, what was asked for on stdout.
    """
    if os.getcwd() not in sys.path:
        sys.path.append(os.getcwd())  # package.module:callable may be the reader's own
    options = _parser().parse_args(arguments)
    from ..training.checkpoint import CheckpointError
    from ..training.distributed import DeviceError
    from ..training.guards import NonFiniteError, TooLittleMemory

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("always", UserWarning)
            warnings.showwarning = _warn
            options.run(options)
    except (NonFiniteError, TooLittleMemory, CheckpointError) as error:
        return _say(error, 1)
    except ImportError as error:
        words = str(error)
        if options.command not in COUNTING and "inception-lib[" not in words:
            words += ' (what training needs comes with pip install "inception-lib[train]")'
        return _say(words, 2)
    except (ValueError, FileNotFoundError, NotADirectoryError, DeviceError) as error:
        return _say(error, 2)
    except BrokenPipeError:  # the reader (head, less) has seen enough
        sys.stderr.close()
        return 0
    except OSError as error:  # no space, no permission
        return _say(error, 1)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="inception", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--version", action="version", version=VERSION)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for add_commands in (add_networks, add_viewing, add_training, add_evaluating):
        add_commands(commands)
    return parser


def _say(error: object, status: int) -> int:
    print(f"inception: {error}", file=sys.stderr)
    return status


def _warn(message: Warning | str, *_: object, **__: object) -> None:
    """A warning as a line for the reader, without the place in our code that it came from."""
    print(f"inception: note: {message}", file=sys.stderr)
