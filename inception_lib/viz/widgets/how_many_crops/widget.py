"""Where the crops of a photograph lie, and how many are needed to be sure (section 10)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from traitlets import Dict, List

from inception_lib.graph import cost
from inception_lib.results import read_results
from inception_lib.viz.base import BookWidget, Readouts
from inception_lib.viz.graphs import graph_of
from inception_lib.viz.photos import PHOTOS, SIDE
from inception_lib.viz.traits import Place, StateError

__all__ = ["HowManyCrops"]

PHOTO, TOP = PHOTOS["chelsea"], 40  # of the square photograph, rows from there on are shown
VIEWS = 12  # of a square: its corners, its centre, the whole of it, and their mirror images
LAST = "Mixed_7a"  # module that the recorded classifier reads


class HowManyCrops(BookWidget):
    """Every crop of a scheme on a photograph, and errors of photographs that stop when sure.

    Left, one cell a crop: all of GoogLeNet's, a row for each scale and square. Right, recorded
    photographs: crops are added until the mean probability of a class is high enough.

    Parameters
    ----------
    crops : sequence
        (box, mirrored) of every crop of a photograph at most 299 pixels wide and high, as
        ``inception_lib.training.crops.boxes`` gives them; a box is (top, left, bottom, right).
    record : mapping, optional
        What ``experiments/crops.py`` recorded; the book's own by default.
    pick : int
        Which crop is shown, counted from 0.
    stop : int
        Which of the record's thresholds, counted from 0.
    uid : str, optional
        Name of the widget in its page, see `BookWidget`.

    Attributes
    ----------
    measured : dict
        ``table`` (a row a threshold), ``curve`` (percent of error after each number of crops),
        ``schemes`` (error and interval of 1, 12 and 144 crops), ``settled`` (photographs that keep
        the answer of their first crop), ``photographs``, and ``macs`` of one crop.

    Raises
    ------
    ValueError
        If `crops` are not whole rows of 12, or do not fit the photograph; or if `pick` or `stop`
        is beyond the last one.
    MissingResults
        If no record is given and the book's is not here.
    """

    image: Dict = Dict(read_only=True).tag(sync=True)
    boxes: List = List(read_only=True).tag(sync=True)
    measured: Dict = Dict(read_only=True).tag(sync=True)
    pick = Place("_crops")
    stop = Place("_table")

    def __init__(
        self,
        crops: Sequence[tuple[Sequence[int], bool]],
        record: Mapping[str, Any] | None = None,
        pick: int = 0,
        stop: int = 0,
        uid: str | None = None,
    ) -> None:
        self._crops = [(tuple(box), bool(flip)) for box, flip in crops]
        if not crops or len(crops) % VIEWS:
            raise StateError(
                f"there are {len(crops)} crops; they must be whole rows of {VIEWS}: pass "
                "boxes(height, width, scheme)"
            )
        height, width = (max(box[side] for box, _ in self._crops) for side in (2, 3))
        if max(height + TOP, width) > SIDE:
            raise StateError(
                f"the crops reach {height}×{width} pixels; the photograph has "
                f"{SIDE - TOP}×{SIDE}: pass the boxes of a smaller one"
            )
        found = _measured(read_results("crops") if record is None else record)
        self._table = found["table"]
        super().__init__(uid=uid, pick=pick, stop=stop)
        self.set_trait(
            "image",
            {"src": PHOTO.src, "alt": PHOTO.alt, "top": TOP, "height": height, "width": width},
        )
        self.set_trait("boxes", [[*box, int(flip)] for box, flip in self._crops])
        self.set_trait("measured", found)

    @classmethod
    def examples(cls) -> list[BookWidget]:
        """Two scales of one square, each with its corners, its centre and the whole of it."""
        crops: list[tuple[tuple[int, int, int, int], bool]] = []
        for side, middle in ((196, 14), (174, 25)):
            ends = [(y, x) for y in (0, 224 - side) for x in (37, 261 - side)]
            parts = [(y, x, y + side, x + side) for y, x in [*ends, (middle, 37 + middle)]]
            whole = (0, 37, 224, 261)
            crops += [(box, flip) for box in [*parts, whole] for flip in (False, True)]
        return [cls(crops, uid="how-many-crops-example")]

    def readouts(self) -> Readouts:
        """How often the picked crop stands there, and what stopping at the threshold costs.

        ``times`` and ``different`` are of the crops on the left. Of the recorded photographs:
        the mean number of different ``crops`` until they stop, of ``passes`` if they never did;
        the ``error`` then; ``one-crop``, the share that stops at the first; and multiply-adds a
        photograph, ``macs`` of ``macs-all``.
        """
        counted = Counter(self._crops)
        measured, row = self.measured, self.measured["table"][self.stop]
        passes = measured["schemes"][-1]["passes"]
        return {
            "times": counted[self._crops[self.pick]],
            "different": len(counted),
            "crops": row["crops"],
            "passes": passes,
            "error": row["error"] / 100,
            "one-crop": row["one_crop"] / 100,
            "macs": row["crops"] * measured["macs"],
            "macs-all": passes * measured["macs"],
            "settled": measured["settled"],
            "photographs": measured["photographs"],
        }


def _measured(record: Mapping[str, Any]) -> dict[str, Any]:
    """What the front end draws of the record."""
    return {
        "table": list(record["stopping"]["table"]),
        "curve": [point["error"] for point in record["stopping"]["curve"]],
        "schemes": list(record["crops"]),
        "settled": sum(crop == 1 for crop in record["settled"]),
        "photographs": len(record["settled"]),
        "macs": _macs(record["size"]),
    }


@cache
def _macs(size: int) -> int:
    """Multiply-adds of one crop of `size` pixels a side, through the last module that is read."""
    rows = cost(graph_of("inception_v3", size)).by_module().rows
    last = [row.name for row in rows].index(LAST)
    return sum(row.macs for row in rows[: last + 1])
