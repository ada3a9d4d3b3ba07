"""A kernel that the reader draws, and the column × row that comes nearest to it (section 3.2)."""

from __future__ import annotations

import re
from typing import Any

import torch
from torch import Tensor
from traitlets import Unicode, validate

from inception_lib.viz.base import BookWidget, Readouts
from inception_lib.viz.traits import StateError

__all__ = ["BestLines"]

SIDE = 7


class BestLines(BookWidget):
    """What a 7×1 and a 1×7 can make of a 7×7 kernel, for one channel in, between and out.

    Parameters
    ----------
    kernel : str
        The kernel row by row: 49 times ``"1"`` or ``"0"``.
    uid : str, optional
        Name of the widget in its page, see `BookWidget`.

    Raises
    ------
    ValueError
        If `kernel` is anything else.

    Examples
    --------
    >>> diagonal = "".join("1" if i % 8 == 0 else "0" for i in range(49))
    >>> numbers = BestLines(diagonal).readouts()
    >>> round(numbers["held"], 3), numbers["pairs"]
    (0.143, 7)
    """

    kernel = Unicode("0" * SIDE**2).tag(sync=True)

    def __init__(self, kernel: str | None = None, uid: str | None = None) -> None:
        first = self.words()["presets"][0]["state"]["kernel"] if kernel is None else kernel
        super().__init__(uid=uid, kernel=first)

    @validate("kernel")
    def _checked(self, proposal: Any) -> str:
        kernel = proposal["value"]
        if not re.fullmatch(f"[01]{{{SIDE**2}}}", kernel):
            raise StateError(
                f"kernel is {kernel!r}: pass {SIDE**2} digits, 1 or 0, {SIDE} for each row"
            )
        return kernel

    @property
    def matrix(self) -> Tensor:
        """The kernel, 7×7, float64."""
        return torch.tensor([float(n) for n in self.kernel], dtype=torch.float64).view(SIDE, SIDE)

    def readouts(self) -> Readouts:
        """Share of the kernel's energy that one column × row holds; pairs that hold all of it."""
        energy = torch.linalg.svdvals(self.matrix).square()
        whole = float(energy.sum())
        return {
            "held": float(energy[0]) / whole if whole else 1.0,
            "pairs": int((energy > 1e-9 * max(whole, 1)).sum()),
        }
