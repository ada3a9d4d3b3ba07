"""Photographs for the widgets: free of rights, square, small enough to travel in a page.

They come from scikit-image. The encoded files are kept in ``static/photos``, so that a page is the
same to the byte whatever JPEG encoder is installed; ``python -m inception_lib.viz.photos`` writes
them anew (it needs scikit-image and Pillow).
"""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from pathlib import Path

__all__ = ["PHOTOS", "Photo"]

FOLDER = Path(__file__).parent / "static" / "photos"
SIDE = 299  # pixels, the network's input
LIMIT = 40_000  # characters of a data: URI


@dataclass(frozen=True)
class Photo:
    """One photograph.

    Attributes
    ----------
    name : str
        As scikit-image calls it.
    alt : str
        What is to be seen, for those who do not see it.
    crop : tuple of int
        Left, top and side of the square taken from the original, in its pixels.
    focus : tuple of float
        Left, top and side of the part worth seeing in few cells, as shares of the square.
    """

    name: str
    alt: str
    crop: tuple[int, int, int]
    focus: tuple[float, float, float]

    @property
    def path(self) -> Path:
        """The encoded file, 299×299 pixels, JPEG."""
        return FOLDER / f"{self.name}.jpg"

    @property
    def src(self) -> str:
        """The file as a ``data:`` URI of at most 40 KB."""
        return "data:image/jpeg;base64," + base64.b64encode(self.path.read_bytes()).decode()


PHOTOS: dict[str, Photo] = {
    p.name: p
    for p in (
        Photo(
            "astronaut",
            "portrait of the astronaut Eileen Collins, smiling",
            (0, 0, 512),
            (0.1, 0.0, 0.62),
        ),
        Photo(
            "chelsea",
            "a ginger cat looking into the camera",
            (75, 0, 300),
            (0.02, 0.08, 0.9),
        ),
        Photo(
            "coffee",
            "a cup of coffee on a wooden table, a spoon beside it",
            (100, 0, 400),
            (0.1, 0.05, 0.8),
        ),
    )
}


def encode(item: Photo) -> bytes:
    """The photograph from scikit-image, cropped, reduced and encoded."""
    from PIL import Image
    from skimage import data

    left, top, side = item.crop
    square = Image.fromarray(getattr(data, item.name)()).crop((left, top, left + side, top + side))
    small = square.convert("RGB").resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    for quality in range(88, 40, -4):
        buffer = io.BytesIO()
        small.save(buffer, "JPEG", quality=quality, optimize=True, subsampling="4:2:0")
        if len(buffer.getvalue()) * 4 / 3 + 30 <= LIMIT:
            return buffer.getvalue()
    raise ValueError(f"{item.name} stays above {LIMIT} characters: crop it to a calmer part")


def main() -> None:
    """Write every photograph to ``static/photos``."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for item in PHOTOS.values():
        item.path.write_bytes(encode(item))
        print(f"{item.name}: {len(item.src)} characters")


if __name__ == "__main__":
    main()
