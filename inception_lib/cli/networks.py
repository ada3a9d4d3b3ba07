"""``inception summary | cost | rf | compare``: what can be counted of a network."""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Callable
from typing import Any, Union

from ..graph import Field, Graph, activation_count, cost, receptive_field, trace, training_macs
from ..nets.registry import NETWORKS, create, own_size
from .tables import add_forms, emit, print_rows, shape_text

__all__ = ["NAMES", "add_commands", "size_of"]

Table = tuple[dict[str, Any], list[dict[str, Any]]]
Size = Union[int, tuple[int, ...]]
NAMES = f"one of {', '.join(NETWORKS)}; or package.module:callable"


def add_commands(commands: Any) -> None:
    """Add the four commands to argparse's subparsers."""
    for name, view in VIEWS.items():
        command = commands.add_parser(name, help=_first_line(view))
        command.add_argument("network", metavar="NET", help=NAMES)
        _add_options(command)
        command.set_defaults(run=_show, view=view)
    command = commands.add_parser("compare", help=_first_line(_compare))
    command.add_argument("networks", metavar="NET", nargs="+", help=NAMES)
    _add_options(command)
    command.set_defaults(run=_compare)


def _add_options(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--size", type=size_of, metavar="N|HxW", help="of the image (default: the network's own)"
    )
    command.add_argument("--train", action="store_true", help="in training, with auxiliary heads")
    add_forms(command)


def size_of(text: str) -> Size:
    """``299`` or ``224x320`` as numbers."""
    try:
        sides = tuple(int(side) for side in text.lower().replace("×", "x").split("x"))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no size: give 299 or 224x320") from None
    return sides[0] if len(sides) == 1 else sides


def _traced(name: str, size: Size | None, train: bool) -> Graph:
    """The graph of a network by name, at the size asked for or at its own."""
    model = create(name)
    graph = trace(model, own_size(name, model) if size is None else size, train=train)
    missing = [f"{node.name} ({node.uncounted})" for node in graph if node.uncounted]
    if missing:
        warnings.warn(f"{name}: not counted: {', '.join(missing)}", stacklevel=2)
    return graph


def _show(options: argparse.Namespace) -> None:
    graph = _traced(options.network, options.size, options.train)
    head, rows = options.view(graph)
    emit(options, {"network": options.network, **head}, rows)


def _summary(graph: Graph) -> Table:
    """totals: parameters, multiply-adds, activations"""
    found = cost(graph)
    head = {"size": list(graph.input.shape), "macs": found.macs, "params": found.params}
    head |= {"activations": activation_count(graph), "nodes": len(graph)}
    if graph.train:
        head["training_macs"] = training_macs(graph)
    rows = [{"module": r.name, "output": shape_text(r.shape)} for r in found.by_module().rows]
    return head, rows


def _cost(graph: Graph) -> Table:
    """multiply-adds and parameters, module by module"""
    found = cost(graph)
    rows = [
        {"module": r.name, "output": shape_text(r.shape), "params": r.params, "macs": r.macs}
        for r in found.by_module().rows
    ]
    return {"size": list(graph.input.shape), "macs": found.macs, "params": found.params}, rows


def _rf(graph: Graph) -> Table:
    """receptive field, stride and padding, module by module; exact, or a hull and why"""
    fields, rows = receptive_field(graph), []
    for row in cost(graph).by_module().rows:
        entry: dict[str, Any] = {"module": row.name, "output": shape_text(row.shape)}
        field: Field | None = None
        if row.name in fields:
            field = fields[row.name]
        for key in ("size", "stride", "padding"):
            entry[key] = "×".join(map(str, getattr(field, key))) if field else None
        entry["window"] = ("exact" if field.exact else "hull") if field else None
        node = graph[row.name].name if row.name in graph else ""
        why = field.why if field else (fields.reasons.get(node, "its output is not one tensor"),)
        entry["why"] = "; ".join(reason.partition(": ")[0] for reason in why)
        rows.append(entry)
    return {"size": list(graph.input.shape)}, rows


VIEWS: dict[str, Callable[[Graph], Table]] = {"summary": _summary, "cost": _cost, "rf": _rf}


COLUMNS = {
    "network": "network",
    "input": "input",
    "params": "M params",
    "macs": "M MACs",
    "activations": "M activations",
    "bytes_moved": "MB moved",
    "peak_bytes": "MB at peak",
    "training_macs": "M MACs, training",
    "training_bytes_moved": "MB moved, training",
    "training_peak_bytes": "MB at peak, training",
}


def _compare(options: argparse.Namespace) -> None:
    """networks side by side: multiply-adds, parameters, activations, bytes, memory"""
    from ..graph.compare import compare

    rows = compare({n: _traced(n, options.size, options.train) for n in options.networks})
    if options.json or options.csv:
        emit(options, {}, rows)
        return
    print_rows([{words: _scaled(row[key]) for key, words in COLUMNS.items()} for row in rows])
    print(
        "For one image in float32. A MAC is a multiply-add of a convolution, linear layer or matrix"
        " product;\nactivations are what convolutions and linear layers write; the peak is of"
        " activations alone."
    )


def _scaled(value: Any) -> Any:
    """A count in millions; text as it is."""
    return value if isinstance(value, str) else f"{value / 1e6:,.2f}"


def _first_line(function: Callable[..., Any]) -> str:
    return (function.__doc__ or "").partition("\n")[0]
