"""The "predict" element: a question, choices, and an answer to compare the guess with.

In a chapter it is plain Markdown and HTML, so that Jupyter, Colab and GitHub show it well::

    <div class="predict">

    **Predict.** A 5×5 gives way to two 3×3. What share of the multiply-adds is saved?

    - 11 %
    - 28 %
    - 50 %

    <details><summary>Answer</summary>

    **28 %.** Each of the two has 9 weights where the 5×5 had 25.

    </details>
    </div>

The book turns the list into radio buttons. The right choice is the one that the first bold
words of the answer repeat; a build in which none matches warns, and so fails.
"""

from docutils import nodes
from markup import Block, HtmlTag, blocks, raw
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx.util import logging

logger = logging.getLogger(__name__)


def _plain(text: str) -> str:
    return " ".join(text.split()).rstrip(".:,").casefold()


class PredictTransform(SphinxTransform):
    """Make a form of each ``<div class="predict">``."""

    default_priority = 300

    def apply(self, **kwargs: object) -> None:
        """Replace every predict block of the document."""
        for number, block in enumerate(blocks(self.document, "predict"), 1):
            built = self._build(block, number)
            if built is not None:
                block.replace(built)

    def _build(self, block: Block, number: int) -> HtmlTag | None:
        lists = [i for i, n in enumerate(block.body) if isinstance(n, nodes.bullet_list)]
        answer = block.fold("Answer")
        if not lists or lists[0] == 0 or answer is None:
            logger.warning(
                "a predict block needs a question, a list of choices and <details> with the answer",
                location=block.start,
            )
            return None
        question, choices = block.body[lists[0] - 1], block.body[lists[0]]
        texts = [_plain(item.astext()) for item in choices.children]
        strong = next((s for n in answer.children for s in n.findall(nodes.strong)), None)
        if strong is None or _plain(strong.astext()) not in texts:
            logger.warning(
                "the first bold words of a predict block's answer must repeat one of its choices: "
                f"{texts}",
                location=block.start,
            )
            return None
        labels = [self._choice(item, number, i) for i, item in enumerate(choices.children)]
        return HtmlTag(
            "div",
            *block.body[: lists[0] - 1],
            HtmlTag("fieldset", HtmlTag("legend", *question.children), *labels),
            HtmlTag(
                "details",
                raw('<summary>Answer</summary><p class="predict-verdict" aria-live="polite"></p>'),
                *answer.children,
            ),
            **{"class": "predict", "data-answer": str(texts.index(_plain(strong.astext())))},
        )

    @staticmethod
    def _choice(item: nodes.Node, number: int, index: int) -> HtmlTag:
        button = raw(f'<input type="radio" name="predict-{number}" value="{index}">')
        content = item[0].children if isinstance(item[0], nodes.paragraph) else item.children
        return HtmlTag("label", button, HtmlTag("span", *content))


def setup(app: Sphinx) -> None:
    """Register the element."""
    app.add_transform(PredictTransform)
