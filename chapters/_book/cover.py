"""The cover of the book: the network in space, from the stored ``cover.html``."""

from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.application import Sphinx

STORED = Path(__file__).with_name("cover.html")


class Cover(Directive):
    """``{cover}``: the scene; ``draw_cover.py`` writes it."""

    def run(self) -> list[nodes.Node]:
        """Return the widget, with its still picture inside."""
        self.state.document.settings.env.note_dependency(str(STORED))
        return [nodes.raw("", STORED.read_text(encoding="utf-8"), format="html")]


def setup(app: Sphinx) -> None:
    """Register the directive."""
    app.add_directive("cover", Cover)
