"""The precisions of a recipe, as torch knows them."""

from __future__ import annotations

import torch

__all__ = ["DTYPES", "autocast", "check_precision"]

DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


def autocast(device_type: str, precision: str) -> torch.autocast:
    """The context in which a network's forward pass computes in ``precision``.

    Raises
    ------
    ValueError
        If there is no precision of that name.
    """
    check_precision(precision)
    enabled = precision != "fp32"
    return torch.autocast(device_type, DTYPES[precision] if enabled else None, enabled=enabled)


def check_precision(precision: str) -> None:
    """Refuse a precision that is none of ``DTYPES``."""
    if precision not in DTYPES:
        raise ValueError(f"precision is {precision!r}: it is one of {', '.join(DTYPES)}")
