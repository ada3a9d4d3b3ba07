"""One graph, many views: what a network computes, found without computing it.

``trace`` runs ``torch.fx`` over a copy of the model whose tensors are on the meta device: shapes
only, no arithmetic and no memory, at any input size. Costs, receptive fields and drawings are
functions of the graph that it returns.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, fx, nn

from . import ops
from .nodes import Graph, Node
from .shapes import quick_shape

__all__ = ["TraceError", "trace"]


class TraceError(ValueError):
    """A model that cannot be traced at the size asked for."""


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
    """
    shape = _input_shape(model, size)
    twin = _meta_twin(model, train)
    tracer = _Tracer()
    try:
        traced = tracer.trace(twin)
    except Exception as error:  # the model's own Python runs here: it can raise anything
        raise TraceError(
            f"{type(model).__name__} cannot be traced by torch.fx: {error}. Its forward must not "
            "branch on tensor values; trace the part that does not, or mark the function as a "
            "leaf with torch.fx.wrap"
        ) from error
    recorder = _Recorder(fx.GraphModule(twin, traced), tracer.owners)
    with torch.device("meta"), torch.no_grad():
        # Two images, since batch normalisation in training refuses a single value a channel.
        recorder.run(torch.empty(2, *shape))
    return Graph(
        model=type(model).__name__,
        train=train,
        nodes=tuple(recorder.nodes),
        outputs=tuple(recorder.outputs),
        containers={
            path: recorder.names[name]
            for path, name in tracer.outputs.items()
            if name in recorder.names
        },
    )


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
    memo: dict[int, Any] = {}
    for parameter in model.parameters():
        memo[id(parameter)] = nn.Parameter(parameter.detach().to("meta"), requires_grad=False)
    for buffer in model.buffers():
        memo[id(buffer)] = buffer.detach().to("meta")
    return copy.deepcopy(model, memo).train(train)


class _Tracer(fx.Tracer):
    """Remembers which module called each function, and which node made each module's output."""

    def __init__(self) -> None:
        super().__init__()
        self.owners: dict[str, str] = {}
        self.outputs: dict[str, str] = {}
        self._path: list[str] = [""]

    def call_module(self, m: nn.Module, forward: Any, args: Any, kwargs: Any) -> Any:
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


class _Recorder(fx.Interpreter):
    """Runs a traced model on the meta device and writes down one ``Node`` for each tensor."""

    def __init__(self, traced: fx.GraphModule, owners: Mapping[str, str]) -> None:
        super().__init__(traced)
        self.owners = owners
        self.nodes: list[Node] = []
        self.outputs: list[str] = []
        self.names: dict[str, str] = {}  # fx name -> name of our node
        self._sources: dict[str, tuple[str, ...]] = {}  # fx name -> our nodes that it stands for
        self._counted: set[int] = set()
        self._used: dict[str, int] = {}
        self.extra_traceback = False  # our errors are to be read as they are

    def run_node(self, n: fx.Node) -> Any:
        try:
            result = super().run_node(n)
        except Exception as error:  # shapes that do not fit, in whatever words the layer has
            where = str(n.target) if n.op == "call_module" else self.owners.get(n.name) or n.name
            size = "×".join(map(str, self.nodes[0].shape)) if self.nodes else "unknown"
            reason = str(error).splitlines()[0]
            raise TraceError(f"with an input of {size}, {where} fails: {reason}") from error
        self._record(n, result)
        return result

    def call_module(self, target: Any, args: Any, kwargs: Any) -> Any:
        shape = quick_shape(self.fetch_attr(target), args)
        return super().call_module(target, args, kwargs) if shape is None else _empty(shape)

    def call_function(self, target: Any, args: Any, kwargs: Any) -> Any:
        shape = quick_shape(target, args)
        return super().call_function(target, args, kwargs) if shape is None else _empty(shape)

    def _products(self, n: fx.Node) -> int:
        """Multiply-adds of an operation without a formula of its own, by torch's counter.

        Attention and other matrix products inside a leaf: a module of torch's, or a function that
        tracing does not look into.
        """
        from torch.utils.flop_counter import FlopCounterMode  # seldom needed: not at import

        fast = torch.backends.mha.get_fastpath_enabled()
        torch.backends.mha.set_fastpath_enabled(False)  # one opaque kernel, which nothing counts
        try:
            with FlopCounterMode(display=False) as counter:
                super().run_node(n)
        finally:
            torch.backends.mha.set_fastpath_enabled(fast)
        return counter.get_total_flops() // 4  # two images; a multiply-add is two operations

    def _record(self, n: fx.Node, result: Any) -> None:
        parents: tuple[str, ...] = ()
        for parent in _reads(n):  # x + x reads x twice: two paths
            parents += self._sources.get(parent.name, ())
        if n.op == "output":
            self.outputs = list(parents)
            return
        if n.op == "call_module" and isinstance(result, tuple) and isinstance(result[0], Tensor):
            result = result[0]  # attention returns its weights beside its output
        if not isinstance(result, Tensor) or ops.passes_over(n):
            # Sizes, tuples and checks are not operations of the network: look through them.
            parents = tuple(dict.fromkeys(parents))
            self._sources[n.name] = parents
            if len(parents) == 1:
                self.names[n.name] = parents[0]
            return
        module = self.module.get_submodule(str(n.target)) if n.op == "call_module" else None
        inputs = [
            tuple(t.shape[1:])
            for t in (self.env.get(p) for p in n.all_input_nodes)
            if isinstance(t, Tensor) and t.ndim
        ]
        facts = ops.describe(n, module, inputs, result, self._weights(n))
        macs = self._products(n) if ops.may_multiply(n, facts) else facts.macs
        owner = self.owners.get(n.name, "")
        name = str(n.target) if module is not None else f"{owner}.{facts.op}".lstrip(".")
        if n.op in ("placeholder", "get_attr"):
            name = "input" if n.op == "placeholder" else str(n.target)
        node = Node(
            name=self._unique(name),
            op=facts.op,
            parents=parents,
            shape=tuple(result.shape if n.op == "get_attr" else result.shape[1:]),
            kernel=facts.kernel,
            stride=facts.stride,
            padding=facts.padding,
            dilation=facts.dilation,
            groups=facts.groups,
            params=self._parameters(n, module),
            macs=macs,
            module=owner.rpartition(".")[0] if module is not None else owner,
        )
        self.nodes.append(node)
        self.names[n.name] = node.name
        self._sources[n.name] = (node.name,)

    def _weights(self, n: fx.Node) -> tuple[int, ...]:
        """Shape of the weights that a functional convolution or linear layer is given."""
        second = n.args[1] if len(n.args) > 1 else n.kwargs.get("weight")
        value = self.env.get(second) if isinstance(second, fx.Node) else None
        return tuple(value.shape) if isinstance(value, Tensor) else ()

    def _parameters(self, n: fx.Node, module: nn.Module | None) -> int:
        if n.op == "get_attr":
            found: Any = self.fetch_attr(str(n.target))
            owned = [found] if isinstance(found, nn.Parameter) else []
        else:
            owned = list(module.parameters()) if module is not None else []
        new = {id(p): p.numel() for p in owned if id(p) not in self._counted}
        self._counted.update(new)
        return sum(new.values())

    def _unique(self, name: str) -> str:
        count = self._used[name] = self._used.get(name, 0) + 1
        return name if count == 1 else f"{name}#{count}"


def _reads(n: fx.Node) -> list[fx.Node]:
    """The nodes that ``n`` is given, in order, as often as it is given them."""
    found: list[fx.Node] = []
    fx.node.map_arg((n.args, n.kwargs), found.append)
    return found


def _empty(shape: Sequence[int]) -> Tensor:
    return torch.empty(shape, device="meta")
