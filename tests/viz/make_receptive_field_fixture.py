"""Write what the front end is held to: ``python -m tests.viz.make_receptive_field_fixture``.

Windows and paths come from the library's graph of modules that are really traced.
"""

from __future__ import annotations

import json
from pathlib import Path

import torch
from torch import Tensor, nn

from inception_lib.graph import Graph, path_counts, receptive_field, trace
from inception_lib.viz.widgets.receptive_field import presets

PATH = Path(__file__).parents[1] / "fixtures" / "receptive_field.json"

LAYERS = [
    *([list(layers), 11] for layers in presets.CHAINS.values()),
    [["3x3/2", "5x5"], 15],
    [["1x9", "3x3/2", "7x1", "3x3/2"], 21],
    [["2x2p0", "4x4p2", "3x3p0"], 12],
    [["1x1", "3x3", "1x1"], 7],
]


class Odd(nn.Module):
    """Dilation, unequal sides, a sum over a shortcut, a concatenation inside a branch."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(1, 1, (3, 5), stride=(2, 1), padding=(1, 2))
        self.wide = nn.Conv2d(1, 1, 3, padding=2, dilation=2)
        self.pool = nn.AvgPool2d((1, 3), 1, (0, 1))
        self.last = nn.Conv2d(2, 1, 1)
        self.down = nn.MaxPool2d(3, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.first(x)
        y = self.last(torch.cat([self.wide(x), self.pool(x)], 1))
        return self.down(torch.relu(x + y))


def graphs() -> dict[str, Graph]:
    """The modules of the figures, the network, and one unlike any of them."""
    found = {name: presets.named_graph(name) for name in (*presets.MODULES, presets.NETWORK)}
    return {**found, "odd": trace(Odd(), (1, 13, 16))}


def axes(graph: Graph, name: str) -> list[list[int]]:
    """Size, stride and padding of a node's window."""
    field = receptive_field(graph)[name]
    return [list(field.size), list(field.stride), list(field.padding)]


def cells(shape: tuple[int, ...]) -> list[list[int]]:
    """The middle of a grid, a corner, and a cell near an edge."""
    height, width = shape[1:]
    found = [[height // 2, width // 2], [0, width - 1], [height - 1, min(2, width - 1)]]
    return [cell for i, cell in enumerate(found) if cell not in found[:i]]


def counts(graph: Graph, name: str, cell: list[int]) -> list[list[int]]:
    """Paths from a cell to every pixel, as whole numbers."""
    return path_counts(graph, name, (cell[0], cell[1])).long().tolist()


def build() -> dict:
    """Everything that tests/js/receptive_field.test.js reads."""
    chains = []
    for layers, size in LAYERS:
        graph = trace(presets.build_chain(layers), (1, size, size))
        last = graph.nodes[-1]
        chains.append(
            {
                "layers": layers,
                "size": size,
                "shape": list(last.shape[1:]),
                "fields": [axes(graph, node.name) for node in graph],
                "cells": [[cell, counts(graph, last.name, cell)] for cell in cells(last.shape)],
            }
        )
    modules = []
    for name, graph in graphs().items():
        nodes = presets.windows(graph)
        entry = {
            "name": name,
            "rows": presets.rows(graph),
            "blocks": presets.blocks(graph),
            "fields": [axes(graph, node.name) for node in nodes],
        }
        last = nodes[-1]
        if name == presets.NETWORK:
            # 5b still counts below 2^53; 7c does not: shares along one axis, to 12 digits.
            found = path_counts(graph, "Mixed_5b", (20, 9))
            entry["sums"] = {
                "Mixed_5b.concat": [[20, 9], found.sum(0).long().tolist()],
                "Mixed_7c.concat#3": [
                    [3, 5],
                    [float(f"{s:.12e}") for s in path_counts(graph, "Mixed_7c", (3, 5)).sum(0)],
                ],
            }
        else:
            entry["cells"] = [[cell, counts(graph, last.name, cell)] for cell in cells(last.shape)]
            entry["branches"] = {
                root: counts(graph, root, cells(last.shape)[0])
                for root in last.parents
                if len(last.parents) > 1
            }
        modules.append(entry)
    names = {name: list(layers) for name, layers in presets.CHAINS.items()}
    return {"stacks": names, "chains": chains, "modules": modules}


def dump(data: dict) -> str:
    """JSON with one case a line."""
    short = {"ensure_ascii": False, "separators": (",", ":")}
    parts = [f'"stacks":{json.dumps(data["stacks"], **short)}']
    for key in ("chains", "modules"):
        lines = ",\n".join(json.dumps(case, **short) for case in data[key])
        parts.append(f'"{key}":[\n{lines}\n]')
    return "{" + ",\n".join(parts) + "}\n"


def main() -> None:
    """Write the fixture."""
    PATH.parent.mkdir(exist_ok=True)
    PATH.write_text(dump(build()), encoding="utf-8")


if __name__ == "__main__":
    main()
