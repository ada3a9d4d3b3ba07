"""Section 4: where the side head stands, and what it costs in training alone."""

from __future__ import annotations

import functools

import torch

from inception_lib.graph import Graph, cost, trace
from inception_lib.nets.registry import create, find
from inception_lib.nets.specs import SPECS

from .measured import Measured, check
from .networks import budget

MILLION = 1e6


@functools.lru_cache(maxsize=1)
def _in_training() -> Graph:
    with torch.device("meta"):
        model = create("inception_v3")
    return trace(model, find("inception_v3").size, train=True)


@check
def grid_of_the_side_head() -> Measured:
    """Cells on a side of the grid that the head reads.

    Parts: ``channels`` of that grid, ``next`` cells on a side after the module that follows, and
    the head's price in millions: ``params``, ``macs``.
    """
    graph, alone = _in_training(), budget("inception_v3")
    (pool,) = (node for node in graph if node.name == "AuxLogits.pool")
    (read,) = pool.parents
    channels, side, _ = graph[read].shape
    blocks = [block.name for block in SPECS["inception_v3"].blocks]
    after = blocks[blocks.index(read.partition(".")[0]) + 1]
    whole = cost(graph)
    parts = {
        "channels": channels,
        "next": graph[f"{after}.concat"].shape[1],
        "params": (whole.params - alone.params) / MILLION,
        "macs": (whole.macs - alone.macs) / MILLION,
    }
    return Measured(side, parts=parts)
