"""What follows from a network: its graph, and costs and receptive fields read off that graph."""

from .activations import activations, mosaic
from .budgets import Cut, Neck, activation_count, bottleneck, cuts, training_macs
from .compare import compare
from .conventions import CONVENTIONS, Convention, count, count_terms
from .cost import Cost, CostRow, cost
from .effective import EffectiveField, effective_receptive_field
from .memory import Peak, TrainingMemory, peak_memory, training_memory
from .nodes import Graph, Node
from .paths import path_counts
from .receptive_field import Field, ReceptiveFields, receptive_field
from .trace import TraceError, trace
from .traffic import Traffic, traffic

__all__ = [
    "CONVENTIONS",
    "Convention",
    "Cost",
    "CostRow",
    "Cut",
    "EffectiveField",
    "Field",
    "Graph",
    "Neck",
    "Node",
    "Peak",
    "ReceptiveFields",
    "TraceError",
    "Traffic",
    "TrainingMemory",
    "activation_count",
    "activations",
    "bottleneck",
    "compare",
    "cost",
    "count",
    "count_terms",
    "cuts",
    "effective_receptive_field",
    "mosaic",
    "path_counts",
    "peak_memory",
    "receptive_field",
    "trace",
    "traffic",
    "training_macs",
    "training_memory",
]
