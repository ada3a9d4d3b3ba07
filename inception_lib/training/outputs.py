"""What other people's networks take and return: logits by whatever name, channels of the image."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from torch import Tensor

__all__ = ["UnknownOutput", "channels_named", "heads_of", "logits_of"]

NAMES = ("logits", "out")  # of the classifier's logits; torchvision's dicts have the second
AUXILIARY = ("aux", "aux_logits", "aux_logits1", "aux_logits2")


class UnknownOutput(TypeError):
    """A network returns something that has no logits in it."""


def heads_of(output: Any) -> tuple[Tensor, list[Tensor]]:
    """The logits N×K of a network's output, and those of its auxiliary heads.

    Parameters
    ----------
    output : Tensor, InceptionOutput, or what other libraries return
        Logits alone; (logits, auxiliary …); or a mapping, or an object, with ``logits`` or
        ``out``, and auxiliary logits under ``aux`` or ``aux_logits`` (a tensor, several, or None;
        torchvision's GoogLeNet numbers its two).

    Raises
    ------
    UnknownOutput
        If there are no logits in it; the message says what there is.
    """
    if isinstance(output, Tensor):
        return output, []
    if isinstance(output, Mapping):
        named = dict(output)
    elif fields := getattr(output, "_fields", None):
        named = {name: getattr(output, name) for name in fields}
    else:
        known = [name for name in (*NAMES, *AUXILIARY) if hasattr(output, name)]
        named = {name: getattr(output, name) for name in known}
    found = next((named[name] for name in NAMES if isinstance(named.get(name), Tensor)), None)
    if found is not None:
        return found, list(_flat(named.get(name) for name in AUXILIARY))
    if isinstance(output, (tuple, list)) and output and isinstance(output[0], Tensor):
        return output[0], list(_flat(output[1:]))
    inside = f" of {', '.join(map(str, named))}" if named else ""
    raise UnknownOutput(
        f"the network returned a {type(output).__name__}{inside}: it must return logits, "
        "(logits, auxiliary logits), or a mapping or an object with logits (or out)"
    )


def logits_of(output: Any) -> Tensor:
    """The logits N×K of a network's output; see ``heads_of``."""
    return heads_of(output)[0]


def _flat(values: Any) -> Iterator[Tensor]:
    for value in values:
        if isinstance(value, (tuple, list)):
            yield from _flat(value)
        elif isinstance(value, Tensor):
            yield value


@contextmanager
def channels_named() -> Iterator[None]:
    """Inside, a first layer that takes other channels than the image has is a clear error.

    Raises
    ------
    ValueError
        In the place of torch's ``RuntimeError`` about the channels of a convolution.
    """
    try:
        yield
    except RuntimeError as error:
        found = re.search(r"to have (\d+) channels, but got (\d+) channels", str(error))
        if found is None:
            raise
        takes, has = found.groups()
        remedy = f"build it for {has} channels (in_channels={has}, or what its builder calls that)"
        if takes == "1":
            remedy += ", or give nn.Sequential(torchvision.transforms.v2.Grayscale(), network)"
        raise ValueError(
            f"a convolution of the network takes {takes} channels and is given {has} (images have "
            f"3: grey is repeated): {remedy}"
        ) from error
