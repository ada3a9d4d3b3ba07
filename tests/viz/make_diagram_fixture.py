"""What tests/js/diagram.test.js reads: ``python -m tests.viz.make_diagram_fixture`` writes it."""

from __future__ import annotations

import json
from pathlib import Path

from inception_lib.viz import ModuleDiagram

PATH = Path(__file__).parents[1] / "fixtures" / "diagram.json"


def dump() -> str:
    """The book's figures as they travel to the front end, one a line."""
    widget = ModuleDiagram(uid="fixture")
    lines = []
    for entry in widget.figures:
        widget.figure = entry["id"]
        entry = {**entry, "saving": widget.saving()}
        lines.append(json.dumps(entry, ensure_ascii=False, separators=(",", ":")))
    return "[\n" + ",\n".join(lines) + "\n]\n"


if __name__ == "__main__":
    PATH.write_text(dump(), encoding="utf-8")
