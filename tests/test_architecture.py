"""The house: imports go one way, and importing the library is light."""

import ast
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


def imports(path):
    """Rooms of the library that a file imports."""
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
            parts = name.split(".")
            if parts[0] == "inception_lib" and len(parts) > 1:
                yield parts[1]


@pytest.mark.parametrize("room", sorted(MAY_IMPORT))
def test_arrows(room):
    for path in (LIBRARY / room).rglob("*.py"):
        wrong = set(imports(path)) & set(MAY_IMPORT) - MAY_IMPORT[room] - {room}
        assert not wrong, f"{path.relative_to(LIBRARY)} imports {wrong}"


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
