"""Tracing that leaves torch as it was, whatever the model's own Python does or raises.

While ``torch.fx`` traces, ``nn.Module.__call__`` is another function for the whole process, and a
model's forward may enter modes of torch that an exception does not leave. So one trace runs at a
time, modules that other threads call are passed through, and what was set before is set again.
"""

from __future__ import annotations

import copy
import operator
import random
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import fx, nn
from torch.overrides import _len_torch_function_stack, _pop_mode
from torch.utils._python_dispatch import _len_torch_dispatch_stack
from torch.utils._python_dispatch import _pop_mode as _pop_dispatch_mode

__all__ = ["SharedTracer", "copied", "random_states", "untouched"]

# ``x += y`` and the like, which torch.fx alone would make ``x = x + y`` of.
_IN_PLACE = ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and", "or", "xor")

_ONE_AT_A_TIME = threading.RLock()


@contextmanager
def untouched() -> Iterator[None]:
    """Trace inside: one thread at a time, and torch's global state is put back at the end."""
    with _ONE_AT_A_TIME:
        call, getattr_ = nn.Module.__call__, nn.Module.__getattr__
        dtype, gradients = torch.get_default_dtype(), torch.is_grad_enabled()
        inference = torch.is_inference_mode_enabled()
        functions, dispatched = _len_torch_function_stack(), _len_torch_dispatch_stack()
        draws, hooks = random_states(), [dict(held) for held in _global_hooks()]
        layers = torch._C._functorch.get_dynamic_layer_stack_depth()
        try:
            yield
        finally:
            if torch._C._functorch.get_dynamic_layer_stack_depth() > layers:
                torch._C._functorch.pop_dynamic_layer_stack_and_undo_to_depth(layers)
            while _len_torch_dispatch_stack() > dispatched:
                _pop_dispatch_mode()
            while _len_torch_function_stack() > functions:
                _pop_mode()
            if torch.is_inference_mode_enabled() == inference:
                torch.set_grad_enabled(gradients)
            torch.set_default_dtype(dtype)
            _set_random_states(draws)
            for held, before in zip(_global_hooks(), hooks, strict=True):
                if held != before:
                    held.clear()
                    held.update(before)
            if nn.Module.__call__ is not call:
                nn.Module.__call__ = call  # type: ignore[method-assign]
            if nn.Module.__getattr__ is not getattr_:
                nn.Module.__getattr__ = getattr_  # type: ignore[method-assign]


def _global_hooks() -> list[dict[Any, Any]]:
    """The hooks that every module calls; torch's counter of operations sets such, for one."""
    names = sorted(name for name in vars(nn.modules.module) if name.startswith("_global_"))
    found = (getattr(nn.modules.module, name) for name in names)
    return [held for held in found if isinstance(held, dict)]


def random_states() -> tuple[Any, ...]:
    """Of the generators of torch (on the CPU), Python and, if it is loaded, NumPy."""
    numpy = sys.modules.get("numpy.random")
    own = (torch.get_rng_state(), random.getstate())
    return own if numpy is None else (*own, numpy.get_state())


def _set_random_states(states: tuple[Any, ...]) -> None:
    torch.set_rng_state(states[0])
    random.setstate(states[1])
    if len(states) > 2:
        sys.modules["numpy.random"].set_state(states[2])


def copied(model: nn.Module, place: Callable[[torch.Tensor], torch.Tensor]) -> nn.Module:
    """A copy of a model whose tensors are what ``place`` makes of them.

    Those too that layers work out from their parameters (``weight_norm``, pruning) and that
    ``copy.deepcopy`` alone refuses.

    Raises
    ------
    ValueError
        If the model holds something that cannot be copied; the reason is given.
    """
    memo: dict[int, Any] = {}
    for parameter in model.parameters():
        made = nn.Parameter(place(parameter.detach()), requires_grad=parameter.requires_grad)
        memo[id(parameter)] = made
    for module in model.modules():
        for value in [*module._buffers.values(), *vars(module).values()]:
            if isinstance(value, torch.Tensor) and id(value) not in memo:
                memo[id(value)] = place(value.detach())
    try:
        return copy.deepcopy(model, memo)
    except Exception as error:  # what a model holds besides tensors can be anything: locks, files
        reason = str(error).strip().partition("\n")[0].rstrip(".")
        raise ValueError(
            f"{type(model).__name__} cannot be copied ({reason}): what it holds besides tensors "
            "must be such that copy.deepcopy can"
        ) from error


class SharedTracer(fx.Tracer):
    """A tracer in a process where other threads call modules of their own meanwhile."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._thread = threading.get_ident()

    def is_mine(self) -> bool:
        """Whether what runs is what is traced, rather than another thread's."""
        return threading.get_ident() == self._thread

    def call_module(self, m: nn.Module, forward: Any, args: Any, kwargs: Any) -> Any:
        if not self.is_mine():
            return forward(*args, **kwargs)
        return super().call_module(m, forward, args, kwargs)

    def proxy(self, node: fx.Node) -> fx.Proxy:
        return _Proxy(node, self)


class _Proxy(fx.Proxy):
    """Keeps what Python changes in place in place."""


def _changes(name: str) -> Any:
    def change(self: fx.Proxy, other: Any) -> Any:
        return self.tracer.create_proxy("call_function", in_place, (self, other), {})

    in_place = getattr(operator, f"i{name}")
    return change


for _name in _IN_PLACE:
    setattr(_Proxy, f"__i{_name}__", _changes(_name))
