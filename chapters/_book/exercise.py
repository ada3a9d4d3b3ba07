"""The "exercise" element: a task, a number that the page checks, a hint, a folded solution.

In a chapter it is plain Markdown and HTML, so that Jupyter, Colab and GitHub show it well::

    <div class="exercise" data-answer="11.1" data-tolerance="0.2" data-unit="%">

    **Exercise 1 (easy). Two by two.** Two 2×2 take the place of a 3×3. What share is saved?

    <details><summary>Hint</summary>

    Count the weights for one pair of channels.

    </details>

    <details><summary>Solution</summary>

    A 3×3 has 9 weights, two 2×2 have 8.

    </details>
    </div>

Code cells tagged ``solution`` that follow it go into the fold of the solution. The page asks
for a number only where there is a ``data-answer``; `problems` holds it to those cells.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

from docutils import nodes
from markup import Block, HtmlTag, blocks, raw
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx.util import logging

logger = logging.getLogger(__name__)

SOLUTION_TAG = "solution"
HEADING = re.compile(r"Exercise (\d+) \((easy|medium|hard)\)\. \S.*\.$", re.DOTALL)
_DIV = re.compile(r'<div class="exercise"([^>]*)>')
_ATTRIBUTE = re.compile(r'([\w-]+)="([^"]*)"')
_KNOWN = {"data-answer", "data-tolerance", "data-unit"}


def _decimal(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def half_a_digit(answer: Decimal) -> Decimal:
    """Half a unit of a number's last digit as it is written: 0.05 for 11.1."""
    exponent = answer.as_tuple().exponent
    assert isinstance(exponent, int)
    return Decimal(5).scaleb(exponent - 1)


def attribute_problems(attributes: dict[str, str]) -> list[str]:
    """What is wrong with the attributes of an exercise."""
    found = [f"unknown attribute {name}" for name in attributes if name not in _KNOWN | {"class"}]
    answer, tolerance = attributes.get("data-answer"), attributes.get("data-tolerance")
    if answer is None:
        return found + ["a unit or tolerance without data-answer"] * bool(
            attributes.keys() & _KNOWN
        )
    value = _decimal(answer)
    if value is None or not value.is_finite():
        return [*found, f"data-answer={answer!r} is not a number; write it as 1234.5"]
    if tolerance is not None:
        width = _decimal(tolerance)
        if width is None or not width >= half_a_digit(value):
            found.append(
                f"data-tolerance={tolerance!r} must be a number of at least "
                f"{half_a_digit(value)}, half a unit of the last digit of {answer}"
            )
    return found


def problems(cells: Sequence[dict]) -> list[str]:
    """What is wrong with the exercises of a notebook's cells: form, numbers, solutions.

    A number that the page checks must be what the first solution cell gives, rounded to the
    digits of ``data-answer``; the cell's stored output is compared with a new run elsewhere.
    """
    found: list[str] = []
    number = 0
    for place, cell in enumerate(cells):
        if cell["cell_type"] != "markdown":
            continue
        starts = _DIV.findall(cell["source"])
        if not starts:
            continue
        number += 1
        where = f"exercise {number}"
        if len(starts) > 1 or not cell["source"].lstrip().startswith("<div"):
            found.append(f"{where}: give each exercise a Markdown cell of its own")
        bold = re.search(r"\*\*(.+?)\*\*", cell["source"], re.DOTALL)
        heading = HEADING.match(" ".join(bold.group(1).split())) if bold else None
        if heading is None or int(heading.group(1)) != number:
            found.append(f"{where}: its first bold words read 'Exercise {number} (grade). Title.'")
        if "<summary>Solution</summary>" not in cell["source"]:
            found.append(f"{where}: has no <details><summary>Solution</summary>")
        attributes = dict(_ATTRIBUTE.findall(starts[0]))
        wrong = attribute_problems(attributes)
        found += [f"{where}: {problem}" for problem in wrong]
        if "data-answer" in attributes and not wrong:
            found += [f"{where}: {p}" for p in _answer_problems(attributes, cells[place + 1 :])]
    return found


def _answer_problems(attributes: dict[str, str], after: Sequence[dict]) -> list[str]:
    cell = after[0] if after else None
    if cell is None or SOLUTION_TAG not in cell["metadata"].get("tags", []):
        return [f"no code cell tagged {SOLUTION_TAG!r} after it computes the answer"]
    shown = [
        output["data"]["text/plain"]
        for output in cell["outputs"]
        if output["output_type"] == "execute_result" and "text/plain" in output["data"]
    ]
    given = _decimal("".join(shown[-1]).strip()) if shown else None
    if given is None:
        return ["the first solution cell must end on the number that is the answer"]
    answer = Decimal(attributes["data-answer"])
    if abs(given - answer) > half_a_digit(answer):
        return [f"data-answer is {answer}, but its solution cell gives {given}"]
    return []


class ExerciseTransform(SphinxTransform):
    """Make a form of each ``<div class="exercise">``, with its solution cells folded in."""

    default_priority = 300

    def apply(self, **kwargs: object) -> None:
        """Replace every exercise of the document."""
        for number, block in enumerate(blocks(self.document, "exercise"), 1):
            built = self._build(block, number)
            if built is not None:
                block.replace(built)

    def _build(self, block: Block, number: int) -> HtmlTag | None:
        solution, hint = block.fold("Solution"), block.fold("Hint")
        wrong = attribute_problems(block.attributes)
        if solution is None:
            wrong.append("no <details><summary>Solution</summary>")
        wrong += [f"a fold named {f.summary!r}" for f in block.folds if f not in (solution, hint)]
        for problem in wrong:
            logger.warning(f"exercise {number}: {problem}", location=block.start)
        if wrong or solution is None:
            return None
        answer = block.attributes.get("data-answer")
        parts = [*block.body]
        data = {"class": "exercise", "id": f"exercise-{number}"}
        if answer is not None:
            tolerance = block.attributes.get("data-tolerance") or half_a_digit(Decimal(answer))
            unit = block.attributes.get("data-unit", "")
            data |= {"data-answer": answer, "data-tolerance": str(tolerance), "data-unit": unit}
            parts.append(raw(_form(number, unit)))
        if hint is not None:
            parts.append(_details("hint", "Hint", hint.children))
        cells = _solution_cells(block.last)
        parts.append(_details("solution", "Solution", [*solution.children, *cells]))
        return HtmlTag("div", *parts, **data)


def _form(number: int, unit: str) -> str:
    """The field for a number. The script shows it: without one nothing could be checked."""
    field = f"exercise-{number}-field"
    behind = f'<span class="exercise-unit" id="{field}-unit">{html.escape(unit)}</span>' * bool(
        unit
    )
    described = f' aria-describedby="{field}-unit"' * bool(unit)
    return (
        f'<form class="exercise-check" hidden novalidate><label for="{field}">Your answer</label>'
        f'<input id="{field}" type="text" autocomplete="off" spellcheck="false"{described}>{behind}'
        f'<button type="submit">Check</button>'
        f'<output for="{field}" aria-live="polite"></output></form>'
    )


def _details(kind: str, summary: str, children: Sequence[nodes.Node]) -> HtmlTag:
    return HtmlTag("details", raw(f"<summary>{summary}</summary>"), *children, **{"class": kind})


def _solution_cells(last: nodes.Node) -> list[nodes.Node]:
    """Take the cells tagged ``solution`` behind a block out of the document."""
    parent = last.parent
    cells: list[nodes.Node] = []
    for node in parent[parent.index(last) + 1 :]:
        if f"tag_{SOLUTION_TAG}" not in node.get("classes", []):
            break
        cells.append(node)
    for cell in cells:
        parent.remove(cell)
    return cells


def setup(app: Sphinx) -> None:
    """Register the element."""
    app.add_transform(ExerciseTransform)
