"""An image for the first box: as the network reads it, and as the page shows it."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from inception_lib.viz.traits import StateError

__all__ = ["read"]


def read(image: Any, shape: tuple[int, int, int]) -> tuple[Tensor, str, str]:
    """An image of the network's input size.

    Parameters
    ----------
    image : path, PIL image or Tensor
        A Tensor is C×H×W in [-1, 1] and has the shape already.
    shape : (int, int, int)
        Of the network's input: channels, rows, columns.

    Returns
    -------
    tensor : Tensor
        C×H×W, in [-1, 1].
    src : str
        The same as a ``data:`` URI.
    alt : str
        What is to be said of it.

    Raises
    ------
    ValueError
        If the file is no image, the tensor has another shape, or the network takes neither grey
        images nor colour.
    """
    from PIL import Image, UnidentifiedImageError

    channels, rows, columns = shape
    if channels not in (1, 3):
        raise StateError(
            f"the network reads {channels} channels; an image has 1 or 3: leave image out"
        )
    if isinstance(image, Tensor):
        if tuple(image.shape) != shape:
            raise StateError(
                f"image is {'×'.join(map(str, image.shape))}; the network was traced at "
                f"{channels}×{rows}×{columns}: resize it, or pass size"
            )
        tensor, alt = image.detach().float().cpu(), "your image"
        shown = ((tensor.clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)
        array = shown.permute(1, 2, 0).numpy()
        picture = Image.fromarray(array[..., 0] if channels == 1 else array)
    else:
        alt = "your image"
        if isinstance(image, (str, Path)):
            alt = Path(image).name
            try:
                image = Image.open(image)
                image.load()
            except (UnidentifiedImageError, OSError) as error:
                raise StateError(
                    f"image {alt!r} cannot be read: {error or type(error).__name__}; give a JPEG "
                    "or PNG file"
                ) from error
        picture = image.convert("L" if channels == 1 else "RGB").resize((columns, rows))
        values = torch.frombuffer(bytearray(picture.tobytes()), dtype=torch.uint8)
        tensor = values.view(rows, columns, channels).permute(2, 0, 1).float() / 127.5 - 1
    buffer = io.BytesIO()
    picture.convert("RGB").save(buffer, "JPEG", quality=85)
    return tensor, "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode(), alt
