"""What one k×k layer costs and what its factorization costs (sections 3.1 and 3.2)."""

from __future__ import annotations

import html
import math
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch

from inception_lib.graph import cost, trace
from inception_lib.nets import conv_stack
from inception_lib.viz.base import BookWidget, Readouts
from inception_lib.viz.format import compact, grouped, percent
from inception_lib.viz.traits import Bounded, OneOf

# Kernels (height, width) of the single layer and of its factorization; `None` stands for n.
_KERNELS: dict[str, tuple[list[tuple], list[tuple]]] = {
    "5x5-vs-3x3": ([(5, 5)], [(3, 3)]),
    "two-3x3": ([(5, 5)], [(3, 3), (3, 3)]),
    "asym-3": ([(3, 3)], [(3, 1), (1, 3)]),
    "two-2x2": ([(3, 3)], [(2, 2), (2, 2)]),
    "asym-n": ([(None, None)], [(1, None), (None, 1)]),
}


@dataclass(frozen=True)
class Layer:
    """One convolution, stride 1, "same" padding, no bias: one term of the sum.

    Attributes
    ----------
    kernel : tuple of int
        Height and width of the window.
    in_channels, out_channels : int
        Widths of its input and output.
    macs, params : int
        Multiply-adds for one image, and weights.
    """

    kernel: tuple[int, int]
    in_channels: int
    out_channels: int
    macs: int
    params: int

    @property
    def name(self) -> str:
        """The window as one writes it, ``"3×3"``."""
        return "{}×{}".format(*self.kernel)


@dataclass(frozen=True)
class Alternative:
    """One way to get from the input to the output: a layer, or several in a row."""

    layers: tuple[Layer, ...]

    @property
    def name(self) -> str:
        """Its windows in order, ``"3×3 → 3×3"``."""
        return " → ".join(layer.name for layer in self.layers)

    @property
    def widths(self) -> tuple[int, ...]:
        """Channels of the input and after each layer."""
        return (self.layers[0].in_channels, *(layer.out_channels for layer in self.layers))

    @property
    def macs(self) -> int:
        """Multiply-adds for one image."""
        return sum(layer.macs for layer in self.layers)

    @property
    def params(self) -> int:
        """Weights."""
        return sum(layer.params for layer in self.layers)


class CostExplorer(BookWidget):
    """A k×k layer beside its factorization, every multiply-add term to scale.

    The input is ``grid × grid × channels``, the output ``grid × grid × α·channels``. Where a
    factorization has two layers, each widens by √α (section 3.1). Widths are rounded to whole
    channels, so that the numbers are those of modules one can build.

    Parameters
    ----------
    preset : str
        Which pair: ``"5x5-vs-3x3"``, ``"two-3x3"`` (for a 5×5), ``"asym-3"`` (3×1, 1×3 for a 3×3),
        ``"two-2x2"`` (for a 3×3) or ``"asym-n"`` (1×n, n×1 for an n×n).
    grid : int
        Height and width of the input, 7 to 149 cells.
    channels : int
        Width of the input, 8 to 768.
    alpha : float
        Output channels by input channels, 0.5 to 4.
    n : int
        Length of the asymmetric kernels, 2 to 9; only ``"asym-n"`` uses it.
    uid : str, optional
        Name of the widget in its page, see `BookWidget`.

    Raises
    ------
    ValueError
        If a value is outside its limits.

    Examples
    --------
    >>> widget = CostExplorer(preset="two-3x3", grid=35, channels=192)
    >>> single, factorized = widget.alternatives()
    >>> factorized.name, factorized.macs
    ('3×3 → 3×3', 812851200)
    >>> round(widget.saving(), 2)
    0.28
    """

    preset = OneOf("two-3x3", _KERNELS)
    grid = Bounded(35, 7, 149, "cells")
    channels = Bounded(192, 8, 768)
    alpha = Bounded(1.0, 0.5, 4.0, whole=False, step=0.05)
    n = Bounded(7, 2, 9, "cells")

    def __init__(
        self,
        preset: str = "two-3x3",
        grid: int = 35,
        channels: int = 192,
        alpha: float = 1.0,
        n: int = 7,
        uid: str | None = None,
    ) -> None:
        super().__init__(uid=uid, preset=preset, grid=grid, channels=channels, alpha=alpha, n=n)

    # -- numbers -------------------------------------------------------------------------------

    def alternatives(self) -> tuple[Alternative, Alternative]:
        """The single layer and what may stand in its place, at the present state.

        Returns
        -------
        tuple of Alternative
            ``(single, factorized)``; their `layers` hold the terms of each sum.
        """
        single, factorized = _KERNELS[self.preset]
        return self._stack(single), self._stack(factorized)

    def saving(self) -> float:
        """Share of the multiply-adds (and so of the weights) that the factorization saves.

        Negative where the factorization costs more than the layer that it replaces.
        """
        single, factorized = self.alternatives()
        return 1 - factorized.macs / single.macs

    def _stack(self, kernels: list[tuple]) -> Alternative:
        widths = [self.channels]
        for step in range(1, len(kernels)):
            # c·α^(step/depth); with two layers each step widens by √α.
            widths.append(_whole(self.channels * math.sqrt(self.alpha) ** step))
        widths.append(_whole(self.channels * self.alpha))
        windows = tuple(
            (self.n if h is None else h, self.n if w is None else w) for h, w in kernels
        )
        return _traced(windows, tuple(widths), self.grid)

    def readouts(self) -> Readouts:
        """Multiply-adds and weights of each term and of each row, the saving and the ratio."""
        found: Readouts = {}
        single, factorized = self.alternatives()
        for name, row in (("single", single), ("factorized", factorized)):
            parts = {name: row} | {f"{name}-{i}": layer for i, layer in enumerate(row.layers, 1)}
            for key, part in parts.items():
                found |= {f"{key}-macs": part.macs, f"{key}-params": part.params}
        return found | {"saving": self.saving(), "ratio": single.macs / factorized.macs}

    # -- how it is shown -----------------------------------------------------------------------

    def fallback_html(self) -> str:
        """A table of every term at the present state."""
        single, factorized = self.alternatives()
        rows = [_row(layer.name, layer, self.grid) for layer in single.layers]
        rows += [_row(layer.name, layer, self.grid) for layer in factorized.layers]
        if len(factorized.layers) > 1:
            rows.append(_row(f"{factorized.name}, together", factorized, self.grid))
        caption = (
            f"{factorized.name} in place of {single.name} on a {self.grid}×{self.grid} grid, "
            f"{single.widths[0]} channels in and {single.widths[-1]} out: "
            f"{_verdict(self.saving())}."
        )
        head = "".join(
            f'<th scope="col">{name}</th>'
            for name in ("layer", "window · in · out · grid", "multiply-adds", "parameters")
        )
        return (
            f"<table>\n<caption>{html.escape(caption)}</caption>\n"
            f"<thead><tr>{head}</tr></thead>\n<tbody>\n" + "\n".join(rows) + "\n</tbody>\n</table>"
        )


@cache
def _traced(
    kernels: tuple[tuple[int, int], ...], widths: tuple[int, ...], grid: int
) -> Alternative:
    """The layers as modules, traced and counted."""
    with torch.device("meta"):
        graph = trace(conv_stack(widths, kernels), (widths[0], grid, grid))
    rows = [row for row in cost(graph).rows if row.macs]
    return Alternative(
        tuple(
            Layer(kernel, c_in, c_out, row.macs, row.params)
            for kernel, c_in, c_out, row in zip(kernels, widths[:-1], widths[1:], rows, strict=True)
        )
    )


def _whole(width: float) -> int:
    """Round half up, so that Python and JavaScript agree on every width."""
    return max(1, math.floor(width + 0.5))


def _verdict(saving: float) -> str:
    if saving >= 0:
        return f"{percent(saving)} of the multiply-adds and of the parameters saved"
    return f"{percent(-saving)} more multiply-adds and parameters"


def _row(name: str, part: Layer | Alternative, grid: int) -> str:
    term: Any = ""
    if isinstance(part, Layer):
        h, w = part.kernel
        term = f"{h}·{w} · {part.in_channels} · {part.out_channels} · {grid}²"
    cells = "".join(
        f'<td title="{grouped(value)}">{compact(value)}</td>' for value in (part.macs, part.params)
    )
    return f'<tr><th scope="row">{name}</th><td>{term}</td>{cells}</tr>'
