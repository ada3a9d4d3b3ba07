"""What the book's elements share: HTML around parsed Markdown, and blocks of ``<div class=…>``.

In a chapter an element is plain HTML with Markdown inside, so that it reads well anywhere::

    <div class="exercise" data-answer="11.1">

    **Exercise 1 (easy).** What share is saved?

    <details><summary>Solution</summary>

    One ninth.

    </details>
    </div>
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging

logger = logging.getLogger(__name__)

_INLINE = {"a", "span", "input", "output"}
_PART = re.compile(r"<details[^>]*>|</details>|</div>|<summary>.*?</summary>", re.DOTALL)


class HtmlTag(nodes.General, nodes.Element):
    """An HTML element around its children; other builders see the children alone."""

    def __init__(self, tag: str, *children: nodes.Node, **attributes: str) -> None:
        ids = [attributes.pop("id")] if "id" in attributes else []
        super().__init__("", *children, tag=tag, html=attributes, ids=ids)


def _visit_html(translator, node: HtmlTag) -> None:
    translator.body.append(translator.starttag(node, node["tag"], "", **node["html"]))


def _depart_html(translator, node: HtmlTag) -> None:
    end = "" if node["tag"] in _INLINE else "\n"
    translator.body.append(f"</{node['tag']}>{end}")


def _pass(translator, node: HtmlTag) -> None:
    pass


def raw(html: str) -> nodes.raw:
    """A piece of HTML as a node."""
    return nodes.raw("", html, format="html")


@dataclass
class Fold:
    """A ``<details>`` inside a block: its summary and what it hides."""

    summary: str
    children: list[nodes.Node] = field(default_factory=list)


@dataclass
class Block:
    """One ``<div class=…>`` of a document, taken apart."""

    start: nodes.raw
    last: nodes.Node
    attributes: dict[str, str]
    body: list[nodes.Node]
    folds: list[Fold]

    def fold(self, summary: str) -> Fold | None:
        """The fold with this summary."""
        return next((f for f in self.folds if f.summary == summary), None)

    def replace(self, *built: nodes.Node) -> None:
        """Put nodes in the place of all that the block is made of."""
        parent = self.start.parent
        parent[parent.index(self.start) : parent.index(self.last) + 1] = list(built)


class _Attributes(HTMLParser):
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found = {name: value or "" for name, value in attrs}


def blocks(document: nodes.document, name: str) -> Iterator[Block]:
    """Every block of a class in a document, in order; one that is broken warns and is left out."""
    opening = f'<div class="{name}"'
    starts = [n for n in document.findall(nodes.raw) if n.astext().lstrip().startswith((opening,))]
    for start in starts:
        block = _take_apart(start, name)
        if block is not None:
            yield block


def _take_apart(start: nodes.raw, name: str) -> Block | None:
    parser = _Attributes()
    parser.feed(start.astext())
    body: list[nodes.Node] = []
    folds: list[Fold] = []
    inside = body
    parent = start.parent
    for node in parent[parent.index(start) + 1 :]:
        if not isinstance(node, nodes.raw):
            inside.append(node)
            continue
        parts = _PART.findall(node.astext())
        if not parts:
            inside.append(node)
        for part in parts:
            if part.startswith("<details"):
                folds.append(Fold(""))
                inside = folds[-1].children
            elif part.startswith("<summary"):
                if folds:
                    folds[-1].summary = part.removeprefix("<summary>").removesuffix("</summary>")
            elif part == "</details>":
                inside = body
            elif inside is not body:
                logger.warning(
                    f"{name} block: </div> before its </details>; are the blank lines as in "
                    "chapters/_book/README.md?",
                    location=start,
                )
                return None
            else:
                return Block(start, node, parser.found, body, folds)
    logger.warning(f"{name} block is not closed by </div>", location=start)
    return None


def setup(app: Sphinx) -> None:
    """Register the node."""
    app.add_node(
        HtmlTag, html=(_visit_html, _depart_html), latex=(_pass, _pass), text=(_pass, _pass)
    )
