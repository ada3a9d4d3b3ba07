"""Stored mosaics of the trained trunk's feature maps."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


class Mosaics:
    """Stored mosaics of feature maps, shown as they are; see ``feature_maps``."""

    def __init__(self, layers: Sequence[Mapping[str, Any]], folder: Path) -> None:
        self.layers, self._folder = layers, folder

    def __repr__(self) -> str:
        return "\n".join(f"{layer['name']}: {self._words(layer)}" for layer in self.layers)

    @staticmethod
    def _words(layer: Mapping[str, Any]) -> str:
        channels, height, width = layer["shape"]
        return f"{len(layer['channels'])} of its {channels} maps of {height}×{width}"

    def _repr_html_(self) -> str:
        first, *rest = (self._figure(layer) for layer in self.layers)
        below = "".join(f'<div style="flex:1 1 16rem">{figure}</div>' for figure in rest)
        return f'{first}<div style="display:flex;flex-wrap:wrap;gap:0 1rem">{below}</div>'

    def _figure(self, layer: Mapping[str, Any]) -> str:
        data = base64.b64encode((self._folder / layer["file"]).read_bytes()).decode()
        low, high = layer["scale"]
        words = f"{layer['name']}: {self._words(layer)}"
        return (
            '<figure style="margin:0.5rem 0">'
            f"<figcaption>{words}, from {low:g} (dark) to {high:g}</figcaption>"
            f'<img alt="Mosaic of feature maps. {words}." src="data:image/png;base64,{data}" '
            'style="width:100%;image-rendering:pixelated"></figure>'
        )


def feature_maps(maps: Mapping[str, Any], folder: Path, names: Sequence[str]) -> Mosaics:
    """Mosaics of trained feature maps: the first layer across, the others side by side below.

    Parameters
    ----------
    maps : mapping
        ``results/feature_maps/<photograph>.json``.
    folder : Path
        The folder ``results``, to which its files are relative.
    names : sequence of str
        Which layers.

    Raises
    ------
    ValueError
        If a layer is not among those recorded; the message lists them.
    """
    known = {layer["name"]: layer for layer in maps["layers"]}
    for name in names:
        if name not in known:
            raise ValueError(f"no maps of {name!r} are recorded: there are {', '.join(known)}")
    return Mosaics([known[name] for name in names], folder)
