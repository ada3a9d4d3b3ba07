"""Run the chapters' notebooks and store them; say what is wrong with a stored one.

``python chapters/_book/notebooks.py store [notebook …]`` runs each notebook from its first cell
to its last, in the environment of the Python that runs this script, and writes it back in one
normal form. ``… fill`` only brings it into that form: badge, set-up cell, citations. ``… check``
runs nothing and lists problems. A notebook is a path or the start of a chapter's name, as ``05``;
without names: all chapters.
"""

from __future__ import annotations

import ast
import copy
import platform
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import citations
import exercise
import nbformat
from book_config import PLACEHOLDER, ROOT, colab_badge
from nbformat import NotebookNode
from setup_cell import TAGS, setup_cell

CHAPTERS = ROOT / "chapters"
MAX_BYTES = 1_000_000
MAX_LINES = 12
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
BADGE = re.compile(rf"\[!\[Run in Colab\]\([^)]*\)\]\([^)]*\)(?:{re.escape(PLACEHOLDER)})?")
# Home, temporary and mounted folders, and Windows drives: addresses of one machine only.
MACHINE_PATH = re.compile(
    r"(?<![\w.:/])(?:/(?:home|Users|root|tmp|work|mnt|private|opt|var)/\w|[A-Z]:\\\w)"
)
# As JupyterLab writes it, so that saving a chapter there changes nothing. The one key that is
# left is `version`, of the Python that ran the notebook.
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {
        "codemirror_mode": {"name": "ipython", "version": 3},
        "file_extension": ".py",
        "mimetype": "text/x-python",
        "name": "python",
        "nbconvert_exporter": "python",
        "pygments_lexer": "ipython3",
    },
}


def chapters() -> list[Path]:
    """All notebooks of the book, in order."""
    return sorted(CHAPTERS.glob("*.ipynb"))


def tags(cell: NotebookNode) -> list[str]:
    """Tags of a cell."""
    return cell.metadata.get("tags", [])


# -- storing ---------------------------------------------------------------------------------


def execute(notebook: NotebookNode) -> None:
    """Run all cells in place, from the folder that the chapters live in."""
    from nbclient import NotebookClient

    NotebookClient(
        notebook,
        timeout=900,
        kernel_name="python3",
        store_widget_state=False,
        resources={"metadata": {"path": str(CHAPTERS)}},
    ).execute()


def normalise(notebook: NotebookNode, name: str) -> None:
    """Bring a notebook into the book's one form: nothing that depends on when it ran."""
    version = notebook.metadata.get("language_info", {}).get("version")
    notebook.metadata = nbformat.from_dict(METADATA)
    notebook.metadata.language_info["version"] = version or platform.python_version()
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    for number, cell in enumerate(notebook.cells):
        cell.setdefault("id", f"cell-{number}")
        if cell.cell_type == "markdown":
            cell.source = BADGE.sub(lambda _: colab_badge(f"chapters/{name}"), cell.source)
            cell.source = citations.fill(cell.source)
            continue
        if cell.cell_type != "code":
            continue
        for key in ("execution", "ExecuteTime", "collapsed"):
            cell.metadata.pop(key, None)
        if "setup" in tags(cell):
            cell.source, cell.metadata["tags"] = setup_cell(), list(TAGS)
        if exercise.SOLUTION_TAG in tags(cell):  # folded in JupyterLab and VS Code
            cell.metadata["collapsed"] = True  # as JupyterLab writes it beside the next
            cell.metadata["jupyter"] = {"outputs_hidden": True, "source_hidden": True}
        for output in cell.outputs:
            output.get("data", {}).pop(WIDGET_VIEW, None)
        cell.outputs = _merge_streams(cell.outputs)


def _merge_streams(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """Join what a cell printed in several pieces: how it is cut depends on timing."""
    merged: list[NotebookNode] = []
    for output in outputs:
        previous = merged[-1] if merged else None
        if (
            previous is not None
            and output.output_type == previous.output_type == "stream"
            and output.name == previous.name
        ):
            previous.text += output.text
        else:
            merged.append(output)
    return merged


def store(path: Path, run: bool = True) -> None:
    """Bring a notebook into the book's form, run it unless told not to, and write it back."""
    notebook = nbformat.read(path, as_version=4)
    normalise(notebook, path.name)  # first, so that what runs is what is stored
    if run:
        execute(notebook)
        notebook.metadata.language_info["version"] = platform.python_version()
        normalise(notebook, path.name)
    nbformat.validate(notebook)
    nbformat.write(notebook, path)


# -- checking --------------------------------------------------------------------------------


def problems(path: Path) -> list[str]:
    """Everything that keeps a stored notebook out of the book; an empty list if nothing does."""
    found: list[str] = []
    size = path.stat().st_size
    if size > MAX_BYTES:
        found.append(f"{size:,} bytes; at most {MAX_BYTES:,}: make its pictures smaller")
    notebook = nbformat.read(path, as_version=4)
    metadata = copy.deepcopy(dict(notebook.metadata))
    metadata.get("language_info", {}).pop("version", None)
    if metadata != METADATA:
        found.append("metadata are not in the book's form: run `make notebooks`")
    badge = colab_badge(f"chapters/{path.name}")
    if not any(badge in c.source for c in notebook.cells if c.cell_type == "markdown"):
        found.append(f"no Colab badge under the title; it reads {badge}")
    code = [c for c in notebook.cells if c.cell_type == "code" and c.source.strip()]
    found += _setup_problems(code)
    counts = [c.execution_count for c in code]
    if counts != list(range(1, len(code) + 1)):
        found.append(f"cells were not run once each in order (counts {counts}): `make notebooks`")
    found += exercise.problems(notebook.cells)
    for cell in notebook.cells:
        where = f"cell {cell.get('id', '?')}"
        found += [f"{where}: {problem}" for problem in _cell_problems(cell)]
    return found


def _setup_problems(code: list[NotebookNode]) -> list[str]:
    if not code or "setup" not in tags(code[0]):
        return ["the first code cell is not the set-up cell (tag it `setup`, run `make notebooks`)"]
    if code[0].source != setup_cell() or tags(code[0]) != TAGS:
        return ["the set-up cell differs from chapters/_book/setup_cell.py: run `make notebooks`"]
    if code[0].outputs:
        return ["the set-up cell has an output"]
    return []


def _cell_problems(cell: NotebookNode) -> list[str]:
    found = []
    if MACHINE_PATH.search(cell.source):
        found.append("names a folder of one machine")
    if cell.cell_type != "code":
        if re.search(r"!\[\s*\]\(", cell.source) or _images_without_alt(cell.source):
            found.append("an image has no alt text")
        return found + citations.problems(cell.source)
    lines = [line for line in cell.source.splitlines() if line.strip()]
    if len(lines) > MAX_LINES:
        found.append(f"{len(lines)} lines of code; at most {MAX_LINES}")
    if not cell.outputs and must_show(cell.source):
        found.append("shows something when run, but no output is stored")
    for output in cell.outputs:
        found += _output_problems(output, cell)
    return found


def _output_problems(output: NotebookNode, cell: NotebookNode) -> list[str]:
    if output.output_type == "error":
        return [f"stopped with {output.ename}: {output.evalue}"]
    if output.output_type == "stream":
        found = ["wrote to stderr"] if output.name == "stderr" else []
        return found + (
            ["prints a folder of one machine"] if MACHINE_PATH.search(output.text) else []
        )
    found, data = [], output.get("data", {})
    if WIDGET_VIEW in data:
        found.append("stores a widget view, which a page without a kernel cannot show")
    texts = [v for k, v in data.items() if k.startswith("text/") and isinstance(v, str)]
    if any(MACHINE_PATH.search(text) for text in texts):
        found.append("shows a folder of one machine")
    if re.search(r" at 0x[0-9a-f]{6,}", data.get("text/plain", "")) and len(data) == 1:
        found.append("shows an object by its address: give it a stable repr")
    if _images_without_alt(data.get("text/html", "")):
        found.append("an image in its output has no alt text")
    if any(kind.startswith("image/") for kind in data) and "text/html" not in data:
        render = cell.metadata.get("mystnb", {})
        if not render.get("image", {}).get("alt"):
            found.append("draws a picture without alt text (metadata: mystnb.image.alt)")
        if not render.get("figure", {}).get("caption"):
            found.append("draws a picture without a caption (metadata: mystnb.figure.caption)")
    return found


def _images_without_alt(html: str) -> bool:
    return any(
        not re.search(r"\balt=[\"'][^\"']", tag) for tag in re.findall(r"<img\b[^>]*>", html)
    )


def must_show(source: str) -> bool:
    """Whether a cell certainly shows something: it prints, ends on a value, or shows a figure.

    A cell that ends on a call may return None, so that case is left open.
    """
    try:
        body = ast.parse(re.sub(r"(?m)^(\s*)[!%].*$", r"\1pass", source)).body
    except SyntaxError:
        return False
    for statement in body:
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
            called = statement.value.func
            name = called.id if isinstance(called, ast.Name) else getattr(called, "attr", "")
            if name in ("print", "display", "show"):
                return True
    ends = body and isinstance(body[-1], ast.Expr) and not source.rstrip().endswith(";")
    return (
        bool(ends)
        and not isinstance(body[-1].value, ast.Call | ast.Await | ast.Yield | ast.YieldFrom)
        and not (isinstance(body[-1].value, ast.Constant) and body[-1].value.value is None)
    )


def find(name: str) -> Path:
    """The notebook of a path, or the one chapter whose name starts so.

    Raises
    ------
    SystemExit
        If there is none, or more than one; the message lists all.
    """
    if name.endswith(".ipynb"):
        return Path(name).resolve()
    found = [path for path in chapters() if path.name.startswith(name)]
    if len(found) != 1:
        known = ", ".join(path.stem for path in chapters())
        raise SystemExit(f"{len(found)} chapters start with {name!r}; there are {known}")
    return found[0]


def main(arguments: list[str]) -> int:
    """Command line."""
    if not arguments or arguments[0] not in ("store", "fill", "check"):
        print(__doc__)
        return 2
    verb, *names = arguments
    failed = False
    for path in [find(name) for name in names] or chapters():
        if verb != "check":
            store(path, run=verb == "store")
            print(f"{'stored' if verb == 'store' else 'filled'} {path.name}")
        for problem in problems(path) if verb != "fill" else []:
            failed = True
            print(f"{path.name}: {problem}", file=sys.stderr)
    return int(failed)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
