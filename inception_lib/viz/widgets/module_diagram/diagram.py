"""A module's picture: boxes, edges and their places, and the still drawing of them as SVG.

Lengths are in *cells*: a k×k kernel is drawn k cells wide, so that kernels can be compared by eye.
"""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from inception_lib.viz.format import compact, grouped, percent
from inception_lib.viz.palette import LIGHT

__all__ = ["END", "INPUT", "OUTPUT", "WORDS", "Box", "Diagram", "dims", "share"]

# In cells, from the top: the concatenation, branches, the input.
WORDS = 2.0  # a line of text above each kernel
END = 5.5  # room for the input and for the concatenation
TENSOR = 0.06  # a cell of a tensor's grid
SLANT, DEPTH = (0.8, -0.5), 3.5  # as in shapes.js: where depth goes, and how much √channels takes

INPUT, OUTPUT = "input", "output"  # names of the two ends of the edges

CELL = 10  # pixels a cell in the still drawing
WIDTH = 520  # pixels


@dataclass(frozen=True)
class Box:
    """A convolution with its batch normalisation and ReLU, or a pool: one box of the picture.

    Attributes
    ----------
    name : str
        Of the module in the library: ``"branch3x3dbl_2"``.
    role : str
        The branch, by what it is: ``"1x1"``, ``"large-1"``, ``"large-2"``, ``"pool"``. A branch
        keeps its role from figure to figure.
    span : (float, float)
        Which part of the branch's work it does. The k×k of a branch are (0, 1) together: a 5×5 is
        all of it, the first of two 3×3 is (0, 0.5). 1×1 and pools have whole numbers outside.
    kind : str
        Colour of the branch: ``"1x1"``, ``"kxk"``, ``"factorized"``, ``"pool"``.
    op, kernel, stride
        As in the graph's node; kernel and stride are (height, width).
    shape : (int, int, int)
        Of what leaves it, channels × height × width.
    in_channels : int
        Of what enters it.
    macs, params : int
        Multiply-adds for one image, and trainable numbers (batch normalisation included).
    window : (int, int)
        Receptive field in the module's input, height and width.
    label : str
        What is written above it: ``"3×3, 96"``.
    x : float
        Centre, from 0 (left) to 1 (right).
    y : float
        Centre, in cells from the top.
    size : (float, float)
        Height and width, in cells.
    """

    name: str
    role: str
    span: tuple[float, float]
    kind: str
    op: str
    kernel: tuple[int, int]
    stride: tuple[int, int]
    shape: tuple[int, ...]
    in_channels: int
    macs: int
    params: int
    window: tuple[int, int]
    label: str
    x: float = 0.0
    y: float = 0.0
    size: tuple[float, float] = (1.0, 1.0)


@dataclass(frozen=True)
class Diagram:
    """A module laid out; displays itself as a picture.

    Attributes
    ----------
    model : str
        Name of the module's class.
    boxes : tuple of Box
    edges : tuple of (str, str)
        Names of boxes, ``"input"`` or ``"output"``, in the direction of the data.
    input_shape, output_shape : (int, int, int)
        Channels × height × width.
    macs, params : int
        Of the whole module, as `inception_lib.cost` counts them.
    window : (int, int)
        Receptive field of the output in the input, the hull of the branches'.
    seen : int
        Pixels of that window that a cell in the middle really sees.
    height : float
        Of the picture, in cells.
    """

    model: str
    boxes: tuple[Box, ...]
    edges: tuple[tuple[str, str], ...]
    input_shape: tuple[int, ...]
    output_shape: tuple[int, ...]
    macs: int
    params: int
    window: tuple[int, int]
    seen: int
    height: float

    def __getitem__(self, name: str) -> Box:
        for box in self.boxes:
            if box.name == name:
                return box
        known = ", ".join(box.name for box in self.boxes)
        raise KeyError(f"no box is called {name!r} in {self.model}; there are {known}")

    def state(self) -> dict[str, Any]:
        """The same as plain numbers, strings and lists, for the front end."""
        return _plain(asdict(self))

    @property
    def svg(self) -> str:
        """The picture as an SVG element; the same for the same module, in light and dark."""
        return _draw(self)

    def _repr_html_(self) -> str:
        return self.svg

    def __repr__(self) -> str:
        return (
            f"Diagram({self.model}, {dims(self.input_shape)} to {dims(self.output_shape)}, "
            f"{len(self.boxes)} boxes)"
        )


def dims(shape: Sequence[int]) -> str:
    """Height×width×channels, as the paper writes a tensor."""
    return "×".join(map(str, (*shape[1:], shape[0])))


def _plain(value: Any) -> Any:
    """Tuples as lists, numbers short."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return int(value) if value.is_integer() else round(value, 4)
    return value


# -- the still drawing ---------------------------------------------------------------------------
# For readers without a script, GitHub, PDF and notebooks: the twin of view.js. Colours are the
# book's, with fallbacks where its style sheet is not loaded; text and lines take the colour of the
# text around the picture.


def _draw(diagram: Diagram) -> str:
    """The diagram as one ``<svg>`` element, without ids, scripts or anything random."""
    height = diagram.height * CELL
    title = f"{diagram.model}, from {dims(diagram.input_shape)} to {dims(diagram.output_shape)}"
    parts = [_edge(diagram, source, target) for source, target in diagram.edges]
    parts += [_box(diagram, box) for box in diagram.boxes]
    parts += _ends(diagram)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {_px(height)}" '
        f'width="{WIDTH}" role="img" aria-label="{html.escape(title)}" fill="currentColor" '
        f'style="max-width:100%;height:auto;font:14px system-ui,sans-serif" text-anchor="middle">\n'
        f"<title>{html.escape(title)}</title>\n<desc>{html.escape(_description(diagram))}</desc>\n"
        + "\n".join(parts)
        + "\n</svg>"
    )


def _description(diagram: Diagram) -> str:
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


def _ends(diagram: Diagram) -> list[str]:
    """The input and the concatenation as tensors, each with the line that gathers its arrows."""
    shapes = (diagram.output_shape, diagram.input_shape)
    tallest = max(rows - SLANT[1] * DEPTH * math.sqrt(channels) for channels, rows, *_ in shapes)
    scale = min(TENSOR, (END - 0.2) / tallest) * CELL
    last = {source for source, target in diagram.edges if target == OUTPUT}
    branches = sorted((box for box in diagram.boxes if box.name in last), key=lambda box: box.x)
    upper, lower = END * CELL, (diagram.height - END) * CELL
    found = []
    for y in (upper, lower):
        found.append(f'<path d="M0 {_px(y)}H{WIDTH}" stroke="currentColor" stroke-opacity="0.45"/>')
    # The last branch lies at the back: it is drawn first, and what stands before it over it.
    wide = _tensor_width(diagram.output_shape, scale)
    upto = 0
    stacked = []
    for box in branches:
        upto += box.shape[0]
        fill = f"var(--iw-{box.kind},{LIGHT.get(box.kind, 'currentColor')})"
        stacked.append(_tensor(wide, upper - 1, diagram.output_shape[1], upto, scale, fill))
    found += reversed(stacked)
    words = f"filter concat: {dims(diagram.output_shape)}"
    found.append(_beside(wide, upper - 8, words))
    channels, rows, *_ = diagram.input_shape
    wide = _tensor_width(diagram.input_shape, scale)
    foot = lower + 1 + (rows - SLANT[1] * DEPTH * math.sqrt(channels)) * scale
    found.append(_tensor(wide, foot, rows, channels, scale, "#d9dde2"))
    found.append(_beside(wide, lower + 18, f"input: {dims(diagram.input_shape)}"))
    return found


def _tensor_width(shape: Sequence[int], scale: float) -> float:
    return (shape[1] + SLANT[0] * DEPTH * math.sqrt(shape[0])) * scale


def _tensor(wide: float, foot: float, grid: int, channels: int, scale: float, fill: str) -> str:
    """A box whose face stands on ``foot``, in the middle of the picture if it is ``wide``."""
    face, depth = grid * scale, math.sqrt(channels) * scale * DEPTH
    x, top = (WIDTH - wide) / 2, foot - face
    dx, dy = depth * SLANT[0], depth * SLANT[1]
    sides = (
        f"M{_px(x)} {_px(top)}l{_px(dx)} {_px(dy)}h{_px(face)}v{_px(face)}"
        f"l{_px(-dx)} {_px(-dy)}v{_px(-face)}z"
    )
    return (
        f'<g fill="{fill}" stroke="currentColor" stroke-width="0.5"><path d="{sides}"/>'
        f'<rect x="{_px(x)}" y="{_px(top)}" width="{_px(face)}" height="{_px(face)}"/></g>'
    )


def _beside(wide: float, y: float, words: str) -> str:
    x = _px((WIDTH + wide) / 2 + 10)
    return f'<text x="{x}" y="{_px(y)}" text-anchor="start">{html.escape(words)}</text>'


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
    colour = LIGHT.get(box.kind, "currentColor")
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
        x2, y2 = boxes[source].x * WIDTH, END * CELL
    else:
        x2, y2 = boxes[target].x * WIDTH, (boxes[target].y + boxes[target].size[0] / 2) * CELL
    if source == INPUT:
        x1, y1 = x2, (diagram.height - END) * CELL
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
