"""A gradient of two weights, clipped at section 8's 2.0: by its norm, or each value (section 8)."""

from __future__ import annotations

import math

import torch
from torch import nn

from inception_lib.viz.base import BookWidget, Readouts
from inception_lib.viz.traits import Bounded, OneOf

__all__ = ["ClippingRing"]

THRESHOLD = 2.0  # of section 8, which does not say of what
WAYS = ("norm", "value")


class ClippingRing(BookWidget):
    """A gradient as an arrow, and what is left of it when it is clipped at 2.0.

    By the norm, an arrow that is too long ends on a ring and keeps its direction; by value it ends
    in a square and may turn. Section 8 gives the threshold alone; the library clips by the global
    norm (``training.clip_gradients``).

    Parameters
    ----------
    first, second : float
        The gradient of each weight, -4 to 4.
    way : str
        ``"norm"`` or ``"value"``.
    uid : str, optional
        Name of the widget in its page, see `BookWidget`.

    Raises
    ------
    ValueError
        If a value is outside its limits.

    Examples
    --------
    >>> round(ClippingRing(3.0, 1.0).readouts()["left"], 4)
    2.0
    """

    first = Bounded(3.2, -4, 4, whole=False, step=0.1)
    second = Bounded(1.2, -4, 4, whole=False, step=0.1)
    way = OneOf("norm", WAYS)

    def __init__(
        self, first: float = 3.2, second: float = 1.2, way: str = "norm", uid: str | None = None
    ) -> None:
        super().__init__(uid=uid, first=first, second=second, way=way)

    def clipped(self) -> tuple[float, float]:
        """What torch leaves of the gradient."""
        weight = nn.Parameter(torch.zeros(2, dtype=torch.float64))
        weight.grad = torch.tensor([self.first, self.second], dtype=torch.float64)
        if self.way == "norm":
            nn.utils.clip_grad_norm_([weight], THRESHOLD)
        else:
            nn.utils.clip_grad_value_([weight], THRESHOLD)
        first, second = weight.grad.tolist()
        return first, second

    def readouts(self) -> Readouts:
        """The norm before and after, both gradients after, and degrees that the arrow turned by."""
        first, second = self.clipped()
        turned = math.atan2(second, first) - math.atan2(self.second, self.first)
        return {
            "norm": math.hypot(self.first, self.second),
            "left": math.hypot(first, second),
            "first": first,
            "second": second,
            # Without the last bits, in which no two libraries agree.
            "turned": math.floor(abs(math.degrees(turned)) * 1e9 + 0.5) / 1e9,
        }
