"""Photograph every page: light, dark and on a phone. For eyes, not for a test.

Usage: ``python tests/browser/screenshots.py [folder] [part of a page's name]``; the folder
defaults to ``_build/screenshots``.
"""

from __future__ import annotations

import sys
from pathlib import Path

from chromium import BOOK, chromium, pages

VIEWS = {
    "light": ({"width": 1440, "height": 900}, "light"),
    "dark": ({"width": 1440, "height": 900}, "dark"),
    "phone": ({"width": 375, "height": 812}, "light"),
    "phone-dark": ({"width": 375, "height": 812}, "dark"),
}


def main() -> None:
    """Write one PNG a page and a view."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else BOOK.parent / "screenshots"
    wanted = sys.argv[2] if len(sys.argv) > 2 else ""
    folder.mkdir(parents=True, exist_ok=True)
    with chromium() as browser:
        for view, (size, scheme) in VIEWS.items():
            page = browser.new_page(viewport=size, color_scheme=scheme)
            for path in pages():
                if wanted in path:
                    page.goto((BOOK / path).as_uri())
                    page.wait_for_load_state("networkidle")
                    page.wait_for_timeout(300)
                    name = f"{Path(path).stem}-{view}.png"
                    page.screenshot(path=folder / name, full_page=True)
                    print(folder / name)
            page.close()


if __name__ == "__main__":
    main()
