"""What the front ends are held to: ``python -m tests.viz.widget_fixtures`` writes it anew.

For every widget, found by itself: its readouts, as Python computes them, at every preset, and there
with each number at both ends of its limits.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from inception_lib import viz
from inception_lib.viz import BookWidget
from inception_lib.viz.base import kind_of

FOLDER = Path(__file__).parents[1] / "fixtures" / "widgets"
LONG = 2000  # characters: pictures are left out of the fixture


def classes() -> list[type[BookWidget]]:
    """Every widget of the book."""
    return [getattr(viz, name) for name in viz.WIDGETS]


def path_of(cls: type[BookWidget]) -> Path:
    """The fixture of a widget."""
    return FOLDER / f"{kind_of(cls)}.json"


def set_state(widget: BookWidget, state: dict[str, Any]) -> None:
    """Set what the reader can set, in the order of the class."""
    for name in widget.limits:
        if name in state:
            setattr(widget, name, state[name])


def visited(cls: type[BookWidget]) -> Iterator[BookWidget]:
    """One widget after the other, in each state that the fixture holds."""
    first, *others = cls.examples()
    start = first.state()
    for preset in [{"state": {}}, *cls.words()["presets"]]:
        set_state(first, {**start, **preset["state"]})
        yield first
        for name, limit in first.limits.items():
            for end in ("min", "max"):
                if end in limit:
                    before = getattr(first, name)
                    setattr(first, name, limit[end])
                    yield first
                    setattr(first, name, before)
    yield from others


def build(cls: type[BookWidget]) -> dict[str, Any]:
    """States and readouts; what is the same in all states of a widget stands apart, once."""
    found: list[tuple[dict[str, Any], dict[str, Any]]] = []
    for widget in visited(cls):
        state = {k: v for k, v in widget.state().items() if k != "uid"}
        case = (json.loads(json.dumps(state)), widget.readouts())
        if case not in found:
            found.append(case)
    first = found[0][0]
    common = {
        key: value
        for key, value in first.items()
        if sum(state[key] == value for state, _ in found) > len(found) / 2
    }
    cases = [
        {"state": {k: v for k, v in s.items() if common.get(k, ...) != v}, "readouts": numbers}
        for s, numbers in found
    ]
    limits = {"limits": cls.examples()[0].limits}
    return {"common": {k: _short(v) for k, v in common.items()} | limits, "cases": cases}


def _short(value: Any) -> Any:
    if isinstance(value, str) and len(value) > LONG:
        return ""
    if isinstance(value, dict):
        return {key: _short(item) for key, item in value.items()}
    return value


def dump(data: dict[str, Any]) -> str:
    """JSON with one case a line: small, and readable in a diff."""
    short = {"ensure_ascii": False, "separators": (",", ":")}
    lines = ",\n".join(json.dumps(case, **short) for case in data["cases"])
    return f'{{"common":{json.dumps(data["common"], **short)},\n"cases":[\n{lines}\n]}}\n'


def main() -> None:
    """Write every fixture."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for cls in classes():
        path_of(cls).write_text(dump(build(cls)), encoding="utf-8")


if __name__ == "__main__":
    main()
