"""Every page of the built book: it works from disk and from a server, alone, and for everyone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from chromium import BOOK, pages

ROOT = Path(__file__).parents[2]
PAGES = pages()
WIDGETS = [page for page in PAGES if 'class="inception-widget' in (BOOK / page).read_text("utf-8")]
LOOKS = {"light": (1280, "light"), "dark": (1280, "dark"), "phone": (375, "light")}


def from_disk(page: str) -> str:
    return (BOOK / page).as_uri()


@pytest.mark.parametrize("page", [*PAGES, "search.html", "genindex.html"])
def test_page_from_disk_is_complete_and_quiet(page: str, visit: Callable) -> None:
    opened = visit(from_disk(page))
    assert opened.errors == []
    assert [r for r in opened.requests if not r.startswith(("file://", "blob:", "data:"))] == []


@pytest.mark.parametrize("page", PAGES)
def test_page_from_a_server_is_complete_and_quiet(page: str, visit: Callable, server: str) -> None:
    opened = visit(f"{server}/{page}")
    assert opened.errors == []
    allowed = (server, f"blob:{server}", "data:")
    assert [r for r in opened.requests if not r.startswith(allowed)] == []


def test_index_leads_to_the_welcome_page(visit: Callable) -> None:
    opened = visit(from_disk("index.html"))
    opened.page.wait_for_url("**/chapters/welcome.html")
    assert opened.page.locator("h1").first.inner_text().startswith("Rethinking Inception")


@pytest.mark.parametrize("page", WIDGETS)
def test_every_widget_is_mounted(page: str, visit: Callable) -> None:
    opened = visit(from_disk(page))
    widgets = opened.page.locator(".inception-widget")
    assert widgets.count() > 0
    states = widgets.evaluate_all("all => all.map(w => w.dataset.mounted)")
    assert set(states) == {"true"}


@pytest.mark.parametrize("page", WIDGETS)
def test_widgets_have_a_fallback_without_script(page: str, visit: Callable) -> None:
    opened = visit(from_disk(page), script=False)
    for widget in opened.page.locator(".inception-widget").all():
        assert widget.locator("table, svg, img").count() > 0
        assert len(widget.inner_text().strip()) > 20


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("page", PAGES)
def test_page_has_no_serious_barrier(page: str, look: str, visit: Callable) -> None:
    width, scheme = LOOKS[look]
    opened = visit(from_disk(page), width=width, scheme=scheme)
    for details in opened.page.locator("details").all():
        details.evaluate("d => { d.open = true; }")
    found = Axe().run(opened.page).response["violations"]
    serious = [
        f"{v['id']}: {node['target']} {node.get('failureSummary', '')}"
        for v in found
        if v["impact"] in ("serious", "critical")
        for node in v["nodes"]
    ]
    assert serious == []


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
@pytest.mark.parametrize("width", [320, 375])
@pytest.mark.parametrize("page", PAGES)
def test_phone_does_not_scroll_sideways(
    page: str, width: int, script: bool, visit: Callable
) -> None:
    opened = visit(from_disk(page), width=width, script=script)
    # As a photograph of the whole page has it: without scripts the page cannot be asked.
    photograph = opened.page.screenshot(full_page=True)
    assert int.from_bytes(photograph[16:20], "big") <= width  # where a PNG keeps its width


@pytest.mark.parametrize("page", PAGES)
def test_every_id_is_given_once(page: str, visit: Callable) -> None:
    ids = visit(from_disk(page)).page.locator("[id]").evaluate_all("all => all.map(e => e.id)")
    assert sorted(ids) == sorted(set(ids))


@pytest.mark.parametrize("page", PAGES)
def test_every_picture_has_alt_text(page: str, visit: Callable) -> None:
    opened = visit(from_disk(page))
    # A picture that is part of a drawing with a name of its own needs none.
    bare = opened.page.locator("article img").evaluate_all(
        """all => all.filter(i => !i.getAttribute('alt')?.trim()
            && !i.closest('[role="img"][aria-label]')).map(i => i.src.slice(0, 80))"""
    )
    assert bare == []


@pytest.mark.parametrize("page", [p for p in PAGES if (ROOT / p).with_suffix(".ipynb").exists()])
def test_chapter_offers_colab(page: str, visit: Callable) -> None:
    badge = visit(from_disk(page)).page.get_by_role("link", name="Run in Colab")
    notebook = Path(page).with_suffix(".ipynb").as_posix()
    address = badge.first.get_attribute("href")
    assert address is not None
    assert address.startswith("https://colab.research.google.com/github/")
    assert address.endswith(f"/blob/main/{notebook}")


def test_dark_mode_follows_the_button(visit: Callable) -> None:
    opened = visit(from_disk("chapters/welcome.html"))
    button = opened.page.get_by_role("button", name="light/dark")
    seen = set()
    for _ in range(3):
        button.click()
        seen.add(opened.page.evaluate("document.documentElement.dataset.mode"))
    assert seen == {"auto", "light", "dark"}


def test_search_finds_the_chapter(visit: Callable, server: str) -> None:
    opened = visit(f"{server}/search.html?q=factorizing")
    results = opened.page.locator("#search-results li")
    results.first.wait_for()
    assert "factorizing" in results.first.inner_text().lower()
    assert opened.errors == []
