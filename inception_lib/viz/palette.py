"""The book's colours, from ``palette.json``: of widgets, plots, diagrams and pages."""

from __future__ import annotations

import json
from pathlib import Path

__all__ = ["DARK", "LIGHT"]

_PAIRS = json.loads((Path(__file__).parent / "palette.json").read_text(encoding="utf-8"))

LIGHT: dict[str, str] = {name: pair[0] for name, pair in _PAIRS.items()}
"""Colours on a light ground, as ``#rrggbb``, by name; operations are Okabe and Ito's."""

DARK: dict[str, str] = {name: pair[1] for name, pair in _PAIRS.items()}
"""The same on a dark ground."""
