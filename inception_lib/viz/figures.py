"""Still pictures: matplotlib in the page's own type and colours.

A function decorated with `picture` draws on a figure and, when called, gives a `Picture`: SVG
whose words are text and whose colours are the palette's custom properties, so that on a page of
the book it follows light and dark and takes the page's font. In a notebook, where the picture
stands by itself, ink is a middle grey that is read on either ground. It is drawn twice, for a wide
page and for a phone.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

import matplotlib
from matplotlib.figure import Figure
from matplotlib.rcsetup import cycler

from inception_lib.viz.palette import LIGHT

__all__ = ["COLOURS", "NARROW", "STYLE", "WIDE", "Picture", "is_narrow", "picture"]

COLOURS = LIGHT
"""The palette by name (``1x1``, ``kxk``, ``factorized``, ``pool``, ``aux``, ``ink``, …): a colour
from here becomes a custom property of the page, any other stays as it is."""

WIDE, NARROW = 640, 340
"""Widths of the two drawings, in CSS pixels."""

_POINTS = 72  # a point is a pixel: sizes of type are CSS pixels
_BY_ITSELF = {"ink": "#7a7a7a", "muted": "#7a7a7a", "line": "#9a9a9a"}
_FONT = "system-ui, sans-serif"

STYLE: dict[Any, Any] = {
    "figure.dpi": _POINTS,
    "figure.facecolor": "none",
    "savefig.facecolor": "none",
    "axes.facecolor": "none",
    "axes.edgecolor": COLOURS["muted"],
    "axes.labelcolor": COLOURS["ink"],
    "axes.titlecolor": COLOURS["ink"],
    "axes.titlesize": 13,
    "axes.titlelocation": "left",
    "axes.labelsize": 13,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.prop_cycle": cycler(
        color=[COLOURS[name] for name in ("kxk", "factorized", "1x1", "aux", "pool")]
    ),
    "grid.color": COLOURS["line"],
    "text.color": COLOURS["ink"],
    "xtick.color": COLOURS["muted"],
    "ytick.color": COLOURS["muted"],
    "xtick.labelcolor": COLOURS["ink"],
    "ytick.labelcolor": COLOURS["ink"],
    "xtick.labelsize": 12,
    "ytick.labelsize": 12,
    "legend.frameon": False,
    "legend.fontsize": 12,
    "font.size": 13,
    "figure.constrained_layout.use": True,
    "svg.fonttype": "none",
}


class Picture:
    """A drawing as SVG, for the page's width and for a phone's.

    Parameters
    ----------
    name : str
        What ``repr`` calls it.
    wide, narrow : str
        The two drawings, each one ``<svg>`` element.
    """

    def __init__(self, name: str, wide: str, narrow: str) -> None:
        self.name, self.wide, self.narrow = name, wide, narrow

    def __repr__(self) -> str:
        size = re.search(r'viewBox="0 0 (\S+) (\S+)"', self.wide)
        assert size is not None
        return f"{self.name}, a picture of {size[1]}×{size[2]}"

    def _repr_svg_(self) -> str:
        """The wide drawing, with the narrow one inside it and not shown; the book takes it out."""
        hidden = self.narrow.replace("<svg ", '<svg display="none" ', 1)
        return self.wide.removesuffix("</svg>") + hidden + "</svg>"


def is_narrow(figure: Figure) -> bool:
    """Whether a figure is the one for a phone."""
    return figure.get_figwidth() * _POINTS < (WIDE + NARROW) / 2


Arguments = ParamSpec("Arguments")


def picture(
    height: int, narrow_height: int | None = None
) -> Callable[[Callable[Concatenate[Figure, Arguments], Any]], Callable[Arguments, Picture]]:
    """Make a function that draws on a figure one that gives a `Picture`.

    Parameters
    ----------
    height : int
        In CSS pixels, at a width of 640.
    narrow_height : int, optional
        At a width of 340; the same if not given.
    """

    def decorate(
        draw: Callable[Concatenate[Figure, Arguments], Any],
    ) -> Callable[Arguments, Picture]:
        @wraps(draw)
        def drawn(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Picture:
            def one(width: int, high: int) -> str:
                with matplotlib.rc_context():  # the reader's own style is another
                    matplotlib.rcdefaults()
                    matplotlib.rcParams.update(STYLE)
                    figure = Figure(figsize=(width / _POINTS, high / _POINTS))
                    draw(figure, *args, **kwargs)
                    return _svg(figure)

            wide, narrow = one(WIDE, height), one(NARROW, narrow_height or height)
            return Picture(draw.__name__, wide, narrow)

        return drawn

    return decorate


def _svg(figure: Figure) -> str:
    """The figure as one SVG element that may stand in a page beside others."""
    file = io.StringIO()
    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    figure.savefig(file, format="svg", metadata=nothing)
    text = file.getvalue()
    text = text[text.index("<svg") :].rstrip()
    text = re.sub(r"<!--.*?-->|<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    # A rule for all elements of the page; the root's attributes below say the same of this one.
    text = re.sub(r"<defs>\s*<style.*?</style>\s*</defs>", "", text, flags=re.DOTALL)
    text = re.sub(r"<[^>]*>", _to_hundredths, text)
    text = re.sub(r"font-family: [^;\"]*;?|font: (\d+)px [^;\"]*", _font_size, text)
    for name, colour in COLOURS.items():
        own = f"var(--book-{name}, {_BY_ITSELF.get(name, colour)})"
        text = re.sub(re.escape(colour), own, text, flags=re.IGNORECASE)
    text = _own_ids(text)
    view = re.search(r'viewBox="0 0 (\S+) (\S+)"', text)
    assert view is not None
    width, height = (round(float(side)) for side in view.groups())
    root = (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'viewBox="0 0 {width} {height}" width="{width}" height="{height}" font-family="{_FONT}" '
        f'stroke-linejoin="round" stroke-linecap="butt">'
    )
    text = root + text[text.index(">") + 1 :]
    text = re.sub(r' transform="rotate\(-0 [^"]*"', "", text)
    return " ".join(text.split()).replace("> <", "><")


def _to_hundredths(tag: re.Match[str]) -> str:
    """A tag with its coordinates rounded; what stands between tags is for the reader."""
    return re.sub(r"-?\d+\.\d{3,}", lambda m: f"{float(m[0]):.2f}", tag[0])


def _font_size(match: re.Match[str]) -> str:
    return f"font-size: {match[1]}px" if match[1] else ""


def _own_ids(text: str) -> str:
    """Keep the ids that something refers to, and make them of this picture alone."""
    mark = hashlib.sha256(re.sub(r'\bid="[^"]*"|#[\w.]+', "", text).encode()).hexdigest()[:6]
    used = set(re.findall(r'(?:href="#|url\(#)([^")]+)', text))
    names = {old: f"p{mark}-{number}" for number, old in enumerate(_in_order(text, used))}
    text = re.sub(r' id="([^"]*)"', lambda m: f' id="{names[m[1]]}"' if m[1] in names else "", text)
    return re.sub(r'(href="#|url\(#)([^")]+)', lambda m: m[1] + names.get(m[2], m[2]), text)


def _in_order(text: str, used: set[str]) -> list[str]:
    return [name for name in re.findall(r' id="([^"]*)"', text) if name in used]
