"""The parts of *Rethinking the Inception Architecture for Computer Vision*, and their measures.

``inception_v3`` builds the network and ``create`` any other of the paper's tables; ``trace`` finds
a graph, ``cost`` and ``receptive_field`` read it, ``fuse`` rewrites a network into an equal one;
``Trainer`` trains it, and ``load_trained`` reads what it left. Needs torch alone; the widgets are
in ``inception_lib.viz``.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from .version import VERSION

if TYPE_CHECKING:
    from .graph import Graph, TraceError, cost, fuse, receptive_field, trace
    from .nets import (
        AsymmetricModule,
        AuxiliaryHead,
        ExpandedModule,
        FactorizedModule,
        GridReduction,
        InceptionOutput,
        OriginalModule,
        Spec,
        WeightsError,
        build,
        create,
        inception_v3,
    )
    from .training import LabelSmoothing, Recipe, Trainer, load_trained

__version__ = VERSION

__all__ = [
    "AsymmetricModule",
    "AuxiliaryHead",
    "ExpandedModule",
    "FactorizedModule",
    "Graph",
    "GridReduction",
    "InceptionOutput",
    "LabelSmoothing",
    "OriginalModule",
    "Recipe",
    "Spec",
    "TraceError",
    "Trainer",
    "WeightsError",
    "build",
    "cost",
    "create",
    "fuse",
    "inception_v3",
    "load_trained",
    "receptive_field",
    "trace",
]

_HOMES = {
    **dict.fromkeys(("Graph", "TraceError", "cost", "fuse", "receptive_field", "trace"), "graph"),
    **dict.fromkeys(("LabelSmoothing", "Recipe", "Trainer", "load_trained"), "training"),
}
_ROOMS = ("cli", "graph", "nets", "paper", "training", "viz")


def __getattr__(name: str) -> Any:
    """Load a room when something of it is first asked for: nobody waits for what is not used."""
    if name in _ROOMS:
        return importlib.import_module(f".{name}", __name__)
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f".{_HOMES.get(name, 'nets')}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
