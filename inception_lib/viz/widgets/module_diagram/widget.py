"""Figures 4, 5, 6 and 7 as one module that changes shape, its cost and its window beside it."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import torch
from torch import nn
from traitlets import List, Unicode, observe, validate

from inception_lib.graph import Graph, trace
from inception_lib.nets import (
    AsymmetricModule,
    ExpandedModule,
    FactorizedModule,
    OriginalModule,
    inception_v3,
)
from inception_lib.viz.base import BookWidget, Readouts
from inception_lib.viz.format import compact, grouped, percent
from inception_lib.viz.traits import StateError
from inception_lib.viz.widgets.module_diagram.diagram import Box, Diagram, dims, share
from inception_lib.viz.widgets.module_diagram.layout import layout

__all__ = ["ModuleDiagram"]

SAME, BUILT = "same input", "as built"
_W = 64  # channels that every convolution of the compared modules makes


@dataclass(frozen=True)
class Entry:
    """One figure that can be stepped to."""

    label: str
    group: str
    graph: Graph

    @cached_property
    def diagram(self) -> Diagram:
        """Laid out by itself, in the height that it needs."""
        return layout(self.graph)


@cache
def _book_figures() -> dict[str, Entry]:
    """The figures of the book by id, in the order in which one steps.

    The first group compares: one input, and every convolution 64 channels wide, so that a k×k has
    as many inputs as outputs (the paper's α = 1). The second is what the networks use.
    """
    with torch.device("meta"):
        network = inception_v3()
        same: dict[str, tuple[str, nn.Module]] = {
            "figure-4": ("Figure 4", OriginalModule(192, _W, (_W, _W), (_W, _W), _W)),
            "figure-5": ("Figure 5", FactorizedModule(192, _W, (_W, _W), (_W, _W), _W)),
            "figure-6-n3": ("Figure 6, n = 3", _asymmetric(3)),
            "figure-6": ("Figure 6, n = 7", _asymmetric(7)),
            "figure-7": ("Figure 7", ExpandedModule(192, _W, (_W, _W), (_W, _W, _W), _W)),
        }
        built: dict[str, tuple[str, nn.Module, tuple[int, int, int]]] = {
            "googlenet-3a": ("GoogLeNet 3a", OriginalModule(192), (192, 28, 28)),
            "mixed-5b": ("Mixed 5b", network.get_submodule("Mixed_5b"), (192, 35, 35)),
            "mixed-6b": ("Mixed 6b", network.get_submodule("Mixed_6b"), (768, 17, 17)),
            "mixed-7b": ("Mixed 7b", network.get_submodule("Mixed_7b"), (1280, 8, 8)),
        }
        figures = {key: Entry(name, SAME, trace(m, 35)) for key, (name, m) in same.items()}
        for key, (name, m, size) in built.items():
            figures[key] = Entry(name, BUILT, trace(m, size))
    return figures


def _asymmetric(n: int) -> AsymmetricModule:
    return AsymmetricModule(192, _W, (_W, _W), (_W, _W), _W, n=n)


class ModuleDiagram(BookWidget):
    """An Inception module drawn from its code, stepping from figure to figure of the paper.

    A 5×5 splits into two 3×3, these into rows and columns, and the last of them fan out. Kernels
    are to scale; beside the drawing stand the multiply-adds, on one scale for all figures of a
    group, and the window that a cell of the output sees.

    Parameters
    ----------
    figures : mapping of str to torch.nn.Module or Graph, optional
        What to step through, by label. By default the book's: Figures 4 to 7 with one input
        (35×35×192) and every convolution 64 channels wide, and four modules as built.
    figure : str
        Which is shown: ``"figure-4"``, ``"figure-5"``, ``"figure-6-n3"``, ``"figure-6"`` (n = 7),
        ``"figure-7"``; ``"googlenet-3a"``, ``"mixed-5b"``, ``"mixed-6b"``, ``"mixed-7b"``. For
        `figures` of your own, the label in lower case with hyphens; the first by default.
    box : str
        Name of the layer that is picked, as the library calls it (``"branch5x5_2"``), or ``""``.
    size : int or sequence of int
        Input size to trace modules at.
    uid : str, optional
        Name of the widget in its page, see `BookWidget`.

    Raises
    ------
    ValueError
        If a figure or box is not known; the message lists those that are.

    Examples
    --------
    >>> widget = ModuleDiagram(figure="figure-5", box="branch3x3dbl_2")
    >>> widget.diagram.macs, round(widget.saving(), 3)
    (195686400, 0.152)
    """

    figures: List = List(read_only=True).tag(sync=True)
    figure = Unicode("figure-4").tag(sync=True)
    box = Unicode("").tag(sync=True)

    def __init__(
        self,
        figures: Mapping[str, nn.Module | Graph] | None = None,
        figure: str | None = None,
        box: str = "",
        size: int | Sequence[int] = 35,
        uid: str | None = None,
    ) -> None:
        if figures is None:
            self._entries = _book_figures()
        else:
            self._entries = {
                _slug(label): Entry(label, "", _graph(item, size))
                for label, item in figures.items()
            }
        if not self._entries:
            raise StateError("figures is empty: give at least one module, by its label")
        super().__init__(uid=uid)
        # One height for all, so that nothing on the page moves when the figure changes.
        tallest = max(entry.diagram.height for entry in self._entries.values())
        entries = [
            {"id": key, "label": entry.label, "group": entry.group}
            | layout(entry.graph, height=tallest).state()
            for key, entry in self._entries.items()
        ]
        self.set_trait("figures", entries)
        self.figure = next(iter(self._entries)) if figure is None else figure
        self.box = box

    # -- numbers -----------------------------------------------------------------------------------

    @property
    def diagram(self) -> Diagram:
        """The figure that is shown."""
        return self._entries[self.figure].diagram

    def saving(self) -> float | None:
        """Share of the multiply-adds saved against the first figure of the same group.

        Negative where the module costs more; None where the group's inputs differ.
        """
        group = self._group()
        if len({entry.diagram.input_shape for entry in group}) > 1:
            return None
        return 1 - self.diagram.macs / group[0].diagram.macs

    def readouts(self) -> Readouts:
        """Of the module, and of the layer that is picked."""
        diagram, saving = self.diagram, self.saving()
        found: Readouts = {
            "macs": diagram.macs,
            "params": diagram.params,
            "window": "×".join(map(str, diagram.window)),
        }
        if saving is not None and diagram is not self._group()[0].diagram:
            found["saving"] = saving
        if self.box:
            box = diagram[self.box]
            found |= {
                "box-shape": dims(box.shape),
                "box-macs": box.macs,
                "box-share": share(diagram, box),
                "box-params": box.params,
                "box-window": "×".join(map(str, box.window)),
            }
        return found

    def _group(self) -> list[Entry]:
        group = self._entries[self.figure].group
        return [entry for entry in self._entries.values() if entry.group == group]

    # -- limits ------------------------------------------------------------------------------------

    @validate("figure")
    def _check_figure(self, proposal: Any) -> str:
        entries = getattr(self, "_entries", {})
        if entries and proposal["value"] not in entries:
            raise StateError(
                f"figure is {proposal['value']!r}, which is not known: pass one of "
                + ", ".join(map(repr, entries))
            )
        return proposal["value"]

    @validate("box")
    def _check_box(self, proposal: Any) -> str:
        value = proposal["value"]
        names = [box.name for box in self.diagram.boxes]
        if value and value not in names:
            raise StateError(
                f"box is {value!r}, which {self.figure} does not have: pass '' for none, or one "
                f"of {', '.join(map(repr, names))}"
            )
        return value

    @observe("figure")
    def _drop_box(self, change: Any) -> None:
        if all(box.name != self.box for box in self.diagram.boxes):
            self.box = ""

    # -- how it is shown ---------------------------------------------------------------------------

    def fallback_html(self) -> str:
        """The present figure as a picture, and its layers as a table."""
        label, diagram, saving = self._entries[self.figure].label, self.diagram, self.saving()
        words = ""
        if saving:
            more = "saved" if saving > 0 else "more"
            words = f"; {percent(abs(saving))} {more} against {self._group()[0].label}"
        window = "×".join(map(str, diagram.window))
        caption = (
            f"{label}, {dims(diagram.input_shape)} in and {dims(diagram.output_shape)} out: "
            f"{compact(diagram.macs)} multiply-adds, {compact(diagram.params)} parameters, "
            f"a window of {window}{words}."
        )
        head = "".join(
            f'<th scope="col">{name}</th>'
            for name in ("layer", "kernel, width", "output", "multiply-adds", "share", "sees")
        )
        rows = "\n".join(_row(diagram, box) for box in diagram.boxes)
        return (
            f"{diagram.svg}\n"
            '<div style="overflow-x:auto;font-size:0.87em" tabindex="0" role="region" '
            f'aria-label="Layers of {html.escape(label)}">\n'
            f"<table>\n<caption>{html.escape(caption)}</caption>\n"
            f"<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody>\n</table>\n</div>"
        )

    def __repr__(self) -> str:
        box = f", box={self.box!r}" if self.box else ""
        return f"ModuleDiagram(figure={self.figure!r}{box}, uid={self.uid!r})"


def _graph(item: nn.Module | Graph, size: int | Sequence[int]) -> Graph:
    return item if isinstance(item, Graph) else trace(item, size)


def _slug(label: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", label.lower()).strip("-")


def _row(diagram: Diagram, box: Box) -> str:
    cells = (
        box.label,
        dims(box.shape),
        f'<span title="{grouped(box.macs)}">{compact(box.macs)}</span>' if box.macs else "–",
        percent(share(diagram, box)) if box.macs else "–",
        "×".join(map(str, box.window)),
    )
    data = "".join(f"<td>{cell}</td>" for cell in cells)
    return f'<tr><th scope="row">{html.escape(box.name)}</th>{data}</tr>'
