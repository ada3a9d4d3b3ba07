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
BUDGET = 40_000  # bytes, gzipped, for the kit and any widget without the scene in space


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


def built() -> list[str]:
    """Names of the files that the build writes."""
    kinds = [folder.replace("_", "-") for folder in inception_lib.viz.WIDGETS.values()]
    ends = ("js", "css", "json")
    return sorted(
        ["host.js", "kit.css", "kit.js", *(f"{kind}.{end}" for kind in kinds for end in ends)]
    )


def test_rebuilding_gives_the_committed_files(node: str, tmp_path: Path) -> None:
    subprocess.run([node, "build.mjs", str(tmp_path)], cwd=SOURCES, check=True)
    for name in built():
        assert (tmp_path / name).read_bytes() == (STATIC / name).read_bytes(), (
            f"static/{name} is not what the sources give: run make widgets"
        )
    assert sorted(path.name for path in tmp_path.iterdir()) == built()
    assert sorted(path.name for path in STATIC.iterdir() if path.is_file()) == built()


def test_front_end_arithmetic(node: str) -> None:
    tests = sorted(str(p) for p in (Path(__file__).parents[1] / "js").glob("*.test.js"))
    done = subprocess.run([node, "--test", *tests], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-4000:]


def compressed(*names: str) -> int:
    text = b"\n".join((STATIC / name).read_bytes() for name in names)
    return len(gzip.compress(text, 9, mtime=0))


@pytest.mark.parametrize("folder", inception_lib.viz.WIDGETS.values())
def test_budget(folder: str) -> None:
    size = compressed("host.js", f"{folder.replace('_', '-')}.js")
    assert size <= BUDGET, f"{size} bytes gzipped"


@pytest.mark.parametrize("name", [name for name in built() if not name.endswith(".json")])
def test_nothing_is_fetched(name: str) -> None:
    code = (STATIC / name).read_text(encoding="utf-8")
    for namespace in ("http://www.w3.org/2000/svg", "http://www.w3.org/1999/xhtml"):
        code = code.replace(namespace, "")
    if name == "host.js":  # it imports blobs that it has made itself
        assert code.count("import(") == 1
        code = code.replace("import(", "")
    assert not re.search(r"https?://|\bfetch\(|XMLHttpRequest|WebSocket|\bimport\(", code)
    assert not re.search(r"@import|@font-face", code)


def test_lock_names_no_registry() -> None:
    lock = (SOURCES / "package-lock.json").read_text(encoding="utf-8")
    assert '"resolved"' not in lock
    assert "http" not in lock
