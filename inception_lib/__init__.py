"""The parts of *Rethinking the Inception Architecture for Computer Vision*, and their measures.

``inception_v3`` builds the network and ``create`` any other of the paper's tables; ``trace`` finds
a graph, ``cost`` and ``receptive_field`` read it, ``fuse`` rewrites a network into an equal one;
``Trainer`` trains it. Needs torch alone; the widgets are in ``inception_lib.viz``.
"""

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
from .training import LabelSmoothing, Recipe, Trainer
from .version import VERSION

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
    "receptive_field",
    "trace",
]
