"""What a network costs, node by node or module by module: computation, parameters, memory."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from html import escape
from typing import Any

import torch

from .budgets import counts_as_activation
from .conventions import find
from .memory import Alive
from .nodes import Graph
from .traffic import traffic

__all__ = ["Cost", "CostRow", "cost"]


@dataclass(frozen=True)
class CostRow:
    """One line of a cost table, for one image: a node, or a module with all that is in it.

    Attributes
    ----------
    name, op : str
    shape : tuple of int
        Of the output: (channels, height, width).
    params : int
        Trainable numbers.
    macs : int
        Multiply-adds, by the convention of the table.
    activations : int
        Numbers that convolutions and linear layers write.
    bytes : int
        Moved in one inference (``graph.traffic``: each operation reads and writes memory).
    live_bytes : int
        The most that activations take at once while it runs (``graph.peak_memory``).
    training_macs, training_bytes : int
        Of one training step: forward and backward (``graph.training_macs``, ``graph.traffic``).
    """

    name: str
    op: str
    shape: tuple[int, ...]
    params: int
    macs: int
    activations: int = 0
    bytes: int = 0
    live_bytes: int = 0
    training_macs: int = 0
    training_bytes: int = 0


_SUMS = ("params", "macs", "activations", "bytes", "training_macs", "training_bytes")


@dataclass(frozen=True)
class Cost:
    """The cost of a graph.

    Attributes
    ----------
    rows : tuple of CostRow
        One a node, in order of execution.
    convention : str
        What counts as a multiply-add, in words. By default those of convolutions, linear layers
        and matrix products for one image; biases, normalisation, activations and pooling count
        nothing.
    dtype : str
        The type of the numbers whose bytes are counted.
    uncounted : tuple of (str, str)
        Nodes whose multiply-adds are missing, and the operation in each that nothing counts.
    """

    rows: tuple[CostRow, ...]
    convention: str
    dtype: str = "float32"
    uncounted: tuple[tuple[str, str], ...] = ()

    @property
    def macs(self) -> int:
        """Multiply-adds for one image."""
        return self.total.macs

    @property
    def params(self) -> int:
        """Trainable numbers, those of batch normalisation and the biases included."""
        return self.total.params

    @property
    def total(self) -> CostRow:
        """All rows as one: sums, and the greatest of ``live_bytes``."""
        shape = self.rows[-1].shape if self.rows else ()
        return _sum(CostRow("total", "network", shape, 0, 0), *self.rows)

    def by_module(self, depth: int = 1) -> Cost:
        """The same cost with nodes gathered by the first ``depth`` parts of their path.

        A row keeps the shape of its last node, which is the module's output.
        """
        if depth < 1:
            raise ValueError(f"depth is {depth}: the least is 1, the outermost modules")
        rows: dict[str, CostRow] = {}
        for row in self.rows:
            name = ".".join(row.name.split(".")[:depth])
            before = rows.get(name, CostRow(name, row.op, row.shape, 0, 0))
            op = row.op if row.name == name else "module"
            rows[name] = replace(_sum(before, row), op=op, shape=row.shape)
        return replace(self, rows=tuple(rows.values()))

    def to_rows(self) -> list[dict[str, Any]]:
        """All columns of all rows, for ``csv.DictWriter``, ``json.dump`` or a data frame.

        ``output`` is height×width×channels, bytes are those of ``dtype``, and the last row is the
        total.
        """
        columns = [field.name for field in fields(CostRow)[3:]]
        return [
            {"name": row.name, "op": row.op, "output": _shape(row)}
            | {column: getattr(row, column) for column in columns}
            for row in (*self.rows, self.total)
        ]

    def __repr__(self) -> str:
        shown = [row for row in self.rows if row.macs or row.params]
        width = max([len(row.name) for row in shown] + [5])
        lines = [f"{'':{width}}  {'output':>13}  {'parameters':>12}  {'MACs':>16}"]
        for row in shown:
            lines.append(
                f"{row.name:{width}}  {_shape(row):>13}  {row.params:>12,}  {row.macs:>16,}"
            )
        lines.append(f"{'total':{width}}  {'':>13}  {self.params:>12,}  {self.macs:>16,}")
        return "\n".join([*lines, f"MACs: {self._foot}"])

    @property
    def _foot(self) -> str:
        """What counts, and what is missing."""
        missing = ", ".join(f"{name} ({what})" for name, what in self.uncounted)
        return self.convention + (f"; not counted: {missing}" if missing else "")

    def _repr_html_(self) -> str:
        body = "".join(
            f"<tr><td>{escape(row.name)}</td><td>{_shape(row)}</td>"
            f"<td>{row.params:,}</td><td>{row.macs:,}</td></tr>"
            for row in self.rows
            if row.macs or row.params
        )
        return (
            f"<table class='cost'><caption>MACs: {escape(self._foot)}</caption>"
            f"<thead><tr><th>module</th><th>output</th><th>parameters</th><th>MACs</th></tr></thead><tbody>{body}</tbody>"
            f"<tfoot><tr><th>total</th><td></td><td>{self.params:,}</td><td>{self.macs:,}</td>"
            "</tr></tfoot></table>"
        )


def cost(graph: Graph, *, convention: str = "torch", dtype: torch.dtype = torch.float32) -> Cost:
    """What a graph costs, by node.

    Parameters
    ----------
    graph : Graph
        From ``trace``: ``cost(trace(inception_v3(), 299)).macs`` is 5,713,216,096.
    convention : str
        What is a multiply-add: ``"torch"`` (products only), or as ``"torchinfo"``, ``"fvcore"``
        or ``"ptflops"`` counts (``graph.CONVENTIONS``). Training steps count products only.
    dtype : torch.dtype
        Of all numbers, for the columns of bytes.

    Raises
    ------
    ValueError
        If the convention is not known, or has no rule for some operation of the graph.
    """
    chosen = find(convention)
    chosen.check(graph)
    once = traffic(graph, dtype=dtype)
    step = traffic(graph, dtype=dtype, backward=True)
    alive = Alive(graph, "read")
    rows = [
        CostRow(
            name=node.name,
            op=node.op,
            shape=node.shape,
            params=node.params,
            macs=chosen.of(graph, node),
            activations=node.size if counts_as_activation(node) else 0,
            bytes=once[i].bytes,
            live_bytes=alive.bytes(i, dtype.itemsize),
            training_macs=step[i].macs,
            training_bytes=step[i].bytes,
        )
        for i, node in enumerate(graph)
        if node.op != "input"
    ]
    missing = tuple((node.name, node.uncounted) for node in graph if node.uncounted)
    return Cost(tuple(rows), chosen.words, str(dtype).removeprefix("torch."), missing)


def _sum(into: CostRow, *rows: CostRow) -> CostRow:
    """Add rows to one; memory is used again, so of that the greatest counts."""
    sums = {name: sum(getattr(row, name) for row in (into, *rows)) for name in _SUMS}
    return replace(into, **sums, live_bytes=max(row.live_bytes for row in (into, *rows)))


def _shape(row: CostRow) -> str:
    """Height×width×channels, as the paper writes it."""
    return "×".join(map(str, (*row.shape[1:], row.shape[0]))) if row.shape else ""
