"""Chapter 3: windows, borders, and what trained kernels lose when they are cut into lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure

from inception_lib.viz.figures import COLOURS, is_narrow, picture


@picture(height=260, narrow_height=480)
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
    pairs = [layer["pair"][0] for layer in layers]
    held = {left: [layer["slice_by_energy"] for layer in layers]}
    held[right] = [pair["trained"] for pair in pairs]
    for axes, values in held.items():
        for side, marker in ((3, "o"), (5, "s")):
            here = [i for i, layer in enumerate(layers) if layer["kernel"] == side]
            at, shown = [place[i] for i in here], [values[i] for i in here]
            axes.scatter(at, shown, color=COLOURS["kxk"], marker=marker, s=28)
    left.scatter(place, [layer["random_slice"] for layer in layers], c=COLOURS["pool"], s=9)
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


@picture(height=220, narrow_height=520)
def border_error(figure: Figure, photo: Any, error: Any) -> None:
    """A photograph in few cells, and where two padded 3×3 differ from the 5×5 that they compose.

    Parameters
    ----------
    photo, error : array of (height, width)
        The photograph, and the difference as a share of the largest output.
    """
    shape = (2, 1) if is_narrow(figure) else (1, 2)
    left, right = figure.subplots(*shape).flat
    left.imshow(photo, cmap="gray")
    left.set(title="the photograph, 35×35")
    shown = right.imshow(error, cmap="viridis", vmin=0)
    right.set(title="the difference")
    figure.colorbar(shown, ax=right, format=lambda value, _: f"{100 * value:.0f} %")
    for axes in (left, right):
        axes.set_xticks([])
        axes.set_yticks([])
