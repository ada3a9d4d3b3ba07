"""Every field of a recipe as a flag of the command line."""

from __future__ import annotations

import argparse
from typing import Any

from .recipes import FIELDS, Recipe, field_types

__all__ = ["add_flags", "from_flags"]


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Give ``parser`` a flag for each field: ``--weight-decay 4e-5``, ``--no-aux``.

    A flag that is not given leaves no trace in the namespace, so that what the recipe says stands.
    A pair is written ``0.05,1``. Limits are checked by the recipe itself.
    """
    group = parser.add_argument_group("fields of the recipe")
    for name, kind in field_types().items():
        options: dict[str, Any] = {"dest": name, "default": argparse.SUPPRESS}
        options["help"] = FIELDS[name].metadata["help"].replace("%", "%%")
        if kind is bool:
            options["action"] = argparse.BooleanOptionalAction
        else:
            options["type"] = _pair if kind not in (int, float, str) else kind
            options["choices"] = FIELDS[name].metadata["choices"] or None
            options["metavar"] = {int: "N", float: "X", str: "TEXT"}.get(kind, "LOW,HIGH")
            if options["choices"]:
                del options["metavar"]  # the choices say more
        group.add_argument(f"--{name.replace('_', '-')}", **options)


def from_flags(namespace: argparse.Namespace, base: Recipe) -> Recipe:
    """``base`` with the fields that were given as flags.

    Raises
    ------
    ValueError
        If a value is out of range.
    """
    given = {name: value for name, value in vars(namespace).items() if name in FIELDS}
    return base.replace(**given)


def _pair(text: str) -> tuple[float, float]:
    try:
        low, high = map(float, text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no pair: give two numbers as 0.05,1"
        ) from None
    return low, high
