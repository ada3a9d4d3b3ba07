"""The graphs of the library's own networks that figures read."""

from __future__ import annotations

from functools import lru_cache

import torch

from inception_lib.graph import Graph, trace
from inception_lib.nets import NETWORKS, create

__all__ = ["graph_of"]


@lru_cache(maxsize=64)
def graph_of(name: str, size: int | None = None) -> Graph:
    """A registered network in evaluation, on images of ``size`` pixels or of its own."""
    with torch.device("meta"):
        network = create(name)
    return trace(network, size or NETWORKS[name].size, train=False)
