"""A diagram as a still picture: the SVG for readers without a script, GitHub, PDF and notebooks.

The twin of ``js/view/module_diagram.js``. Colours are the book's, with fallbacks where its style
sheet is not loaded; text and lines take the colour of the text around the picture.
"""

from __future__ import annotations

import html

from inception_lib.viz.diagram_types import BAR, INPUT, OUTPUT, WORDS, Box, Diagram, dims
from inception_lib.viz.format import compact, grouped, percent

__all__ = ["description", "draw", "share"]

CELL = 10  # pixels
WIDTH = 520
COLOURS = {"1x1": "#56b4e9", "kxk": "#009e73", "factorized": "#e69f00", "pool": "#9aa0a8"}


def draw(diagram: Diagram) -> str:
    """The diagram as one ``<svg>`` element, without ids, scripts or anything random."""
    height = diagram.height * CELL
    title = f"{diagram.model}, from {dims(diagram.input_shape)} to {dims(diagram.output_shape)}"
    parts = [_edge(diagram, source, target) for source, target in diagram.edges]
    parts += [_box(diagram, box) for box in diagram.boxes]
    foot = diagram.height - WORDS - BAR
    parts.append(_bar(WORDS, f"filter concat: {dims(diagram.output_shape)}", WORDS - 0.7))
    parts.append(_bar(foot, f"input: {dims(diagram.input_shape)}", diagram.height - 0.4))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {_px(height)}" '
        f'width="{WIDTH}" role="img" aria-label="{html.escape(title)}" fill="currentColor" '
        f'style="max-width:100%;height:auto;font:14px system-ui,sans-serif" text-anchor="middle">\n'
        f"<title>{html.escape(title)}</title>\n<desc>{html.escape(description(diagram))}</desc>\n"
        + "\n".join(parts)
        + "\n</svg>"
    )


def description(diagram: Diagram) -> str:
    """The whole picture in words, branch by branch."""
    branches: dict[str, list[str]] = {}
    for box in diagram.boxes:
        cost = f" ({percent(share(diagram, box))})" if box.macs else ""
        branches.setdefault(box.role, []).append(box.label + cost)
    chains = "; ".join(", then ".join(labels) for labels in branches.values())
    window = "×".join(map(str, diagram.window))
    return (
        f"{len(branches)} branches side by side, then concatenated: {chains}. Together "
        f"{grouped(diagram.macs)} multiply-adds, {grouped(diagram.params)} parameters; "
        f"a cell of the output sees {window} cells of the input."
    )


def share(diagram: Diagram, box: Box) -> float:
    """Part of the module's multiply-adds that a box does."""
    return box.macs / diagram.macs if diagram.macs else 0.0


def _px(length: float) -> str:
    return f"{length:.1f}".removesuffix(".0")


def _bar(y: float, words: str, baseline: float) -> str:
    return (
        f'<rect x="0" y="{_px(y * CELL)}" width="{WIDTH}" height="{_px(BAR * CELL)}" rx="2"/>'
        f'<text x="{WIDTH // 2}" y="{_px(baseline * CELL)}">{html.escape(words)}</text>'
    )


def _box(diagram: Diagram, box: Box) -> str:
    """A kernel as its cells, its label above, its share of the cost at its right."""
    x, y = box.x * WIDTH, box.y * CELL
    (rows, columns), (tall, wide) = box.kernel, (side * CELL for side in box.size)
    step_y, step_x = tall / rows, wide / columns
    cells = "".join(
        f"M{_px(x - wide / 2 + j * step_x)} {_px(y - tall / 2 + i * step_y)}"
        f"h{_px(step_x - 1)}v{_px(step_y - 1)}h-{_px(step_x - 1)}z"
        for i in range(rows)
        for j in range(columns)
    )
    colour = COLOURS.get(box.kind, "currentColor")
    note = (
        f'<text x="{_px(x + wide / 2 + 5)}" y="{_px(y + 4)}" font-size="11" opacity="0.75" '
        f'text-anchor="start">{percent(share(diagram, box), 0)}</text>'
        if box.macs
        else ""
    )
    facts = f"{dims(box.shape)}, {compact(box.macs)} multiply-adds"
    return (
        f"<g><title>{html.escape(box.name)}: {html.escape(box.label)} → {facts}</title>"
        f'<path fill="var(--iw-{box.kind},{colour})" d="{cells}"/>'
        f'<text x="{_px(x)}" y="{_px(y - tall / 2 - 5)}">{html.escape(box.label)}</text>{note}</g>'
    )


def _edge(diagram: Diagram, source: str, target: str) -> str:
    """An arrow from the words over one box to the foot of the next."""
    boxes = {box.name: box for box in diagram.boxes}
    if target == OUTPUT:
        x2, y2 = boxes[source].x * WIDTH, (WORDS + BAR) * CELL
    else:
        x2, y2 = boxes[target].x * WIDTH, (boxes[target].y + boxes[target].size[0] / 2) * CELL
    if source == INPUT:
        x1, y1 = x2, (diagram.height - WORDS - BAR) * CELL
    else:
        box = boxes[source]
        x1, y1 = box.x * WIDTH, (box.y - box.size[0] / 2 - WORDS) * CELL
    y2 += 2
    middle = _px((y1 + y2) / 2)
    line = f"M{_px(x1)} {_px(y1)}C{_px(x1)} {middle} {_px(x2)} {middle} {_px(x2)} {_px(y2)}"
    head = "m-4 5l4 -5l4 5"
    return (
        f'<path d="{line}{head}" fill="none" stroke="currentColor" stroke-opacity="0.45" '
        'stroke-width="1.2"/>'
    )
