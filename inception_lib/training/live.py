"""A plot in a notebook that grows while a run does."""

from __future__ import annotations

import sys
import time
from typing import Any

from .plot import Curves, draw_curves

__all__ = ["LivePlot", "in_notebook"]


def in_notebook() -> bool:
    """Whether this process is a notebook's kernel."""
    shell = sys.modules.get("IPython")
    now = shell.get_ipython() if shell is not None else None
    return now is not None and hasattr(now, "kernel")


class LivePlot:
    """Curves in a notebook, drawn over again in one and the same output.

    At most once a second, and never more than a tenth of the time. One output is ever made, whose
    text is always the same: a notebook that is run again has the same output, picture aside.
    """

    def __init__(self) -> None:
        self._handle: Any = None
        self._next = 0.0

    def show(self, curves: Curves, last: bool = False) -> None:
        """Draw, unless it was just done; ``last`` draws in any case."""
        start = time.perf_counter()
        if start < self._next and not last:
            return
        from IPython.display import display

        picture = Picture(draw_curves([curves]), f"<training curves of {curves.name}>")
        if self._handle is None:
            self._handle = display(picture, display_id=True)
        else:
            self._handle.update(picture)
        now = time.perf_counter()
        self._next = now + max(1.0, 9 * (now - start))


class Picture:
    """A figure as a notebook shows it: a PNG, and a text that never changes."""

    def __init__(self, figure: Any, text: str) -> None:
        self.figure, self.text = figure, text

    def __repr__(self) -> str:
        return self.text

    def _repr_png_(self) -> bytes:
        from io import BytesIO

        file = BytesIO()
        self.figure.savefig(file, format="png", dpi=110)
        return file.getvalue()
