"""Networks as data: what is built, in which order, and where it departs from the paper."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from .layers import Conv, Pool

__all__ = ["INCEPTION_V3", "SPECS", "Block", "Departure", "Spec", "get_spec"]


@dataclass(frozen=True)
class Block:
    """One module of the network: its name, the kind of module, and its widths."""

    name: str
    kind: str  # a key of build.KINDS
    options: tuple[tuple[str, Any], ...] = ()


def block(name: str, kind: str, **options: Any) -> Block:
    """A ``Block`` with its options by keyword."""
    return Block(name, kind, tuple(options.items()))


@dataclass(frozen=True)
class Departure:
    """Where a network differs from what the paper prints, and why."""

    where: str
    paper: str
    here: str
    reason: str


@dataclass(frozen=True)
class Spec:
    """A network, written down.

    Attributes
    ----------
    name, reference : str
        What it is called, and whom it follows.
    stem : tuple of (name, Conv or Pool)
        The layers before the first module.
    blocks : tuple of Block
        The modules in order.
    aux_after : str or None
        The module whose output the auxiliary head reads.
    departures : tuple of Departure
        Differences from the paper's text.
    """

    name: str
    reference: str
    stem: tuple[tuple[str, Conv | Pool], ...]
    blocks: tuple[Block, ...]
    aux_after: str | None = None
    in_channels: int = 3
    departures: tuple[Departure, ...] = ()


def _asymmetric(name: str, inside: int) -> Block:
    return block(name, "asymmetric", branch_nxn=(inside, 192), branch_nxn_dbl=(inside, 192))


INCEPTION_V3 = Spec(
    name="inception_v3",
    reference="the authors' released network (TF-slim); parameter names as in torchvision",
    stem=(
        ("Conv2d_1a_3x3", Conv(32, 3, 2, "valid")),  # 149×149×32 from 299×299×3
        ("Conv2d_2a_3x3", Conv(32, 3, 1, "valid")),  # 147×147×32
        ("Conv2d_2b_3x3", Conv(64, 3)),  # 147×147×64
        ("maxpool1", Pool("max", 3, 2, "valid")),  # 73×73×64
        ("Conv2d_3b_1x1", Conv(80)),  # 73×73×80
        ("Conv2d_4a_3x3", Conv(192, 3, 1, "valid")),  # 71×71×192
        ("maxpool2", Pool("max", 3, 2, "valid")),  # 35×35×192
    ),
    blocks=(
        block("Mixed_5b", "factorized", branch_pool=32, single_kernel=5),  # 35×35×256
        block("Mixed_5c", "factorized", branch_pool=64, single_kernel=5),  # 35×35×288
        block("Mixed_5d", "factorized", branch_pool=64, single_kernel=5),  # 35×35×288
        block("Mixed_6a", "reduction", branch3x3=384, branch3x3dbl=(64, 96)),  # 17×17×768
        _asymmetric("Mixed_6b", 128),  # 17×17×768
        _asymmetric("Mixed_6c", 160),
        _asymmetric("Mixed_6d", 160),
        _asymmetric("Mixed_6e", 192),
        block(
            "Mixed_7a",
            "reduction",
            branch3x3=(192, 320),
            branch3x3dbl=None,
            branch7x7x3=(192, 192),
        ),  # 8×8×1280
        block("Mixed_7b", "expanded"),  # 8×8×2048
        block("Mixed_7c", "expanded"),
    ),
    aux_after="Mixed_6e",
    departures=(
        Departure(
            "Mixed_5b to 5d",
            "Figure 5: one 3×3 beside two 3×3",
            "one 5×5 beside two 3×3",
            "the released network kept it; section 6 calls these modules traditional",
        ),
        Departure(
            "stem",
            "Table 1: 3×3 to 80, 3×3/2 to 192, 3×3 to 288",
            "1×1 to 80, 3×3 to 192, max-pool",
            "the released network; 288 channels come from the second module on",
        ),
        Departure(
            "Mixed_6a to 6e",
            "Table 1: five modules of Figure 6",
            "a grid reduction and four modules of Figure 6",
            "the fifth 17×17 output is the reduction's",
        ),
        Departure(
            "Mixed_6a",
            "Figure 10: a 1×1 before each 3×3",
            "the wide 3×3/2 reads its input as it is",
            "the released network",
        ),
        Departure(
            "Mixed_7a",
            "Figure 10: a branch of two 3×3",
            "1×7 and 7×1 before the last 3×3",
            "the released network",
        ),
        Departure(
            "auxiliary head",
            "section 4: the fully connected layer is normalised",
            "the 5×5 convolution is",
            "on a 5×5 grid the two are the same layer",
        ),
    ),
)

SPECS: Mapping[str, Spec] = MappingProxyType({INCEPTION_V3.name: INCEPTION_V3})


def get_spec(name: str) -> Spec:
    """The spec of that name.

    Raises
    ------
    ValueError
        If there is none; the message lists those there are.
    """
    if name not in SPECS:
        raise ValueError(f"no network is called {name!r}: known are {', '.join(sorted(SPECS))}")
    return SPECS[name]
