"""How much gradient each of two losses brings to each layer, by epoch (section 4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from traitlets import Dict

from inception_lib.results import read_results
from inception_lib.viz.base import BookWidget, Readouts
from inception_lib.viz.traits import Bounded, OneOf
from inception_lib.viz.widgets.which_had_the_head.widget import HEADS, recorded_first

__all__ = ["GradientByLoss"]

NETWORKS = {"none": "none", **HEADS}
STOPS = 6  # epochs after which gradients are recorded: 0, 1, 2, 4, 8, 12


class GradientByLoss(BookWidget):
    """Recorded norms of the gradient in each part of a small Inception, main loss beside side loss.

    The side loss is weighed as in training, 0.4. All are means over the recorded seeds.

    Parameters
    ----------
    network : str
        ``"none"`` (without a head), or a head as in `WhichHadTheHead`.
    stop : int
        0 to 5: before training, after 1, 2, 4, 8 and 12 epochs.
    record : mapping, optional
        What ``experiments/run_queue.py --only auxiliary`` wrote; the book's own by default.
    uid : str, optional
        Name of the widget in its page, see `BookWidget`.

    Raises
    ------
    ValueError
        If a value is not known or outside its limits.
    MissingResults
        If no record is given and the book's is not here.
    """

    norms: Dict = Dict(read_only=True).tag(sync=True)
    network = OneOf("normalised", "norms", "recorded")
    stop = Bounded(0, 0, STOPS - 1)

    def __init__(
        self,
        network: str = "normalised",
        stop: int = 0,
        record: Mapping[str, Any] | None = None,
        uid: str | None = None,
    ) -> None:
        found = _norms(read_results("auxiliary") if record is None else record)
        super().__init__(uid=uid, stop=stop)
        self.set_trait("norms", found)
        self.set_trait("limits", self._limits())
        self.network = network

    @classmethod
    def examples(cls) -> list[BookWidget]:
        """The runs that were recorded first: later ones do not change them."""
        return [cls(record=recorded_first(), uid="gradient-by-loss-example")]

    def readouts(self) -> Readouts:
        """The norms by loss and part, the first part's ratio of the two, and their cosine there."""
        now = self.norms[self.network]
        found: Readouts = {}
        for loss in ("main", "side"):
            if loss in now:
                for part, (mean, _, _) in zip(now["parts"], now[loss][self.stop], strict=True):
                    found[f"{loss}-{part}"] = mean
        if "side" in now:
            main, side = (now[loss][self.stop][0][0] for loss in ("main", "side"))
            found |= {"ratio": side / main, "cosine": now["cosine"][self.stop]}
        return found


def _norms(record: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """By network: parts, epochs, and by loss for each epoch and part mean, lowest and highest."""
    found: dict[str, dict[str, Any]] = {}
    for network, variant in NETWORKS.items():
        rows = [
            run["gradients"]
            for run in record["runs"]
            if run["variant"] == variant and "gradients" in run
        ]
        if not rows:
            continue
        now: dict[str, Any] = {"parts": rows[0]["blocks"], "after": rows[0]["after"]}
        for loss in ("main", "side"):
            if loss in rows[0]:
                now[loss] = _over_seeds([row[loss] for row in rows])
        if "cosine" in rows[0]:  # of the first part
            now["cosine"] = [stop[0][0] for stop in _over_seeds([row["cosine"] for row in rows])]
        found[network] = now
    return found


def _over_seeds(rows: list[list[list[float]]]) -> list[list[list[float]]]:
    """Mean, lowest and highest over the seeds, to six digits, for each epoch and part."""
    return [
        [[round(v, 6) for v in (sum(s) / len(s), min(s), max(s))] for s in zip(*stops, strict=True)]
        for stops in zip(*rows, strict=True)
    ]
