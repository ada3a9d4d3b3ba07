"""What a network costs: multiply-adds and parameters, node by node or module by module."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from .nodes import Graph

__all__ = ["Cost", "CostRow", "cost"]

CONVENTION = "multiply-adds of convolutions, linear layers and matrix products, one image"


@dataclass(frozen=True)
class CostRow:
    """One line of a cost table: a node, or a module with all that is in it."""

    name: str
    op: str
    shape: tuple[int, ...]
    params: int
    macs: int


@dataclass(frozen=True)
class Cost:
    """The cost of a graph.

    Attributes
    ----------
    rows : tuple of CostRow
        One a node, in order of execution.
    macs : int
        Multiply-adds of convolutions, linear layers and matrix products for one image. Biases,
        normalisation, activations and pooling count nothing.
    params : int
        Trainable numbers, those of batch normalisation and the biases included.
    """

    rows: tuple[CostRow, ...]

    @property
    def macs(self) -> int:
        return sum(row.macs for row in self.rows)

    @property
    def params(self) -> int:
        return sum(row.params for row in self.rows)

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
            rows[name] = CostRow(
                name, op, row.shape, before.params + row.params, before.macs + row.macs
            )
        return Cost(tuple(rows.values()))

    def __repr__(self) -> str:
        shown = [row for row in self.rows if row.macs or row.params]
        width = max([len(row.name) for row in shown] + [5])
        lines = [f"{'':{width}}  {'output':>13}  {'parameters':>12}  {'MACs':>16}"]
        for row in shown:
            lines.append(
                f"{row.name:{width}}  {_shape(row):>13}  {row.params:>12,}  {row.macs:>16,}"
            )
        lines.append(f"{'total':{width}}  {'':>13}  {self.params:>12,}  {self.macs:>16,}")
        return "\n".join([*lines, f"MACs: {CONVENTION}"])

    def _repr_html_(self) -> str:
        body = "".join(
            f"<tr><td>{escape(row.name)}</td><td>{_shape(row)}</td>"
            f"<td>{row.params:,}</td><td>{row.macs:,}</td></tr>"
            for row in self.rows
            if row.macs or row.params
        )
        return (
            f"<table class='cost'><caption>MACs: {CONVENTION}</caption><thead><tr><th>module</th>"
            f"<th>output</th><th>parameters</th><th>MACs</th></tr></thead><tbody>{body}</tbody>"
            f"<tfoot><tr><th>total</th><td></td><td>{self.params:,}</td><td>{self.macs:,}</td>"
            "</tr></tfoot></table>"
        )


def cost(graph: Graph) -> Cost:
    """What a graph costs, by node.

    Parameters
    ----------
    graph : Graph
        From ``trace``: ``cost(trace(inception_v3(), 299)).macs`` is 5,713,216,096.
    """
    return Cost(
        tuple(CostRow(n.name, n.op, n.shape, n.params, n.macs) for n in graph if n.op != "input")
    )


def _shape(row: CostRow) -> str:
    """Height×width×channels, as the paper writes it."""
    return "×".join(map(str, (*row.shape[1:], row.shape[0]))) if row.shape else ""
