"""Every tensor of a network to scale, in space."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import torch
from torch import nn
from traitlets import Bool, Dict, List, Unicode, validate

from inception_lib.graph import Graph, trace
from inception_lib.nearest import close_names
from inception_lib.nets import inception_v3
from inception_lib.viz.base import BookWidget, Readouts
from inception_lib.viz.format import compact
from inception_lib.viz.photos import PHOTOS
from inception_lib.viz.traits import Camera, CellIndex, OneOf, StateError
from inception_lib.viz.widgets.tensor_scene import faces, picture, still
from inception_lib.viz.widgets.tensor_scene.layout import Box, Scene, lay_out
from inception_lib.viz.widgets.tensor_scene.walk import walk
from inception_lib.viz.widgets.tensor_scene.windows import seen

__all__ = ["TensorScene"]

COLOURS = ("operation", "macs", "params", "zeros", "values")
SIZE = 299  # pixels, where nothing is said


@cache
def _book_network() -> Graph:
    """The released Inception-v3 with its auxiliary head."""
    with torch.device("meta"):
        return trace(inception_v3(), SIZE, train=True)


class TensorScene(BookWidget):
    """A network in space: every tensor a box, to scale, with trained feature maps on its face.

    Height and width of a box are its grid, depth is the square root of its channels. Branches stand
    side by side; a concatenation is the stack of what it joins. Equal blocks are folded. A picked
    cell lights the cells that it sees, through all tensors down to the image, and those that it
    goes into.

    Parameters
    ----------
    model : torch.nn.Module or Graph, optional
        Any network that ``trace`` takes. By default the released Inception-v3 at 299×299 with its
        auxiliary head, and on the boxes what the authors' trained trunk makes of three photographs.
    size : int or sequence of int
        Input size to trace a module at.
    train : bool
        Trace the training mode, with heads that evaluation leaves out.
    image : path, PIL image or Tensor, optional
        Shown on the first box. If `model` is a module, it is run on it, and its maps are on the
        others. A Tensor is 3×H×W in [-1, 1]; other images are resized to the input and scaled so.
    photos : sequence of str
        Photographs of the book that can be chosen from, by name.
    values : mapping of str to float, optional
        A number for tensors, by name, to colour them by.
    step : str
        Where the walk stands: ``"whole"``, or another of `steps`.
    tensor : str
        The tensor that is picked, by name, or ``""``.
    row, column : int
        The cell that is picked in it; -1 for the middle.
    colour : str
        By what boxes are coloured: ``"operation"``, ``"macs"``, ``"params"``, ``"zeros"`` (share in
        the tensor, where there are faces), ``"values"``.
    photo : str
        Which photograph is shown.
    unfold : bool
        Show each of several equal blocks.
    camera : list of float
        Yaw and pitch in degrees, distance, and the point looked at; empty for the step's own view.
    drawing : str
        ``"space"``, or ``"flat"`` for a drawing without WebGL.
    uid : str, optional
        Name of the widget in its page, see `BookWidget`.

    Raises
    ------
    ValueError
        If a name is not known (the message lists near ones), the model cannot be traced, or the
        image cannot be read.

    Examples
    --------
    >>> scene = TensorScene(tensor="Mixed_5d.concat")
    >>> scene.readouts()["tensor-window"], scene.readouts()["macs"]
    ('127×127', 5713216096)
    """

    scene: Dict = Dict(read_only=True).tag(sync=True)
    steps: List = List(read_only=True).tag(sync=True)
    photos: Dict = Dict(read_only=True).tag(sync=True)
    values: Dict = Dict(read_only=True).tag(sync=True)
    step = Unicode("whole").tag(sync=True)
    tensor = Unicode("").tag(sync=True)
    row = CellIndex()
    column = CellIndex()
    colour = OneOf("operation", COLOURS)
    photo = Unicode("").tag(sync=True)
    unfold = Bool(False).tag(sync=True)
    camera = Camera()
    drawing = OneOf("space", ("space", "flat"))

    def __init__(
        self,
        model: nn.Module | Graph | None = None,
        size: int | Sequence[int] = SIZE,
        *,
        train: bool = False,
        image: Any = None,
        photos: Sequence[str] = tuple(PHOTOS),
        values: Mapping[str, float] | None = None,
        uid: str | None = None,
        **state: Any,
    ) -> None:
        if model is None:
            graph = _book_network()
        else:
            graph = model if isinstance(model, Graph) else trace(model, size, train=train)
        self._scene = lay_out(graph)
        shown = self._pictures(model, image, photos)
        super().__init__(uid=uid)
        self.set_trait("scene", self._scene.state())
        self.set_trait("steps", walk(self._scene))
        self.set_trait("photos", shown)
        self.set_trait("values", self._checked_values(values or {}))
        self.photo = next(iter(shown))
        for name, value in state.items():
            if name not in self.limits:
                raise StateError(f"{name} is not known: give one of {', '.join(self.limits)}")
            setattr(self, name, value)

    def _pictures(
        self, model: nn.Module | Graph | None, image: Any, photos: Sequence[str]
    ) -> dict[str, dict[str, Any]]:
        """Photographs by name, with what the network makes of them where that is known."""
        if image is not None:
            tensor, src, alt = picture.read(image, self._scene.boxes[0].shape)
            maps = {}
            if isinstance(model, nn.Module):
                maps = faces.live(model, self._scene, tensor).state()
            return {"yours": {"src": src, "alt": alt, "faces": maps}}
        unknown = [name for name in photos if name not in PHOTOS]
        if unknown or not photos:
            raise StateError(
                f"photos is {tuple(photos)!r}: give at least one of {', '.join(PHOTOS)}"
            )
        return {
            name: {
                "src": PHOTOS[name].src,
                "alt": PHOTOS[name].alt,
                "faces": faces.recorded(name).state() if model is None else {},
            }
            for name in photos
        }

    # -- numbers -----------------------------------------------------------------------------------

    @property
    def boxes(self) -> tuple[Box, ...]:
        """Every tensor, in order of execution."""
        return self._scene.boxes

    def readouts(self) -> Readouts:
        """Of the whole trunk, of the step, and of the tensor that is picked."""
        scene = self._scene
        trunk = [i for b in scene.blocks if not b.side for i in range(b.first, b.last + 1)]
        macs = sum(scene.boxes[i].macs for i in trunk)
        found: Readouts = {
            "macs": macs,
            "params": sum(scene.boxes[i].params for i in trunk),
            "tensors": len(trunk),
        }
        here = next(step for step in self.steps if step["id"] == self.step)
        if self.step != "whole":
            shown = range(here["first"], here["last"] + 1)
            cost = sum(scene.boxes[i].macs for i in shown)
            found |= {
                "step-macs": cost,
                "step-share": cost / macs if macs else 0.0,
                "step-params": sum(scene.boxes[i].params for i in shown),
            }
        if self.colour != "operation":
            found["scale-top"] = max([0, *(v for v in self._values() if v is not None)])
        if self.tensor:
            found |= self._of_tensor(scene.index(self.tensor), macs)
        return found

    def _values(self) -> list[float | None]:
        """The number by which each box is coloured, None where there is none."""
        if self.colour in ("macs", "params"):
            return [getattr(box, self.colour) for box in self._scene.boxes]
        known: Mapping[str, float] = self.values
        if self.colour == "zeros":
            tiles = self.photos[self.photo]["faces"].get("tiles", {})
            known = {name: tile[6] for name, tile in tiles.items()}
        return [known.get(box.name) for box in self._scene.boxes]

    def _of_tensor(self, i: int, macs: int) -> Readouts:
        box = self._scene.boxes[i]
        cell = self.cell
        found: Readouts = {
            "tensor-shape": _dims(box),
            "tensor-params": box.params,
            "tensor-macs": box.macs,
            "tensor-share": box.macs / macs if macs else 0.0,
            "tensor-cell": f"{cell[0]}, {cell[1]}",
        }
        if box.field:
            found["tensor-window"] = f"{box.field[0]}×{box.field[1]}"
        image = seen(self._scene, i, cell).get(0)
        if image is not None:
            found["tensor-seen"] = f"{image[1] - image[0] + 1}×{image[3] - image[2] + 1}"
        return found

    @property
    def cell(self) -> tuple[int, int]:
        """The cell that is picked, within the grid of the tensor that is picked."""
        rows, columns = self._scene.boxes[self._scene.index(self.tensor)].shape[1:]
        row = rows // 2 if self.row < 0 else min(self.row, rows - 1)
        column = columns // 2 if self.column < 0 else min(self.column, columns - 1)
        return row, column

    # -- limits ------------------------------------------------------------------------------------

    @validate("step", "photo", "tensor")
    def _checked_name(self, proposal: Any) -> str:
        name, value = proposal["trait"].name, proposal["value"]
        known = {
            "step": [step["id"] for step in self.steps] or ["whole"],
            "photo": [*self.photos] or [""],
            "tensor": ["", *(box.name for box in self._scene.boxes)],
        }[name]
        if value not in known:
            near = close_names(value, known, 5) or known[:8]
            raise StateError(
                f"{name} is {value!r}, which is not known in {self._scene.model}: pass one of "
                + ", ".join(map(repr, near))
            )
        return value

    def _checked_values(self, values: Mapping[str, float]) -> dict[str, float]:
        found = {}
        for name, value in values.items():
            try:
                found[self._scene.boxes[self._scene.index(name)].name] = float(value)
            except KeyError as error:
                raise StateError(f"values: {error.args[0]}") from None
        return found

    # -- how it is shown ---------------------------------------------------------------------------

    def fallback_html(self) -> str:
        """A still drawing, and a table of the blocks."""
        rows = "\n".join(
            f'<tr><th scope="row">{html.escape(name)}</th><td>{shape}</td>'
            f"<td>{compact(params)}</td><td>{compact(macs)}</td></tr>"
            for name, shape, params, macs in table(self._scene)
        )
        return (
            f"{still.svg(self._scene, self.words()['label'], self.photos[self.photo]['src'])}\n"
            f"<details><summary>{html.escape(self._scene.model)}, block by block</summary>\n<table>"
            "<thead><tr><th>block</th><th>output</th><th>parameters</th><th>multiply-adds</th></tr>"
            f"</thead>\n<tbody>\n{rows}\n</tbody></table></details>"
        )


def table(scene: Scene) -> list[tuple[str, str, int, int]]:
    """Name, output, parameters and multiply-adds of each block, equal ones as one row."""
    found = []
    for block in scene.blocks:
        if not block.at:
            continue
        inside = scene.boxes[block.first : block.last + 1]
        name = block.name if block.times == 1 else f"{block.name} ×{block.times}"
        params, macs = (sum(getattr(box, key) for box in inside) for key in ("params", "macs"))
        found.append((name, _dims(inside[-1]), params * block.times, macs * block.times))
    return found


def _dims(box: Box) -> str:
    channels, rows, columns = box.shape
    return f"{rows}×{columns}×{channels}"
