"""The book's still figures: one style, drawn from recorded results and feature maps.

Grounds are transparent and ink is a middle grey, so that a figure stands on a light page and on a
dark one. Colours are Okabe and Ito's, as in the widgets.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import matplotlib.pyplot as plt
from matplotlib.axes import Axes

from inception_lib.viz.palette import LIGHT

__all__ = ["COLOURS", "draw_factor_fits", "draw_seeds", "draw_separability", "feature_maps"]

# Plots stand on a light page and on a dark one: their ink is a grey between.
COLOURS = {**LIGHT, "ink": "#7a7a7a"}
STYLE: dict[Any, Any] = {
    "figure.dpi": 192,
    "figure.facecolor": "none",
    "savefig.facecolor": "none",
    "axes.facecolor": "none",
    "axes.edgecolor": COLOURS["ink"],
    "axes.labelcolor": COLOURS["ink"],
    "axes.titlecolor": COLOURS["ink"],
    "axes.titlesize": 9.5,
    "axes.titlelocation": "left",
    "axes.labelsize": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.color": COLOURS["ink"],
    "xtick.color": COLOURS["ink"],
    "ytick.color": COLOURS["ink"],
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "font.size": 9,
    "figure.constrained_layout.use": True,
}


Drawing = TypeVar("Drawing", bound=Callable[..., Any])


def styled(draw: Drawing) -> Drawing:
    """Let a function draw in the book's style, whatever style is set outside."""

    @wraps(draw)
    def inside(*args: Any, **kwargs: Any) -> Any:
        with plt.rc_context(STYLE):
            return draw(*args, **kwargs)

    return inside  # type: ignore[return-value]


@styled
def draw_factor_fits(fits: Mapping[str, Any]) -> Axes:
    """How near two linear 3×3 come to a trained 5×5, by their hidden channels.

    Parameters
    ----------
    fits : mapping
        ``results/factorize_5x5.json``: curves of (hidden, error) for each layer and for a random
        kernel; the error is a share of the kernel's energy.
    """
    _, axes = plt.subplots(figsize=(6.4, 3.1))
    ends = {}
    for name, points in fits["curves"].items():
        h = [point["hidden"] for point in points]
        error = [point["error"] for point in points]
        trained = name != "random"
        axes.semilogy(
            h,
            error,
            marker="o",
            markersize=3.5,
            linewidth=1.4,
            linestyle="-" if trained else "--",
            color=COLOURS["factorized"] if trained else COLOURS["pool"],
        )
        ends["trained: 5b, 5c, 5d" if trained else "random"] = (h[1], error[1])
    for label, (x, y) in ends.items():
        side = -1 if label.startswith("trained") else 1
        axes.annotate(
            label,
            (x, y),
            xytext=(6 * side, 16 * side),
            textcoords="offset points",
            ha="right" if side < 0 else "left",
            va="center",
        )
    for hidden, words in ((55, "28 % saved"), (76, "cost of the 5×5")):
        axes.axvline(hidden, color=COLOURS["ink"], linewidth=0.7, linestyle=":")
        axes.annotate(
            words,
            (hidden, 1),
            xycoords=("data", "axes fraction"),
            xytext=(3, -8),
            textcoords="offset points",
            fontsize=8,
        )
    axes.set(xlabel="hidden channels between the two 3×3", ylabel="energy missed", xlim=(2, 92))
    return axes


@styled
def draw_separability(layers: Sequence[Mapping[str, Any]]) -> list[Axes]:
    """How nearly trained kernels are lines, slice by slice and as whole layers.

    Parameters
    ----------
    layers : sequence of mappings
        ``results/separability.json``'s layers, in the order of the network.
    """
    _, (left, right) = plt.subplots(1, 2, figsize=(6.8, 3.0), sharex=True, sharey=True)
    layers = sorted(layers, key=lambda layer: -layer["grid"])
    grids = sorted({layer["grid"] for layer in layers}, reverse=True)
    place = [i + 0.9 * grids.index(layer["grid"]) for i, layer in enumerate(layers)]
    colours = [COLOURS["kxk"] if layer["kernel"] == 3 else COLOURS["aux"] for layer in layers]
    pairs = [layer["pair"][0] for layer in layers]
    left.scatter(place, [layer["slice_by_energy"] for layer in layers], c=colours, s=20)
    left.scatter(place, [layer["random_slice"] for layer in layers], c=COLOURS["pool"], s=6)
    right.scatter(place, [pair["trained"] for pair in pairs], c=colours, s=20)
    right.scatter(place, [pair["random"] for pair in pairs], c=COLOURS["pool"], s=6)
    left.set(title="slice by slice", ylabel="energy that lines hold", ylim=(0.5, 1.0))
    right.set(title="the whole layer, 33 to 60 % saved")
    for axes in (left, right):
        centres = []
        for grid in grids:
            here = [x for x, layer in zip(place, layers, strict=True) if layer["grid"] == grid]
            centres.append(sum(here) / len(here))
        axes.set_xticks(centres, [str(grid) for grid in grids])
        axes.tick_params(axis="x", length=0)
        axes.set_xlabel("cells a side of the layer's grid")
    return [left, right]


@styled
def draw_seeds(runs: Mapping[str, Sequence[float]], unit: str) -> Axes:
    """One dot a seed for each variant, and the mean as a line.

    Parameters
    ----------
    runs : mapping of str to sequence of float
        A value for each seed, by variant.
    unit : str
        What the values are.
    """
    _, axes = plt.subplots(figsize=(6.4, 0.7 + 0.45 * len(runs)))
    for row, values in enumerate(runs.values()):
        colour = COLOURS[("1x1", "kxk", "factorized")[row % 3]]
        axes.scatter(values, [row] * len(values), s=18, alpha=0.6, color=colour, linewidths=0)
        mean = sum(values) / len(values)
        axes.plot([mean, mean], [row - 0.3, row + 0.3], color=colour, linewidth=2)
        axes.annotate(f"{mean:.2f}", (mean, row + 0.34), ha="center", va="bottom", fontsize=8)
    axes.set(yticks=range(len(runs)), yticklabels=list(runs), xlabel=unit)
    axes.set_ylim(-0.6, len(runs) - 0.2)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    return axes


class Mosaics:
    """Stored mosaics of feature maps, shown as they are; see ``feature_maps``."""

    def __init__(self, layers: Sequence[Mapping[str, Any]], folder: Path) -> None:
        self.layers, self._folder = layers, folder

    def __repr__(self) -> str:
        return "\n".join(f"{layer['name']}: {self._words(layer)}" for layer in self.layers)

    @staticmethod
    def _words(layer: Mapping[str, Any]) -> str:
        channels, height, width = layer["shape"]
        return f"{len(layer['channels'])} of its {channels} maps of {height}×{width}"

    def _repr_html_(self) -> str:
        first, *rest = (self._figure(layer) for layer in self.layers)
        below = "".join(f'<div style="flex:1 1 16rem">{figure}</div>' for figure in rest)
        return f'{first}<div style="display:flex;flex-wrap:wrap;gap:0 1rem">{below}</div>'

    def _figure(self, layer: Mapping[str, Any]) -> str:
        data = base64.b64encode((self._folder / layer["file"]).read_bytes()).decode()
        low, high = layer["scale"]
        words = f"{layer['name']}: {self._words(layer)}"
        return (
            '<figure style="margin:0.5rem 0">'
            f"<figcaption>{words}, from {low:g} (dark) to {high:g}</figcaption>"
            f'<img alt="Mosaic of feature maps. {words}." src="data:image/png;base64,{data}" '
            'style="width:100%;image-rendering:pixelated"></figure>'
        )


def feature_maps(maps: Mapping[str, Any], folder: Path, names: Sequence[str]) -> Mosaics:
    """Mosaics of trained feature maps: the first layer across, the others side by side below.

    Parameters
    ----------
    maps : mapping
        ``results/feature_maps/<photograph>.json``.
    folder : Path
        The folder ``results``, to which its files are relative.
    names : sequence of str
        Which layers.

    Raises
    ------
    ValueError
        If a layer is not among those recorded; the message lists them.
    """
    known = {layer["name"]: layer for layer in maps["layers"]}
    for name in names:
        if name not in known:
            raise ValueError(f"no maps of {name!r} are recorded: there are {', '.join(known)}")
    return Mosaics([known[name] for name in names], folder)
