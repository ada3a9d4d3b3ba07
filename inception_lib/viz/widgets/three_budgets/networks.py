"""Networks as lists of layers, each with its parameters, multiply-adds and activations."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from torch import nn

from inception_lib.graph import Graph, cost, trace
from inception_lib.nets.registry import NETWORKS
from inception_lib.viz.graphs import graph_of

__all__ = ["BOOK", "layers_of", "networks"]

BOOK = ("alexnet", "vgg16", "googlenet", "bn_inception", "inception_v3")


def layers_of(graph: Graph) -> list[dict[str, Any]]:
    """The convolutions and linear layers of a network, in order.

    Returns
    -------
    list of dict
        ``name``; ``kind``: ``"1x1"``, ``"kxk"``, ``"factorized"`` (1×n, n×1) or ``"linear"``;
        ``params``, with those of the normalisation behind it; ``macs`` and ``activations`` (the
        numbers that it writes), for one image.
    """
    kernels = {node.name: node.kernel for node in graph}
    found: list[dict[str, Any]] = []
    for row in cost(graph).rows:
        if row.macs:
            kernel = tuple(kernels[row.name]) if len(row.shape) == 3 else ()
            size = 1
            for side in row.shape:
                size *= side
            found.append(
                {
                    "name": row.name,
                    "kind": _kind(kernel),
                    "params": 0,
                    "macs": 0,
                    "activations": size,
                }
            )
        elif not row.params:
            continue
        found[-1]["params"] += row.params
        found[-1]["macs"] += row.macs
    return found


def _kind(kernel: tuple[int, ...]) -> str:
    if not kernel:
        return "linear"
    if len(set(kernel)) > 1:
        return "factorized"
    return "1x1" if kernel[0] == 1 else "kxk"


def networks(
    own: Mapping[str, nn.Module | Graph] | None, size: int | Sequence[int]
) -> list[dict[str, Any]]:
    """The networks to show: ``id``, ``label``, ``size`` (input side) and ``layers``."""
    if own is None:
        return [_of_the_book(name) for name in BOOK]
    found = []
    for label, item in own.items():
        graph = item if isinstance(item, Graph) else trace(item, size)
        slug = re.sub(r"[^a-z0-9]+", "-", label.lower()).strip("-")
        found.append(
            {"id": slug, "label": label, "size": graph.input.shape[-1], "layers": layers_of(graph)}
        )
    return found


@cache
def _of_the_book(name: str) -> dict[str, Any]:
    title, size = NETWORKS[name].title, NETWORKS[name].size
    layers = layers_of(graph_of(name))
    return {"id": name.replace("_", "-"), "label": title, "size": size, "layers": layers}
