"""The house: imports go one way, and importing the library is light."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
from counts import V3_MACS

LIBRARY = Path(__file__).resolve().parents[1] / "inception_lib"
MAY_IMPORT = {
    "nets": set(),
    "graph": set(),
    "training": {"nets", "graph"},
    "viz": {"nets", "graph"},
    "paper": {"nets", "graph", "training", "viz"},
}


def imported(path):
    """Names that a file imports from the library, wherever in it and whenever."""
    package = ("inception_lib", *path.relative_to(LIBRARY).parts[:-1])
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            names = [".".join((*base, *(node.module or "").split("."))).rstrip(".")]
            if names == ["inception_lib"]:
                names = [f"inception_lib.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            if name.startswith("inception_lib."):
                yield name
                if isinstance(node, ast.ImportFrom):
                    yield from (f"{name}.{alias.name}" for alias in node.names)


def imports(path):
    """Rooms of the library that a file imports."""
    return {name.split(".")[1] for name in imported(path)}


@pytest.mark.parametrize("room", sorted(MAY_IMPORT))
def test_arrows(room):
    for path in (LIBRARY / room).rglob("*.py"):
        wrong = imports(path) & set(MAY_IMPORT) - MAY_IMPORT[room] - {room}
        assert not wrong, f"{path.relative_to(LIBRARY)} imports {wrong}"


def test_no_two_files_import_each_other():
    """Nor any longer circle; an import within a function or for the types alone counts too."""
    files = {
        ".".join(("inception_lib", *path.relative_to(LIBRARY).with_suffix("").parts)): path
        for path in LIBRARY.rglob("*.py")
        if path.name != "__init__.py"
    }
    needs = {name: set(imported(path)) & set(files) - {name} for name, path in files.items()}
    assert sum(map(len, needs.values())) > 300
    while free := [name for name, needed in needs.items() if not needed & set(needs)]:
        for name in free:
            del needs[name]
    assert not needs, f"these import one another, or wait for such: {sorted(needs)}"


ENDINGS = re.compile(r"(at(e|es|ed|ing|ion|ions|or|ors)|ings?|ed|ers?|es?|s)$")


def stems(name):
    """What stays of a file's words without their endings: ``recipes`` is ``recip``."""
    words = name.partition(".")[0].strip("_").split("_")
    return tuple(sorted(ENDINGS.sub("", word) if len(word) > 3 else word for word in words))


def test_no_two_files_of_a_folder_have_nearly_the_same_name():
    """A reader who knows the word must know the file: not ``recipe`` and ``recipes``."""
    assert stems("recipe.py") == stems("recipes.py")
    assert stems("evaluate.py") == stems("evaluation.py")
    assert stems("test_recorded_runs.py") == stems("test_record_run.py") != stems("test_runs.py")
    alike = {}
    for part in ("inception_lib", "tests", "experiments", "benchmarks", "chapters"):
        for path in (LIBRARY.parent / part).rglob("*"):
            if path.suffix in (".py", ".js") and not {"node_modules", "static"} & {*path.parts}:
                name = path.name.partition(".")[0]
                alike.setdefault((path.parent, stems(name)), set()).add(name)
    twins = {
        f"{folder.name}: {', '.join(sorted(names))}"
        for (folder, _), names in alike.items()
        if len(names) > 1
    }
    assert not twins, f"rename one of each, or join them: {twins}"


def test_import_needs_torch_alone():
    """With everything but torch's own needs forbidden, the library still imports and works."""
    script = """
import sys, torch
class Forbid:
    names = {"torchvision", "numpy.random", "matplotlib", "anywidget", "ipywidgets", "yaml",
             "safetensors", "sklearn", "skimage", "PIL", "IPython", "pandas", "sympy"}
    def find_spec(self, name, path=None, target=None):
        if name in self.names and name not in sys.modules:
            raise ModuleNotFoundError(f"{name} must not be needed")
sys.meta_path.insert(0, Forbid())
import inception_lib
print(inception_lib.cost(inception_lib.trace(inception_lib.inception_v3(), 299)).macs)
assert "inception_lib.training" not in sys.modules  # until something of it is asked for
assert callable(inception_lib.load_trained)
"""
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert out.stdout.strip() == str(V3_MACS), out.stderr


def test_nothing_strays_into_the_top_level():
    """No photograph, log or scratch file that was added by accident."""
    known = {
        *("benchmarks", "chapters", "docs", "experiments", "inception_lib", "results", "tests"),
        *("_config.yml", "_toc.yml", "requirements.txt", "README.md", "pyproject.toml"),
        *("Makefile", "CITATION.cff", "CONTRIBUTING.md", "LICENSE"),
    }
    root = LIBRARY.parent
    made = re.compile(r"\..*|_build|build|dist|runs|.*\.egg-info")  # ignored by git
    found = {path.name for path in root.iterdir() if not made.fullmatch(path.name)}
    assert found == known, f"unexpected: {found - known}; missing: {known - found}"
