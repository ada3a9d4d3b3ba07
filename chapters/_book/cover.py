"""The picture on the welcome page: every tensor along the trunk of Inception-v3, to scale.

The list repeats what the network does, because the book builds without torch; a test compares
it with the traced network.
"""

from math import sqrt

from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.application import Sphinx

# (name of the layer whose output it is, side of the grid, channels, colour of its branch)
TENSORS = [
    ("input", 299, 3, "ink"),
    ("Conv2d_1a_3x3", 149, 32, "kxk"),
    ("Conv2d_2a_3x3", 147, 32, "kxk"),
    ("Conv2d_2b_3x3", 147, 64, "kxk"),
    ("maxpool1", 73, 64, "pool"),
    ("Conv2d_3b_1x1", 73, 80, "1x1"),
    ("Conv2d_4a_3x3", 71, 192, "kxk"),
    ("maxpool2", 35, 192, "pool"),
    ("Mixed_5b", 35, 256, "ink"),
    ("Mixed_5c", 35, 288, "ink"),
    ("Mixed_5d", 35, 288, "ink"),
    ("Mixed_6a", 17, 768, "ink"),
    ("Mixed_6b", 17, 768, "ink"),
    ("Mixed_6c", 17, 768, "ink"),
    ("Mixed_6d", 17, 768, "ink"),
    ("Mixed_6e", 17, 768, "ink"),
    ("Mixed_7a", 8, 1280, "ink"),
    ("Mixed_7b", 8, 2048, "ink"),
    ("Mixed_7c", 8, 2048, "ink"),
    ("avgpool", 1, 2048, "pool"),
]

_HEIGHT = 0.72  # pixels of the drawing for a pixel of the grid
_LEAN = (0.26, 0.15)  # where the width of a grid recedes to, right and up
_DEPTH = 1.05  # pixels for the square root of a channel
_GAP = 13.0
_LABELS = {0: "299²×3", 3: "147²×64", 6: "71²×192", 10: "35²×288", 15: "17²×768", 17: "8²×2048"}


def _box(x: float, y: float, side: int, channels: int, colour: str, title: str) -> str:
    """Draw one tensor: the nearest face spans channels and height, the top and end recede."""
    w, h = _DEPTH * sqrt(channels), max(_HEIGHT * side, 1.5)
    dx, dy = _LEAN[0] * h, -_LEAN[1] * h
    top = y - h / 2
    faces = {
        "front": f"M{x:.1f} {top:.1f}h{w:.1f}v{h:.1f}h{-w:.1f}z",
        "top": f"M{x:.1f} {top:.1f}l{dx:.1f} {dy:.1f}h{w:.1f}l{-dx:.1f} {-dy:.1f}z",
        "end": f"M{x + w:.1f} {top:.1f}l{dx:.1f} {dy:.1f}v{h:.1f}l{-dx:.1f} {-dy:.1f}z",
    }
    paths = "".join(f'<path class="{name}" d="{d}"/>' for name, d in faces.items())
    return f'<g class="tensor tensor-{colour}"><title>{title}</title>{paths}</g>'


def svg() -> str:
    """Return the drawing as inline SVG, coloured by the book's style sheet."""
    x, y = 6.0, 142.0
    drawn, labels = [], []
    for i, (name, side, channels, colour) in enumerate(TENSORS):
        title = f"{name}: {side}×{side}×{channels}"
        drawn.append(_box(x, y, side, channels, colour, title))
        if i in _LABELS:
            bottom = y + max(_HEIGHT * side, 1.5) / 2 + 17
            middle = x + _DEPTH * sqrt(channels) / 2
            anchor = "start" if i == 0 else "middle"
            left = x if i == 0 else middle
            labels.append(
                f'<text x="{left:.1f}" y="{bottom:.0f}" text-anchor="{anchor}">{_LABELS[i]}</text>'
            )
        # The receding side needs room of its own, less where the next tensor is small.
        x += _DEPTH * sqrt(channels) + _LEAN[0] * _HEIGHT * side * 0.8 + _GAP
    # Far tensors first, so that a nearer one covers what recedes behind it.
    body = "".join(reversed(drawn)) + "".join(labels)
    return (
        f'<svg viewBox="0 0 {x + 30:.0f} 276" role="img" aria-labelledby="cover-title">'
        '<title id="cover-title">The tensors along the trunk of Inception-v3, from the image of '
        "299 by 299 by 3 to 2048 numbers: the grid shrinks while the channels grow.</title>"
        f"{body}</svg>"
    )


class Cover(Directive):
    """``{cover}``: the drawing, with the directive's content as its caption."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return the figure."""
        caption = nodes.container(classes=["cover-caption"])
        self.state.nested_parse(self.content, self.content_offset, caption)
        picture = nodes.raw("", svg(), format="html")
        return [nodes.container("", picture, caption, classes=["cover"])]


def setup(app: Sphinx) -> None:
    """Register the directive."""
    app.add_directive("cover", Cover)
