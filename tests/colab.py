"""Run the chapters as Colab does: a clean environment with only what Colab has, and one notebook.

``python tests/colab.py [05 …]``. The environment is made of the packages of the Python that runs
this script: those that Colab has and what they need, and nothing else. A stand-in for
``google.colab`` makes the set-up cell work; the book's address leads to the last commit of this
checkout. Every cell is run, and its output compared with the stored one.
"""

from __future__ import annotations

import importlib.metadata as metadata
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

import nbformat
from packaging.requirements import Requirement

sys.path.insert(0, str(Path(__file__).parents[1] / "chapters" / "_book"))

import notebooks
from book_config import ROOT, repository_url
from setup_cell import FOLDER, setup_cell

COLAB = (
    "torch", "torchvision", "numpy", "matplotlib", "ipywidgets", "ipykernel", "scikit-learn",
    "scikit-image", "pillow", "tqdm",
)  # fmt: skip


def closure(names: tuple[str, ...]) -> dict[str, metadata.Distribution]:
    """Installed packages of these names and all that they require, by normal name."""
    found: dict[str, metadata.Distribution] = {}
    waiting = list(names)
    while waiting:
        name = re.sub(r"[-_.]+", "-", waiting.pop()).lower()
        if name in found:
            continue
        found[name] = metadata.distribution(name)
        for line in found[name].requires or ():
            required = Requirement(line)
            if required.marker is None or required.marker.evaluate({"extra": ""}):
                waiting.append(required.name)
    return found


def build_environment(folder: Path) -> Path:
    """Make the environment with Colab's packages as links; return its Python."""
    venv.create(folder, with_pip=True, symlinks=True)
    python = folder / "bin" / "python"
    site = next(folder.glob("lib/python*/site-packages"))
    for distribution in closure(COLAB).values():
        for top in {file.parts[0] for file in distribution.files or ()} - {"..", "__pycache__"}:
            link = site / top
            if not link.exists():
                link.symlink_to(Path(str(distribution.locate_file(top))))
    (site / "stand_in" / "google" / "colab").mkdir(parents=True)
    (site / "stand_in" / "google" / "colab" / "__init__.py").touch()
    # A line of a .pth file that begins with "import" is run when Python starts.
    (site / "colab.pth").write_text(f"{site / 'stand_in'}\nimport google.colab\n", "utf-8")
    return python


def install_kernel(python: Path, data: Path) -> None:
    """Describe the environment's kernel, with its own programs first on the path."""
    kernel = data / "kernels" / "colab"
    kernel.mkdir(parents=True)
    address = f"url.{ROOT.as_uri()}.insteadOf"
    spec = {
        "argv": [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": "As on Colab",
        "language": "python",
        "env": {
            "PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}",
            "VIRTUAL_ENV": str(python.parents[1]),
            "PYTHONPATH": "",
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": address,
            "GIT_CONFIG_VALUE_0": repository_url(),
        },
    }
    (kernel / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")


def main(names: list[str]) -> int:
    """Run and compare; return the exit status."""
    paths = [notebooks.find(name) for name in names] or notebooks.chapters()
    with tempfile.TemporaryDirectory() as name:
        start = time.perf_counter()
        work = Path(name)
        python = build_environment(work / "environment")
        torch = next(work.glob("environment/lib/python*/site-packages/torch"))
        before = (torch.resolve(), sorted(p.name for p in torch.parent.glob("torch-*")))
        install_kernel(python, work / "jupyter")
        (work / "content").mkdir()
        for path in paths:
            notebook = nbformat.read(path, as_version=4)
            cell = next(c for c in notebook.cells if c.cell_type == "code")
            assert FOLDER in cell.source
            cell.source = setup_cell(str(work / "content"))
            nbformat.write(notebook, work / "content" / path.name)
        print(f"environment: {time.perf_counter() - start:.0f} s", flush=True)
        status = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--nbval",
             "--nbval-kernel-name", "colab", "--nbval-cell-timeout", "900", "--durations", "5",
             *[str(work / "content" / path.name) for path in paths]],
            env={**os.environ, "JUPYTER_PATH": str(work / "jupyter")},
            cwd=work,
        ).returncode  # fmt: skip
        after = (torch.resolve(), sorted(p.name for p in torch.parent.glob("torch-*")))
        if before != after:
            print(f"the set-up cell touched torch: {before} became {after}", file=sys.stderr)
            return 1
        return status


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
