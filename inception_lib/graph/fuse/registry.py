"""Which transforms there are, where each holds, and what was done to a network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

__all__ = ["TRANSFORMS", "Fusion", "Step", "Transform", "chosen"]


@dataclass(frozen=True)
class Transform:
    """A rewriting of a network that leaves what it computes as it was.

    Attributes
    ----------
    name : str
        As in ``fuse(model, only=...)``.
    does, holds : str
        What it does, and on what condition the two networks are equal.
    modes : tuple of str
        ``"evaluation"``, ``"training"``: where ``fuse`` applies it.
    equality : str
        ``"mathematically equal"``: in exact arithmetic. In floating point the order of additions
        differs, and with it the last bits.
    """

    name: str
    does: str
    holds: str
    modes: tuple[str, ...]
    equality: str = "mathematically equal"


_BOTH = ("evaluation", "training")
_ALL = (
    Transform(
        "fold_input",
        "folds a shift and scale of the image's channels into the first convolution",
        "that convolution pads nothing, or nothing is shifted: padded zeros are not shifted",
        ("evaluation",),
    ),
    Transform(
        "fold_bn",
        "folds batch normalisation into the weights and the bias of the convolution before it",
        "the running statistics are used, and nothing else reads the convolution",
        ("evaluation",),
    ),
    Transform(
        "commute",
        "swaps average pooling and a 1×1 convolution, so that the fewer channels are pooled",
        "the convolution has stride 1; a bias stays behind the pooling where that averages zeros",
        _BOTH,
    ),
    Transform(
        "stack",
        "makes one of the 1×1 convolutions that read the same tensor",
        "they have one stride and no groups; normalisation and ReLU act on each channel alone",
        _BOTH,
    ),
    Transform(
        "max_pool",
        "remembers where the largest value of a window was in one byte (on a GPU, channels_last)",
        "of equal values the first one is chosen; nothing changes elsewhere",
        ("training",),
    ),
    Transform(
        "relu",
        "lets a convolution rectify what it writes",
        "nothing else reads the convolution",
        ("evaluation",),
    ),
    Transform(
        "slice",
        "runs convolutions up to the last max pooling over a few images at a time",
        "nothing else reads what is between; each layer treats each image alone",
        ("evaluation",),
    ),
)

TRANSFORMS: Mapping[str, Transform] = MappingProxyType({t.name: t for t in _ALL})


def chosen(only: Iterable[str] | None, mode: str) -> frozenset[str]:
    """The names of the transforms to apply in a mode.

    Raises
    ------
    ValueError
        If a name is unknown, or that transform does not hold in the mode.
    """
    possible = [t.name for t in _ALL if mode in t.modes]
    if only is None:
        return frozenset(possible)
    names = [only] if isinstance(only, str) else list(only)
    for name in names:
        if name not in possible:
            what = "holds in evaluation alone" if name in TRANSFORMS else "is no transform"
            raise ValueError(f"only has {name!r}, which {what}: choose of {', '.join(possible)}")
    return frozenset(names)


@dataclass(frozen=True)
class Step:
    """One place where a transform was applied."""

    transform: str
    where: str
    what: str


@dataclass(frozen=True)
class Fusion:
    """What was done to a network.

    Attributes
    ----------
    mode : str
        ``"evaluation"`` or ``"training"``.
    steps : tuple of Step
        In the order in which they were done.
    macs : (int, int) or None
        Multiply-adds of one image before and after, if ``fuse`` was given an example.
    moved : (int, int) or None
        Numbers that all operations read and write for one image, before and after; of the
        evaluation form.
    left : tuple of (str, str)
        Modules that were left as they were, and why: what else they might have been is not proved
        equal. Layers in no pattern are not among them.
    """

    mode: str
    steps: tuple[Step, ...] = ()
    macs: tuple[int, int] | None = field(default=None)
    moved: tuple[int, int] | None = field(default=None)
    left: tuple[tuple[str, str], ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """How often each transform was applied."""
        found = Counter(step.transform for step in self.steps)
        return {name: found[name] for name in TRANSFORMS if found[name]}

    def __str__(self) -> str:
        lines = [f"{self.mode} form: " + ("mathematically equal" if self.steps else "as it was")]
        lines += [
            f"  {name:10}  {count:3}×  {TRANSFORMS[name].does}"
            for name, count in self.counts.items()
        ]
        for label, pair in (("MACs", self.macs), ("numbers moved", self.moved)):
            if pair is not None:
                saved = 1 - pair[1] / pair[0] if pair[0] else 0.0
                lines.append(f"  {label}: {pair[0]:,} before, {pair[1]:,} after, {saved:.1%} saved")
        lines += [f"  left as it was: {where}, since {why}" for where, why in self.left]
        return "\n".join(lines)
