"""The glossary: one file of terms, a page of them, and their first use on each page explained.

``chapters/glossary.yml`` is a list of terms with their forms, chapter and definition; the directive
``{terms}`` lists them on the glossary's page. On every other page the first use of each term links
to its entry; ``terms.js`` shows the definition where the pointer, the focus or a finger is.
"""

from __future__ import annotations

import html
import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml
from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.application import Sphinx

FILE = Path(__file__).resolve().parents[1] / "glossary.yml"
PAGES = "chapters/"
PAGE = "chapters/glossary"
MOST_WORDS = 35
_CLOSED = (nodes.title, nodes.reference, nodes.literal, nodes.literal_block, nodes.raw, nodes.math)
_CLOSED_TAGS = ("label", "summary")  # what is pressed must not hold a link


@dataclass(frozen=True)
class Term:
    """One entry of the glossary; `chapter` is where it is explained, 0 for the welcome page."""

    term: str
    forms: tuple[str, ...]
    chapter: int
    definition: str

    @property
    def anchor(self) -> str:
        """Id of its entry on the glossary's page."""
        plain = self.term.casefold().replace("×", "x")
        return "term-" + re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


@cache
def terms() -> tuple[Term, ...]:
    """All terms, in alphabetical order.

    Raises
    ------
    ValueError
        If a definition is too long, or a form belongs to two terms.
    """
    found = []
    taken: dict[str, str] = {}
    for entry in yaml.safe_load(FILE.read_text(encoding="utf-8")):
        definition = " ".join(entry["definition"].split())
        term = Term(entry["term"], tuple(entry.get("forms", ())), entry["chapter"], definition)
        if len(definition.split()) > MOST_WORDS:
            raise ValueError(f"{term.term}: a definition has at most {MOST_WORDS} words")
        for form in (term.term, *term.forms):
            other = taken.setdefault(form.casefold(), term.term)
            if other != term.term:
                raise ValueError(f"{form!r} is a form of {other!r} and of {term.term!r}")
        found.append(term)
    return tuple(sorted(found, key=lambda term: term.term.casefold()))


@cache
def by_form() -> dict[str, Term]:
    """Terms by written form, in lower case."""
    return {form.casefold(): term for term in terms() for form in (term.term, *term.forms)}


@cache
def pattern() -> re.Pattern[str]:
    """Every form as a word of its own, the longest first."""
    longest = sorted(by_form(), key=len, reverse=True)
    return re.compile(rf"(?<![\w×/-])({'|'.join(map(re.escape, longest))})(?![\w×/-])", re.I)


class TermList(Directive):
    """``{terms}``: all terms with their definitions."""

    def run(self) -> list[nodes.Node]:
        """Return the list."""
        items = "".join(
            f'<dt id="{t.anchor}">{html.escape(t.term)}</dt><dd>{html.escape(t.definition)}</dd>'
            for t in terms()
        )
        return [nodes.raw("", f'<dl class="terms">{items}</dl>', format="html")]


def running_text(doctree: nodes.document) -> list[nodes.Text]:
    """The texts in which a term may be explained: no headings, links, code or buttons."""

    def is_open(text: nodes.Text) -> bool:
        above = text.parent
        while above is not None:
            if isinstance(above, _CLOSED) or above.get("tag") in _CLOSED_TAGS:
                return False
            above = above.parent
        return True

    return [text for text in doctree.findall(nodes.Text) if is_open(text)]


def explain(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Link the first use of each term on a page to its entry."""
    if not docname.startswith(PAGES) or docname == PAGE or app.builder.format != "html":
        return
    seen: set[Term] = set()
    for text in running_text(doctree):
        pieces = _linked(str(text), seen)
        if pieces:
            text.parent.replace(text, pieces)


def _linked(text: str, seen: set[Term]) -> list[nodes.Node]:
    """A text in pieces, its new terms as links; nothing where there are none."""
    pieces: list[nodes.Node] = []
    end = 0
    for found in pattern().finditer(text):
        term = by_form()[found[1].casefold()]
        if term in seen:
            continue
        seen.add(term)
        link = f'<a class="term" href="glossary.html#{term.anchor}">{html.escape(found[0])}</a>'
        pieces += [nodes.Text(text[end : found.start()]), nodes.raw("", link, format="html")]
        end = found.end()
    return [*pieces, nodes.Text(text[end:])] if pieces else []


def write_definitions(app: Sphinx) -> None:
    """Write the definitions where the script finds them."""
    if app.builder.format == "html":
        found = {term.anchor: [term.term, term.definition] for term in terms()}
        path = Path(app.outdir) / "_static" / "definitions.js"
        path.parent.mkdir(parents=True, exist_ok=True)
        words = json.dumps(found, ensure_ascii=False)
        path.write_text(f"const DEFINITIONS = {words};\n", encoding="utf-8")


def setup(app: Sphinx) -> None:
    """Register the glossary."""
    app.add_directive("terms", TermList)
    app.connect("builder-inited", write_definitions)
    app.connect("doctree-resolved", explain)
