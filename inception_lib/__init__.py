"""The parts of *Rethinking the Inception Architecture for Computer Vision*, and their measures.

``inception_v3`` builds the network, ``trace`` finds its graph, ``cost`` and ``receptive_field``
read that graph. Needs torch alone; the widgets are in ``inception_lib.viz``.
"""

from .graph import Graph, TraceError, cost, receptive_field, trace
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
    inception_v3,
)
from .training import LabelSmoothing
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
    "Spec",
    "TraceError",
    "WeightsError",
    "build",
    "cost",
    "inception_v3",
    "receptive_field",
    "trace",
]
