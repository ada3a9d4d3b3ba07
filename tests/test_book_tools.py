"""The book's own Sphinx parts: the drawn network is the real one; a guess has a right answer."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils

sys.path.insert(0, str(Path(__file__).parents[1] / "chapters" / "_book"))

import cover
import draw_cover


def test_the_cover_is_the_network_as_it_is_now() -> None:
    stored = cover.STORED.read_text(encoding="utf-8")
    assert stored == draw_cover.draw(), "python chapters/_book/draw_cover.py"
    assert len(stored) < 500_000


def build(text: str, folder: Path) -> tuple[str, str]:
    """Build one Markdown page with the predict element; return its HTML and the warnings."""
    (folder / "index.md").write_text(text, encoding="utf-8")
    warnings = io.StringIO()
    out = folder / "out"
    with patch_docutils(str(folder)), docutils_namespace():
        Sphinx(
            str(folder),
            None,
            str(out),
            str(folder / "doctrees"),
            "html",
            {"extensions": ["myst_parser", "markup", "predict"], "html_theme": "basic"},
            status=None,
            warning=warnings,
        ).build()
    return (out / "index.html").read_text(encoding="utf-8"), warnings.getvalue()


GUESS = """# Title

<div class="predict">

**Predict.** How *many*?

- 9
- 18

<details><summary>Answer</summary>

**{answer}** Twice nine.

</details>
</div>

After.
"""


def test_predict_becomes_a_form(tmp_path: Path) -> None:
    page, warnings = build(GUESS.format(answer="18."), tmp_path)
    assert warnings == ""
    assert '<div class="predict" data-answer="1">' in page
    assert page.count('<input type="radio" name="predict-1"') == 2
    form = page[page.index('<div class="predict"') : page.index("After.")]
    for tag in ("div", "fieldset", "legend", "label", "details", "summary", "span"):
        assert form.count(f"<{tag}") == form.count(f"</{tag}>"), tag


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (GUESS.format(answer="27."), "must repeat one of its choices"),
        (GUESS.format(answer="18.").replace("- 9\n- 18\n", ""), "needs a question, a list"),
        (GUESS.format(answer="18.").replace("</details>\n</div>", "</details>"), "not closed"),
    ],
    ids=["no such choice", "no choices", "not closed"],
)
def test_a_predict_that_cannot_work_warns(text: str, complaint: str, tmp_path: Path) -> None:
    assert complaint in build(text, tmp_path)[1]
