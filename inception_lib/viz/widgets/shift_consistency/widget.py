"""What a step of one pixel does to trained maps on three grids (section 5, and what came of it)."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from traitlets import Dict, observe

from inception_lib.results import read_results, result_path
from inception_lib.viz.base import BookWidget, Readouts
from inception_lib.viz.photos import PHOTOS
from inception_lib.viz.traits import Bounded, OneOf

__all__ = ["ShiftConsistency"]

LAST = 35  # pixels, the widest shift that is recorded


class ShiftConsistency(BookWidget):
    """A photograph moved under the trained trunk, and how far its maps follow.

    On a grid whose cells are s pixels apart, moving the photograph by s pixels should move the
    maps by one cell. What the moved (and between two cells interpolated) maps do not explain is
    shown as a share of the maps' energy, for modules on the grids of 35, 17 and 8 cells.

    Parameters
    ----------
    shift : int
        Pixels to the left, 0 to 35.
    photo : str
        ``"astronaut"``, ``"chelsea"`` or ``"coffee"``.
    record : mapping, optional
        What ``experiments/shift_consistency.py`` wrote; the book's own by default.
    uid : str, optional
        Name of the widget in its page, see `BookWidget`.

    Raises
    ------
    ValueError
        If a value is outside its limits.
    MissingResults
        If no record is given and the book's is not here.
    """

    curves: Dict = Dict(read_only=True).tag(sync=True)
    image: Dict = Dict(read_only=True).tag(sync=True)
    shift = Bounded(0, 0, LAST, "pixels")
    photo = OneOf("astronaut", PHOTOS)

    def __init__(
        self,
        shift: int = 0,
        photo: str = "astronaut",
        record: Mapping[str, Any] | None = None,
        uid: str | None = None,
    ) -> None:
        found = read_results("shift_consistency") if record is None else record
        super().__init__(uid=uid, shift=shift, photo=photo)
        self.set_trait(
            "curves",
            {
                name: [{"layer": layer, "left": curves[layer]} for layer in found["strides"]]
                for name, curves in found["photographs"].items()
            },
        )
        self._load_photo()

    @observe("photo")
    def _load_photo(self, change: Any = None) -> None:
        path = result_path(f"shift_consistency/{self.photo}.jpg")
        data = base64.b64encode(path.read_bytes()).decode()
        src = f"data:image/jpeg;base64,{data}"
        self.set_trait("image", {"src": src, "alt": PHOTOS[self.photo].alt})

    def readouts(self) -> Readouts:
        """The share that is left over, by the module whose maps they are."""
        return {
            f"left-{curve['layer']}": float(curve["left"][self.shift])
            for curve in self.curves[self.photo]
        }
