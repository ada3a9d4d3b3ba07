"""Several networks side by side."""

from __future__ import annotations

from collections.abc import Mapping

from .budgets import activation_count, training_macs
from .memory import peak_memory, training_memory
from .nodes import Graph
from .traffic import traffic

__all__ = ["compare"]


def compare(graphs: Mapping[str, Graph]) -> list[dict[str, int | float | str]]:
    """One row a network, for one image in float32.

    Parameters
    ----------
    graphs : mapping of str to Graph
        From ``trace``, by the name that the row is to have.

    Returns
    -------
    list of dict
        ``network``, ``input`` (height×width×channels), ``params``, ``macs`` (of convolutions,
        linear layers and matrix products), ``activations`` (numbers that convolutions and linear
        layers write), ``bytes_moved`` (``traffic``), ``macs_per_byte``, ``peak_bytes`` (of
        activations in one inference, ``peak_memory``), and of one training step
        ``training_macs``, ``training_bytes_moved``, ``training_peak_bytes``. A training step of a
        graph traced in evaluation is that of the network without its auxiliary heads.
    """
    rows: list[dict[str, int | float | str]] = []
    for name, graph in graphs.items():
        channels, *sides = graph.input.shape
        macs = sum(node.macs for node in graph)
        moved = sum(row.bytes for row in traffic(graph))
        rows.append(
            {
                "network": name,
                "input": "×".join(map(str, (*sides, channels))),
                "params": sum(node.params for node in graph),
                "macs": macs,
                "activations": activation_count(graph),
                "bytes_moved": moved,
                "macs_per_byte": macs / moved if moved else 0.0,
                "peak_bytes": peak_memory(graph).bytes,
                "training_macs": training_macs(graph),
                "training_bytes_moved": sum(row.bytes for row in traffic(graph, backward=True)),
                "training_peak_bytes": training_memory(graph).peak,
            }
        )
    return rows
