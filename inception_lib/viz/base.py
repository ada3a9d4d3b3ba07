"""What every widget of the book shares: one front-end module, a stable name, a static twin."""

from __future__ import annotations

import html
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import anywidget
import ipywidgets
from traitlets import TraitError, Unicode

from inception_lib.viz.traits import StateError

STATIC = Path(__file__).parent / "static"

_counts: Counter[str] = Counter()


class BookWidget(anywidget.AnyWidget):
    """An anywidget that can also be shown without a kernel.

    A subclass sets `kind`, declares the reader's state as traits (`Bounded`, `OneOf`, or any with
    ``.tag(sync=True)``), and writes `fallback_html`. Live, it is an ordinary anywidget (JupyterLab,
    Colab, VS Code) with two-way traits. Stored in a notebook, its ``text/html`` carries the same
    state beside a table or a picture, so that the built book can mount the same front end from a
    file.

    Parameters
    ----------
    uid : str, optional
        Name of this widget in its page, the same from run to run. Two views that share it move
        together. Defaults to ``"<kind>-<n>"``, counted per process.
    **state
        Initial values of the traits.

    Raises
    ------
    ValueError
        If a value is outside its trait's limits; the message names value, limit and remedy.
    """

    _esm = STATIC / "widgets.js"
    _css = STATIC / "widgets.css"

    kind = Unicode(read_only=True).tag(sync=True)
    uid = Unicode(read_only=True).tag(sync=True)

    def __init__(self, *, uid: str | None = None, **state: Any) -> None:
        kind = type(self).kind.default_value
        if uid is None:
            _counts[kind] += 1
            uid = f"{kind}-{_counts[kind]}"
        if not re.fullmatch(r"[A-Za-z][\w-]*", uid):
            raise StateError(
                f"uid is {uid!r}; it names elements of the page, so it needs a letter first and "
                "then letters, digits, '-' or '_' only: pass for instance uid='first-figure'"
            )
        try:
            super().__init__(**state)
        except StateError:
            raise
        except TraitError as error:
            raise StateError(str(error)) from None
        self.set_trait("uid", uid)

    # -- state ---------------------------------------------------------------------------------

    def _state_names(self) -> list[str]:
        """Synced traits of our own, in the order in which the class declares them."""
        foreign = set(ipywidgets.DOMWidget.class_trait_names())
        own = {n for n in self.trait_names(sync=True) if not n.startswith("_")} - foreign
        declared = [n for c in reversed(type(self).__mro__) for n in vars(c) if n in own]
        return list(dict.fromkeys(declared))

    def state(self) -> dict[str, Any]:
        """The reader's state: every synced trait by name, `kind` and `uid` included."""
        return {name: getattr(self, name) for name in self._state_names()}

    # -- how it is shown -----------------------------------------------------------------------

    def fallback_html(self) -> str:
        """What is seen without JavaScript: a table or a picture of the present state, as HTML."""
        raise NotImplementedError(f"{type(self).__name__} needs a fallback_html()")

    def to_html(self) -> str:
        """The static twin: the state, and the fallback in its place until a script mounts it."""
        state = json.dumps(self.state(), ensure_ascii=False, separators=(",", ":"))
        return (
            f'<div class="inception-widget" data-kind="{self.kind}" data-uid="{self.uid}" '
            f'data-state="{html.escape(state)}">\n'
            f"{self.fallback_html()}\n</div>"
        )

    def __repr__(self) -> str:
        hidden = {"kind"}
        parts = (f"{k}={_brief(v)}" for k, v in self.state().items() if k not in hidden)
        return f"{type(self).__name__}({', '.join(parts)})"

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        # ipywidgets hands back a dictionary, anywidget a pair with metadata that Colab needs.
        live = super()._repr_mimebundle_(**kwargs)
        data, metadata = live if isinstance(live, tuple) else (live or {}, {})
        bundle = {"text/plain": repr(self), "text/html": self.to_html()}
        return {**data, **bundle}, metadata


def _brief(value: Any) -> str:
    """A short repr: photographs and other long strings are cut."""
    words = repr(value)
    return words if len(words) <= 60 else f"{words[:50]}…{words[-1]}"
