"""The command line: ``inception summary|cost|rf NETWORK``.

A network is the name of a spec (``inception_v3``), or any callable that returns an ``nn.Module``,
as ``package.module:name`` (``torchvision.models:resnet50``).
"""

from __future__ import annotations

import argparse
import csv
import importlib
import json
import sys
from collections.abc import Callable, Sequence
from typing import Any

from torch import nn

from .graph import Graph, activation_count, cost, receptive_field, trace, training_macs
from .nets import SPECS, build
from .version import VERSION

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status: 0, or 2 where something was asked wrongly."""
    options = _parser().parse_args(arguments)
    try:
        graph = trace(_network(options.network), options.size, train=options.train)
        head, rows = COMMANDS[options.command](graph)
    except (ValueError, ImportError) as error:
        print(f"inception: {error}", file=sys.stderr)
        return 2
    if options.json:
        print(json.dumps({"network": options.network, **head, "rows": rows}, ensure_ascii=False))
    elif options.csv:
        writer = csv.DictWriter(sys.stdout, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    else:
        _print(head, rows)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="inception", description=__doc__.splitlines()[0])
    parser.add_argument("--version", action="version", version=VERSION)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, run in COMMANDS.items():
        command = commands.add_parser(name, help=(run.__doc__ or "").partition("\n")[0])
        command.add_argument("network", help=f"{', '.join(SPECS)}, or package.module:callable")
        command.add_argument("--size", type=_size, default=299, help="n, or HxW (default: 299)")
        command.add_argument("--train", action="store_true", help="the training mode")
        form = command.add_mutually_exclusive_group()
        form.add_argument("--json", action="store_true", help="one JSON object")
        form.add_argument("--csv", action="store_true", help="the rows as comma-separated values")
    return parser


def _size(text: str) -> int | tuple[int, ...]:
    try:
        sides = tuple(int(side) for side in text.lower().replace("×", "x").split("x"))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no size: give 299 or 224x320") from None
    return sides[0] if len(sides) == 1 else sides


def _network(name: str) -> nn.Module:
    if ":" not in name:
        return build(name)
    module, _, attribute = name.partition(":")
    make = getattr(importlib.import_module(module), attribute, None)
    if not callable(make):
        raise ValueError(f"{module} has no callable {attribute!r}")
    made = make()
    if not isinstance(made, nn.Module):
        raise ValueError(f"{name} gives a {type(made).__name__}, not a torch.nn.Module")
    return made


Table = tuple[dict[str, Any], list[dict[str, Any]]]


def _summary(graph: Graph) -> Table:
    """totals: parameters, multiply-adds, activations"""
    found = cost(graph)
    head = {"size": list(graph.input.shape), "macs": found.macs, "params": found.params}
    head |= {"activations": activation_count(graph), "nodes": len(graph)}
    if graph.train:
        head["training_macs"] = training_macs(graph)
    rows = [{"module": r.name, "output": _shape(r.shape)} for r in found.by_module().rows]
    return head, rows


def _cost(graph: Graph) -> Table:
    """multiply-adds and parameters, module by module"""
    found = cost(graph)
    rows = [
        {"module": r.name, "output": _shape(r.shape), "params": r.params, "macs": r.macs}
        for r in found.by_module().rows
    ]
    return {"size": list(graph.input.shape), "macs": found.macs, "params": found.params}, rows


def _rf(graph: Graph) -> Table:
    """receptive field, stride and padding, module by module"""
    fields, rows = receptive_field(graph), []
    for row in cost(graph).by_module().rows:
        known = row.name in graph and graph[row.name].name in fields
        entry: dict[str, Any] = {"module": row.name, "output": _shape(row.shape)}
        for key in ("size", "stride", "padding"):
            both = getattr(fields[row.name], key) if known else ()
            entry[key] = "×".join(map(str, both)) or "unknown"
        rows.append(entry)
    return {"size": list(graph.input.shape)}, rows


COMMANDS: dict[str, Callable[[Graph], Table]] = {"summary": _summary, "cost": _cost, "rf": _rf}


def _shape(shape: tuple[int, ...]) -> str:
    """Height×width×channels, as the paper writes it."""
    return "×".join(map(str, (*shape[1:], *shape[:1])))


def _print(head: dict[str, Any], rows: list[dict[str, Any]]) -> None:
    cells = [list(rows[0]), *([_text(value) for value in row.values()] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for line in cells:
        left, *right = (
            cell.ljust(w) if i == 0 else cell.rjust(w)
            for i, (cell, w) in enumerate(zip(line, widths, strict=True))
        )
        print("  ".join([left, *right]))
    for key, value in head.items():
        print(f"{key}: {_shape(tuple(value)) if key == 'size' else _text(value)}")


def _text(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)
