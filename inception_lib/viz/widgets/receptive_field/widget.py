"""What an output cell sees of a photograph: sections 3.1 and 3.2, Figures 1 and 3 to 7."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn
from traitlets import Dict, List, Unicode, observe, validate

from inception_lib.graph import Field, Graph, Node, receptive_field, trace
from inception_lib.viz.base import BookWidget, Readouts
from inception_lib.viz.photos import PHOTOS
from inception_lib.viz.traits import Bounded, OneOf, StateError
from inception_lib.viz.widgets.receptive_field import presets as known
from inception_lib.viz.widgets.receptive_field.fallback import fallback
from inception_lib.viz.widgets.receptive_field.look import Look

__all__ = ["ReceptiveField"]

_YOURS = "yours"  # the stack that the reader edits
_MODEL = "model"  # a graph or module handed in
_SMALL = 64  # pixels: up to here the planes are drawn, above it the window alone
_MAX_LAYERS = 8


class ReceptiveField(BookWidget):
    """The window of an output cell, on a photograph: in theory, and by paths.

    The reader stacks layers and moves the output cell. Every cell that it looks at is drawn, plane
    by plane, with the number of paths that lead there: two 3×3 see the 25 pixels of a 5×5, but by
    1, 2, 3, 2, 1 paths along each axis, so that the edge of the window counts for less.

    Parameters
    ----------
    stack : str, Graph or torch.nn.Module
        What is looked through: a name (``"5x5"``, ``"two-3x3"``, ``"3x3"``, ``"3x1-1x3"``,
        ``"two-2x2"``, ``"7x7"``, ``"1x7-7x1"``, ``"figure-4"`` … ``"figure-7"``,
        ``"grid-reduction"``, ``"inception-v3"``), ``"yours"`` for `layers`, or any model.
        Inputs above 64 pixels are shown at the scale of a network: block by block.
    compare : str
        The name of a second stack to stand beside it, ``""`` for none.
    layers : sequence of str
        The reader's own stack, for ``stack="yours"``: ``["3x3", "1x7", "3x3/2"]``, 1 to 8 layers.
    cell : (int, int), optional
        Row and column of the output cell; the middle one by default.
    block : str
        At the scale of a network: the module whose output is looked at (the last by default).
    grid : int
        Height and width of the input of small stacks, 7 to 21 pixels.
    photo : str
        ``"astronaut"``, ``"chelsea"`` or ``"coffee"``.
    size : int or sequence of int, optional
        Input size to trace a module at; 11 by default.
    uid : str, optional
        Name of the widget in its page, see `BookWidget`.

    Raises
    ------
    ValueError
        If a value is not known or outside its limits; the message names value, limit and remedy.

    Examples
    --------
    >>> widget = ReceptiveField("two-3x3", compare="5x5")
    >>> widget.field.size
    (5, 5)
    >>> widget.path_counts[5, 3:8].int().tolist()
    [3, 6, 9, 6, 3]
    """

    stacks = Dict(read_only=True).tag(sync=True)
    stack = Unicode().tag(sync=True)
    compare = Unicode().tag(sync=True)
    layers = List(Unicode(), ["3x3", "3x3"]).tag(sync=True)
    cell: List[int] = List().tag(sync=True)
    off = List(Unicode()).tag(sync=True)
    block = Unicode().tag(sync=True)
    grid = Bounded(11, 7, 21, "pixels")
    photo = OneOf("astronaut", PHOTOS)
    image = Dict(read_only=True).tag(sync=True)

    def __init__(
        self,
        stack: str | Graph | nn.Module = "two-3x3",
        compare: str = "",
        layers: Sequence[str] = ("3x3", "3x3"),
        cell: Sequence[int] | None = None,
        block: str = "",
        grid: int = 11,
        photo: str = "astronaut",
        size: int | Sequence[int] = 11,
        uid: str | None = None,
    ) -> None:
        self._graphs: dict[str, Graph] = {}
        if isinstance(stack, nn.Module):
            stack = trace(stack, size)
        if isinstance(stack, Graph):
            self._graphs[_MODEL] = stack
        name = _MODEL if isinstance(stack, Graph) else stack
        names = [n for n in known.NAMES if n != known.NETWORK or name == known.NETWORK]
        choices = {n: self._describe(n) for n in [*names, *self._graphs]}
        if "blocks" in choices.get(name, {}):
            # A network is shown by itself: its blocks are the choice.
            choices = {name: choices[name]}
        super().__init__(uid=uid, grid=grid, photo=photo)
        self._load_photo()
        self.set_trait("stacks", choices)
        self.layers = list(layers)
        self.stack, self.compare = name, compare
        self.block = block or next(reversed(self._blocks()), "")
        self.cell = self._checked_cell(cell)

    @classmethod
    def examples(cls) -> list[BookWidget]:
        """Small stacks, and the whole network block by block."""
        network = cls("inception-v3", uid="receptive-field-network")
        return [cls(uid="receptive-field-example"), network]

    # -- what is looked through ------------------------------------------------------------------

    def _describe(self, name: str) -> dict[str, Any]:
        """A stack as the front end reads it."""
        if name in known.CHAINS:
            return {"layers": list(known.CHAINS[name])}
        graph = self._graphs.get(name) or known.named_graph(name)
        found: dict[str, Any] = {"rows": known.rows(graph)}
        if len(found["rows"]) < 2:
            raise StateError(
                f"stack is {graph}, in which no layer looks at a grid: pass a model that begins "
                "with a convolution or a pool"
            )
        if name == _MODEL:
            found["label"] = graph.model
        if max(graph.input.shape[1:]) > _SMALL:
            found["blocks"] = known.blocks(graph)
        return found

    @property
    def graph(self) -> Graph:
        """The traced graph of the present stack."""
        return self._graph_of(self.stack)

    def _graph_of(self, name: str) -> Graph:
        layers = self._layers(name)
        if layers:
            return trace(known.build_chain(layers), (1, self.grid, self.grid))
        return self._graphs.get(name) or known.named_graph(name)

    def _layers(self, name: str) -> list[str]:
        """The layers of a stack; none where it is a traced model."""
        return list(self.layers if name == _YOURS else known.CHAINS.get(name, ()))

    def _blocks(self) -> dict[str, str]:
        """Blocks of a network and their nodes; none for a small stack."""
        return dict(self.stacks.get(self.stack, {}).get("blocks", ()))

    @property
    def output(self) -> Node:
        """The tensor whose cell looks: the last grid of the stack, or the output of `block`."""
        return self._look(self.stack).output

    def _look(self, name: str) -> Look:
        """One stack as it is looked through, with the branches that are on."""
        graph = self._graph_of(name)
        nodes = {node.name: node for node in known.windows(graph)}
        blocks = self._blocks() if name == self.stack else {}
        output = nodes[blocks[self.block]] if blocks else list(nodes.values())[-1]
        roots = list(output.parents) if len(output.parents) > 1 else [output.name]
        return Look(graph, output, [root for root in roots if root not in self.off] or roots)

    # -- numbers -----------------------------------------------------------------------------------

    @property
    def field(self) -> Field:
        """Size, stride and padding of the window, (height, width), of the branches that are on."""
        return self._look(self.stack).field

    @property
    def path_counts(self) -> Tensor:
        """Paths from the output cell to each pixel of the input, height×width, float64."""
        return self._look(self.stack).path_counts(self._present_cell())

    def _present_cell(self) -> tuple[int, int]:
        height, width = self.output.shape[1:]
        if not self.cell:
            return height // 2, width // 2
        # Another stack may have a smaller grid than the one that the cell was chosen on.
        return min(self.cell[0], height - 1), min(self.cell[1], width - 1)

    def readouts(self) -> Readouts:
        """Window, pixels, paths and price of the stack, of the one beside it, or of a block."""
        main, cell = self._look(self.stack), self._present_cell()
        if self._blocks():
            return main.of_a_network(cell)
        found = main.of_a_stack(cell, priced=bool(self._layers(self.stack)))
        if self.compare:
            # Both stay on one spot of the photograph.
            beside = self._look(self.compare)
            there = beside.nearest(main.centre(cell))
            numbers = beside.of_a_stack(there, priced=bool(self._layers(self.compare)))
            found |= {f"compare-{name}": value for name, value in numbers.items()}
        return found

    # -- limits ------------------------------------------------------------------------------------

    @validate("stack", "compare")
    def _checked_name(self, proposal: Any) -> str:
        key, value = proposal["trait"].name, proposal["value"]
        names = [*self.stacks, _YOURS] if key == "stack" else [*self.stacks, _YOURS, ""]
        if value not in names:
            listed = ", ".join(map(repr, names))
            raise StateError(f"{key} is {value!r}, which is not known: pass one of {listed}")
        return value

    @validate("layers")
    def _checked_layers(self, proposal: Any) -> list[str]:
        layers = proposal["value"]
        if not 1 <= len(layers) <= _MAX_LAYERS:
            raise StateError(
                f"layers has {len(layers)} layers; it must have 1 to {_MAX_LAYERS}: "
                "trace a deeper network and pass its graph as stack"
            )
        if not known.fits(layers, self.grid):
            raise StateError(
                f"layers leave no cell of {self.grid}×{self.grid} pixels: pass fewer layers, "
                "or a larger grid (21 at most)"
            )
        return layers

    @validate("block")
    def _checked_block(self, proposal: Any) -> str:
        block, blocks = proposal["value"], self._blocks()
        if block not in blocks and (block or blocks):
            listed = ", ".join(blocks) or "'' (a small stack has no blocks)"
            raise StateError(f"block is {block!r}, which is not known: pass one of {listed}")
        return block

    def _checked_cell(self, cell: Sequence[int] | None) -> list[int]:
        if cell is None:
            return []
        height, width = self.output.shape[1:]
        if len(cell) != 2 or not (0 <= cell[0] < height and 0 <= cell[1] < width):
            raise StateError(
                f"cell is {tuple(cell)!r}; the output has {height}×{width} cells: pass a row from "
                f"0 to {height - 1} and a column from 0 to {width - 1}"
            )
        return [int(cell[0]), int(cell[1])]

    @observe("photo")
    def _load_photo(self, change: Any = None) -> None:
        item = PHOTOS[self.photo]
        self.set_trait("image", {"src": item.src, "alt": item.alt, "focus": list(item.focus)})

    # -- how it is shown ---------------------------------------------------------------------------

    def fallback_html(self) -> str:
        """A sentence, a picture of the paths for small inputs, and a table of every window."""
        return fallback(
            title=self._title(),
            lines=self._lines(),
            fields=receptive_field(self.graph),
            window=self.field.window(self._present_cell()),
            counts=self.path_counts,
        )

    def _title(self) -> str:
        layers = self._layers(self.stack)
        if layers:
            return ", ".join(known.words(layer) for layer in layers)
        return self.block or self.graph.model

    def _lines(self) -> list[tuple[str, Node]]:
        """What the table lists: the blocks of a network, or every layer."""
        nodes = {node.name: node for node in known.windows(self.graph)[1:]}
        blocks = self._blocks()
        if blocks:
            return [(block, nodes[name]) for block, name in blocks.items()]
        return list(nodes.items())
