"""What follows from a network: its graph, and costs and receptive fields read off that graph."""

from .activations import activations, mosaic
from .budgets import Cut, activation_count, cuts, training_macs
from .cost import Cost, CostRow, cost
from .nodes import Graph, Node
from .receptive_field import Field, ReceptiveFields, path_counts, receptive_field
from .trace import TraceError, trace

__all__ = [
    "Cost",
    "CostRow",
    "Cut",
    "Field",
    "Graph",
    "Node",
    "ReceptiveFields",
    "TraceError",
    "activation_count",
    "activations",
    "cost",
    "cuts",
    "mosaic",
    "path_counts",
    "receptive_field",
    "trace",
    "training_macs",
]
