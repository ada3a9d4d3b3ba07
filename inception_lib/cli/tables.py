"""Results as the reader wants them: aligned text, JSON, or comma-separated values."""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["add_forms", "emit", "json_text", "print_rows", "shape_text"]

Row = Mapping[str, Any]


def add_forms(parser: argparse.ArgumentParser, csv_rows: str = "the rows") -> None:
    """The flags ``--json`` and ``--csv``, of which one at most is given."""
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON object")
    form.add_argument("--csv", action="store_true", help=f"{csv_rows} as comma-separated values")


def emit(options: argparse.Namespace, head: Row, rows: Sequence[Row]) -> None:
    """Print totals and rows in the form that was asked for."""
    if options.json:
        print(json_text({**head, "rows": list(rows)}))
    elif options.csv:
        columns = list(dict.fromkeys(key for row in rows for key in row))
        writer = csv.DictWriter(sys.stdout, fieldnames=columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    else:
        print_rows(rows)
        for key, value in head.items():
            print(f"{key}: {shape_text(value) if key == 'size' else text(value)}")


def json_text(content: Row) -> str:
    """As JSON in the letters that stdout has; others, and names that are not UTF-8, by number."""
    text = json.dumps(content, ensure_ascii=False, default=str)
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        return json.dumps(content, default=str)
    return text


def print_rows(rows: Sequence[Row]) -> None:
    """Columns side by side: the first and reasons to the left, the others to the right."""
    if not rows:
        return
    columns = list(dict.fromkeys(key for row in rows for key in row))
    cells = [columns, *([text(row.get(column)) for column in columns] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for line in cells:
        left, *right = (
            cell.ljust(w) if i == 0 or columns[i] == "why" else cell.rjust(w)
            for i, (cell, w) in enumerate(zip(line, widths, strict=True))
        )
        print("  ".join([left, *right]).rstrip())


def text(value: Any) -> str:
    """A number with separators; nothing for what is not known."""
    if value is None:
        return "–"
    whole = isinstance(value, int) and not isinstance(value, bool)
    return f"{value:,}" if whole else str(value)


def shape_text(shape: Sequence[int]) -> str:
    """Height×width×channels, as the paper writes it, of (channels, height, width)."""
    return "×".join(map(str, (*shape[1:], *shape[:1])))
