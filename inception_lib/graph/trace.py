"""One graph, many views: what a network computes, found without computing it.

``trace`` runs ``torch.fx`` over a copy of the model whose tensors are on the meta device: shapes
only, no arithmetic and no memory, at any input size. Costs, receptive fields and drawings are
functions of the graph that it returns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import fx, nn
from torch.nn.parameter import is_lazy

from .nodes import Graph
from .record import Recorder, TraceError, batch_for
from .symbolic import SharedTracer, copied, untouched

__all__ = ["TraceError", "trace"]


def trace(model: nn.Module, size: int | Sequence[int] = 299, *, train: bool = False) -> Graph:
    """The graph of a model at an input size.

    Parameters
    ----------
    model : torch.nn.Module
        Any module that ``torch.fx`` can trace and that takes one tensor. It is left as it was,
        mode included.
    size : int, (height, width) or (channels, height, width)
        Of the input. Channels default to those of the first convolution.
    train : bool
        Trace the training mode (with the auxiliary head) instead of evaluation.

    Returns
    -------
    Graph

    Raises
    ------
    TraceError
        If the size is not one, if the model's Python cannot be traced, or if some layer cannot
        take what it is given at that size; the layer is named.

    Notes
    -----
    Whatever the model's Python does or raises, torch is left as it was, and threads may trace and
    run models at the same time.
    """
    if not isinstance(model, nn.Module):
        raise TraceError(f"model is a {type(model).__name__}: give a torch.nn.Module")
    shape = _input_shape(model, size)
    with untouched():
        twin = _meta_twin(model, train)
        tracer = _Tracer()
        try:
            traced = tracer.trace(twin)
        except Exception as error:  # the model's own Python runs here: it can raise anything
            return _exported(model, twin, shape, error)
        recorder = Recorder(twin, traced, tracer.owners)
        return _run(recorder, model, twin, _images(twin, shape), tracer.outputs)


def _exported(
    model: nn.Module, twin: nn.Module, shape: tuple[int, ...], reason: Exception
) -> Graph:
    """The graph by ``torch.export``, for a model that ``torch.fx`` cannot trace."""
    from .export_trace import export_trace  # slow to load, and seldom needed

    try:
        images = _images(twin, shape, unrolls=True)
        traced, owners, leaves, outputs = export_trace(twin, images)
    except Exception as error:
        raise TraceError(
            f"{type(model).__name__} cannot be traced. torch.fx: {_line(reason)}. torch.export: "
            f"{_line(error)}. Its forward must not branch on tensor values; trace the part that "
            "does not, or mark the function as a leaf with torch.fx.wrap"
        ) from error
    return _run(Recorder(traced, traced.graph, owners, leaves), model, twin, images, outputs)


def _run(
    recorder: Recorder,
    model: nn.Module,
    twin: nn.Module,
    images: torch.Tensor,
    outputs: Mapping[str, str],
) -> Graph:
    """The graph; where a layer fails, what comes before it goes with the error."""
    try:
        with torch.device("meta"), torch.no_grad():
            recorder.run(images)
            recorder.check()
    except TraceError as error:
        if recorder.nodes:
            error.graph = _graph(model, twin, recorder, outputs)
        raise
    return _graph(model, twin, recorder, outputs)


def _graph(
    model: nn.Module, twin: nn.Module, recorder: Recorder, outputs: Mapping[str, str]
) -> Graph:
    names = recorder.names
    return Graph(
        model=type(model).__name__,
        train=twin.training,
        nodes=tuple(recorder.nodes),
        outputs=tuple(recorder.outputs),
        containers={path: names[name] for path, name in outputs.items() if name in names},
    )


def _images(twin: nn.Module, shape: tuple[int, ...], unrolls: bool = False) -> torch.Tensor:
    """A batch without values, in the model's own precision."""
    floats = (p.dtype for p in twin.parameters() if p.is_floating_point())
    dtype = next(floats, torch.float32)
    return torch.empty(batch_for(shape, unrolls), *shape, device="meta", dtype=dtype)


def _line(error: Exception) -> str:
    """The first line of an error, without its full stop."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0].strip().rstrip(".")


def _input_shape(model: nn.Module, size: int | Sequence[int]) -> tuple[int, int, int]:
    sides = tuple(size) if isinstance(size, Sequence) else (size,)
    if not 1 <= len(sides) <= 3 or not all(isinstance(s, int) and s >= 1 for s in sides):
        raise TraceError(
            f"size is {size!r}: give n, (height, width) or (channels, height, width), each >= 1"
        )
    if len(sides) == 3:
        return sides[0], sides[1], sides[2]
    channels = next((m.in_channels for m in model.modules() if isinstance(m, nn.Conv2d)), 3)
    return channels, sides[0], sides[-1]


def _meta_twin(model: nn.Module, train: bool) -> nn.Module:
    """A copy of the model that shares its structure and none of its memory."""
    for path, parameter in model.named_parameters():
        if is_lazy(parameter):
            raise TraceError(
                f"{path} has no shape yet, since its layer is lazy: run the model once on an image "
                "of the size that it is meant for, then trace it"
            )
    try:
        twin = copied(model, lambda tensor: tensor.to("meta"))
    except ValueError as error:
        raise TraceError(str(error)) from error
    return twin.train(train).requires_grad_(False)


class _Tracer(SharedTracer):
    """Remembers which module called each function, and which node made each module's output."""

    def __init__(self) -> None:
        super().__init__()
        self.owners: dict[str, str] = {}
        self.outputs: dict[str, str] = {}
        self._path: list[str] = [""]

    def call_module(self, m: nn.Module, forward: Any, args: Any, kwargs: Any) -> Any:
        if not self.is_mine():
            return super().call_module(m, forward, args, kwargs)
        path = self.path_of_module(m)
        self._path.append(path)
        try:
            result = super().call_module(m, forward, args, kwargs)
        finally:
            self._path.pop()
        if isinstance(result, fx.Proxy):
            self.outputs[path] = result.node.name
        return result

    def create_node(self, *args: Any, **kwargs: Any) -> fx.Node:
        node = super().create_node(*args, **kwargs)
        self.owners[node.name] = self._path[-1]
        return node
