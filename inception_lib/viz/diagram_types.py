"""What a module's picture is made of: boxes, edges and their places.

Lengths are in *cells*: a k×k kernel is drawn k cells wide, so that kernels can be compared by eye.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

__all__ = ["BAR", "INPUT", "OUTPUT", "WORDS", "Box", "Diagram", "dims"]

# In cells, from the top: words, bar of the concatenation, branches, bar of the input, words.
WORDS = 2.0  # a line of text: above each kernel, above and below the picture
BAR = 0.5  # the input and the concatenation

INPUT, OUTPUT = "input", "output"  # names of the two ends of the edges


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
        from inception_lib.viz.diagram_svg import draw

        return draw(self)

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
