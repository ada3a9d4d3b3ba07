"""One stack or block as a cell of its output sees through it: window, paths, numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from inception_lib.graph import Field, Graph, Node, path_counts, receptive_field
from inception_lib.viz.base import Readouts

__all__ = ["Look"]


@dataclass(frozen=True)
class Look:
    """What is looked through.

    Attributes
    ----------
    graph : Graph
    output : Node
        The grid whose cell looks.
    roots : list of str
        Nodes of the branches that are on; they meet in `output`.
    """

    graph: Graph
    output: Node
    roots: list[str]

    @property
    def field(self) -> Field:
        """The window of the branches that are on."""
        fields = receptive_field(self.graph)
        on = [fields[root] for root in self.roots]

        def axis(i: int) -> tuple[int, int]:
            first = min(-f.padding[i] for f in on)
            return max(f.size[i] - f.padding[i] for f in on) - first, -first

        (height, top), (width, left) = axis(0), axis(1)
        return Field((height, width), on[0].stride, (top, left))

    def path_counts(self, cell: tuple[int, int]) -> Tensor:
        """Paths from a cell to each pixel, over the branches that are on."""
        first, *others = (path_counts(self.graph, root, cell) for root in self.roots)
        return sum(others, first)

    def centre(self, cell: tuple[int, int]) -> tuple[float, ...]:
        """The input pixel in the middle of a cell's window, (row, column)."""
        (top, left), (bottom, right) = self.field.window(cell)
        return (top + bottom) / 2, (left + right) / 2

    def nearest(self, pixel: tuple[float, ...]) -> tuple[int, int]:
        """The cell whose window is centred nearest to an input pixel."""
        field = self.field

        def axis(i: int) -> int:
            offset = (field.size[i] - 1) / 2 - field.padding[i]
            cell = math.floor((pixel[i] - offset) / field.stride[i] + 0.5)
            return min(max(cell, 0), self.output.shape[1 + i] - 1)

        return axis(0), axis(1)

    def of_a_stack(self, cell: tuple[int, int], priced: bool) -> Readouts:
        """What stands beside a small stack."""
        field, counts = self.field, self.path_counts(cell)
        (top, left), (bottom, right) = field.window(cell)
        rows, columns = (torch.arange(n) for n in counts.shape)
        # Twice the distance from the middle, so that an even window has two middle rows.
        middle = ((2 * rows - top - bottom).abs() < 2)[:, None] & (
            (2 * columns - left - right).abs() < 2
        )
        border = ((rows == top) | (rows == bottom))[:, None] | (
            (columns == left) | (columns == right)
        )
        total = float(counts.sum())
        found: Readouts = {
            "size": field.size[0],
            "pixels": int((counts > 0).sum()),
            "stride": field.stride[0],
            "padding": field.padding[0],
            "centre-share": float(counts[middle].sum()) / total,
            "border-share": float(counts[border].sum()) / total,
        }
        if priced:
            fields = receptive_field(self.graph)
            layers = [node for node in self.graph if node.op == "conv"]
            # A layer below a stride runs several times for one cell of the output.
            runs = [
                math.prod(field.stride) / math.prod(fields[node.name].stride) for node in layers
            ]
            found["weights"] = sum(node.params for node in layers)
            found["macs"] = sum(
                node.params * often for node, often in zip(layers, runs, strict=True)
            )
        return found

    def of_a_network(self, cell: tuple[int, int]) -> Readouts:
        """What stands beside a block of a network."""
        field, counts = self.field, self.path_counts(cell)
        (top, left), (bottom, right) = field.window(cell)
        height, width = counts.shape
        inside = (min(bottom, height - 1) - max(top, 0) + 1) * (
            min(right, width - 1) - max(left, 0) + 1
        )
        return {
            "size": field.size[0],
            "stride": field.stride[0],
            "padding": field.padding[0],
            "cells": self.output.shape[1],
            "beyond": 1 - inside / math.prod(field.size),
            "half": _concentration(counts, (top, left, bottom, right), 0.5),
            "most": _concentration(counts, (top, left, bottom, right), 0.9),
        }


def _concentration(counts: Tensor, window: tuple[int, int, int, int], share: float) -> int:
    """Side of the smallest square around a window's middle that holds a share of the paths."""
    top, left, bottom, right = window
    rows, columns = (torch.arange(n) for n in counts.shape)
    ring = torch.maximum(
        (2 * rows - top - bottom).abs()[:, None], (2 * columns - left - right).abs()[None, :]
    )
    sums = torch.zeros(int(ring.max()) + 1, dtype=counts.dtype)
    sums.index_add_(0, ring.flatten(), counts.flatten())
    return 1 + int((sums.cumsum(0) >= share * sums.sum()).nonzero()[0])
