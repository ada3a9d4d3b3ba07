"""What layers with a stride of two leave over at the border (Table 1, section 6)."""

from __future__ import annotations

from traitlets import List

from inception_lib.viz.base import BookWidget, Readouts
from inception_lib.viz.traits import Bounded
from inception_lib.viz.widgets.table_walk.lanes import at_size, lane

__all__ = ["BorderRows"]


class BorderRows(BookWidget):
    """The ends of the grids that the five layers with stride 2 of Inception-v3 read.

    A window of three cells moves by two and is never padded. Where the grid has an even side, its
    last row and column are in no window.

    Parameters
    ----------
    size : int
        Side of the image, 75 to 331 pixels.
    uid : str, optional
        Name of the widget in its page, see `BookWidget`.

    Raises
    ------
    ValueError
        If the size is outside its limits.

    Examples
    --------
    >>> BorderRows(300).readouts()["over"]
    1
    """

    layers: List = List(read_only=True).tag(sync=True)
    size = Bounded(300, 75, 331, "pixels")

    def __init__(self, size: int = 300, uid: str | None = None) -> None:
        super().__init__(uid=uid, size=size)
        self.set_trait("layers", _layers())

    def readouts(self) -> Readouts:
        """The side of each of the five grids, and how many of them leave a border over."""
        graph = at_size("release", self.size)
        found: Readouts = {}
        over = 0
        for layer in self.layers:
            # A pool has its own name; of a module, the convolution with the stride tells.
            node = next(
                n
                for n in graph
                if (n.name == layer["name"] or n.name.startswith(f"{layer['name']}."))
                and n.stride == (2, 2)
            )
            side = graph[node.parents[0]].shape[1]
            found[f"side-{layer['name']}"] = side
            over += (side - node.kernel[0]) % 2
        return {**found, "over": over}


def _layers() -> list[dict[str, object]]:
    """The layers with a stride, and what stands between each and the one before."""
    found: list[dict[str, object]] = []
    before: list[list[int]] = []
    for station in lane("release")[1:]:
        if station.grid and station.grid[1] == 2:
            found.append({"name": station.name, "step": station.step, "before": before})
            before = []
        elif station.grid and station.grid != (1, 1, 0):
            before = [*before, list(station.grid)]
    return found
