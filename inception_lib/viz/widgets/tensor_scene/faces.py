"""What is seen on the faces of the boxes: one map of each tensor, packed into one picture.

`recorded` reads what ``experiments/scene_faces.py`` wrote for the book's photographs from the
authors' trained trunk; `live` computes the same for any model and image.
"""

from __future__ import annotations

import base64
import io
import json
import struct
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from inception_lib.graph.activations import activations
from inception_lib.viz.widgets.tensor_scene.layout import Scene

__all__ = ["FOLDER", "LEVELS", "Faces", "chosen", "live", "pack", "part_of", "recorded"]

FOLDER = Path(__file__).parents[2] / "static" / "faces"
WIDTH = 512  # pixels, of the picture
LEVELS = 64  # of grey: as many as the eye tells apart on a face, and the file is half as large


@dataclass(frozen=True)
class Faces:
    """One map of each tensor.

    Attributes
    ----------
    png : bytes
        Grey, 8 bits a pixel: 0 is the least value, 255 what the greatest stands for.
    tiles : dict
        For each box, by name: left, top, columns, rows in the picture, the channel that is shown,
        the value that 255 stands for, and the share of zeros in the whole tensor.
    """

    png: bytes
    tiles: dict[str, list[float]]

    def state(self) -> dict[str, Any]:
        """For the front end."""
        encoded = base64.b64encode(self.png).decode()
        return {"src": f"data:image/png;base64,{encoded}", "tiles": self.tiles}


def chosen(maps: Tensor) -> int:
    """The channel whose variance over the grid, averaged over the images (N×C×h×w), is largest."""
    return int(maps.float().var(dim=(2, 3)).mean(0).argmax())


def pack(maps: Mapping[str, Tensor], channels: Mapping[str, int]) -> Faces:
    """One channel of each tensor in one picture.

    Parameters
    ----------
    maps : mapping of str to Tensor
        C×h×w, by the name of the box.
    channels : mapping of str to int
        Which channel is shown.
    """
    tiles: dict[str, list[float]] = {}
    corners, down = _shelved({name: tuple(tensor.shape[1:]) for name, tensor in maps.items()})
    for name, (top, left) in corners.items():
        height, width = maps[name].shape[1:]
        values = maps[name].float()
        high = max(float(values[channels[name]].flatten().quantile(0.995)), 1e-6)
        zeros = float((values == 0).double().mean())
        tiles[name] = [left, top, width, height, channels[name], _short(high), _short(zeros)]
    image = torch.zeros(down, WIDTH, dtype=torch.uint8)
    for name, (top, left) in corners.items():
        height, width = maps[name].shape[1:]
        part = (maps[name][channels[name]].float() / tiles[name][5]).clamp(0, 1)
        grey = (part * (LEVELS - 1)).round() * (255 / (LEVELS - 1))
        image[top : top + height, left : left + width] = grey.round().to(torch.uint8)
    return Faces(_png(image), tiles)


def recorded(photo: str) -> Faces:
    """The faces of one of the book's photographs."""
    about = json.loads((FOLDER / f"{photo}.json").read_text(encoding="utf-8"))
    return Faces((FOLDER / f"{photo}.png").read_bytes(), about["tiles"])


def part_of(whole: Faces, names: Iterable[str]) -> Faces:
    """Some of the tensors alone, in a smaller picture, their pixels as they are."""
    from PIL import Image

    old = {name: whole.tiles[name] for name in names if name in whole.tiles}
    corners, down = _shelved({name: (int(t[3]), int(t[2])) for name, t in old.items()})
    source = Image.open(io.BytesIO(whole.png))
    levels = torch.frombuffer(bytearray(source.tobytes()), dtype=torch.uint8)
    levels = levels.view(source.height, source.width)
    image = torch.zeros(down, WIDTH, dtype=torch.uint8)
    tiles = {}
    for name, (top, left) in corners.items():
        x, y, width, height = (int(k) for k in old[name][:4])
        image[top : top + height, left : left + width] = levels[y : y + height, x : x + width]
        tiles[name] = [left, top, *old[name][2:]]
    return Faces(_png(image), tiles)


def _shelved(sizes: Mapping[str, tuple[int, ...]]) -> tuple[dict[str, tuple[int, int]], int]:
    """Where tiles of these heights and widths stand in a picture: (top, left); and its height."""
    corners: dict[str, tuple[int, int]] = {}
    shelves: list[tuple[int, int, int]] = []  # top, height, where its free part begins
    for name in sorted(sizes, key=lambda name: (-sizes[name][0], name)):
        height, width = sizes[name]
        for n, (top, tall, left) in enumerate(shelves):
            if tall >= height and left + width <= WIDTH:
                shelves[n] = (top, tall, left + width)
                break
        else:
            top, left = (shelves[-1][0] + shelves[-1][1], 0) if shelves else (0, 0)
            shelves.append((top, height, width))
        corners[name] = (top, left)
    return corners, shelves[-1][0] + shelves[-1][1]


def live(model: nn.Module, scene: Scene, image: Tensor) -> Faces:
    """The same for any model and one image, C×H×W as the model wants it: one run.

    Tensors that no module gives as its output, but a function within a larger one, have no face.
    """
    modules = dict(model.named_modules())
    last: dict[str, str] = {}  # module -> the last box within it: what it gives back
    for box in scene.boxes:
        last[box.name.rpartition(".")[0]] = box.name
    wanted: dict[str, str] = {}
    for box in scene.boxes[1:]:
        around = box.name.rpartition(".")[0]
        if box.shape[1:] == (1, 1):
            continue
        if box.name in modules:
            wanted[box.name] = box.name
        elif around in modules and last[around] == box.name:
            wanted[box.name] = around
    found = activations(model, image[None], set(wanted.values()), limit_mb=4000)
    shapes = {box.name: box.shape for box in scene.boxes}
    maps = {
        name: found[module][0]
        for name, module in wanted.items()
        if tuple(found[module].shape[1:]) == shapes[name]
    }
    return pack(maps, {name: chosen(tensor[None]) for name, tensor in maps.items()})


def _short(value: float) -> float:
    """Four significant digits."""
    return float(f"{value:.4g}")


def _png(image: Tensor) -> bytes:
    """A grey PNG of H×W bytes, each row as its difference from the row above where that helps."""
    height, width = image.shape
    above = torch.cat([torch.zeros(1, width, dtype=torch.uint8), image[:-1]])
    left = torch.cat([torch.zeros(height, 1, dtype=torch.uint8), image[:, :-1]], dim=1)
    filtered = {0: image, 1: image - left, 2: image - above}  # uint8 wraps, as PNG wants it
    rows = []
    for y in range(height):
        # The usual rule: the filter whose bytes, taken as signed, are smallest in sum.
        best = min(filtered, key=lambda k: int(filtered[k][y].to(torch.int8).int().abs().sum()))
        rows.append(bytes([best]) + bytes(filtered[best][y].tolist()))

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    data = zlib.compress(b"".join(rows), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
