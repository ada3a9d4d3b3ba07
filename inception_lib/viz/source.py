"""The library's own lines, shown in a chapter as they stand in its files."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable
from typing import Any

__all__ = ["Source", "source"]


class Source:
    """Python source that a notebook shows highlighted; see ``source``."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text

    def _repr_markdown_(self) -> str:
        return f"```python\n{self.text}\n```"


def source(*objects: Callable[..., Any] | type) -> Source:
    """The source of functions, methods or classes of the library, without their docstrings.

    Parameters
    ----------
    *objects : function, method or class
        Shown one after the other, in the order given.
    """
    return Source("\n\n".join(_lines(thing) for thing in objects))


def _lines(thing: Callable[..., Any] | type) -> str:
    text = textwrap.dedent(inspect.getsource(thing)).rstrip()
    lines = text.splitlines()
    for node in reversed(list(ast.walk(ast.parse(text)))):
        if not isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            continue
        first = node.body[0]
        if ast.get_docstring(node) is not None and len(node.body) > 1:
            end = first.end_lineno or first.lineno
            if end < len(lines) and not lines[end].strip():
                end += 1
            del lines[first.lineno - 1 : end]
            # Deleting keeps the numbers of the lines above: go on with what stands before.
    return "\n".join(lines)
