"""How many numbers are alive from the image to the logits: drawn by the reader, then as it is."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Sequence
from functools import cache
from typing import Any

from torch import nn
from traitlets import Bool, Dict, Unicode, validate

from inception_lib.graph import Graph, Stage, stages, trace
from inception_lib.nets import NETWORKS
from inception_lib.results import read_results
from inception_lib.viz.base import BookWidget, Readouts
from inception_lib.viz.graphs import graph_of
from inception_lib.viz.traits import Bounded, OneOf, StateError
from inception_lib.viz.widgets.along_the_trunk.record import maps_of

__all__ = ["DrawTheWaist"]

KNOWN = ("inception_v3", "bn_inception", "googlenet", "vgg16", "alexnet")
MOST = 40  # stages that one can draw side by side
TRAINED = "inception_v3"  # of which there are recorded weights
SHOWN = ("Conv2d_2b_3x3", "Mixed_5b", "Mixed_6a", "Mixed_6e", "Mixed_7a")
OPS = {
    "conv": "conv",
    "linear": "fc",
    "max_pool": "pool",
    "avg_pool": "mean",
}


class DrawTheWaist(BookWidget):
    """The size of the representation at every stage (principle 1 of section 2).

    The reader draws a curve over the stages of a network; the true one is then laid over it, and
    where it rises it is red. A stage is a layer or a module, as `inception_lib.graph.stages` finds
    them.

    Parameters
    ----------
    network : str, Graph or nn.Module
        Which network is looked at first: ``"inception_v3"``, ``"bn_inception"``,
        ``"googlenet"``, ``"vgg16"``, ``"alexnet"``, or one of your own, which then stands before
        these five.
    size : int or sequence of int
        Of the images that a module of your own is traced with; a graph has its own.
    drawn : str
        The reader's curve: the network, a colon, and for each stage its number or nothing, with
        commas: ``"vgg16:150528,3000000,,800000"``. A curve of another network is not shown.
    revealed : bool
        Whether the true curve is shown.
    cut : int
        The stage that is pointed at, from 0 (the image); beyond the last it is the last.
    inside : bool
        Whether the cut through Inception-v3 is opened, once the curve is shown: the trained maps
        there, the share of zeros, and what a linear classifier reads from the layer.
    photo : str
        Whose maps: ``"astronaut"``, ``"chelsea"`` or ``"coffee"``; none with ``""``.
    uid : str, optional
        Name of the widget in its page, see `BookWidget`.

    Raises
    ------
    MissingResults
        If the records of the trained network are not here.
    ValueError
        If a value is not known or outside its limits, or if a network has too few or too many
        stages to be drawn.

    Examples
    --------
    >>> widget = DrawTheWaist("inception_v3", revealed=True)
    >>> widget.readouts()["rises"]
    7
    """

    profiles: Dict = Dict(read_only=True).tag(sync=True)
    network = OneOf("", "profiles")
    drawn = Unicode().tag(sync=True)
    revealed = Bool(False).tag(sync=True)
    cut = Bounded(0, 0, MOST - 1)
    inside = Bool(False).tag(sync=True)
    trunk = Dict(read_only=True).tag(sync=True)

    def __init__(
        self,
        network: str | Graph | nn.Module = "inception_v3",
        size: int | Sequence[int] = 224,
        drawn: str = "",
        revealed: bool = False,
        cut: int = 0,
        inside: bool = False,
        photo: str = "",
        uid: str | None = None,
    ) -> None:
        own = trace(network, size, train=False) if isinstance(network, nn.Module) else network
        profiles = {name: _known(name) for name in KNOWN}
        if isinstance(own, Graph):
            profiles = {own.model: _profile(own.model, own), **profiles}
        super().__init__(uid=uid, revealed=revealed, cut=cut, inside=inside)
        self.set_trait("profiles", profiles)
        self.set_trait("trunk", _trunk(photo))
        self.set_trait("limits", self._limits())
        self.network = own.model if isinstance(own, Graph) else own
        self.drawn = drawn

    @classmethod
    def examples(cls) -> list[BookWidget]:
        """One to draw in, one that is drawn and revealed, and a network of a reader's own."""
        drawn = "inception_v3:268203,500000,400000,300000,250000,200000"
        own = nn.Sequential(*(nn.Conv2d(3, 3, 3) for _ in range(8)))
        return [
            cls(uid="draw-the-waist-example"),
            cls(drawn=drawn, revealed=True, cut=3, uid="draw-the-waist-drawn"),
            cls(own, size=32, uid="draw-the-waist-own"),
            cls(revealed=True, cut=15, inside=True, photo="chelsea", uid="draw-the-waist-inside"),
        ]

    # -- limits --------------------------------------------------------------------------------

    @validate("drawn")
    def _checked_drawn(self, proposal: Any) -> str:
        text = proposal["value"]
        if text and not re.fullmatch(r"[^:]+:(\d{0,12},)*\d{0,12}", text):
            raise StateError(
                f"drawn is {text!r}: pass '' or a network, a colon and whole numbers with commas, "
                "as 'vgg16:150528,3000000,,800000'"
            )
        return text

    # -- numbers -------------------------------------------------------------------------------

    @property
    def sizes(self) -> list[int]:
        """Numbers alive at each stage of the present network, the image first."""
        return [stage["size"] for stage in self.profiles[self.network]["stages"]]

    def guesses(self) -> list[int | None]:
        """What the reader has drawn, by stage; nothing for the image, which is given."""
        name, _, values = self.drawn.partition(":")
        found: list[int | None] = [None] * len(self.sizes)
        if name == self.network:
            for i, value in enumerate(values.split(",")[: len(found)]):
                if i and int(value or 0):
                    found[i] = int(value)
        return found

    def readouts(self) -> Readouts:
        """How much is drawn; once revealed, what is alive at the cut, and how far off one was."""
        sizes, guesses = self.sizes, self.guesses()
        pairs = [(guess, size) for guess, size in zip(guesses, sizes, strict=True) if guess]
        if not self.revealed:
            return {"placed": len(pairs), "image": sizes[0]}
        cut = min(self.cut, len(sizes) - 1)
        found: Readouts = {
            "alive": sizes[cut],
            "times": sizes[cut] / sizes[0],
            "rises": _rises(sizes),
        }
        layer = self.trunk["layers"].get(self.profiles[self.network]["stages"][cut]["name"])
        if self.inside and self.network == TRAINED and layer:
            found |= layer
        if pairs:
            off = sum(abs(math.log(guess / size)) for guess, size in pairs) / len(pairs)
            found |= {"off": math.exp(off), "drawn-rises": _rises([sizes[0], *guesses[1:]])}
        return found

    def fallback_html(self) -> str:
        """The stages with their grids, and their numbers in a fold: guess first."""
        profile = self.profiles[self.network]
        rows = "\n".join(
            f'<tr><th scope="row">{stage["label"]}</th><td>{stage["shape"]}</td>'
            f"<td>{stage['size']:,}</td></tr>"
            for stage in profile["stages"]
        )
        return (
            f"<details><summary>Numbers alive at each stage of {profile['title']}</summary>\n"
            '<table>\n<thead><tr><th scope="col">behind</th><th scope="col">its output</th>'
            '<th scope="col">numbers alive</th></tr></thead>\n'
            f"<tbody>\n{rows}\n</tbody>\n</table>\n</details>"
        )


def _trunk(photo: str) -> dict[str, Any]:
    """What is recorded of the trained network, by layer, and some of its maps."""
    layers = {
        row["name"]: {"zeros": row["zeros"], "probe": row["probe"]["top1"]}
        for row in read_results("principles")["layers"]
    }
    return {"layers": layers, "maps": maps_of(photo, SHOWN) if photo else {}}


def _rises(sizes: Sequence[int | None]) -> int:
    """How often a number is larger than the one before it, where both are there."""
    return sum(bool(a and b and b > a) for a, b in itertools.pairwise(sizes))


@cache
def _known(name: str) -> dict[str, Any]:
    return _profile(NETWORKS[name].title, graph_of(name))


def _profile(title: str, graph: Graph) -> dict[str, Any]:
    """A network as the front end draws it."""
    found = stages(graph)
    if not 3 <= len(found) <= MOST:
        raise StateError(
            f"network is {title} with {len(found)} stages; it must have 3 to {MOST}: gather its "
            "layers in modules, or look at a part of it"
        )
    last = len(found) - 1
    return {
        "title": title,
        "stages": [
            {
                "label": "logits" if i == last and len(stage.shape) == 1 else _label(stage),
                "name": stage.name,
                "side": stage.shape[1] if len(stage.shape) == 3 else 1,
                "shape": "×".join(map(str, (*stage.shape[1:], stage.shape[0]))),
                "size": stage.size,
            }
            for i, stage in enumerate(found)
        ],
    }


def _label(stage: Stage) -> str:
    """A name short enough to stand under the axis."""
    number = re.findall(r"\d[a-z](?=_|$)", stage.name)  # of Conv2d_1a_3x3, inception3a, Mixed_5b
    if stage.op == "input" or (number and "pool" not in stage.op):
        return number[-1] if number else stage.name
    word = stage.name.rpartition(".")[2]
    return OPS.get(stage.op, stage.op if word.isdigit() else word)
