"""Every page of the built book: it works from disk and from a server, alone, and for everyone."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

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
    opened = visit(from_disk("chapters/glossary.html"))
    # It leads on at once: nothing else may be asked of it.
    opened.page.goto(from_disk("index.html"), wait_until="commit")
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
        # In a closed fold text is there, but not shown.
        assert len((widget.text_content() or "").strip()) > 20


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


DRAWN = [page for page in PAGES if 'class="drawn"' in (BOOK / page).read_text("utf-8")]


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (375, "dark")])
@pytest.mark.parametrize("page", DRAWN)
def test_drawings_take_the_page_s_type_and_colours(
    page: str, width: int, scheme: str, visit: Callable
) -> None:
    opened = visit(from_disk(page), width=width, scheme=scheme).page
    found = opened.locator(".drawn").evaluate_all(
        """all => all.map(box => {
            const shown = [...box.querySelectorAll('svg')].filter(s => s.checkVisibility());
            const [svg] = shown;
            const scale = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
            const words = [...svg.querySelectorAll('text')];
            const style = getComputedStyle(document.querySelector('article p'));
            return {
                shown: shown.map(s => s.getAttribute('class')),
                name: box.getAttribute('aria-label'),
                smallest: Math.min(
                    ...words.map(w => scale * parseFloat(getComputedStyle(w).fontSize))),
                type: words.every(w => getComputedStyle(w).fontFamily === style.fontFamily),
                ink: [...new Set(words.map(w => getComputedStyle(w).fill))],
                cut: words.filter(w => w.getBoundingClientRect().right > innerWidth).length,
                page: getComputedStyle(document.documentElement).getPropertyValue('--book-ink'),
            };
        })"""
    )
    assert found
    for drawing in found:
        ink = tuple(int(drawing["page"].strip()[i : i + 2], 16) for i in (1, 3, 5))
        assert drawing["shown"] == ["wide" if width > 600 else "narrow"]
        assert drawing["name"]
        # Exponents are set at seven tenths of their numbers.
        assert drawing["smallest"] >= 8
        assert drawing["type"]
        assert drawing["ink"] == [f"rgb{ink}"]
        assert drawing["cut"] == 0


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


SEARCHES = {  # what is typed, and what an excerpt must mark
    "receptive field": "receptive field",
    "5×5": "5×5",
    "5x5": "5×5",
    "factorise": "factoriz",
    "factorize": "factoriz",
    "colour": "colo",
    "Jaderberg": "jaderberg",
}


@pytest.mark.parametrize("place", ["disk", "server"])
@pytest.mark.parametrize("query", SEARCHES)
def test_search_finds_sections_with_excerpts(
    query: str, place: str, visit: Callable, server: str
) -> None:
    root = server if place == "server" else BOOK.as_uri()
    opened = visit(f"{root}/search.html?q={quote(query)}")
    results = opened.page.locator("#search-results li")
    results.first.wait_for()
    assert opened.errors == []
    marked = opened.page.locator("#search-results mark").all_inner_texts()
    assert any(SEARCHES[query].split()[0] in text.lower() for text in marked)
    assert "section" in opened.page.locator(".search-summary").inner_text()
    for link in results.locator("a").all():
        page, _, anchor = (link.get_attribute("href") or "").partition("#")
        assert f'id="{anchor}"' in (BOOK / page).read_text("utf-8"), f"{page} has no {anchor}"


def test_search_puts_the_glossary_first_and_says_when_there_is_nothing(visit: Callable) -> None:
    page = visit(from_disk("search.html") + "?q=stride").page
    first = page.locator("#search-results a").first
    assert first.get_attribute("href") == "chapters/glossary.html#term-stride"
    first.click()
    page.wait_for_url("**/glossary.html#term-stride")
    page = visit(from_disk("search.html") + "?q=zzzzz").page
    assert page.locator(".search-summary").inner_text().startswith("Nothing with")


@pytest.mark.parametrize("page", PAGES)
def test_formulas_and_copy_buttons_are_no_stops_of_the_keyboard(page: str, visit: Callable) -> None:
    opened = visit(from_disk(page)).page
    stops = opened.evaluate(
        """[...document.querySelectorAll('mjx-container, mjx-container *, .copybtn')]
            .filter(e => e.tabIndex >= 0).map(e => e.outerHTML.slice(0, 80))"""
    )
    assert stops == []
    # What the formulas say is still there to be heard.
    formulas = opened.locator("mjx-container").count()
    assert opened.locator("mjx-container mjx-assistive-mml").count() == formulas


@pytest.mark.parametrize("page", PAGES)
def test_focus_is_seen_wherever_the_keyboard_stops(page: str, visit: Callable) -> None:
    opened = visit(from_disk(page)).page
    opened.keyboard.press("Tab")  # after a key, focus given by a script looks as the keyboard's
    unseen = opened.evaluate(
        """() => {
            const all = document.querySelectorAll('a, button, input, summary, select, [tabindex]');
            const unseen = [];
            for (const e of all) {
                if (e.tabIndex < 0 || !e.checkVisibility()) continue;
                if (e.closest('.inception-widget')) continue;  // tests of its own
                e.focus();
                if (document.activeElement !== e || !e.matches(':focus-visible')) continue;
                const near = e.closest('label') ?? e;  // a radio button's frame is its label's
                const seen = [e, near].some((x) => {
                    const style = getComputedStyle(x);
                    return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
                });
                if (!seen) unseen.push(e.outerHTML.slice(0, 100));
            }
            return unseen;
        }"""
    )
    assert unseen == []


def test_the_notebook_is_downloaded_and_not_shown_as_text(visit: Callable, server: str) -> None:
    page = visit(f"{server}/chapters/03_factorizing_convolutions.html").page
    with page.expect_download() as caught:
        page.locator("a[href$='.ipynb']").first.evaluate("a => a.click()")
    assert caught.value.suggested_filename == "03_factorizing_convolutions.ipynb"


@pytest.mark.parametrize("page", PAGES)
def test_a_dark_page_is_printed_dark_on_white_and_within_its_paper(
    page: str, visit: Callable
) -> None:
    opened = visit(from_disk(page), width=718, scheme="dark").page  # A4 within margins of 1 cm
    opened.emulate_media(media="print")
    opened.evaluate("dispatchEvent(new Event('beforeprint'))")
    ink = opened.evaluate(
        """[...document.querySelectorAll('article :is(h1, h2, h3, p)')].map(e =>
            getComputedStyle(e).color.match(/\\d+/g).slice(0, 3).reduce((a, b) => a + +b, 0) / 3)"""
    )
    assert max(ink) < 128
    paper = opened.evaluate("getComputedStyle(document.body).backgroundColor")
    assert paper == "rgb(255, 255, 255)"
    assert opened.evaluate("document.documentElement.scrollWidth") <= 718
    opened.evaluate("dispatchEvent(new Event('afterprint'))")
    assert opened.evaluate("document.documentElement.dataset.theme") == "dark"


def test_the_scoreboard_is_printed_in_at_most_fifteen_pages(visit: Callable) -> None:
    printed = visit(from_disk("chapters/scoreboard.html")).page.pdf(format="A4")
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) <= 15
