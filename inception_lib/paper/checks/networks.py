"""The networks that checks count: each built once, without memory for its weights, and traced."""

from __future__ import annotations

import functools
from typing import Any

import torch

from inception_lib.graph import Cost, Graph, cost, trace
from inception_lib.nets.build import build
from inception_lib.nets.registry import create, find
from inception_lib.nets.spec import Spec

__all__ = ["AS_PUBLISHED", "budget", "graph_of", "spec_budget"]

# The separable first layer that these networks' own papers count.
AS_PUBLISHED = {"separable_stem": True}


@functools.lru_cache(maxsize=64)
def graph_of(name: str, **options: Any) -> Graph:
    """The graph of a registered network in evaluation, at its own size."""
    with torch.device("meta"):
        model = create(name, **options)
    return trace(model, find(name).size)


@functools.lru_cache(maxsize=64)
def budget(name: str, **options: Any) -> Cost:
    """The cost of a registered network in evaluation, at its own size."""
    return cost(graph_of(name, **options))


@functools.lru_cache(maxsize=16)
def spec_budget(spec: Spec) -> Cost:
    """The cost of a network that has a spec but no name, at the spec's size."""
    with torch.device("meta"):
        model = build(spec)
    return cost(trace(model, spec.size))
