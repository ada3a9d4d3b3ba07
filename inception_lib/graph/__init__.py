"""What follows from a network: its graph, and costs and receptive fields read off that graph."""

from .activations import activations, mosaic
from .cost import Cost, CostRow, cost
from .nodes import Graph, Node
from .receptive_field import Field, ReceptiveFields, path_counts, receptive_field
from .trace import TraceError, trace

__all__ = [
    "Cost",
    "CostRow",
    "Field",
    "Graph",
    "Node",
    "ReceptiveFields",
    "TraceError",
    "activations",
    "cost",
    "mosaic",
    "path_counts",
    "receptive_field",
    "trace",
]
