"""One module whose kernels are split: 5×5 into 3×3 and 3×3, 7×7 into 1×7 and 7×1 (section 3)."""

from __future__ import annotations

import html
import math
from functools import cache
from typing import Any

import torch
from traitlets import List

from inception_lib.graph import Graph, cost, receptive_field, trace
from inception_lib.nets import AsymmetricModule, FactorizedModule, OriginalModule
from inception_lib.nets.branches import InceptionModule
from inception_lib.viz.base import BookWidget, Readouts
from inception_lib.viz.format import compact
from inception_lib.viz.traits import Bounded, Camera, OneOf
from inception_lib.viz.widgets.tensor_scene.layout import Scene, lay_out
from inception_lib.viz.widgets.tensor_scene.windows import seen

__all__ = ["CHANNELS", "GRID", "STOPS", "SplitKernels", "module_at"]

GRID, CHANNELS, WIDTH = 17, 768, 192  # of Inception-v3's last module at 17×17, Mixed_6e
PAIR = (WIDTH, WIDTH)
DEPTH = 0.4  # cells of depth for the square root of a channel: the kernels need the room
STEP, LANE = 32.0, 27.0  # cells from a tensor to the next, and from a branch to the next

# Figure 4, Figure 5, and Figure 6 before and after its squares are split; all at equal widths.
STOPS = ("5×5", "3×3 · 3×3", "7×7", "1×7 · 7×1")
EACH = range(len(STOPS))


def module_at(stop: int) -> InceptionModule:
    """The module of one of `STOPS`."""
    if stop == 0:
        return OriginalModule(CHANNELS, WIDTH, PAIR, PAIR, WIDTH, pool="avg")
    if stop == 1:
        return FactorizedModule(CHANNELS, WIDTH, PAIR, PAIR, WIDTH)
    return AsymmetricModule(CHANNELS, WIDTH, PAIR, PAIR, WIDTH, asymmetric=stop == 3)


class SplitKernels(BookWidget):
    """A module in space whose kernels are taken apart, and its tensors with them.

    Four modules of the library, at the same input and the same widths: the 5×5 of Figure 4 becomes
    the two 3×3 of Figure 5; squares of seven become the lines of Figure 6. Between two of them
    every tensor and every kernel moves from where it stands in one to where it stands in the other.
    A plate is a kernel: the cells that one output reads. What the middle cell of the output sees is
    lit on every tensor.

    Parameters
    ----------
    stop : float
        Where between the modules: 0 for the 5×5, 1 for two 3×3, 2 for 7×7, 3 for lines of seven.
        Numbers are those of the nearest.
    camera : list of float
        Yaw and pitch in degrees, distance, and the point looked at; empty for the figure's view.
    drawing : str
        ``"space"``, or ``"flat"`` for a drawing without WebGL.
    uid : str, optional
        Name of the widget in its page, see `BookWidget`.

    Raises
    ------
    ValueError
        If a value is outside its limits.

    Examples
    --------
    >>> five, threes = (SplitKernels(stop).readouts() for stop in (0, 1))
    >>> five["window"], threes["window"]
    ('5×5', '5×5')
    """

    tensors: List = List(read_only=True).tag(sync=True)
    stop = Bounded(0, 0, len(STOPS) - 1, whole=False, step=0.02)
    camera = Camera()
    drawing = OneOf("space", ("space", "flat"))

    def __init__(self, stop: float = 0, *, uid: str | None = None, **state: Any) -> None:
        super().__init__(uid=uid, stop=stop, **state)
        self.set_trait("tensors", _tensors())

    def readouts(self) -> Readouts:
        """What the nearest module costs, and what a cell of its output sees of its input."""
        macs, params, window = _numbers(int(self.stop + 0.5))
        return {"macs": macs, "params": params, "window": window}

    def fallback_html(self) -> str:
        """A table: the four modules."""
        rows = "\n".join(
            f'<tr><th scope="row">{name}</th><td>{compact(macs)}</td>'
            f"<td>{compact(params)}</td><td>{window}</td></tr>"
            for name, (macs, params, window) in zip(STOPS, map(_numbers, EACH), strict=True)
        )
        heads = ("kernels", "multiply-adds", "parameters", "cells seen")
        head = "".join(f'<th scope="col">{words}</th>' for words in heads)
        return (
            f"<table>\n<caption>{html.escape(self.words()['label'])}</caption>\n"
            f"<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody>\n</table>"
        )


@cache
def _graph(stop: int) -> Graph:
    with torch.device("meta"):
        return trace(module_at(stop), (CHANNELS, GRID, GRID))


@cache
def _numbers(stop: int) -> tuple[int, int, str]:
    """Multiply-adds, parameters, and what a cell of the output sees of the input."""
    graph = _graph(stop)
    found, window = cost(graph), receptive_field(graph)[graph.outputs[0]].size
    return found.macs, found.params, "×".join(map(str, window))


@cache
def _tensors() -> list[dict[str, Any]]:
    """Every tensor that one of the modules has, with what and where it is in each of them.

    The large kernels of a branch are as many as in the module that has most. Where a module has
    fewer, the tensors between them have not left the one behind yet: they lie on its face, without
    depth, and the whole kernel stands before them.
    """
    scenes = [lay_out(_graph(k)) for k in EACH]
    chains = [_chains(scene) for scene in scenes]
    found = [_tensor(scenes, [(0, 0.0, True)] * len(STOPS), 0.0, [])]
    ends = []
    for b in range(len(chains[0])):
        large = [len(chain[b]) - 1 for chain in chains]
        # The pool, last of the branches, stands farthest back, where it hides no kernel.
        lane = (b if b < len(chains[0]) - 1 else -1) * LANE
        slots, parent = max(large), 0
        for slot in range(slots + 1):
            at = []
            for chain, n in zip(chains, large, strict=True):
                # Of n kernels in so many slots the j-th stands in the last of its share.
                j = next(j for j in range(n + 1) if j * slots >= slot * n)
                at.append((chain[b][j], float(j + 1), j * slots == slot * n))
            found.append(_tensor(scenes, at, lane - LANE / 2, [parent]))
            parent = len(found) - 1
        ends.append(parent)
    outputs = [
        (len(scene.boxes) - 1, 1.0 + max(map(len, chain)), True)
        for scene, chain in zip(scenes, chains, strict=True)
    ]
    found.append(_tensor(scenes, outputs, 0.0, ends))
    return found


def _chains(scene: Scene) -> list[list[int]]:
    """The boxes of each branch, from the input on."""
    found = []
    for last in scene.boxes[-1].parents:
        chain = [last]
        while scene.boxes[chain[0]].parents != (0,):
            chain[:0] = scene.boxes[chain[0]].parents
        found.append(chain)
    return found


def _tensor(
    scenes: list[Scene],
    places: list[tuple[int, float, bool]],
    lane: float,
    parents: list[int],
) -> dict[str, Any]:
    """A tensor in each scene: its box there, its place in the row, whether it stands by itself."""
    stops = []
    for scene, (i, place, own) in zip(scenes, places, strict=True):
        box = scene.boxes[i]
        depth = DEPTH * math.sqrt(box.shape[0])
        window = seen(scene, len(scene.boxes) - 1, (GRID // 2, GRID // 2))[i]
        x = place * STEP - (0 if own else depth / 2)
        stops.append(
            {
                "at": [round(x, 2), GRID / 2, lane],
                "size": [round(depth, 2) if own else 0, GRID, GRID],
                "kind": box.kind,
                "kernel": list(box.kernel),
                "window": list(window),
                "macs": box.macs if own else 0,
                "params": box.params if own else 0,
            }
        )
    last = scenes[-1].boxes[places[-1][0]]
    return {
        "op": last.op,
        "channels": last.shape[0],
        "parts": [list(part) for part in last.parts],
        "parents": parents,
        "stops": stops,
    }
