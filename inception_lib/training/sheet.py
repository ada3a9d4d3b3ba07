"""A sheet of pictures: what a network was shown, what it said, and what mattered to it."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from .plot import COLOURS, INK, new_figure, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["Tile", "draw_sheet", "printable"]

BLUE, ORANGE, GREEN = COLOURS[:3]
REST = "#b9c0c6"  # bars of the classes that were not chosen
COLUMNS, HEIGHT, WIDTH = 2, 1.5, 5.6  # tiles a row; inches of a tile
LONGEST = 34  # letters of a name
SMOOTH = 128  # pixels over which the cells of a grid run into one another, at least


@dataclass(frozen=True, eq=False)
class Tile:
    """One image of a sheet.

    Attributes
    ----------
    picture : Tensor
        uint8 3×S×S, as the network was shown it.
    title : str
        Above it.
    bars : sequence of (str, float)
        Classes and their probabilities, the likeliest first.
    heat : Tensor, optional
        h×w from ``hires_cam``: its positive part is laid over the picture, as strong as its
        largest cell.
    label : str
        The true class, where it is known: its bar is green.
    """

    picture: Tensor
    title: str
    bars: Sequence[tuple[str, float]]
    heat: Tensor | None = None
    label: str = ""


def draw_sheet(tiles: Sequence[Tile], title: str = "") -> Figure:
    """Pictures with their answers beside them, two a row; heat maps where the tiles have them."""
    if not tiles:
        raise ValueError("there is no picture to draw: give at least one")
    columns = min(COLUMNS, len(tiles))
    rows = -(-len(tiles) // columns)
    heat = any(tile.heat is not None for tile in tiles)
    ratios = [1.0, 1.0, 1.9] if heat else [1.0, 1.9]
    with styled(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph")  # a font lacks a letter of a name
        width = WIDTH * columns * sum(ratios) / 3.9
        figure = new_figure(width, HEIGHT * rows + (0.4 if title else 0.1))
        grid = figure.subplots(
            rows, columns * len(ratios), width_ratios=ratios * columns, squeeze=False
        )
        for axes in grid.flat:
            axes.set_axis_off()
        for i, tile in enumerate(tiles):
            row, column = divmod(i, columns)
            first = column * len(ratios)
            _picture(grid[row][first], tile)
            if tile.heat is not None:
                _heat(grid[row][first + 1], tile)
            _bars(grid[row][first + len(ratios) - 1], tile)
        if title:
            figure.suptitle(printable(title, 200), fontsize=10, color=INK, parse_math=False)
        figure.draw_without_rendering()  # so that a missing letter is passed over here
    return figure


def printable(name: str, longest: int = LONGEST) -> str:
    """A name that any font can be asked for: bytes that are no letters by number, cut short."""
    text = name.encode("utf-8", "backslashreplace").decode()
    return text if len(text) <= longest else "…" + text[1 - longest :]


def _picture(axes: Axes, tile: Tile) -> None:
    axes.imshow(tile.picture.permute(1, 2, 0).numpy(), interpolation="nearest")
    axes.set_title(printable(tile.title), fontsize=7.5, loc="left", parse_math=False)


def _heat(axes: Axes, tile: Tile) -> None:
    """The picture in grey, and over it in orange what spoke for the class."""
    assert tile.heat is not None
    grey, frame = tile.picture.float().mean(0).numpy(), (0, 1, 0, 1)
    axes.imshow(grey, cmap="gray", vmin=0, vmax=255, interpolation="nearest", extent=frame)
    side = max(SMOOTH, tile.picture.shape[-1])
    heat = tile.heat.clamp_min(0)
    heat = heat / heat.max().clamp_min(torch.finfo(heat.dtype).tiny)
    over = torch.nn.functional.interpolate(heat[None, None], (side, side), mode="bilinear")[0, 0]
    colour = torch.tensor([int(ORANGE[k : k + 2], 16) / 255 for k in (1, 3, 5)])
    rgba = torch.cat([colour.expand(side, side, 3), 0.8 * over[..., None]], 2)
    axes.imshow(rgba.numpy(), interpolation="nearest", extent=frame)


def _bars(axes: Axes, tile: Tile) -> None:
    for place, (name, p) in enumerate(tile.bars):
        colour = BLUE if place == 0 else REST
        if tile.label:
            colour = GREEN if name == tile.label else ORANGE if place == 0 else REST
        axes.barh(place + 0.32, p, 0.22, color=colour)
        axes.text(0, place, printable(name), fontsize=7.5, va="center", parse_math=False)
        axes.text(1, place, f"{100 * p:.1f} %", fontsize=7.5, va="center", ha="right")
    axes.set_xlim(0, 1.02)
    axes.set_ylim(max(len(tile.bars), 5) - 0.2, -0.6)
