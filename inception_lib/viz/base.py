"""What every widget shares: a front end, a stable name, limits, numbers, a static twin."""

from __future__ import annotations

import html
import json
import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import anywidget
import ipywidgets
from traitlets import Dict, TraitError, Unicode, validate

from inception_lib.viz.format import compact, decimal, grouped, percent
from inception_lib.viz.traits import Bounded, OneOf, StateError

STATIC = Path(__file__).parent / "static"

Readouts = dict[str, "int | float | str"]

_counts: Counter[str] = Counter()


class BookWidget(anywidget.AnyWidget):
    """An anywidget that can also be shown without a kernel.

    A subclass lives in ``widgets/<name>/widget.py`` beside its front end (``model.js``,
    ``view.js``, ``words.js``, ``style.css``). It declares the reader's state as traits (`Bounded`,
    `OneOf`, or any with ``.tag(sync=True)``) and says in `readouts` every number that the page
    shows. Live, it is an ordinary anywidget (JupyterLab, Colab, VS Code) with two-way traits.
    Stored in a notebook, its ``text/html`` carries the same state beside a table or a picture, so
    that the built book can mount the same front end from a file.

    Parameters
    ----------
    uid : str, optional
        Name of this widget in its page, the same from run to run. Two views that share it move
        together. Defaults to ``"<kind>-<n>"``, counted per process.
    **state
        Initial values of the traits.

    Attributes
    ----------
    kind : str
        Which front end draws it: the class's name in lower case with hyphens.
    limits : dict
        What the reader may set: for each trait its ``min``, ``max``, ``step`` and ``unit``, or its
        ``names``; empty where any value of the same type will do.

    Raises
    ------
    ValueError
        If a value is outside its trait's limits; the message names value, limit and remedy.
    """

    kind = Unicode(read_only=True).tag(sync=True)
    uid = Unicode(read_only=True).tag(sync=True)
    limits: Dict = Dict(read_only=True).tag(sync=True)

    _not_state: ClassVar[set[str]] = {"limits"}

    def __init__(self, *, uid: str | None = None, **state: Any) -> None:
        kind = kind_of(type(self))
        if uid is None:
            _counts[kind] += 1
            uid = f"{kind}-{_counts[kind]}"
        _check_uid(uid)
        try:
            super().__init__(**state)
        except StateError:
            raise
        except TraitError as error:
            raise StateError(str(error)) from None
        self.set_trait("kind", kind)
        self.set_trait("uid", uid)
        self.set_trait("limits", self._limits())

    # -- the front end -------------------------------------------------------------------------

    @property
    def _esm(self) -> str:
        """The shared kit and the widget's own module, as one module that is whole by itself."""
        return _built("kit.js") + "\n" + _built(f"{kind_of(type(self))}.js")

    @property
    def _css(self) -> str:
        return _built("kit.css") + "\n" + _built(f"{kind_of(type(self))}.css")

    @classmethod
    def words(cls) -> dict[str, Any]:
        """The widget's label, caption, presets and names of readouts, from its ``words.js``."""
        return json.loads(_built(f"{kind_of(cls)}.json"))

    @classmethod
    def examples(cls) -> list[BookWidget]:
        """Widgets to show in the gallery; the first is taken through every preset by the tests."""
        return [cls(uid=f"{kind_of(cls)}-example")]

    # -- state ---------------------------------------------------------------------------------

    def _state_names(self) -> list[str]:
        """Synced traits of our own, in the order in which the class declares them."""
        foreign = set(ipywidgets.DOMWidget.class_trait_names()) | self._not_state
        own = {n for n in self.trait_names(sync=True) if not n.startswith("_")} - foreign
        declared = [n for c in reversed(type(self).__mro__) for n in vars(c) if n in own]
        return list(dict.fromkeys(declared))

    def state(self) -> dict[str, Any]:
        """The reader's state: every synced trait by name, `kind` and `uid` included."""
        return {name: getattr(self, name) for name in self._state_names()}

    def _limits(self) -> dict[str, dict[str, Any]]:
        traits = {name: self.traits()[name] for name in self._state_names()}
        return {
            name: trait.limits(self) if isinstance(trait, (Bounded, OneOf)) else {}
            for name, trait in traits.items()
            if not trait.read_only
        }

    @validate("kind", "uid")
    def _check_identity(self, proposal: Any) -> str:
        # A page may set any synced trait; these two name elements and files.
        name, value = proposal["trait"].name, proposal["value"]
        if name == "uid":
            _check_uid(value)
        elif value != kind_of(type(self)):
            raise StateError(f"kind is {value!r}; it is fixed to {kind_of(type(self))!r}")
        return value

    # -- numbers -------------------------------------------------------------------------------

    def readouts(self) -> Readouts:
        """Every number that the page shows now, by the name of its ``<output>``."""
        raise NotImplementedError(
            f"{type(self).__name__} needs readouts(): a mapping from the name of each <output> of "
            "its view to the number that stands there"
        )

    # -- how it is shown -----------------------------------------------------------------------

    def fallback_html(self) -> str:
        """What is seen without JavaScript: a table of the readouts, or what a subclass draws."""
        words = self.words()
        labels: dict[str, tuple[str, str]] = words["readouts"]
        rows = [
            _row(labels[name][0], labels[name][1], value) for name, value in self.readouts().items()
        ]
        return (
            f"<table>\n<caption>{html.escape(words['label'])}</caption>\n<tbody>\n"
            + "\n".join(rows)
            + "\n</tbody>\n</table>"
        )

    def to_html(self) -> str:
        """The static twin: the state, and the fallback in its place until a script mounts it."""
        return (
            f'<div class="inception-widget" data-kind="{kind_of(type(self))}" '
            f'data-uid="{html.escape(self.uid)}" data-state="{_attribute(self.state())}" '
            f'data-limits="{_attribute(self.limits)}">\n{self.fallback_html()}\n</div>'
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


def kind_of(cls: type[BookWidget]) -> str:
    """A widget's kind: ``"cost-explorer"`` for ``CostExplorer``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", cls.__name__).lower()


@cache
def _built(name: str) -> str:
    """A file of the built front end, empty where the widget has none."""
    path = STATIC / name
    return path.read_text(encoding="utf-8") if path.exists() else ""


def _check_uid(uid: str) -> None:
    if not re.fullmatch(r"[A-Za-z][\w-]*", uid):
        raise StateError(
            f"uid is {uid!r}; it names elements of the page, so it needs a letter first and "
            "then letters, digits, '-' or '_' only: pass for instance uid='first-figure'"
        )


def _attribute(value: Any) -> str:
    return html.escape(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def _row(label: str, unit: str, value: int | float | str) -> str:
    if isinstance(value, str):
        words, exact = value, value
    elif unit == "%":
        words, exact = percent(value), decimal(value * 100, 6) + " %"
    elif isinstance(value, int):
        words, exact = compact(value), grouped(value)
    else:
        words, exact = decimal(value, 3), decimal(value, 6)
    after = f" {unit}" if unit and unit != "%" else ""
    return (
        f'<tr><th scope="row">{html.escape(label)}</th>'
        f'<td title="{html.escape(exact + after)}">{html.escape(words + after)}</td></tr>'
    )


def _brief(value: Any) -> str:
    """A short repr: photographs and other long strings are cut."""
    words = repr(value)
    return words if len(words) <= 60 else f"{words[:50]}…{words[-1]}"
