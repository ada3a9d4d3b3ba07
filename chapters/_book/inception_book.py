"""The book's own Sphinx extension: live widgets without a kernel, and nothing from a network.

It reads the widgets' built module as a file, runs the one file of the library that says how it is
handed over, and never imports the library: the book builds without torch.
"""

import html
import json
import re
import runpy
import shutil
from pathlib import Path

import citations
import cover
import exercise
import icons
import markup
import predict
import search_texts
import terms
from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.errors import ExtensionError

HERE = Path(__file__).resolve().parent
WIDGETS = HERE.parents[1] / "inception_lib" / "viz" / "static"
HAND_OVER = runpy.run_path(str(WIDGETS.parent / "handover.py"))["hand_over"]
WIDGET_MARK = 'class="inception-widget'
KIND = re.compile(r'<div class="inception-widget[^>]* data-kind="([\w-]+)"')
LEDGER_MARK = 'data-verdict="'  # of a row of the scoreboard, and of a claim cited in a chapter
OWN_STYLES = ("palette.css", "book.css", "icons.css")


def palette() -> str:
    """The widgets' palette as custom properties of the book, light and dark."""
    pairs = json.loads((WIDGETS.parent / "palette.json").read_text(encoding="utf-8"))
    rules = [
        f"{where} {{ {' '.join(f'--book-{name}: {pair[i]};' for name, pair in pairs.items())} }}"
        for i, where in enumerate(
            ('html[data-theme="light"], html:not([data-theme])', 'html[data-theme="dark"]')
        )
    ]
    return "\n".join(rules) + "\n"


def write_static(app: Sphinx) -> None:
    """Write the styles, the widgets' host, and for each widget a script with its module."""
    if app.builder.format != "html":
        return
    static = Path(app.outdir) / "_static"
    static.mkdir(parents=True, exist_ok=True)
    for source in (*HERE.glob("*.css"), *HERE.glob("*.js")):
        shutil.copyfile(source, static / source.name)
    (static / "icons.css").write_text(icons.stylesheet(), encoding="utf-8")
    (static / "palette.css").write_text(palette(), encoding="utf-8")
    widgets = static / "widgets"
    widgets.mkdir(exist_ok=True)
    for built in WIDGETS.glob("*.*"):
        if built.suffix == ".css" or built.name == "host.js":
            shutil.copyfile(built, widgets / built.name)
        elif built.suffix == ".js" and built.name != "kit.js":
            script = HAND_OVER(built.stem, built.read_text(encoding="utf-8"))
            (widgets / built.name).write_text(f"{script}\n", encoding="utf-8")


def _widgets(doctree: nodes.document | None) -> list[nodes.raw]:
    if doctree is None:
        return []
    return [raw for raw in doctree.findall(nodes.raw) if WIDGET_MARK in raw.astext()]


def _is_folded(node: nodes.Node) -> bool:
    """Whether a node lies in an output that is shown on demand alone."""
    while node is not None:
        if "tag_hide-output" in getattr(node, "attributes", {}).get("classes", ()):
            return True
        node = node.parent
    return False


def _tags(doctree: nodes.document | None) -> list[markup.HtmlTag]:
    return [] if doctree is None else list(doctree.findall(markup.HtmlTag))


def widen_widgets(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Let widgets use the margin on wide screens, as the theme's ``full-width`` does."""
    for raw in _widgets(doctree):
        text = raw.astext().replace(WIDGET_MARK, f"{WIDGET_MARK} full-width", 1)
        raw.children[:] = []
        raw.append(nodes.Text(text))


def link_figures(app: Sphinx, doctree: nodes.document) -> None:
    """Make ``[words](#uid?key=value)`` the plain link that moves a figure, which is no target."""
    for link in list(doctree.findall(pending_xref)):
        target = str(link.get("reftarget", ""))
        if link.get("reftype") == "myst" and re.fullmatch(r"[\w-]+\?.*", target):
            plain = nodes.reference("", "", *link.children, refuri=f"#{target}", internal=True)
            link.replace_self(plain)


def frame_pictures(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Lay what a cell drew into the page.

    An SVG becomes part of the page, so that it takes its type and its colours; see
    ``inception_lib.viz.figures``. Any other picture gets a frame in which a narrow screen can
    scroll it; the second class is one that the theme knows: it makes what scrolls focusable.
    """
    for picture in list(doctree.findall(nodes.image)):
        above = picture.parent
        while above is not None and "cell_output" not in above.get("classes", []):
            above = above.parent
        if above is None:
            continue
        if picture["uri"].endswith(".svg"):
            drawing = (Path(app.srcdir) / picture["uri"].lstrip("/")).read_text(encoding="utf-8")
            picture.replace_self(markup.raw(_inline(drawing, picture["alt"])))
            continue
        start = '<div class="still jp-RenderedHTMLCommon" role="group" aria-label="Picture">'
        picture.replace_self([markup.raw(start), picture, markup.raw("</div>")])


def _inline(drawing: str, alt: str) -> str:
    """The wide drawing and the narrow one inside it, side by side; the style shows one of them."""
    wide, narrow, _ = re.split(r'(?=<svg display="none" )|(?<=</svg>)(?=</svg>)', drawing.strip())
    parts = [
        part.replace("<svg ", f'<svg class="{name}" aria-hidden="true" ', 1)
        for name, part in (
            ("wide", f"{wide}</svg>"),
            ("narrow", narrow.replace('<svg display="none" ', "<svg ", 1)),
        )
    ]
    return f'<div class="drawn" role="img" aria-label="{html.escape(alt)}">{"".join(parts)}</div>'


def unnumber_figures(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Leave "Figure 1" to the paper, whatever the theme says of numbering."""
    for numbers in env.toc_fignumbers.values():
        numbers.pop("figure", None)
    return []


def choose_assets(
    app: Sphinx, pagename: str, templatename: str, context: dict, doctree: nodes.document | None
) -> None:
    """Keep each page to what it needs: no remote script, widgets only where there is one."""

    def is_local(script: object) -> bool:
        attributes = getattr(script, "attributes", {})
        name = str(getattr(script, "filename", None) or "")
        text = f"{name} {attributes.get('body') or ''}"
        return "thebe" not in text.lower() and not name.startswith(("http:", "https:", "//"))

    # In place: what is added below goes to this very list.
    context["script_files"][:] = [s for s in context["script_files"] if is_local(s)]
    for name in OWN_STYLES:
        app.add_css_file(name, priority=900)
    app.add_js_file("page.js")
    elements = {tag["html"].get("class") for tag in _tags(doctree)}
    for element in ("predict", "exercise"):
        if element in elements:
            app.add_js_file(f"{element}.js")
    if any(
        "tag_walk" in c["classes"] for c in (doctree.findall(nodes.container) if doctree else ())
    ):
        app.add_js_file("walk.js")
    raws = [] if doctree is None else [raw.astext() for raw in doctree.findall(nodes.raw)]
    if any('class="term"' in text for text in raws):
        app.add_js_file("definitions.js", priority=890)
        app.add_js_file("terms.js", priority=895)
    if any(LEDGER_MARK in text for text in raws):
        app.add_css_file("scoreboard.css", priority=910)
        app.add_js_file("scoreboard.js")
    shown = _widgets(doctree)
    kinds = {kind for raw in shown for kind in KIND.findall(raw.astext())}
    open_ones = {k for raw in shown if not _is_folded(raw) for k in KIND.findall(raw.astext())}
    for kind in sorted(kinds):
        if not (WIDGETS / f"{kind}.js").exists():
            raise ExtensionError(f"{pagename} shows a {kind}, but {WIDGETS} has no such module")
        app.add_css_file(f"widgets/{kind}.css", priority=860)
        if kind in open_ones:  # host.js fetches the others when their fold is opened
            app.add_js_file(f"widgets/{kind}.js", loading_method="defer", priority=910)
    if shown:
        app.add_css_file("widgets/kit.css", priority=850)
        app.add_js_file("widgets/host.js", loading_method="defer", priority=905)


# What the theme and its extensions leave without a name, or with a role it does not fill.
_REPAIRS = {
    'for="pst-primary-sidebar-checkbox">': (
        'for="pst-primary-sidebar-checkbox" aria-label="Close the contents">'
    ),
    '<div role="list" class="citation-list">': '<div class="citation-list">',
    ' role="doc-biblioentry"': "",
    # From a server a notebook is saved; as a page of its own it would be shown as text.
    'ipynb" target="_blank"': 'ipynb" download',
}
# The keyboard selects and copies without them: forty more stops would only be in its way.
_COPY_BUTTON = '<button class="copybtn'


def _repair_scripts(static: Path) -> None:
    script = static / "copybutton.js"
    text = script.read_text(encoding="utf-8")
    if _COPY_BUTTON not in text:
        raise ExtensionError("copybutton.js makes other buttons than before: see inception_book.py")
    script.write_text(text.replace(_COPY_BUTTON, '<button tabindex="-1" class="copybtn'), "utf-8")
    for name in ("searchtools.js", "language_data.js"):  # search.js takes their place
        (static / name).unlink(missing_ok=True)
    (static.parent / "searchindex.js").unlink(missing_ok=True)


def repair_pages(app: Sphinx, exception: Exception | None) -> None:
    """Make the markup true for those who hear it, and drop the icon fonts that no page uses."""
    if exception is not None or app.builder.format != "html":
        return
    out = Path(app.outdir)
    shutil.rmtree(out / "_static" / "vendor" / "fontawesome", ignore_errors=True)
    _repair_scripts(out / "_static")
    for page in out.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        repaired = text
        for found, replacement in _REPAIRS.items():
            repaired = repaired.replace(found, replacement)
        if repaired != text:
            page.write_text(repaired, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension."""
    for part in (markup, cover, predict, exercise, citations, terms, search_texts):
        part.setup(app)
    app.connect("builder-inited", write_static)
    # After Sphinx (500) has numbered all.
    app.connect("env-get-updated", unnumber_figures, priority=900)
    app.connect("doctree-read", link_figures)
    app.connect("doctree-resolved", widen_widgets)
    app.connect("doctree-resolved", frame_pictures)
    # After the themes (500), which add what is taken away here.
    app.connect("html-page-context", choose_assets, priority=900)
    app.connect("build-finished", repair_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
