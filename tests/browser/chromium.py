"""Chromium as the tests and the screenshots start it: the system's own, and quiet."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

BOOK = Path(os.environ.get("BOOK_HTML", Path(__file__).parents[2] / "_build" / "html")).resolve()

_FLAGS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-sync",
    "--no-first-run",
    "--disable-component-update",
    "--disable-gpu",
]
# With WebGL, drawn by the processor: the scene in space needs it, nothing else waits for it.
WEBGL = [flag for flag in _FLAGS if flag != "--disable-gpu"] + [
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
]


def executable() -> str | None:
    """Path of an installed Chromium or Chrome, or None."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return next((path for name in names if (path := shutil.which(name))), None)


@contextmanager
def chromium(flags: list[str] = _FLAGS) -> Iterator[Browser]:
    """Start Chromium, and close it at the end."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=flags)
        try:
            yield browser
        finally:
            browser.close()


def pages() -> list[str]:
    """Paths of the book's pages of text, relative to its root, in a stable order."""
    return sorted(p.relative_to(BOOK).as_posix() for p in (BOOK / "chapters").glob("*.html"))
