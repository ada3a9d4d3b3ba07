"""The stored chapters: complete, portable, in one form; and the guard that says so guards."""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

sys.path.insert(0, str(Path(__file__).parents[1] / "chapters" / "_book"))

import book_config
import notebooks
from setup_cell import TAGS, setup_cell


@pytest.mark.parametrize("path", notebooks.chapters(), ids=lambda p: p.stem)
def test_chapter_is_stored_complete(path: Path) -> None:
    assert notebooks.problems(path) == []


def test_setup_cell_is_the_same_in_every_chapter() -> None:
    first = {
        next(c.source for c in nbformat.read(p, as_version=4).cells if c.cell_type == "code")
        for p in notebooks.chapters()
    }
    assert first <= {setup_cell()}


def test_setup_cell_does_nothing_here(capsys: pytest.CaptureFixture[str]) -> None:
    from IPython.core.inputtransformer2 import TransformerManager

    exec(TransformerManager().transform_cell(setup_cell()), {})
    assert capsys.readouterr() == ("", "")


def test_repository_is_named_in_one_place() -> None:
    url = book_config.repository_url()
    assert "github.com/" in url
    assert url in setup_cell()
    assert book_config.colab_url("chapters/x.ipynb").endswith("/blob/main/chapters/x.ipynb")


# -- the guard itself ------------------------------------------------------------------------


def good_notebook() -> NotebookNode:
    picture = new_code_cell(
        "plt.show()",
        id="picture",
        execution_count=3,
        metadata={"mystnb": {"image": {"alt": "a line"}, "figure": {"caption": "A line."}}},
        outputs=[new_output("display_data", data={"image/png": "AAAA", "text/plain": "<Figure>"})],
    )
    value = new_code_cell("x = 25 / 9\nx", id="value", execution_count=2)
    value.outputs = [new_output("execute_result", data={"text/plain": "2.78"}, execution_count=2)]
    return new_notebook(
        cells=[
            new_markdown_cell("# T\n\n" + book_config.colab_badge("chapters/t.ipynb"), id="title"),
            new_code_cell(setup_cell(), id="s", metadata={"tags": TAGS}, execution_count=1),
            value,
            picture,
        ],
        metadata=copy.deepcopy(notebooks.METADATA),
    )


def problems_of(notebook: NotebookNode, folder: Path) -> list[str]:
    path = folder / "t.ipynb"
    nbformat.write(notebook, path)
    return notebooks.problems(path)


def test_guard_passes_a_good_notebook(tmp_path: Path) -> None:
    assert problems_of(good_notebook(), tmp_path) == []


def strip(notebook: NotebookNode) -> None:
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None


def strip_outputs_alone(notebook: NotebookNode) -> None:
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = []


def run_out_of_order(notebook: NotebookNode) -> None:
    notebook.cells[2].execution_count = 7


def add_error(notebook: NotebookNode) -> None:
    notebook.cells[2].outputs = [new_output("error", ename="E", evalue="v", traceback=[])]


def add_stderr(notebook: NotebookNode) -> None:
    notebook.cells[2].outputs.append(new_output("stream", name="stderr", text="warning"))


def add_widget_view(notebook: NotebookNode) -> None:
    notebook.cells[2].outputs[0].data[notebooks.WIDGET_VIEW] = {"model_id": "1"}


def add_machine_path(notebook: NotebookNode) -> None:
    notebook.cells[2].outputs[0].data["text/plain"] = "'/home/somebody/x.json'"


def add_address(notebook: NotebookNode) -> None:
    notebook.cells[2].outputs[0].data["text/plain"] = "<object at 0x7f0012345678>"


def lengthen(notebook: NotebookNode) -> None:
    notebook.cells[2].source = "\n".join(f"x = {i}" for i in range(13)) + "\nx"


def fatten(notebook: NotebookNode) -> None:
    notebook.cells[3].outputs[0].data["image/png"] = "A" * 1_000_001


def drop_alt(notebook: NotebookNode) -> None:
    del notebook.cells[3].metadata["mystnb"]["image"]


def drop_caption(notebook: NotebookNode) -> None:
    del notebook.cells[3].metadata["mystnb"]["figure"]


def drop_alt_in_html(notebook: NotebookNode) -> None:
    notebook.cells[2].outputs[0].data["text/html"] = '<img src="data:,">'


def drop_badge(notebook: NotebookNode) -> None:
    notebook.cells[0].source = "# T"


def change_setup(notebook: NotebookNode) -> None:
    notebook.cells[1].source += "\nprint('ready')"


def change_kernel(notebook: NotebookNode) -> None:
    notebook.metadata["kernelspec"]["name"] = "my-env"


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (strip, "not run once each in order"),
        (strip_outputs_alone, "no output is stored"),
        (run_out_of_order, "not run once each in order"),
        (add_error, "stopped with E"),
        (add_stderr, "stderr"),
        (add_widget_view, "widget view"),
        (add_machine_path, "folder of one machine"),
        (add_address, "address"),
        (lengthen, "lines of code"),
        (fatten, "bytes; at most"),
        (drop_alt, "without alt text"),
        (drop_caption, "without a caption"),
        (drop_alt_in_html, "no alt text"),
        (drop_badge, "no Colab badge"),
        (change_setup, "set-up cell differs"),
        (change_kernel, "metadata"),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_guard_refuses(
    spoil: Callable[[NotebookNode], None], complaint: str, tmp_path: Path
) -> None:
    notebook = good_notebook()
    spoil(notebook)
    assert any(complaint in problem for problem in problems_of(notebook, tmp_path))


def test_a_stripped_chapter_is_refused(tmp_path: Path) -> None:
    for path in notebooks.chapters():
        notebook = nbformat.read(path, as_version=4)
        strip(notebook)
        copy_path = tmp_path / path.name
        nbformat.write(notebook, copy_path)
        assert notebooks.problems(copy_path)


def test_normal_form_is_stable(tmp_path: Path) -> None:
    notebook = good_notebook()
    notebook.metadata["language_info"]["version"] = "3.11.7"
    notebook.cells[2].metadata["execution"] = {"iopub.status.busy": "2015-12-02T00:00:00Z"}
    notebook.cells[0].source = "# T\n\n[![Run in Colab](_book/colab.svg)](https://old.example)"
    notebook.cells[1].source = "old"
    add_widget_view(notebook)
    notebooks.normalise(notebook, "t.ipynb")
    once = copy.deepcopy(notebook)
    notebooks.normalise(notebook, "t.ipynb")
    assert notebook == once
    assert problems_of(notebook, tmp_path) == []
