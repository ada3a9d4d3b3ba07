"""Our side of the ledger: one function a claim, each asking the library and typing no result.

One file a part of the paper; ``CHECKS`` has them all, by the names that ``claims.yml`` uses.
"""

from . import (
    auxiliary,
    factorizing,
    googlenet,
    principles,
    recorded,
    reduction,
    resolution,
    results,
    schedule,
    smoothing,
    table1,
    trained,
    wholes,
)
from .measured import CHECKS, Measured

__all__ = [
    "CHECKS",
    "Measured",
    "auxiliary",
    "factorizing",
    "googlenet",
    "principles",
    "recorded",
    "reduction",
    "resolution",
    "results",
    "schedule",
    "smoothing",
    "table1",
    "trained",
    "wholes",
]
