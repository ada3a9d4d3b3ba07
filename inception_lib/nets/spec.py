"""What a network is written down in: blocks, a head, departures from the paper, a spec."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from ..nearest import close_names
from .layers import Conv, Pool, positive

__all__ = ["PAPER_HEAD", "Block", "Departure", "Head", "Spec", "block", "known"]

_TAKEN = {"AuxLogits", "LowerAuxLogits", "avgpool", "dropout", "fc", "spec", "transform_input"}


@dataclass(frozen=True)
class Block:
    """One module of the network: its name, the kind of module, and its options."""

    name: str
    kind: str  # a key of modules.KINDS
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
class Head:
    """The auxiliary classifier: average pool, 1×1, one convolution over what is left, linear.

    Attributes
    ----------
    widths : (int, int)
        Channels of the 1×1 and of the convolution after it.
    pool, stride : int
        Side and step of the average pool, in cells of the grid that the head reads.
    kernel : int
        Side of the second convolution. It covers the whole pooled grid, so it is a fully
        connected layer in truth.
    batch_norm : {"all", "1x1", "none"}
        What is normalised: both layers (the paper's "BN-auxiliary"), the 1×1 convolution but not
        the fully connected layer (the rungs before it), or nothing.
    dropout : float
        Share of the second convolution's outputs dropped before the linear layer, in [0, 1).
        GoogLeNet's heads drop 0.7, the released network's nothing.
    """

    widths: tuple[int, int] = (128, 768)
    pool: int = 5
    stride: int = 3
    kernel: int = 5
    batch_norm: Literal["all", "1x1", "none"] = "all"
    dropout: float = 0.0

    def __post_init__(self) -> None:
        for width in self.widths:
            positive(width, "width of the auxiliary head")
        for what in ("pool", "stride", "kernel"):
            if not isinstance(getattr(self, what), int) or getattr(self, what) < 1:
                raise ValueError(f"{what} of the head is {getattr(self, what)!r}: it is >= 1")
        if self.batch_norm not in ("all", "1x1", "none"):
            raise ValueError(
                f"batch_norm of the head is {self.batch_norm!r}: it is 'all', '1x1' or 'none'"
            )
        if not 0 <= self.dropout < 1:
            raise ValueError(f"dropout of the head is {self.dropout!r}: it is a share in [0, 1)")

    @property
    def layers(self) -> tuple[Pool, Conv, Conv]:
        """The layers before the linear one."""
        inside, end = self.widths
        return (
            Pool("avg", self.pool, self.stride, "valid"),
            Conv(inside, batch_norm=self.batch_norm != "none"),
            Conv(end, self.kernel, padding="valid", batch_norm=self.batch_norm == "all"),
        )


PAPER_HEAD = Head()


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
        The module whose output the auxiliary head reads; None where there is no head.
    lower_aux_after : str or None
        The earlier module whose output a second head like it reads, as in GoogLeNet, which had
        two; None where there is one head or none.
    in_channels : int
        Channels of the image.
    departures : tuple of Departure
        Differences from the paper's text.
    head : Head
        The auxiliary head, where there is one.
    size : int
        Side of the images that the network is meant for, in pixels.
    num_classes : int
        Classes, where ``build`` is not told.
    count_include_pad : bool
        Whether average pools count their padding's zeros, where ``build`` is not told.

    Raises
    ------
    ValueError
        If two parts share a name, ``aux_after`` names none of the blocks, or
        ``lower_aux_after`` none of those before it.
    """

    name: str
    reference: str
    stem: tuple[tuple[str, Conv | Pool], ...]
    blocks: tuple[Block, ...]
    aux_after: str | None = None
    in_channels: int = 3
    departures: tuple[Departure, ...] = ()
    head: Head = PAPER_HEAD
    size: int = 299
    num_classes: int = 1000
    count_include_pad: bool = True
    lower_aux_after: str | None = None

    def __post_init__(self) -> None:
        positive(self.in_channels, f"in_channels of {self.name}")
        if not any(isinstance(layer, Conv) for _, layer in self.stem):
            raise ValueError(f"{self.name} has no convolution in its stem: give it at least one")
        names = [name for name, _ in self.stem] + [b.name for b in self.blocks]
        for name in names:
            if names.count(name) > 1 or name in _TAKEN or not name.isidentifier():
                raise ValueError(
                    f"{self.name} has a part called {name!r}: names are identifiers, each used "
                    f"once, and not {', '.join(sorted(_TAKEN))}"
                )
        blocks = [b.name for b in self.blocks]
        if self.aux_after is not None and self.aux_after not in blocks:
            raise ValueError(
                f"aux_after of {self.name} is {self.aux_after!r}: its blocks are "
                f"{', '.join(blocks)}"
            )
        below = blocks[: blocks.index(self.aux_after)] if self.aux_after else []
        if self.lower_aux_after is not None and self.lower_aux_after not in below:
            raise ValueError(
                f"lower_aux_after of {self.name} is {self.lower_aux_after!r}: the blocks below "
                f"its first head are {', '.join(below) or 'none'}"
            )


def known(name: str, names: Iterable[str]) -> str:
    """What there is instead of an unknown name, the nearest last: the end of a message."""
    names = sorted(names)
    near = close_names(name, names)
    return f"known are {', '.join(names)}" + (f"; nearest: {', '.join(near)}" if near else "")
