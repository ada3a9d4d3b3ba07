"""The networks of this library's own modules by name: a file a family."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ..spec import Spec, known
from .inception_v3 import (
    INCEPTION_V3,
    INCEPTION_V3_FID,
    INCEPTION_V3_TABLE1,
    INCEPTION_V3_TRUNK,
    LOW_RESOLUTION,
)
from .ladder import FACTORIZED_7X7, INCEPTION_V2
from .tiny import TINY

__all__ = ["SPECS", "get_spec"]

SPECS: Mapping[str, Spec] = MappingProxyType(
    {
        spec.name: spec
        for spec in (
            INCEPTION_V2,
            FACTORIZED_7X7,
            INCEPTION_V3,
            INCEPTION_V3_TABLE1,
            *LOW_RESOLUTION,
            INCEPTION_V3_FID,
            INCEPTION_V3_TRUNK,
            *TINY,
        )
    }
)


def get_spec(name: str) -> Spec:
    """The spec of that name.

    Raises
    ------
    ValueError
        If there is none; the message lists those there are, and the nearest.
    """
    if name not in SPECS:
        raise ValueError(f"no network is called {name!r}: {known(name, SPECS)}")
    return SPECS[name]
