"""Chapter 3: what trained kernels lose when they are factorized after the fact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure

from inception_lib.viz.figures import COLOURS, is_narrow, picture


@picture(height=300)
def factor_fits(figure: Figure, fits: Mapping[str, Any]) -> None:
    """How near two linear 3×3 come to a trained 5×5, by their hidden channels.

    Parameters
    ----------
    fits : mapping
        ``results/factorize_5x5.json``: curves of (hidden, error) for each layer and for a random
        kernel; the error is a share of the kernel's energy.
    """
    axes = figure.subplots()
    for name, points in fits["curves"].items():
        hidden = [point["hidden"] for point in points]
        error = [point["error"] for point in points]
        trained = name != "random"
        axes.semilogy(
            hidden,
            error,
            marker="o",
            markersize=5,
            linewidth=2,
            linestyle="-" if trained else "--",
            color=COLOURS["factorized"] if trained else COLOURS["pool"],
        )
    axes.annotate("random", (32, 0.45), va="bottom")
    axes.annotate("trained: 5b, 5c, 5d", (10, 0.008))
    for hidden, words in ((55, "28 % saved"), (76, "cost of\nthe 5×5")):
        axes.axvline(hidden, color=COLOURS["muted"], linewidth=1, linestyle=":")
        axes.annotate(
            words,
            (hidden, 0),
            xycoords=("data", "axes fraction"),
            xytext=(-4, 4),
            textcoords="offset points",
            fontsize=12,
            ha="right",
        )
    axes.set(xlabel="hidden channels between the two 3×3", ylabel="energy missed", xlim=(2, 96))


@picture(height=300, narrow_height=480)
def separability(figure: Figure, layers: Sequence[Mapping[str, Any]]) -> None:
    """How nearly trained kernels are lines, slice by slice and as whole layers.

    Parameters
    ----------
    layers : sequence of mappings
        ``results/separability.json``'s layers, in the order of the network.
    """
    shape = (2, 1) if is_narrow(figure) else (1, 2)
    left, right = figure.subplots(*shape, sharex=True, sharey=True).flat
    layers = sorted(layers, key=lambda layer: -layer["grid"])
    grids = sorted({layer["grid"] for layer in layers}, reverse=True)
    place = [i + 0.9 * grids.index(layer["grid"]) for i, layer in enumerate(layers)]
    colours = [COLOURS["kxk"] if layer["kernel"] == 3 else COLOURS["aux"] for layer in layers]
    pairs = [layer["pair"][0] for layer in layers]
    left.scatter(place, [layer["slice_by_energy"] for layer in layers], c=colours, s=28)
    left.scatter(place, [layer["random_slice"] for layer in layers], c=COLOURS["pool"], s=9)
    right.scatter(place, [pair["trained"] for pair in pairs], c=colours, s=28)
    right.scatter(place, [pair["random"] for pair in pairs], c=COLOURS["pool"], s=9)
    left.set(title="slice by slice", ylabel="energy that lines hold", ylim=(0.5, 1.0))
    right.set(title="the whole layer, 33 to 60 % saved")
    for axes in (left, right):
        centres = []
        for grid in grids:
            here = [x for x, layer in zip(place, layers, strict=True) if layer["grid"] == grid]
            centres.append(sum(here) / len(here))
        axes.set_xticks(centres, [str(grid) for grid in grids])
        axes.tick_params(axis="x", length=0)
    right.set_xlabel("cells a side of the layer's grid")
    if not is_narrow(figure):
        left.set_xlabel("cells a side of the layer's grid")
