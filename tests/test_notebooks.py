"""The stored chapters: complete, portable, in one form; and the guard that says so guards."""

from __future__ import annotations

import copy
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
import tomllib
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

sys.path.insert(0, str(Path(__file__).parents[1] / "chapters" / "_book"))

import book_config
import citations
import notebooks
from setup_cell import PACKAGES, TAGS, setup_cell


@pytest.mark.parametrize("path", notebooks.chapters(), ids=lambda p: p.stem)
def test_chapter_is_stored_complete(path: Path) -> None:
    assert notebooks.problems(path) == []


@pytest.mark.parametrize(
    "path", [p for p in notebooks.chapters() if p.name[:2].isdigit()], ids=lambda p: p.stem
)
def test_a_chapter_closes_with_three_lines(path: Path) -> None:
    prose = [c.source for c in nbformat.read(path, as_version=4).cells if c.cell_type == "markdown"]
    (closing,) = (source for source in prose if "## What to remember" in source)
    lines = closing.split("## What to remember")[1].split("\n## ")[0]
    assert len(re.findall(r"^(?:-|\d\.) ", lines, flags=re.M)) == 3


def test_setup_cell_is_the_same_in_every_chapter() -> None:
    first = {
        next(c.source for c in nbformat.read(p, as_version=4).cells if c.cell_type == "code")
        for p in notebooks.chapters()
    }
    assert first <= {setup_cell()}


def run_as_on_colab(cell: str, folder: Path, **git: str) -> subprocess.CompletedProcess[str]:
    """Run a set-up cell in an IPython that takes itself for Colab; then say where it stands."""
    script = f"""
import os, sys, types
sys.modules["google.colab"] = types.ModuleType("google.colab")
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell(colors="nocolor")
shell.run_cell({cell!r})
shell.run_cell("import os; print(os.getcwd())")
"""
    settings = {"GIT_CONFIG_COUNT": "1", **{f"GIT_CONFIG_{k}_0": v for k, v in git.items()}}
    return subprocess.run(
        [sys.executable, "-c", script],
        cwd=folder,
        env={**os.environ, **settings, "IPYTHONDIR": str(folder / "ipython")},
        capture_output=True,
        text=True,
    )


@pytest.fixture
def colab_cell(tmp_path: Path) -> str:
    """The set-up cell for a folder of ours, asking for a package that is not here, without pip."""
    cell = setup_cell(str(tmp_path)).replace("inception_lib", "absent_lib")
    assert "pip install" in cell
    return cell.replace("pip install", "true")


def test_setup_on_colab_says_in_one_sentence_that_the_address_is_out_of_reach(
    colab_cell: str, tmp_path: Path
) -> None:
    nowhere = (tmp_path / "nowhere").as_uri()
    url = book_config.repository_url()
    said = run_as_on_colab(colab_cell, tmp_path, KEY=f"url.{nowhere}.insteadOf", VALUE=url)
    assert said.stdout.splitlines() == [
        f"The book at {url} cannot be fetched from here.",
        str(tmp_path),
    ]
    assert said.stderr == ""


def test_setup_on_colab_asks_for_the_library_and_mends_a_first_try_that_was_cut_off(
    colab_cell: str, tmp_path: Path
) -> None:
    source = tmp_path / "source"
    (source / "absent_lib").mkdir(parents=True)
    (source / "absent_lib" / "__init__.py").touch()
    (source / "chapters").mkdir()
    (source / "chapters" / "x.md").touch()
    who = ["-c", "user.name=n", "-c", "user.email=e@example.org"]
    for command in (["init", "-q"], ["add", "."], [*who, "commit", "-qm", "x"]):
        subprocess.run(["git", *command], cwd=source, check=True)
    (tmp_path / "part").mkdir()  # what an interrupted try leaves
    (tmp_path / "part" / "half").touch()
    reach = {"KEY": f"url.{source.as_uri()}.insteadOf", "VALUE": book_config.repository_url()}
    said = run_as_on_colab(colab_cell, tmp_path, **reach)
    assert said.stdout.splitlines() == [str(tmp_path / "book" / "chapters")]
    # A second run leaves what the reader has made there.
    own = tmp_path / "book" / "chapters" / "own.txt"
    own.touch()
    said = run_as_on_colab(colab_cell, tmp_path, **reach)
    assert said.stdout.splitlines() == [str(tmp_path / "book" / "chapters")]
    assert own.exists()


def test_setup_on_colab_names_no_torch_and_all_that_widgets_need() -> None:
    installs = next(line for line in setup_cell().splitlines() if "pip install" in line)
    assert "torch " not in installs.replace("torchinfo", "")
    assert "[" not in installs.split("pip install")[1]  # an extra would pull what it requires
    project = tomllib.loads((book_config.ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    needed = [*project["dependencies"], *project["optional-dependencies"]["viz"]]
    names = {re.split(r"[^\w-]", line, maxsplit=1)[0].lower() for line in needed}
    on_colab = {"torch", "ipywidgets", "matplotlib", "scikit-image", "scikit-learn"}
    assert names - on_colab == set(PACKAGES)


def test_badge_says_that_the_address_is_a_placeholder(monkeypatch: pytest.MonkeyPatch) -> None:
    assert book_config.colab_badge("chapters/x.ipynb").endswith(book_config.PLACEHOLDER)
    home = {"url": "https://github.com/a/b", "branch": "main", "placeholder": False}
    monkeypatch.setattr(book_config, "_repository", lambda: home)
    badge = book_config.colab_badge("chapters/x.ipynb")
    assert badge.endswith("a/b/blob/main/chapters/x.ipynb)")
    # A public home takes the sentence away.
    old = new_markdown_cell(f"# T\n\n{badge}{book_config.PLACEHOLDER}")
    notebook = new_notebook(cells=[old])
    notebooks.normalise(notebook, "x.ipynb")
    assert notebook.cells[0].source == f"# T\n\n{badge}"


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


EXERCISE = """<div class="exercise" data-answer="2.8" data-tolerance="0.1">

**Exercise 1 (easy). Weights.** How many times nine is 25?

<details><summary>Solution</summary>

Divide.

</details>
</div>"""


def with_exercise() -> NotebookNode:
    """A good notebook with an exercise whose answer a cell computes."""
    notebook = good_notebook()
    solution = new_code_cell("25 / 9", id="solution", execution_count=4)
    solution.metadata["tags"] = ["solution"]
    solution.outputs = [
        new_output("execute_result", data={"text/plain": "2.7777777"}, execution_count=4)
    ]
    notebook.cells += [new_markdown_cell(EXERCISE, id="exercise"), solution]
    return notebook


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


def store_widgets(notebook: NotebookNode) -> None:
    notebook.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": {}}


def cite_by_role(notebook: NotebookNode) -> None:
    notebook.cells[0].source += "\n\n{cite}`szegedy2016rethinking`"


def use_directive(notebook: NotebookNode) -> None:
    notebook.cells[0].source += "\n\n```{note}\nx\n```"


def leave_key(notebook: NotebookNode) -> None:
    notebook.cells[0].source += "\n\nSee [@szegedy2016rethinking]."


def cite_unknown(notebook: NotebookNode) -> None:
    notebook.cells[0].source += "\n\n[A, 2000](https://arxiv.org/abs/0000.00000)"


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
        (store_widgets, "metadata"),
        (cite_by_role, "is shown as it is outside the book"),
        (use_directive, "is shown as it is outside the book"),
        (leave_key, "still a key"),
        (cite_unknown, "not the address of a work in references.bib"),
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


# -- exercises and citations -----------------------------------------------------------------


def test_guard_passes_an_exercise_whose_answer_its_cell_computes(tmp_path: Path) -> None:
    assert problems_of(with_exercise(), tmp_path) == []


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('data-answer="2.8"', 'data-answer="2.9"', "its solution cell gives 2.7777777"),
        ('data-answer="2.8"', 'data-answer="2,8"', "is not a number"),
        ('data-answer="2.8"', "", "without data-answer"),
        ('data-tolerance="0.1"', 'data-tolerance="0.01"', "at least 0.05"),
        ('data-tolerance="0.1"', 'data-tolerence="0.1"', "unknown attribute"),
        ("Exercise 1 (easy)", "Exercise 2 (easy)", "'Exercise 1 (grade). Title.'"),
        ("(easy)", "(trivial)", "'Exercise 1 (grade). Title.'"),
        ("Solution", "Answer", "has no <details><summary>Solution"),
        ("<div", "Text first.\n\n<div", "a Markdown cell of its own"),
    ],
)
def test_guard_refuses_an_exercise(old: str, new: str, complaint: str, tmp_path: Path) -> None:
    notebook = with_exercise()
    notebook.cells[-2].source = EXERCISE.replace(old, new)
    assert any(complaint in problem for problem in problems_of(notebook, tmp_path))


def test_guard_wants_the_answer_computed(tmp_path: Path) -> None:
    notebook = with_exercise()
    notebook.cells[-1].metadata["tags"] = []
    assert any("computes the answer" in p for p in problems_of(notebook, tmp_path))
    notebook = with_exercise()
    notebook.cells[-1].outputs[0].data["text/plain"] = "'about three'"
    assert any("must end on the number" in p for p in problems_of(notebook, tmp_path))


def test_citations_are_filled_in() -> None:
    one = citations.fill("Luo, as @luo2016understanding said [@wong2011color; @ioffe2015batch].")
    assert one == (
        "Luo, as [Luo et al. (2016)](https://arxiv.org/abs/1701.04128) said "
        "([Wong, 2011](https://doi.org/10.1038/nmeth.1618); "
        "[Ioffe and Szegedy, 2015](https://arxiv.org/abs/1502.03167))."
    )
    assert citations.fill(one) == one
    assert citations.fill("`@cache2000x` and a@b1999c.org") == "`@cache2000x` and a@b1999c.org"
    with pytest.raises(ValueError, match="@nobody1999nothing is not in"):
        citations.fill("@nobody1999nothing")


def test_every_work_has_an_address_of_its_own() -> None:
    found = [a for entry in citations.works().values() for a in citations.addresses(entry)]
    assert all(citations.addresses(entry) for entry in citations.works().values())
    assert len(found) == len(set(found)) == len(citations.keys())


@pytest.mark.parametrize("path", sorted(notebooks.CHAPTERS.glob("*.md")), ids=lambda p: p.stem)
def test_pages_cite_by_links(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    own = ("{cover}", "{bibliography}", "{terms}")  # what only these pages have
    found = [p for p in citations.problems(text) if not any(name in p for name in own)]
    assert found == []


def test_a_chapter_is_found_by_the_start_of_its_name() -> None:
    assert notebooks.find("03").name == "03_factorizing_convolutions.ipynb"
    with pytest.raises(SystemExit, match="0 chapters start with '77'"):
        notebooks.find("77")
