"""Citations: in a chapter a plain link to the work, in the book a link to its entry.

A writer types ``[@szegedy2016rethinking]`` or ``@szegedy2016rethinking``; `fill` makes of it a
link to the work's own address, which is right in Jupyter, in Colab and on GitHub. The book
takes each link to an address of ``references.bib`` for a citation.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from docutils import nodes
from pybtex.database import Entry, parse_file
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinxcontrib.bibtex.citation_target import CitationTarget
from sphinxcontrib.bibtex.roles import CitationRef

REFERENCES = Path(__file__).resolve().parents[1] / "references.bib"
_KEY = r"@([a-z]+\d{4}[a-z0-9]*)"
_SHORTHAND = re.compile(rf"(`[^`\n]*`)|\[({_KEY}(?:\s*;\s*{_KEY})*)\]|(?<![\w@]){_KEY}")
_LINK = re.compile(r"\]\((https?://[^)\s]+)\)")
_OF_WORKS = re.compile(r"https?://(?:arxiv\.org/(?:abs|pdf)/|(?:dx\.)?doi\.org/)")
# Roles and directives of the book's tools, which a notebook elsewhere shows as they are.
_RAW = re.compile(r"\{[a-z:-]+\}`|^(?:`{3,}|:{3,})\{[^}]*\}", re.MULTILINE)


@cache
def works() -> dict[str, Entry]:
    """The entries of ``references.bib``, by key."""
    return dict(parse_file(str(REFERENCES)).entries)


def addresses(entry: Entry) -> list[str]:
    """Where a work is found: arXiv first, which all may read."""
    fields = entry.fields
    found = []
    if "eprint" in fields:
        found.append(f"https://arxiv.org/abs/{fields['eprint']}")
    if "doi" in fields:
        found.append(f"https://doi.org/{fields['doi']}")
    if "url" in fields:
        found.append(fields["url"])
    return found


@cache
def keys() -> dict[str, str]:
    """The key of each address."""
    return {address: key for key, entry in works().items() for address in addresses(entry)}


def authors(entry: Entry) -> str:
    """Last names as they are cited: "Wong", "Ioffe and Szegedy", "Szegedy et al."."""
    names = [
        "".join(str(part) for part in [*(f"{p} " for p in person.rich_prelast_names)])
        + " ".join(str(part) for part in person.rich_last_names)
        for person in entry.persons["author"]
    ]
    if len(names) > 2:
        return f"{names[0]} et al."
    return " and ".join(names)


def _link(key: str, textual: bool) -> str:
    if key not in works():
        raise ValueError(f"@{key} is not in chapters/references.bib")
    entry = works()[key]
    found = addresses(entry)
    if not found:
        raise ValueError(f"{key} in chapters/references.bib has no eprint, doi or url")
    year = entry.fields["year"]
    text = f"{authors(entry)} ({year})" if textual else f"{authors(entry)}, {year}"
    return f"[{text}]({found[0]})"


def fill(source: str) -> str:
    """Make links of the keys in a Markdown text: ``[@key; @key]`` in brackets, ``@key`` in text.

    Raises
    ------
    ValueError
        If a key is not in ``references.bib``, or its work has no address.
    """

    def replaced(match: re.Match[str]) -> str:
        code, several, *_, alone = match.groups()
        if code is not None:
            return code
        if several is not None:
            return f"({'; '.join(_link(key, False) for key in re.findall(_KEY, several))})"
        return _link(alone, True)

    return _SHORTHAND.sub(replaced, source)


def problems(source: str) -> list[str]:
    """What is wrong with the references of a Markdown text."""
    found = []
    found += [f"{raw!r} is shown as it is outside the book" for raw in _RAW.findall(source)]
    if any(m.group(1) is None for m in _SHORTHAND.finditer(source)):
        found.append("a citation is still a key: run `notebooks.py fill`")
    for address in _LINK.findall(source):
        if _OF_WORKS.match(address) and address not in keys():
            found.append(f"{address} is not the address of a work in references.bib")
    return found


class CitationTransform(SphinxTransform):
    """Note each link to a known work as a citation."""

    default_priority = 300

    def apply(self, **kwargs: object) -> None:
        """Mark the links of the document."""
        domain = self.env.get_domain("cite")
        for link in self.document.findall(nodes.reference):
            key = keys().get(link.get("refuri", ""))
            if key is None:
                continue
            self.document.note_explicit_target(link, link)  # entries link back to it
            link["citation"] = key
            domain.citation_refs.append(
                CitationRef(
                    citation_ref_id=link["ids"][0],
                    docname=self.env.docname,
                    line=link.line or 0,
                    targets=[CitationTarget(key, "", "")],
                )
            )


def lead_to_entries(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Lead citations to their entries in the bibliography."""
    entries = {c.key: c for c in app.env.get_domain("cite").citations}
    for link in doctree.findall(lambda n: isinstance(n, nodes.reference) and "citation" in n):
        entry = entries[link["citation"]]
        page = app.builder.get_relative_uri(docname, entry.bibliography_key.docname)
        link["refuri"] = f"{page}#{entry.citation_id}"
        link["internal"] = True


def setup(app: Sphinx) -> None:
    """Register what makes citations of links."""
    app.add_transform(CitationTransform)
    app.connect("doctree-resolved", lead_to_entries)
