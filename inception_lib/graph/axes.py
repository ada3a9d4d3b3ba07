"""Which axes of a tensor an operation is about: those it permutes, reduces, joins or drops."""

from __future__ import annotations

from typing import Any

import torch.nn.functional as F
from torch import fx, nn

__all__ = ["axes_of"]

_ABOUT_ONE = (
    *("mean", "sum", "amax", "concat", "stack", "unsqueeze", "squeeze"),
    *("softmax", "log_softmax", "logsoftmax", "softmin"),
)
_STATISTICS = frozenset(["batch_norm", "instancenorm2d", "instance_norm"])
_ABOUT_AXES = frozenset(
    [*_ABOUT_ONE, "transpose", "permute", "flip", "chunk", "split", "layer_norm", "getitem"]
)
_NAMES = ("dim", "dim0", "dim1", "dims", "axis", "normalized_shape")


def axes_of(n: fx.Node, module: nn.Module | None, op: str, rank: int) -> tuple[int, ...]:
    """The axes, the batch's left out of the count; empty where there are none or all.

    ``rank`` is that of the input without the batch. A permutation gives all axes in their new
    order; layer normalisation those that it takes the mean over, and so do batch and instance
    normalisation, unless they were built to keep running statistics; an index those that it drops.
    """
    if op in _STATISTICS:
        return tuple(range(1, rank)) if _of_its_input(n, module, op) else ()
    if op == "softmax2d":
        return (0,)
    if op not in _ABOUT_AXES:
        return ()
    given: list[Any]
    if module is not None:
        given = [getattr(module, name) for name in _NAMES if hasattr(module, name)]
    else:
        given = [v for k, v in n.kwargs.items() if k in _NAMES] + list(n.args[1:])
    if op == "getitem":
        # An operation of torch.export is given the axis itself: ``select`` drops it.
        index: Any = given[0] if given else ()
        if isinstance(index, tuple):
            return _dropped(index, rank)
        return (_plain(index, rank),) if "select" in str(n.target) else ()
    if op == "layer_norm":
        given = given[:1]
        sides = given[0] if given and isinstance(given[0], (tuple, list)) else given
        return tuple(range(rank - len(sides), rank))
    if op in _ABOUT_ONE:
        given = given[:1]
    if op in ("chunk", "split"):
        given = given[1:2]
    flat = [a for v in given for a in (v if isinstance(v, (tuple, list)) else [v])]
    rank += op in ("unsqueeze", "stack")
    found = tuple(_plain(a, rank) for a in flat if type(a) is int)
    return tuple(a for a in found if a >= 0) if op == "permute" else found


def _dropped(index: tuple[Any, ...], rank: int) -> tuple[int, ...]:
    """The axes of which an index takes one entry; ``...`` stands for all that it does not name."""
    named = sum(item is not None and item is not ... for item in index)
    axes, at = [], 0
    for item in index:
        if item is ...:
            at += rank + 1 - named
        elif item is not None:
            axes += [at - 1] if isinstance(item, int) else []
            at += 1
    return tuple(axes)


def _of_its_input(n: fx.Node, module: nn.Module | None, op: str) -> bool:
    """Whether a normalisation takes mean and deviation of what it is given, in evaluation too."""
    if module is not None:
        kept = getattr(module, "running_mean", None) is not None
        return not kept or (op != "batch_norm" and module.training)
    # torch's own operation is given the weights before the statistics, the function behind.
    place = 1 if n.target in (F.batch_norm, F.instance_norm) else 3
    given = n.args[place] if len(n.args) > place else n.kwargs.get("running_mean")
    fresh = n.args[5] if len(n.args) > 5 else n.kwargs.get("use_input_stats", True)
    return given is None or (op != "batch_norm" and fresh is not False)


def _plain(axis: int, rank: int) -> int:
    """An axis of the batched tensor, which may be counted from the end, without the batch."""
    return (axis if axis >= 0 else axis + rank + 1) - 1
