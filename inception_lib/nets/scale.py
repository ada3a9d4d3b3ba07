"""Every filter bank wider or narrower by one factor (section 1: "doubling ... every bank")."""

from __future__ import annotations

import inspect
import math
from dataclasses import replace
from typing import Any

from .layers import Conv
from .modules import KINDS
from .spec import Block, Spec

__all__ = ["scale"]


def scale(spec: Spec, factor: float) -> Spec:
    """The spec with every width multiplied by ``factor``.

    Widths are rounded to the nearest integer, halves upwards, and never below one. Kernels,
    strides, the channels of the image and the number of classes stay as they are; those of a
    concatenation follow from its parts. The auxiliary head is widened too.

    Raises
    ------
    ValueError
        If the factor is not positive and finite.
    """
    if not 0 < factor < math.inf:
        raise ValueError(f"factor is {factor!r}: widths are multiplied by a positive number")

    def wide(width: Any) -> Any:
        if isinstance(width, int):
            return max(1, math.floor(width * factor + 0.5))
        return None if width is None else tuple(wide(w) for w in width)

    def wider(block: Block) -> Block:
        kind = KINDS[block.kind]
        defaults = {
            name: setting.default
            for name, setting in inspect.signature(kind).parameters.items()
            if name in kind.widths and setting.default is not inspect.Parameter.empty
        }
        options = defaults | dict(block.options)
        options |= {name: wide(options[name]) for name in kind.widths}
        return replace(block, options=tuple(options.items()))

    return replace(
        spec,
        name=f"{spec.name}_x{factor:g}",
        stem=tuple(
            (name, replace(layer, out=wide(layer.out)) if isinstance(layer, Conv) else layer)
            for name, layer in spec.stem
        ),
        blocks=tuple(wider(block) for block in spec.blocks),
        head=replace(spec.head, widths=wide(spec.head.widths)),
    )
