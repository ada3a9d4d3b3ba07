"""The glossary: short definitions, one term a form, none that no page uses and none missing."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "chapters" / "_book"))

import terms

ROOT = Path(__file__).parents[1]

# Words of the field that a newcomer looks up: where one stands in a page, the glossary has it.
FIELD = (
    "activation", "auxiliary classifier", "batch normalisation", "bottleneck", "channel",
    "concatenation", "convolution", "cross-entropy", "effective receptive field", "feature map",
    "fully connected", "kernel", "label smoothing", "logit", "MAC", "padding", "pooling",
    "receptive field", "ReLU", "softmax", "stride", "tensor",
)  # fmt: skip


def text_of(path: Path) -> str:
    """The Markdown of a page or notebook."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".md":
        return text
    cells = json.loads(text)["cells"]
    return "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")


@pytest.fixture(scope="module")
def prose() -> str:
    """All that a reader reads, without code and links' addresses."""
    pages = [*(ROOT / "chapters").glob("*.ipynb"), *(ROOT / "chapters").glob("*.md")]
    text = "\n".join(text_of(p) for p in pages if p.stem not in ("glossary", "bibliography"))
    return re.sub(r"`[^`]*`|\]\([^)]*\)", " ", text)


def test_every_term_is_used(prose: str) -> None:
    used = {terms.by_form()[m[1].casefold()].term for m in terms.pattern().finditer(prose)}
    later = {
        t.term for t in terms.terms() if not list((ROOT / "chapters").glob(f"{t.chapter:02}_*"))
    }
    unused = {t.term for t in terms.terms()} - used
    assert unused <= later, "a definition whose chapter is written and that no page uses"


@pytest.mark.parametrize("word", FIELD)
def test_words_of_the_field_are_defined(word: str, prose: str) -> None:
    if re.search(rf"(?<![\w×]){re.escape(word)}s?(?![\w×])", prose, re.I):
        assert word.casefold() in terms.by_form()


def test_definitions_are_sentences_of_plain_words() -> None:
    for term in terms.terms():
        assert term.definition.endswith("."), term.term
        assert not re.search(r"[*`<$\[]", term.definition), term.term


def test_the_longest_form_is_found_and_only_whole_words() -> None:
    found = [m[1] for m in terms.pattern().finditer("an effective receptive field; subgrid, 1×1×3")]
    assert found == ["effective receptive field"]


def test_a_term_is_explained_once_a_page() -> None:
    seen: set = set()
    first = terms._linked("A stride of 2. The stride again.", seen)
    assert [n.astext() for n in first][1].startswith('<a class="term" href="glossary.html#term-str')
    assert terms._linked("And a stride.", seen) == []


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ([("a", " ".join(["word"] * 36))], "at most 35 words"),
        ([("a", "One."), ("A", "Two.")], "is a form of"),
    ],
)
def test_a_bad_glossary_is_refused(
    entries: list, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "glossary.yml"
    rows = [f"- {{term: {t}, chapter: 0, definition: '{d}'}}\n" for t, d in entries]
    path.write_text("".join(rows), encoding="utf-8")
    monkeypatch.setattr(terms, "FILE", path)
    terms.terms.cache_clear()
    with pytest.raises(ValueError, match=words):
        terms.terms()
    monkeypatch.undo()
    terms.terms.cache_clear()
