"""What follows from a network: its graph, and costs and receptive fields read off that graph."""

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
    "cost",
    "path_counts",
    "receptive_field",
    "trace",
]
