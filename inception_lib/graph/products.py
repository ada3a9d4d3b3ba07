"""Multiply-adds of whatever runs, by torch's own counter, and what that does not count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode

from .ops import multiplies

__all__ = ["Products"]


class Products:
    """Counts what runs inside ``with Products() as counter``.

    Attributes
    ----------
    macs : int
        Half of what ``torch.utils.flop_counter`` counts: a multiply-add is two operations.
    uncounted : str
        The first operation that multiplies and that the counter has no formula for.
    """

    macs: int = 0

    def __enter__(self) -> Products:
        self._fast = torch.backends.mha.get_fastpath_enabled()
        torch.backends.mha.set_fastpath_enabled(False)  # one opaque kernel, which nothing counts
        self._counter = FlopCounterMode(display=False)
        self._seen = _Seen(self._counter)
        self._seen.__enter__()
        self._counter.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._counter.__exit__(*error)
        self._seen.__exit__(*error)
        torch.backends.mha.set_fastpath_enabled(self._fast)
        self.macs = self._counter.get_total_flops() // 2

    @property
    def uncounted(self) -> str:
        return self._seen.uncounted


class _Seen(TorchDispatchMode):
    """Looks at each operation that the counter lets through."""

    def __init__(self, counter: FlopCounterMode) -> None:
        super().__init__()
        self.counter = counter
        self.uncounted = ""

    def __torch_dispatch__(
        self,
        func: Any,
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        known = func in self.counter.flop_registry or func._overloadpacket in (
            self.counter.flop_registry
        )
        if not self.uncounted and not known and multiplies(func):
            self.uncounted = func._schema.name
        return func(*args, **(kwargs or {}))
