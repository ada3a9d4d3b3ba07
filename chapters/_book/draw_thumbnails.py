"""Draw the small pictures of the welcome page: the first figure of each chapter as it is built.

Reads the built book (``make book``) and needs Chromium. Run it after a chapter's first figure has
changed: ``python chapters/_book/draw_thumbnails.py [05 …]``.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STORED = Path(__file__).with_name("thumbnails")
WIDTH, HEIGHT = 440, 275  # of the stored picture, pixels
PAGE = {"width": 1280, "height": 1000}
FIGURE = ".inception-widget .iw-stage"

sys.path.insert(0, str(ROOT / "tests" / "browser"))


def main() -> None:
    """One PNG a chapter."""
    from chromium import BOOK, WEBGL, chromium, pages
    from PIL import Image

    STORED.mkdir(exist_ok=True)
    wanted = sys.argv[1:]
    with chromium(WEBGL) as browser:
        page = browser.new_page(viewport=PAGE, color_scheme="light", device_scale_factor=1)
        for path in pages():
            number = Path(path).name[:2]
            if not number.isdigit() or (wanted and number not in wanted):
                continue
            page.goto((BOOK / path).as_uri())
            stage = page.locator(FIGURE).first
            stage.scroll_into_view_if_needed()
            page.wait_for_timeout(1500)
            image = Image.open(io.BytesIO(stage.screenshot())).convert("RGB")
            image = _framed(image)
            small = image.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
            file = STORED / f"{number}.png"
            small.quantize(96, dither=Image.Dither.NONE).save(file, optimize=True)
            print(f"{file.name}: {file.stat().st_size / 1000:.0f} kB")


def _framed(image):
    """What is drawn, on white in the thumbnail's proportions, with a border."""
    from PIL import Image, ImageChops

    drawn = ImageChops.difference(image, Image.new("RGB", image.size, "white")).getbbox()
    image = image.crop(drawn)
    width = max(image.width, round(image.height * WIDTH / HEIGHT)) * 104 // 100
    sheet = Image.new("RGB", (width, round(width * HEIGHT / WIDTH)), "white")
    sheet.paste(image, ((sheet.width - image.width) // 2, (sheet.height - image.height) // 2))
    return sheet


if __name__ == "__main__":
    main()
