"""What is measured of the trained trunk, layer by layer (principles 1 to 3 of section 2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from traitlets import Dict, List

from inception_lib.graph import Graph
from inception_lib.results import read_results
from inception_lib.viz.base import BookWidget, Readouts
from inception_lib.viz.graphs import graph_of
from inception_lib.viz.traits import Bounded, OneOf
from inception_lib.viz.widgets.along_the_trunk.record import maps_of

__all__ = ["AlongTheTrunk"]

MEASURES = ("probe", "zeros", "neighbours", "directions")
LAYERS = 16


class AlongTheTrunk(BookWidget):
    """Four measurements of the authors' trained Inception-v3, from the first layer to 7a.

    What a linear classifier reads off the means of the maps (of photographs of clothes), the share
    of zeros behind ReLU and the correlation of neighbouring cells (of three photographs), and how
    many principal components hold 90 % of the variance (of clothes), beside the widths of the 1×1
    that the network puts there before a larger kernel.

    Parameters
    ----------
    measure : str
        ``"probe"``, ``"zeros"``, ``"neighbours"`` or ``"directions"``.
    layer : int
        Which layer is looked at, from 0 (the first) to 15 (7a).
    maps : sequence of str
        Layers whose recorded maps are shown beside the curve, from ``"Conv2d_1a_3x3"`` to
        ``"Mixed_7a"``; each layer shows the last of them that is not behind it. None by default.
    photo : str
        Whose maps: ``"astronaut"``, ``"chelsea"`` or ``"coffee"``.
    record : mapping, optional
        What ``experiments/principles.py`` wrote; the book's own by default.
    uid : str, optional
        Name of the widget in its page, see `BookWidget`.

    Raises
    ------
    ValueError
        If a value is not known or outside its limits.
    MissingResults
        If no record is given and the book's is not here.

    Examples
    --------
    >>> AlongTheTrunk("zeros", layer=14).readouts()
    {'zeros': 0.908}
    """

    layers: List[dict] = List(read_only=True).tag(sync=True)
    maps: Dict = Dict(read_only=True).tag(sync=True)
    measure = OneOf("zeros", MEASURES)
    layer = Bounded(0, 0, LAYERS - 1)

    def __init__(
        self,
        measure: str = "zeros",
        layer: int = 0,
        maps: Sequence[str] = (),
        photo: str = "chelsea",
        record: Mapping[str, Any] | None = None,
        uid: str | None = None,
    ) -> None:
        found = read_results("principles") if record is None else record
        super().__init__(uid=uid, measure=measure, layer=layer)
        self.set_trait("layers", [_layer(row) for row in found["layers"]])
        self.set_trait("maps", maps_of(photo, maps))

    @classmethod
    def examples(cls) -> list[BookWidget]:
        """By itself, and with maps of two modules."""
        return [
            cls(uid="along-the-trunk-example"),
            cls(
                "neighbours",
                14,
                maps=("Mixed_6a", "Mixed_6e"),
                uid="along-the-trunk-maps",
            ),
        ]

    def readouts(self) -> Readouts:
        """What the present measurement says of the present layer."""
        row = self.layers[self.layer]
        if self.measure == "probe":
            return {name: row[name] for name in ("probe", "low", "high")}
        if self.measure == "zeros":
            return {"zeros": row["zeros"]}
        if self.measure == "neighbours":
            return {"first": row["first"], "second": row["second"]}
        found = {
            "components": row["components"],
            "channels": row["channels"],
            "share": row["components"] / row["channels"],
        }
        return found | ({"widest": max(row["reductions"])} if row["reductions"] else {})


def _layer(row: Mapping[str, Any]) -> dict[str, Any]:
    """A layer of the record as the front end draws it."""
    name = row["name"]
    low, high = row["probe"]["interval95"]
    return {
        "name": name,
        "label": "pool" if "pool" in name else name.split("_")[1],
        "grid": row["grid"],
        "channels": row["channels"],
        "zeros": row["zeros"],
        "first": row["correlation"]["across"][0],
        "second": row["correlation"]["across"][1],
        "components": row["clothes_components"],
        "reductions": reductions().get(name, []),
        "probe": row["probe"]["top1"],
        "low": low,
        "high": high,
    }


@cache
def reductions() -> dict[str, list[int]]:
    """Widths of the 1×1 that read a layer's output and stand before a larger kernel, by layer."""
    graph = graph_of("inception_v3")
    found: dict[str, list[int]] = {}
    for node in graph:
        wide = any(after.kernel != (1, 1) for after in _next_convolutions(graph, node.name))
        if node.op == "conv" and node.kernel == (1, 1) and wide:
            reads = node.parents[0].partition(".")[0]
            if node.shape[0] < graph[reads].shape[0]:  # Conv2d_3b widens: it is no reduction
                found.setdefault(reads, []).append(node.shape[0])
    return found


def _next_convolutions(graph: Graph, name: str) -> Iterator[Any]:
    for node in graph:
        if name in node.parents:
            if node.op == "conv":
                yield node
            elif node.op in ("batch_norm", "relu"):
                yield from _next_convolutions(graph, node.name)
