"""What follows from a network: its graph, and costs and receptive fields read off that graph."""

from .activations import activations, mosaic
from .budgets import (
    Cut,
    Neck,
    Stage,
    activation_count,
    bottleneck,
    cuts,
    stages,
    training_macs,
)
from .compare import compare
from .conventions import CONVENTIONS, Convention, count, count_terms
from .cost import Cost, CostRow, cost
from .depth import Rule, depth, depth_table
from .effective import EffectiveField, effective_receptive_field
from .feasible_sizes import FeasibleSize, FeasibleSizes, feasible_sizes
from .fuse import TRANSFORMS, Fusion, fuse, fusion, unfuse
from .memory import Peak, TrainingMemory, peak_memory, training_memory
from .nodes import Graph, Node
from .paths import path_counts
from .receptive_field import (
    ChannelField,
    Field,
    ProjectiveField,
    ProjectiveFields,
    ReceptiveFields,
    projective_field,
    receptive_field,
)
from .trace import TraceError, trace
from .traffic import Traffic, traffic

__all__ = [
    "CONVENTIONS",
    "TRANSFORMS",
    "ChannelField",
    "Convention",
    "Cost",
    "CostRow",
    "Cut",
    "EffectiveField",
    "FeasibleSize",
    "FeasibleSizes",
    "Field",
    "Fusion",
    "Graph",
    "Neck",
    "Node",
    "Peak",
    "ProjectiveField",
    "ProjectiveFields",
    "ReceptiveFields",
    "Rule",
    "Stage",
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
    "depth",
    "depth_table",
    "effective_receptive_field",
    "feasible_sizes",
    "fuse",
    "fusion",
    "mosaic",
    "path_counts",
    "peak_memory",
    "projective_field",
    "receptive_field",
    "stages",
    "trace",
    "traffic",
    "training_macs",
    "training_memory",
    "unfuse",
]
