"""Interactive figures: widgets for notebooks, and their static twins for the built book.

Each folder of ``widgets`` is a widget, importable from here by its class's name (``CostExplorer``
for ``cost_explorer``). Everything here needs anywidget; the rest of the library does not.
"""

from importlib import import_module
from pathlib import Path
from typing import Any

try:
    import anywidget  # noqa: F401  (asked for first, so that the error names the remedy)
except ImportError as error:
    raise ImportError(
        "inception_lib.viz needs anywidget, which is not installed: "
        'pip install "inception_lib[viz]"'
    ) from error

from inception_lib.viz.base import BookWidget
from inception_lib.viz.page import to_page

WIDGETS = {
    "".join(part.capitalize() for part in path.parent.name.split("_")): path.parent.name
    for path in sorted((Path(__file__).parent / "widgets").glob("*/widget.py"))
}
"""Classes of the widgets and their folders, found by themselves."""

_FROM = {"Diagram": "module_diagram.diagram", "module_diagram": "module_diagram.layout"}

__all__ = ["WIDGETS", "BookWidget", "to_page", *_FROM, *WIDGETS]


def __getattr__(name: str) -> Any:
    """A widget is imported when it is first asked for."""
    if name in WIDGETS:
        return getattr(import_module(f"inception_lib.viz.widgets.{WIDGETS[name]}.widget"), name)
    if name in _FROM:
        return getattr(import_module(f"inception_lib.viz.widgets.{_FROM[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
