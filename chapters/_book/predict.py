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
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx.util import logging

logger = logging.getLogger(__name__)


class HtmlTag(nodes.General, nodes.Element):
    """An HTML element around its children; other builders see the children alone."""

    def __init__(self, tag: str, *children: nodes.Node, **attributes: str) -> None:
        super().__init__("", *children, tag=tag, html=attributes)


def _visit_html(translator, node: HtmlTag) -> None:
    translator.body.append(translator.starttag(node, node["tag"], "", **node["html"]))


def _depart_html(translator, node: HtmlTag) -> None:
    translator.body.append(f"</{node['tag']}>\n")


def _pass(translator, node: HtmlTag) -> None:
    pass


def _raw(html: str) -> nodes.raw:
    return nodes.raw("", html, format="html")


def _is_raw(node: nodes.Node, start: str) -> bool:
    return isinstance(node, nodes.raw) and node.astext().lstrip().startswith(start)


def _plain(text: str) -> str:
    return " ".join(text.split()).rstrip(".:,").casefold()


class PredictTransform(SphinxTransform):
    """Gather the nodes from ``<div class="predict">`` to its end, and make a form of them."""

    default_priority = 300

    def apply(self, **kwargs: object) -> None:
        """Replace every predict block of the document."""
        starts = [n for n in self.document.findall(nodes.raw) if _is_raw(n, '<div class="predict"')]
        for number, start in enumerate(starts, 1):
            self._replace(start, number)

    def _replace(self, start: nodes.raw, number: int) -> None:
        parent = start.parent
        first = parent.index(start)
        inside: list[nodes.Node] = []
        for last in range(first + 1, len(parent)):
            node = parent[last]
            if isinstance(node, nodes.raw) and "</div>" in node.astext():
                break
            inside.append(node)
        else:
            logger.warning("a predict block is not closed by </div>", location=start)
            return
        if "</details>" in node.astext():
            inside.append(_raw("</details>"))
        built = self._build(inside, start, number)
        if built is not None:
            parent[first : last + 1] = [built]

    def _build(self, inside: list[nodes.Node], start: nodes.raw, number: int) -> HtmlTag | None:
        lists = [i for i, n in enumerate(inside) if isinstance(n, nodes.bullet_list)]
        opens = [i for i, n in enumerate(inside) if _is_raw(n, "<details")]
        closes = [i for i, n in enumerate(inside) if _is_raw(n, "</details>")]
        if not (lists and lists[0] and opens and closes and lists[0] < opens[0] < closes[-1]):
            logger.warning(
                "a predict block needs a question, a list of choices and <details> with the answer",
                location=start,
            )
            return None
        question, choices = inside[lists[0] - 1], inside[lists[0]]
        answer = inside[opens[0] + 1 : closes[-1]]
        texts = [_plain(item.astext()) for item in choices.children]
        strong = next((s for n in answer for s in n.findall(nodes.strong)), None)
        if strong is None or _plain(strong.astext()) not in texts:
            logger.warning(
                "the first bold words of a predict block's answer must repeat one of its choices: "
                f"{texts}",
                location=start,
            )
            return None
        labels = [self._choice(item, number, i) for i, item in enumerate(choices.children)]
        return HtmlTag(
            "div",
            *inside[: lists[0] - 1],
            HtmlTag("fieldset", HtmlTag("legend", *question.children), *labels),
            HtmlTag(
                "details",
                _raw('<summary>Answer</summary><p class="predict-verdict" aria-live="polite"></p>'),
                *answer,
            ),
            **{"class": "predict", "data-answer": str(texts.index(_plain(strong.astext())))},
        )

    @staticmethod
    def _choice(item: nodes.Node, number: int, index: int) -> HtmlTag:
        button = _raw(f'<input type="radio" name="predict-{number}" value="{index}">')
        content = item[0].children if isinstance(item[0], nodes.paragraph) else item.children
        return HtmlTag("label", button, HtmlTag("span", *content))


def setup(app: Sphinx) -> None:
    """Register the element."""
    app.add_node(
        HtmlTag, html=(_visit_html, _depart_html), latex=(_pass, _pass), text=(_pass, _pass)
    )
    app.add_transform(PredictTransform)
