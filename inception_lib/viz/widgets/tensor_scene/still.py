"""The still drawing: the scene as SVG, for pages without a script, GitHub and print."""

from __future__ import annotations

import html
import math
from collections.abc import Iterator

from inception_lib.viz.palette import LIGHT
from inception_lib.viz.widgets.tensor_scene.layout import Block, Box, Scene

__all__ = ["svg"]

YAW, PITCH = math.radians(34), math.radians(27)
SHADES = {"top": 1.12, "front": 0.94, "left": 0.8}  # of a face, by where the light falls
WIDTH = 960  # pixels

Point = tuple[float, float, float]


def svg(scene: Scene, label: str, photo: str = "") -> str:
    """One ``<svg>`` element, the same from run to run; boxes behind others are drawn first.

    It is seen from infinitely far, so that a box is three parallelograms. `photo` is the address of
    the image on the first of them.
    """
    solids = sorted(_solids(scene), key=lambda solid: _depth(solid[0]))
    corners = [_flat(c) for middle, size, *_ in solids for c in _corners(middle, size)]
    left, right = min(c[0] for c in corners), max(c[0] for c in corners)
    top, bottom = min(c[1] for c in corners), max(c[1] for c in corners)
    scale = WIDTH / (right - left)
    first = f"{scene.boxes[0].name}: "
    body = "".join(
        _draw(solid, scale, left, top, photo if solid[3].startswith(first) else "")
        for solid in solids
    )
    title = f"{label}: {scene.model}, {len(scene.boxes)} tensors"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-4 -4 {WIDTH + 8} '
        f'{math.ceil((bottom - top) * scale) + 8}" role="img" aria-label="{html.escape(title)}" '
        'style="width:100%;max-width:60rem;height:auto" stroke-linejoin="round" '
        f'stroke-width="0.6">{body}</svg>'
    )


def _solids(scene: Scene) -> Iterator[tuple[Point, Point, str, str]]:
    """Middle, size, colour and name of every box, a concatenation in its parts."""
    for block in scene.blocks:
        if not block.at:
            continue
        for box in scene.boxes[block.first : block.last + 1]:
            yield from _parts(block, box)


def _parts(block: Block, box: Box) -> Iterator[tuple[Point, Point, str, str]]:
    x, y, z = block.at[0] + box.at[0], box.at[1], block.at[1] + box.at[2]
    depth, height, width = box.size
    name = f"{box.name}: {'×'.join(map(str, (*box.shape[1:], box.shape[0])))}"
    start = x - depth / 2
    whole = sum(channels for channels, _ in box.parts)
    for channels, kind in box.parts or ((1, box.kind),):
        long = depth * channels / whole if box.parts else depth
        yield (start + long / 2, y, z), (long, height, width), kind, name
        start += long


def _flat(point: Point) -> tuple[float, float]:
    """Where a point lies on the page, y downwards."""
    x, y, z = point
    across = x * math.cos(YAW) + z * math.sin(YAW)
    along = -x * math.sin(YAW) + z * math.cos(YAW)
    return across, along * math.sin(PITCH) - y * math.cos(PITCH)


def _depth(point: Point) -> float:
    """How near a point is to the reader."""
    x, y, z = point
    along = -x * math.sin(YAW) + z * math.cos(YAW)
    return along * math.cos(PITCH) + y * math.sin(PITCH)


def _corners(middle: Point, size: Point) -> list[Point]:
    (x, y, z), (a, b, c) = middle, (side / 2 for side in size)
    return [(x + i * a, y + j * b, z + k * c) for i in (-1, 1) for j in (-1, 1) for k in (-1, 1)]


def _draw(
    solid: tuple[Point, Point, str, str], scale: float, left: float, top: float, photo: str
) -> str:
    (x, y, z), size, kind, name = solid
    a, b, c = (side / 2 for side in size)
    faces = {
        "left": [(-a, -b, -c), (-a, -b, c), (-a, b, c), (-a, b, -c)],
        "top": [(-a, b, -c), (-a, b, c), (a, b, c), (a, b, -c)],
        "front": [(-a, -b, c), (a, -b, c), (a, b, c), (-a, b, c)],
    }
    paths = []
    for face, corners in faces.items():
        flat = [
            ((across - left) * scale, (down - top) * scale)
            for across, down in (_flat((x + i, y + j, z + k)) for i, j, k in corners)
        ]
        points = " ".join(f"{across:.1f},{down:.1f}" for across, down in flat)
        colour = _shade(LIGHT[kind] if kind in LIGHT else LIGHT["ink"], SHADES[face])
        paths.append(f'<polygon points="{points}" fill="{colour}" stroke="{_shade(colour, 0.7)}"/>')
        if photo and face == "left":
            _, (x1, y1), (x2, y2), (x0, y0) = flat  # the image's corners: right below, above, left
            matrix = (x2 - x0, y2 - y0, x1 - x2, y1 - y2, x0, y0)
            paths.append(
                f'<image href="{photo}" width="1" height="1" preserveAspectRatio="none" '
                f'transform="matrix({" ".join(f"{value:.2f}" for value in matrix)})"/>'
            )
    return f"<g><title>{html.escape(name)}</title>{''.join(paths)}</g>"


def _shade(colour: str, factor: float) -> str:
    """A colour darker (below 1) or lighter."""
    parts = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return "#" + "".join(f"{min(255, round(part * factor)):02x}" for part in parts)
