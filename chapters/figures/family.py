"""The networks that are called Inception-v3, and what each changed of the one it comes from."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.figure import Figure

from inception_lib.viz.figures import COLOURS, is_narrow, picture

# name: place (column from 0 to 4, row from the top), what stands under its name
PLACES = {
    "paper": (2, 0, "the paper, Table 1"),
    "released": (2, 1, "released: TF-slim"),
    "fid": (0, 2, "the graph of 2015:\npytorch-fid"),
    "torchvision": (2, 2, "torchvision"),
    "timm": (4, 2, "timm's\ntf_inception_v3"),
}
EDGES = (
    ("paper", "released"),
    ("released", "fid"),
    ("released", "torchvision"),
    ("released", "timm"),
)


@picture(height=330, narrow_height=360)
def family(figure: Figure, costs: Mapping[str, str]) -> None:
    """Boxes from the paper down to today's libraries, numbered edges between them.

    Parameters
    ----------
    costs : mapping of str to str
        By name in ``PLACES``, what the network costs, in words.
    """
    axes = figure.subplots()
    axes.set(xlim=(-0.9, 4.9), ylim=(2.55, -0.45))
    axes.axis("off")
    size = 10.5 if is_narrow(figure) else 13
    for number, (upper, lower) in enumerate(EDGES, 1):
        (x, y, _), (u, v, _) = PLACES[upper], PLACES[lower]
        axes.plot([x, u], [y + 0.28, v - 0.3], color=COLOURS["muted"], linewidth=1.5, zorder=1)
        axes.text(
            (x + u) / 2, (y + v) / 2, str(number), ha="center", va="center", fontsize=size,
            color=COLOURS["ink"], zorder=3,
            bbox={"boxstyle": "circle,pad=0.3", "fc": COLOURS["paper"], "ec": COLOURS["muted"]},
        )  # fmt: skip
    for name, (x, y, words) in PLACES.items():
        axes.text(
            x, y, f"{words}\n{costs[name]}", ha="center", va="center", fontsize=size, zorder=2,
            linespacing=1.35, color=COLOURS["ink"],
            bbox={"boxstyle": "round,pad=0.5", "fc": COLOURS["soft"], "ec": COLOURS["line"]},
        )  # fmt: skip
