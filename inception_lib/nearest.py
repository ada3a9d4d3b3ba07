"""Names most like one that there is not: the end of a message about a mistyped word."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable

__all__ = ["close_names", "nearest", "nearest_or_all"]


def close_names(word: str, names: Iterable[str], most: int = 3, cutoff: float = 0.6) -> list[str]:
    """At most so many names that are like ``word``, the likest first.

    ``cutoff`` is the least likeness, from 0 (anything) to 1 (the word itself).
    """
    return difflib.get_close_matches(word, list(names), most, cutoff)


def nearest(word: str, names: Iterable[str]) -> str:
    """As the rest of a sentence: "; near it: a, b", or nothing where no name is like ``word``."""
    near = close_names(word, names)
    return f"; near it: {', '.join(near)}" if near else ""


def nearest_or_all(word: str, names: Collection[str], cutoff: float = 0.6) -> str:
    """ "near it: a, b", or "there are: " and every name, in their order."""
    near = close_names(word, names, cutoff=cutoff)
    return f"near it: {', '.join(near)}" if near else f"there are: {', '.join(names)}"
