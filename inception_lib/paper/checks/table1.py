"""Table 1: what each row says, and what stands there in a built network."""

from __future__ import annotations

import functools
from dataclasses import replace
from itertools import groupby

from torch import nn

from inception_lib.graph import Graph, trace
from inception_lib.nets.layers import Conv, make_layer
from inception_lib.nets.modules import KINDS
from inception_lib.nets.spec import Spec
from inception_lib.nets.specs import SPECS

from ..tables import TABLE1, TABLE3
from .measured import Line, Measured, check
from .networks import graph_of

# Sides of the grids that rows 2 to 8 read, as printed: what rows 1 to 7, the stem, must make.
PRINTED = tuple(row.reads[0] for row in TABLE1[1:8])


@functools.lru_cache(maxsize=4)
def table(network: str) -> tuple[str, ...]:
    """The 13 rows of Table 1 as a network has them: ``"conv 3×3/2 on 299×299×3"``."""
    spec, graph = SPECS[network], graph_of(network)
    stem = [name for name, _ in spec.stem]
    logits = graph[graph.outputs[0]].shape
    return (
        *(_layer(graph, name) for name in stem),
        *_modules(spec, graph),
        _layer(graph, "avgpool"),
        _layer(graph, "fc"),
        f"softmax on {_size((*logits, 1, 1))}",
    )


def _layer(graph: Graph, name: str) -> str:
    node = next(n for n in graph if n.name in (name, f"{name}.conv"))
    read = graph[node.parents[0]].shape
    words = ["pool" if "pool" in node.op else node.op]
    if node.op == "conv" and any(node.padding):
        words.append("padded")
    if node.kernel:
        kernel = "×".join(map(str, node.kernel))
        whole = node.kernel == read[1:]
        words.append(kernel if whole else f"{kernel}/{node.stride[0]}")
    return " ".join([*words, "on", _size((*read, 1, 1)[:3])])


def _modules(spec: Spec, graph: Graph) -> list[str]:
    """The rows of modules: neighbours of one kind are one row, grid reductions have none."""
    rows = []
    before = spec.stem[-1][0]
    for kind, blocks in groupby(spec.blocks, lambda block: block.kind):
        names = [block.name for block in blocks]
        if kind != "reduction":
            figure = KINDS[kind].figure
            if any(n.kernel == (5, 5) and n.name.startswith(f"{names[0]}.") for n in graph):
                figure += " with a 5×5"
            rows.append(f"{len(names)} × {figure} on {_size(graph[before].shape)}")
        before = names[-1]
    return rows


def _size(shape: tuple[int, ...]) -> str:
    channels, height, width = shape
    return f"{height}×{width}×{channels}"


@check
def rows_as_printed() -> Measured:
    """Rows of Table 1 that the released network has, word for word; all 13 are its lines."""
    built = table("inception_v3")
    lines = tuple(Line(str(row), ours) for row, ours in zip(TABLE1, built, strict=True))
    return Measured(sum(line.same for line in lines), lines=lines)


@check
def rows_of_the_stem_that_fit() -> Measured:
    """Rows of the stem whose layer, padded where so marked, makes what the next row reads."""
    *stem, (_, last) = SPECS["inception_v3_table1"].stem
    if not isinstance(last, Conv):
        raise TypeError(f"the stem of Table 1 ends in {last}, not in a convolution")
    layers = [*(layer for _, layer in stem), replace(last, padding="valid")]  # it is not marked
    channels, made = 3, []
    for layer in layers:
        module, channels = make_layer(channels, layer)
        made.append(module)
    graph = trace(nn.Sequential(*made), 299)
    sides = [graph[str(i)].shape[1] for i in range(len(made))]
    fits = 0
    for i, printed in enumerate(PRINTED):
        fits += sides[i] == printed
    return Measured(fits)


@check
def row_of_table_3_that_factorizes_the_stem() -> Measured:
    """Which of the rows that Table 3 has of Inception-v2 brings the three 3×3, from 1."""
    titles = [row.title for row in TABLE3 if row.title.startswith("Inception-v2")]
    (found,) = (n for n, title in enumerate(titles, start=1) if "Factorized 7×7" in title)
    return Measured(found)
