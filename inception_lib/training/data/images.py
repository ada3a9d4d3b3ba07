"""Reading photographs as they are found: any mode, orientation and size, whole or damaged."""

from __future__ import annotations

import os
import stat
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PIL.Image import Image

__all__ = ["EXTENSIONS", "OpenImage", "Unreadable", "open_image", "read_image"]

EXTENSIONS = frozenset(
    (".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm")
)
"""Names of files that count as images; whatever else lies in a folder is left alone."""

FORMATS = ("JPEG", "PNG", "BMP", "GIF", "WEBP", "TIFF", "PPM")
"""What such a file may hold, whatever its name says. Pillow knows more, and of some it lets other
programs do the reading: EPS starts Ghostscript."""

MOST_PIXELS = 1 << 26
"""Pixels that are decoded at most, 8192×8192: three bytes each, held three times on the way."""

WHITE = 250
"""From here on a drawing cannot be told from a white ground."""

ORIENTATION = 0x0112  # EXIF tag
SIDEWAYS = (5, 6, 7, 8)  # its values that swap width and height


class Unreadable(ValueError):
    """A file that should be an image and is not, or not whole."""

    def __init__(self, path: str | Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = str(path)
        self.reason = reason

    def __reduce__(self) -> tuple[Any, ...]:  # crosses the border of a process
        return type(self), (self.path, self.reason)


@dataclass
class OpenImage:
    """An image whose header was read; pixels are decoded when asked for.

    Attributes
    ----------
    width, height : int
        Pixels, after the orientation that EXIF asks for.
    mode : str
        Pillow's name of the stored mode (RGB, L, CMYK, P, RGBA, I;16 …).
    format : str
        JPEG, PNG …
    orientation : int
        EXIF's 1 to 8; 1 is upright.
    """

    path: str
    image: Image
    width: int
    height: int
    mode: str
    format: str
    orientation: int

    def pixels(self, width: float = 0, height: float = 0) -> Tensor:
        """Decode to uint8 3×H×W, upright; in memory as H×W×3, of which a crop is soon cut.

        A caller that will shrink the image says which width and height it will have: a JPEG of
        four times that or more is then decoded at 1/2, 1/4 or 1/8 of its size, so that time and
        memory follow from what is needed. At least twice the size remains for the filter.

        Raises
        ------
        Unreadable
            If the file is truncated or damaged, has values that are no image's, or too many
            pixels (a large JPEG that is decoded at a part of its size has fewer).
        """
        from PIL import ImageOps

        image = self.image
        if width and height and image.format == "JPEG":
            need = (2 * width, 2 * height)
            if self.orientation in SIDEWAYS:
                need = (need[1], need[0])
            image.draft(None, (max(1, int(need[0])), max(1, int(need[1]))))
        if image.width * image.height > MOST_PIXELS:
            raise Unreadable(
                self.path,
                f"it has {image.width}×{image.height} pixels, more than {MOST_PIXELS:,}: make it "
                "smaller",
            )
        with _named(self.path):
            image.load()
            upright = ImageOps.exif_transpose(image) if self.orientation != 1 else image
            return _rgb(upright, self.path)


def open_image(path: str | Path) -> OpenImage:
    """Read the header of an image. The caller keeps nothing open: Pillow closes after decoding.

    Raises
    ------
    Unreadable
        If the file is empty, is no image of a format that is meant, or has over 179 million
        pixels.
    """
    from PIL import Image

    with _named(path):
        if not stat.S_ISREG(os.stat(path).st_mode):  # a pipe would be waited for
            raise Unreadable(path, "no regular file")
        with warnings.catch_warnings():
            # Pillow warns above a limit of its own; ours is checked before anything is decoded.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(path, formats=FORMATS)
    try:
        orientation = image.getexif().get(ORIENTATION, 1)
    except Exception:  # a damaged tag does not damage the photograph
        orientation = 1
    orientation = orientation if orientation in range(1, 9) else 1
    width, height = image.size
    if orientation in SIDEWAYS:
        width, height = height, width
    return OpenImage(str(path), image, width, height, image.mode, image.format or "", orientation)


def read_image(path: str | Path, width: float = 0, height: float = 0) -> Tensor:
    """Read an image file to uint8 3×H×W: upright, RGB, at least twice ``width`` × ``height``.

    Grey is repeated, palettes looked up, CMYK converted, 16 bits scaled to 8, and what is
    transparent laid on white (on black where the drawing itself is white). Of an animation the
    first frame is taken.

    Raises
    ------
    Unreadable
        Naming the file and what is wrong with it.
    """
    return open_image(path).pixels(width, height).contiguous()


@contextmanager
def _named(path: str | Path) -> Iterator[None]:
    """Whatever Pillow raises on damaged bytes becomes one error that names the file."""
    try:
        yield
    except (Unreadable, MemoryError):
        raise
    except FileNotFoundError:
        raise Unreadable(path, "no such file") from None
    except Exception as error:  # Pillow's plugins raise whatever their parsers meet
        if Path(path).is_file() and not Path(path).stat().st_size:
            raise Unreadable(path, "the file is empty") from None
        text = str(error).replace(f" {str(path)!r}", "").split("\n")[0]
        raise Unreadable(path, text or type(error).__name__) from None


def _on_ground(layer: Image, value: int) -> Image:
    """What is transparent in an RGBA image laid on a grey of 0 to 255."""
    from PIL import Image as pil

    ground = pil.new("RGBA", layer.size, (value, value, value, 255))
    return pil.alpha_composite(ground, layer).convert("RGB")


def _rgb(image: Image, path: str) -> Tensor:
    """uint8 3×H×W of an image in any of Pillow's modes."""
    import numpy as np

    if image.mode.startswith("I") or image.mode == "F":
        values = np.asarray(image, dtype=np.float32)
        if bad := int((~np.isfinite(values)).sum()):
            raise Unreadable(path, f"{bad:,} of its {values.size:,} values are not finite")
        if (least := float(values.min(initial=0))) < 0:
            raise Unreadable(
                path,
                f"its values begin at {least:g}, and an image's are 0 to 1, 0 to 255 or 0 to "
                "65,535: store (x + 1) / 2 where they are −1 to 1",
            )
        # 16 bits are 0 to 65535; floats are 0 to 1; either may also hold plain bytes.
        peak = float(values.max(initial=0))
        deep = image.mode.startswith("I;16") or peak > 255
        top = 65535.0 if deep else 1.0 if image.mode == "F" and peak <= 1 else 255.0
        grey = torch.from_numpy(np.clip(values * (255.0 / top), 0, 255).round().astype(np.uint8))
        return grey.expand(3, -1, -1)
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        layer = image.convert("RGBA")
        image = _on_ground(layer, 255)
        opacity, darkest = np.asarray(layer)[..., 3], np.asarray(image).min(initial=255)
        if darkest >= WHITE and opacity.max(initial=0) > opacity.min(initial=255):
            image = _on_ground(layer, 0)  # a white drawing: on white there is nothing to see
    if image.mode != "RGB":
        image = image.convert("RGB")
    return torch.from_numpy(np.array(image)).permute(2, 0, 1)
