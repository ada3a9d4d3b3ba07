"""A browser for the built book. Without Chromium these tests are skipped, but fail in CI."""

from __future__ import annotations

import functools
import http.server
import os
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

sys.path.insert(0, str(Path(__file__).parent))

import chromium

expect.set_options(timeout=20_000)  # two workers may share two cores with a kernel


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything in this folder."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


def _missing(reason: str) -> None:
    """Skip at home, fail in CI."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests."""
    if chromium.executable() is None:
        _missing("no Chromium on the PATH: apt-get install chromium")
    with chromium.chromium() as started:
        yield started


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        """Keep the access log out of the tests' output."""


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """Address of a local server of the book."""
    handler = functools.partial(_Quiet, directory=str(chromium.BOOK))
    httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=httpd.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{httpd.server_port}"
    httpd.shutdown()
    thread.join()


@dataclass
class Visit:
    """A page that was opened, and all it complained about and asked for."""

    page: Page
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def open(self, address: str) -> Visit:
        """Go to a page, and wait until its widgets and formulas are there."""
        self.page.goto(address)
        self.page.wait_for_load_state("load")
        # What lies in a fold is fetched when it is opened.
        self.page.evaluate(
            "document.querySelectorAll('details:has(.inception-widget)')"
            ".forEach(fold => { fold.open = true; })"
        )
        self.page.wait_for_function(
            "[...document.querySelectorAll('.inception-widget')].every(w => w.dataset.mounted)"
        )
        self.page.evaluate("window.MathJax?.startup?.promise")
        # Scripts that wait for idle time or a frame get one.
        self.page.evaluate("new Promise(r => requestAnimationFrame(() => setTimeout(r, 50)))")
        return self


@pytest.fixture
def visit(browser: Browser) -> Iterator[object]:
    """Open pages: ``visit(address, width=…, scheme=…, touch=…)`` returns a `Visit`."""
    contexts = []

    def open_page(
        address: str,
        width: int = 1280,
        scheme: str = "light",
        touch: bool = False,
        script: bool = True,
    ) -> Visit:
        if address.startswith(chromium.BOOK.as_uri()) and not chromium.BOOK.exists():
            _missing(f"no book at {chromium.BOOK}: run `make book`")
        context = browser.new_context(
            viewport={"width": width, "height": 800},
            color_scheme=scheme,  # type: ignore[arg-type]
            has_touch=touch,
            java_script_enabled=script,
            reduced_motion="reduce",
        )
        contexts.append(context)
        context.set_default_timeout(60_000)
        visit = Visit(context.new_page())
        visit.page.on("pageerror", lambda e: visit.errors.append(str(e)))
        visit.page.on(
            "console", lambda m: visit.errors.append(m.text) if m.type == "error" else None
        )
        visit.page.on("request", lambda r: visit.requests.append(r.url))
        if not script:
            visit.page.goto(address)
            return visit
        return visit.open(address)

    yield open_page
    for context in contexts:
        context.close()
