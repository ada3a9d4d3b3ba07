"""Widgets as a page by themselves: one HTML file that opens from disk and asks no network."""

from __future__ import annotations

import html
from collections.abc import Iterable
from itertools import starmap
from pathlib import Path

from inception_lib.viz.base import STATIC, BookWidget, kind_of
from inception_lib.viz.handover import hand_over

__all__ = ["to_page"]

_STYLE = """
:root { color-scheme: light dark; }
body { margin: 0 auto; padding: 1rem; max-width: 72rem; background: light-dark(#fff, #121417);
  color: light-dark(#1b1b1f, #ececf0); font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.4rem; }
main > table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 0.9rem; }
main > table caption { padding: 0.5rem 0; text-align: start; }
main > table :is(th, td) { padding: 0.2rem 1rem 0.2rem 0; text-align: end; font-weight: 400;
  border-bottom: 1px solid light-dark(#d4d7dc, #3c4149); }
main > table th:first-child { text-align: start; }
main:has(> table) { overflow-x: auto; }
"""


def to_page(
    widgets: BookWidget | Iterable[BookWidget], path: str | Path, title: str = "", below: str = ""
) -> Path:
    """Write widgets to one self-contained HTML file.

    The page carries the shared kit once and the front end of each kind of widget once. Opened from
    disk it works as the widgets do in the book: no kernel, no network.

    Parameters
    ----------
    widgets : BookWidget or iterable of BookWidget
        Shown one below the other.
    path : str or Path
        File to write; an existing one is replaced.
    title : str
        Heading of the page; the widgets' own labels by default.
    below : str
        HTML that stands under the widgets.

    Returns
    -------
    Path
        Of the file.
    """
    shown = [widgets] if isinstance(widgets, BookWidget) else list(widgets)
    if not shown:
        raise ValueError("widgets is empty: give at least one widget")
    kinds = {kind_of(type(widget)): type(widget) for widget in shown}
    title = title or ", ".join(cls.words()["label"] for cls in kinds.values())
    styles = [(STATIC / f"{name}.css").read_text("utf-8") for name in ("kit", *kinds)]
    modules = {kind: (STATIC / f"{kind}.js").read_text("utf-8") for kind in kinds}
    scripts = [(STATIC / "host.js").read_text("utf-8"), *starmap(hand_over, modules.items())]
    path = Path(path)
    path.write_text(
        '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{html.escape(title)}</title>\n<style>{_STYLE}{''.join(styles)}</style>\n"
        f"<main>\n<h1>{html.escape(title)}</h1>\n"
        + "\n".join(widget.to_html() for widget in shown)
        + f"\n{below}</main>\n"
        + "\n".join(f"<script>{script}</script>" for script in scripts)
        + "\n</html>\n",
        encoding="utf-8",
    )
    return path
