"""Labels drawn at random, whose mean loss becomes the smoothed one (section 7)."""

from __future__ import annotations

from functools import cache

import torch
from torch.nn.functional import cross_entropy

from inception_lib.viz.base import BookWidget, Readouts
from inception_lib.viz.traits import Bounded

__all__ = ["DrawLabels"]

CLASSES = 10
GAP = 3.0  # of the right logit above the others
MOST = 4000  # labels


class DrawLabels(BookWidget):
    """Label-dropout, drawn: with probability ε the label of one image is one of K = 10 at random.

    The image's logits stay as they are, the right one 3 above the others. Each drawn label has its
    hard loss −log p; the mean of these losses goes to the loss with the smoothed label. The draws
    are always the same ones.

    Parameters
    ----------
    drawn : int
        Labels that are drawn, 0 to 4000.
    epsilon : float
        ε, 0 to 0.5.
    uid : str, optional
        Name of the widget in its page, see `BookWidget`.

    Raises
    ------
    ValueError
        If a value is outside its limits.

    Examples
    --------
    >>> DrawLabels(4000).readouts()["other"]
    362
    """

    drawn = Bounded(0, 0, MOST, "labels")
    epsilon = Bounded(0.1, 0, 0.5, whole=False, step=0.01)

    def __init__(self, drawn: int = 0, epsilon: float = 0.1, uid: str | None = None) -> None:
        super().__init__(uid=uid, drawn=drawn, epsilon=epsilon)

    def labels(self) -> list[int]:
        """The drawn labels; 0 is the right class."""
        return [
            int(CLASSES * which) if again < self.epsilon else 0
            for again, which in _uniform()[: self.drawn]
        ]

    def readouts(self) -> Readouts:
        """The smoothed loss; how many of the drawn labels are wrong, and their mean loss."""
        logits = torch.zeros(1, CLASSES, dtype=torch.float64)
        logits[0, 0] = GAP
        right = torch.zeros(1, dtype=torch.long)
        smoothed = float(cross_entropy(logits, right, label_smoothing=self.epsilon))
        labels = torch.tensor(self.labels(), dtype=torch.long)
        found: Readouts = {"smoothed": smoothed}
        if self.drawn:
            hard = cross_entropy(logits.expand(len(labels), -1), labels)
            found |= {"other": int((labels > 0).sum()), "mean": float(hard)}
        return found


@cache
def _uniform() -> tuple[tuple[float, float], ...]:
    """Two numbers in [0, 1) a label, of the generator mulberry32, which the front end has too."""
    state, found = 7, []
    for _ in range(2 * MOST):
        state = (state + 0x6D2B79F5) & 0xFFFFFFFF
        t = ((state ^ (state >> 15)) * (state | 1)) & 0xFFFFFFFF
        t = (t ^ (t + (((t ^ (t >> 7)) * (t | 61)) & 0xFFFFFFFF))) & 0xFFFFFFFF
        found.append((t ^ (t >> 14)) / 2**32)
    return tuple(zip(found[::2], found[1::2], strict=True))
