"""The recorded maps of the trained network, as what a page can show."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import Any

from inception_lib.results import result_path
from inception_lib.viz.photos import PHOTOS
from inception_lib.viz.traits import StateError

__all__ = ["maps_of"]


def maps_of(photo: str, names: Sequence[str]) -> dict[str, Any]:
    """The recorded mosaics of some layers, as addresses of data."""
    if photo not in PHOTOS:
        raise StateError(f"photo is {photo!r}; pass one of {', '.join(map(repr, PHOTOS))}")
    if not names:
        return {}
    record = json.loads(result_path(f"feature_maps/{photo}.json").read_text(encoding="utf-8"))
    known = {layer["name"]: layer for layer in record["layers"]}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise StateError(f"maps names {unknown[0]!r}; recorded are {', '.join(known)}")
    found = {}
    for name in names:
        picture = base64.b64encode(result_path(known[name]["file"]).read_bytes()).decode()
        found[name] = {
            "src": f"data:image/png;base64,{picture}",
            "count": len(known[name]["channels"]),
            "photo": photo,
        }
    return found
