"""A gradient of two weights, clipped at a threshold in two ways (section 8)."""

from __future__ import annotations

import math

import torch
from torch.nn.utils import clip_grad_norm_, clip_grad_value_

from inception_lib.viz.base import BookWidget, Readouts
from inception_lib.viz.traits import Bounded

__all__ = ["ClipRing"]

THRESHOLD = 2.0  # section 8


class ClipRing(BookWidget):
    """A gradient with its length cut at 2.0, and with each of its two numbers cut there.

    Section 8 clips gradients at 2.0; the work that it cites cuts the length.

    Parameters
    ----------
    first, second : float
        The gradient's numbers, −6 to 6.
    uid : str, optional
        Name of the widget in its page, see `BookWidget`.

    Raises
    ------
    ValueError
        If a value is outside its limits.

    Examples
    --------
    >>> round(ClipRing(3, 4).readouts()["length"], 6)
    5.0
    """

    first = Bounded(3, -6, 6, whole=False, step=0.1)
    second = Bounded(4, -6, 6, whole=False, step=0.1)

    def __init__(self, first: float = 3, second: float = 4, uid: str | None = None) -> None:
        super().__init__(uid=uid, first=first, second=second)

    def readouts(self) -> Readouts:
        """Length before, both numbers after either way, and by how far the direction turned.

        Clipped by torch's own functions.
        """
        before = torch.tensor([self.first, self.second], dtype=torch.float64)
        ring, square = before.clone().requires_grad_(), before.clone().requires_grad_()
        ring.grad, square.grad = before.clone(), before.clone()
        length = float(before.norm())
        if length > THRESHOLD:  # torch adds 1e-6 to the length: the ring would be missed by a hair
            clip_grad_norm_([ring], THRESHOLD * (length + 1e-6) / length)
        clip_grad_value_([square], THRESHOLD)
        (a, b), (c, d) = ring.grad.tolist(), square.grad.tolist()
        turned = math.degrees(math.atan2(d, c) - math.atan2(b, a)) if length else 0.0
        return {
            "length": length,
            "ring-first": a,
            "ring-second": b,
            "square-first": c,
            "square-second": d,
            "turned": abs(turned),
        }
