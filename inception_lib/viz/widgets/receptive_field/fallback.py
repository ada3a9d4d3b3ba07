"""What the receptive-field widget shows without JavaScript: a sentence, a picture, a table."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping

from torch import Tensor

from inception_lib.graph import Field, Node
from inception_lib.viz.format import grouped, percent
from inception_lib.viz.palette import LIGHT

_PICTURE = 21  # pixels: the widest window that is drawn


def fallback(
    title: str,
    lines: Iterable[tuple[str, Node]],
    fields: Mapping[str, Field],
    window: tuple[tuple[int, int], tuple[int, int]],
    counts: Tensor,
) -> str:
    """HTML of one cell's view.

    Parameters
    ----------
    title : str
        What is looked through.
    lines : iterable of (str, Node)
        What the table lists, by name.
    fields : mapping of str to Field
        The window of every node.
    window : ((int, int), (int, int))
        First and last pixel (row, column) that the cell sees, outside the image included.
    counts : Tensor
        Paths to each pixel, height×width.
    """
    (top, left), (bottom, right) = window
    seen = counts[max(top, 0) : bottom + 1, max(left, 0) : right + 1]
    inside = counts[max(top + 1, 0) : max(bottom, 0), max(left + 1, 0) : max(right, 0)]
    border = percent(float(1 - inside.sum() / counts.sum()))
    caption = html.escape(
        f"{title}: one cell of the output sees {bottom - top + 1}×{right - left + 1} pixels, "
        f"{grouped(int((counts > 0).sum()))} of them inside the image; "
        f"{border} of its paths end on the window’s border."
    )
    head = "".join(
        f'<th scope="col">{name}</th>'
        for name in ("layer", "kernel", "receptive field", "stride", "padding")
    )
    body = "\n".join(_row(name, node, fields[node.name]) for name, node in lines)
    picture = _picture(seen, caption) if max(seen.shape) <= _PICTURE else ""
    return (
        f"{picture}<table>\n<caption>{caption}</caption>\n"
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>"
    )


def _row(name: str, node: Node, field: Field) -> str:
    kernel = "×".join(map(str, node.kernel)) or "–"
    cells = (kernel, "×".join(map(str, field.size)), field.stride[0], field.padding[0])
    return (
        f'<tr><th scope="row">{html.escape(name)}</th>'
        + "".join(f"<td>{cell}</td>" for cell in cells)
        + "</tr>"
    )


def _picture(seen: Tensor, alt: str) -> str:
    """The paths of each pixel as squares, the more the darker."""
    rows, columns = seen.shape
    most = float(seen.max())
    squares = "".join(
        f'<rect x="{16 * c}" y="{16 * r}" width="15" height="15" '
        f'fill-opacity="{0.05 + 0.95 * float(seen[r, c]) / most:.2f}"/>'
        for r in range(rows)
        for c in range(columns)
    )
    return (
        f'<svg viewBox="0 0 {16 * columns} {16 * rows}" width="{16 * columns}" '
        f'height="{16 * rows}" role="img" aria-label="{alt}" fill="{LIGHT["accent"]}">'
        f"{squares}</svg>\n"
    )
