"""What writes into a tensor that it was given, and what may hand that very tensor back.

By name, as torch and Python call their functions: one list for whoever reads a graph of
``torch.fx`` and for whoever reads one of this library's.
"""

from __future__ import annotations

import inspect
import operator
from functools import cache
from typing import Any

import torch
import torch.nn.functional as F

__all__ = ["HANDS_BACK", "IN_PLACE", "asks_in_place", "is_in_place_name"]

# Functions that write into their first argument.
IN_PLACE = frozenset(
    getattr(operator, name)
    for name in (
        *("iadd", "isub", "imul", "itruediv", "ifloordiv", "imod", "ipow", "imatmul"),
        *("iand", "ior", "ixor", "ilshift", "irshift", "setitem"),
    )
) | {torch.relu_, F.relu_}

# Operations that may give back the very tensor that they were given.
HANDS_BACK = frozenset(
    [
        *("identity", "dropout", "dropout2d", "detach", "contiguous", "to", "float", "type"),
        *("alias", "stochastic_depth", "alpha_dropout", "feature_dropout"),
    ]
)


def is_in_place_name(name: str) -> bool:
    """Whether a name says that its function writes into its first argument: ``add_``."""
    return name.endswith("_") and not name.endswith("__")


@cache
def _may_be_asked() -> frozenset[str]:
    """The functions of torch.nn.functional with an argument ``inplace``."""
    found = set()
    for name, function in vars(F).items():
        try:
            parameters = inspect.signature(function).parameters if callable(function) else {}
        except (TypeError, ValueError):  # written in C
            continue
        if "inplace" in parameters:
            found |= {name, getattr(function, "__name__", name)}
    return frozenset(found)


def asks_in_place(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Whether a call asks a function to write in place; ``inplace`` may come by position."""
    if kwargs.get("inplace"):
        return True
    name = getattr(function, "__name__", "")
    return name in _may_be_asked() and any(argument is True for argument in args)
