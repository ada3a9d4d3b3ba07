"""A real JupyterLab in a real browser: what the reader drags arrives in Python, and back."""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

playwright = pytest.importorskip("playwright.sync_api")
pytest.importorskip("jupyterlab")

from chromium import chromium, executable  # noqa: E402  (after the skips)

pytestmark = pytest.mark.browser

CELLS = [
    "from inception_lib.viz import CostExplorer\n"
    "explorer = CostExplorer(uid='live', grid=35)\nexplorer",
    "print('python reads', explorer.grid, explorer.preset, round(explorer.saving(), 2))",
    "explorer.grid = 17\nexplorer.preset = 'asym-n'\nprint('python has written')",
]


def _notebook() -> dict:
    cells = [
        {
            "cell_type": "code",
            "id": f"cell-{i}",
            "metadata": {},
            "execution_count": None,
            "outputs": [],
            "source": source,
        }
        for i, source in enumerate(CELLS)
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}


CHAPTER = Path(__file__).parents[2] / "chapters" / "03_factorizing_convolutions.ipynb"


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that JupyterLab shows."""
    return tmp_path_factory.mktemp("work")


@pytest.fixture(scope="module")
def lab(work: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a JupyterLab of our own: free port, its own folders, no token."""
    tmp_path = tmp_path_factory.mktemp("lab")
    if executable() is None:
        if os.environ.get("CI"):
            pytest.fail("Chromium is not installed, and CI needs it")
        pytest.skip("Chromium is not installed")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (work / "live.ipynb").write_text(json.dumps(_notebook()), encoding="utf-8")
    shutil.copyfile(CHAPTER, work / CHAPTER.name)
    folders = {
        name: str(tmp_path / name.lower())
        for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
    }
    folders["JUPYTERLAB_SETTINGS_DIR"] = str(tmp_path / "settings")
    folders["JUPYTERLAB_WORKSPACES_DIR"] = str(tmp_path / "workspaces")
    log = tmp_path / "lab.log"
    command = [
        sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root",
        "--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}", "--ServerApp.port_retries=0",
        "--IdentityProvider.token=", "--ServerApp.password=",
        f"--ServerApp.root_dir={work}", "--LabApp.news_url=", "--LabApp.check_for_updates_class="
        "jupyterlab.NeverCheckForUpdate",
    ]  # fmt: skip
    root = str(Path(__file__).parents[2])
    path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
    with log.open("w") as out:
        server = subprocess.Popen(
            command, stdout=out, stderr=out, env={**os.environ, **folders, "PYTHONPATH": path}
        )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(f"{address}/api/status", server, log)
        yield address
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _wait_for(url: str, server: subprocess.Popen, log: Path) -> None:
    for _ in range(120):
        if server.poll() is not None:
            break
        try:
            with urlopen(url, timeout=5):
                return
        except (URLError, OSError):
            time.sleep(0.25)
    pytest.fail(f"JupyterLab did not start:\n{log.read_text()[-2000:]}")


def test_values_go_both_ways(lab: str) -> None:
    # Playwright keeps one event loop a thread, and the browser of the book's tests may hold ours.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(_both_ways, lab).result()


def _both_ways(lab: str) -> None:
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1200, "height": 1000})
        page.set_default_timeout(45_000)
        page.goto(f"{lab}/lab/tree/live.ipynb?reset")
        cells = page.locator(".jp-Notebook .jp-CodeCell")
        playwright.expect(cells).to_have_count(len(CELLS), timeout=45_000)
        # An idle kernel: before that, a cell that is run waits in a queue that one cannot see.
        page.wait_for_selector(
            ".jp-NotebookPanel .jp-Notebook-ExecutionIndicator[data-status=idle]"
        )

        def run(index: int) -> None:
            cell = cells.nth(index)
            prompt = cell.locator(".jp-InputPrompt")
            # On a busy machine the page may not be listening yet: nothing is queued, so ask again.
            for _ in range(5):
                cell.locator(".cm-content").click()
                page.keyboard.press("Control+Enter")
                with suppress(AssertionError):
                    playwright.expect(prompt).not_to_have_text("[ ]:", timeout=5_000)
                    break
            playwright.expect(prompt).to_have_text(re.compile(r"\[\d+\]:"), timeout=45_000)
            errors = cell.locator("[data-mime-type='application/vnd.jupyter.error']")
            assert errors.count() == 0, errors.all_inner_texts()

        def prints(index: int, words: str) -> None:
            output = cells.nth(index).locator(".jp-OutputArea-output")
            playwright.expect(output.last).to_contain_text(words, timeout=30_000)

        def read(name: str):
            return widget.locator(f"output[name={name}]")

        run(0)
        widget = cells.nth(0).locator(".iw[data-view=cost-explorer]")
        widget.wait_for()
        # The live view is what is shown, not the table that stands in for it.
        assert cells.nth(0).locator(".inception-widget").count() == 0
        playwright.expect(read("saving")).to_have_attribute("data-value", "0.28")

        # The reader's hand, then Python's eye: a chip, and a handle of the drawing by its keys.
        widget.locator("[data-preset='5x5-vs-3x3']").click()
        handle = widget.get_by_role("slider", name="Grid: height and width of the input")
        handle.focus()
        page.keyboard.press("PageUp")
        playwright.expect(handle).to_have_attribute("aria-valuenow", "45")
        run(1)
        prints(1, "python reads 45 5x5-vs-3x3 0.64")

        # Python's hand, then the reader's eye.
        run(2)
        prints(2, "python has written")
        playwright.expect(handle).to_have_attribute("aria-valuenow", "17")
        playwright.expect(read("single-macs")).to_have_attribute(
            "data-value", str(49 * 192 * 192 * 17**2)
        )
        playwright.expect(widget.locator("[data-preset='asym-7']")).to_have_attribute(
            "aria-pressed", "true"
        )


def test_saving_a_chapter_changes_nothing(lab: str, work: Path) -> None:
    with ThreadPoolExecutor(1) as thread:
        thread.submit(_save, f"{lab}/lab/tree/{CHAPTER.name}?reset").result()
    before, after = (
        json.loads(path.read_text(encoding="utf-8")) for path in (CHAPTER, work / CHAPTER.name)
    )
    # The Python that ran it is named exactly, and this one may be another.
    versions = [b["metadata"]["language_info"].pop("version") for b in (before, after)]
    assert versions[1] == platform.python_version()
    assert after["metadata"] == before["metadata"]
    for left, right in zip(before["cells"], after["cells"], strict=True):
        assert right == left


def _save(address: str) -> None:
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1200, "height": 1000})
        page.set_default_timeout(45_000)
        page.goto(address)
        # Metadata are written when the kernel has said what it is.
        page.wait_for_selector(
            ".jp-NotebookPanel .jp-Notebook-ExecutionIndicator[data-status=idle]"
        )
        page.locator(".jp-Notebook .jp-MarkdownCell").first.click()
        with page.expect_response(
            lambda r: r.request.method == "PUT" and "/api/contents/" in r.url
        ) as saved:
            page.keyboard.press("Control+s")
        assert saved.value.ok
