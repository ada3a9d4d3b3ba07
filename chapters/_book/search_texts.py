"""What the search page searches: the text of every section, as the built pages show it.

It is one script beside ``search.js``, so that search works from a disk, where a page may read no
other page; the theme's own search finds its excerpts by reading the pages.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from bs4 import BeautifulSoup, Tag
from sphinx.application import Sphinx

# Not text: code, what only a script uses, formulas' sources, drawings, marks behind headings.
_LEFT_OUT = (
    ".cell_input, div.highlight, script, style, form, svg, .headerlink, .inception-widget table"
)
_HEADINGS = ["h1", "h2", "h3", "h4"]


def _plain(tag: Tag) -> str:
    text = re.sub(r"\\[()]", "", tag.get_text(" "))  # marks around a formula
    return re.sub(r"(?<=\() | (?=[.,;:?!)])", "", " ".join(text.split()))


def sections(page: str) -> list[tuple[str, str, str]]:
    """Sections of a built page: anchor, heading, and text without that of sections inside.

    Each entry of the glossary counts as a section.
    """
    article = BeautifulSoup(page, "html.parser").find("article")
    if not isinstance(article, Tag):
        return []
    for tag in article.select(_LEFT_OUT):
        tag.extract()
    found = []
    for entry in article.select("dl.terms > dt"):
        definition = entry.find_next_sibling("dd")
        if isinstance(definition, Tag):
            found.append((str(entry["id"]), _plain(entry), _plain(definition)))
            definition.extract()
            entry.extract()
    inner_first = reversed(article.find_all("section"))
    texts = []
    for section in inner_first:
        heading = section.find(_HEADINGS)
        title = _plain(heading) if isinstance(heading, Tag) else ""
        if isinstance(heading, Tag):
            heading.extract()
        texts.append((str(section.get("id", "")), title, _plain(section)))
        section.extract()
    return [*reversed(texts), *found]


def write(app: Sphinx, exception: Exception | None) -> None:
    """Write ``_static/search-texts.js``: page, its title, anchor, heading and text by section."""
    if exception is not None or app.builder.format != "html":
        return
    out = Path(app.outdir)
    rows = []
    for docname in sorted(app.env.found_docs):
        path = out / f"{docname}.html"
        if not path.exists():
            continue
        found = sections(path.read_text(encoding="utf-8"))
        title = found[0][1] if found else docname
        rows += [[f"{docname}.html", title, *section] for section in found]
    words = json.dumps(rows, ensure_ascii=False)
    (out / "_static" / "search-texts.js").write_text(f"const TEXTS = {words};\n", encoding="utf-8")


def setup(app: Sphinx) -> None:
    """Register it."""
    app.connect("build-finished", write)
