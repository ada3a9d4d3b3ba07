"""What the pages of the built book weigh: our own scripts and styles, gzipped, page by page.

``make book`` first. Budget: 40 KB of scripts on a page, 80 KB on one with the scene in space.
"""

from __future__ import annotations

import gzip
import re
from pathlib import Path

BOOK = Path(__file__).parents[1] / "_build" / "html"
OURS = ("widgets/", "predict", "scoreboard", "exercise", "glossary", "book.css", "palette.css")
LINK = re.compile(r'(?:src|href)="([^"?]+\.(?:js|css))')


def compressed(path: Path) -> int:
    """Bytes after gzip."""
    return len(gzip.compress(path.read_bytes(), 9, mtime=0))


def main() -> None:
    """Print a line a page."""
    print(f"{'page':<34}{'our scripts':>12}{'our styles':>12}{'the page':>10}  KB gzipped")
    for page in sorted((BOOK / "chapters").glob("*.html")):
        text = page.read_text("utf-8")
        ours = {link for link in LINK.findall(text) if any(name in link for name in OURS)}
        sizes = {
            end: sum(compressed(page.parent / link) for link in ours if link.endswith(end))
            for end in (".js", ".css")
        }
        numbers = (sizes[".js"], sizes[".css"], compressed(page))
        print(
            f"{page.stem:<34}" + "{:>12.1f}{:>12.1f}{:>10.1f}".format(*(n / 1000 for n in numbers))
        )


if __name__ == "__main__":
    main()
