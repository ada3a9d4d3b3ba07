"""The committed front end is what its sources give, small, and asks the network for nothing."""

from __future__ import annotations

import gzip
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import inception_lib.viz

VIZ = Path(inception_lib.viz.__file__).parent
SOURCES = VIZ / "js"
STATIC = VIZ / "static"
BUDGET = 60_000  # bytes, gzipped, for every widget of the book


def _missing(what: str) -> None:
    """Skip at home, fail in CI."""
    if os.environ.get("CI"):
        pytest.fail(f"{what}, and CI needs it")
    pytest.skip(what)


@pytest.fixture(scope="module")
def node() -> str:
    """Node with esbuild installed as the lock file says."""
    path = shutil.which("node")
    npm = shutil.which("npm")
    if path is None or npm is None:
        _missing("node or npm is not installed")
    if not (SOURCES / "node_modules" / "esbuild").is_dir():
        done = subprocess.run([npm, "ci"], cwd=SOURCES, capture_output=True, text=True)
        if done.returncode:
            _missing(f"npm ci failed: {done.stderr[-300:]}")
    return str(path)


def test_rebuilding_gives_the_committed_files(node: str, tmp_path: Path) -> None:
    subprocess.run([node, "build.mjs", str(tmp_path)], cwd=SOURCES, check=True)
    for name in ("widgets.js", "widgets.css"):
        assert (tmp_path / name).read_bytes() == (STATIC / name).read_bytes(), (
            f"static/{name} is not what the sources give: run npm run build in inception_lib/viz/js"
        )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["widgets.css", "widgets.js"]


def test_front_end_arithmetic(node: str) -> None:
    tests = sorted(str(p) for p in (Path(__file__).parents[1] / "js").glob("*.test.js"))
    done = subprocess.run([node, "--test", *tests], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-4000:]


def test_budget() -> None:
    size = len(gzip.compress((STATIC / "widgets.js").read_bytes(), 9, mtime=0))
    assert size <= BUDGET, f"{size} bytes gzipped"


def test_nothing_is_fetched() -> None:
    code = (STATIC / "widgets.js").read_text(encoding="utf-8")
    code = code.replace("http://www.w3.org/2000/svg", "").replace(
        "http://www.w3.org/1999/xhtml", ""
    )
    style = (STATIC / "widgets.css").read_text(encoding="utf-8")
    assert not re.search(r"https?://|\bfetch\(|XMLHttpRequest|WebSocket|\bimport\(", code)
    assert not re.search(r"https?://|@import|@font-face", style)


def test_lock_names_no_registry() -> None:
    lock = (SOURCES / "package-lock.json").read_text(encoding="utf-8")
    assert '"resolved"' not in lock
    assert "http" not in lock
