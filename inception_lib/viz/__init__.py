"""Interactive figures: widgets for notebooks, and their static twins for the built book.

Everything here needs anywidget; the rest of the library does not.
"""

try:
    import anywidget  # noqa: F401  (asked for first, so that the error names the remedy)
except ImportError as error:
    raise ImportError(
        "inception_lib.viz needs anywidget, which is not installed: "
        'pip install "inception_lib[viz]"'
    ) from error

from inception_lib.viz.base import BookWidget
from inception_lib.viz.cost_explorer import CostExplorer
from inception_lib.viz.diagram import Diagram, module_diagram
from inception_lib.viz.diagram_widget import ModuleDiagram
from inception_lib.viz.receptive_field import ReceptiveField

__all__ = [
    "BookWidget",
    "CostExplorer",
    "Diagram",
    "ModuleDiagram",
    "ReceptiveField",
    "module_diagram",
]
