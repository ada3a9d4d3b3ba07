"""Which nodes of a traced graph may write into memory that another node reads.

A sound guess, not an exact one: memory is told apart only where an operation is known to write its
output anew. A view, a detached tensor or the output of an unknown function may lie in the memory of
anything that it was given, and a function that is not torch's may write into it too.
"""

from __future__ import annotations

import operator
from typing import Any

import torch
import torch.nn.functional as F
from torch import fx, nn

from ..in_place import IN_PLACE, asks_in_place, is_in_place_name
from ..symbolic import SharedTracer, copied
from .layers import FusedConv2d, InParts, Shift

__all__ = ["HOOKS", "Memory", "has_hooks"]

HOOKS = (
    *("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks"),
    *("_forward_hooks_with_kwargs", "_forward_hooks_always_called"),
    "_forward_pre_hooks_with_kwargs",
)

_FRESH_MODULES = (
    *(nn.modules.conv._ConvNd, nn.Linear, nn.modules.batchnorm._NormBase, nn.GroupNorm),
    *(nn.LayerNorm, nn.modules.pooling._MaxPoolNd, nn.modules.pooling._AvgPoolNd),
    *(nn.modules.pooling._AdaptiveAvgPoolNd, nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.ELU, nn.GELU),
    *(nn.SiLU, nn.Sigmoid, nn.Tanh, nn.Hardswish, nn.Hardsigmoid, nn.Softmax, nn.PReLU),
)
_FRESH_FUNCTIONS = frozenset(
    [
        *(operator.add, operator.sub, operator.mul, operator.truediv, operator.neg, operator.pow),
        *(operator.matmul, torch.add, torch.sub, torch.mul, torch.div, torch.neg, torch.matmul),
        *(torch.cat, torch.stack, torch.relu, torch.sigmoid, torch.tanh, torch.mean, torch.sum),
        *(torch.conv2d, torch.max_pool2d, torch._C._nn.avg_pool2d, torch._C._nn.gelu),
        *(F.relu, F.silu, F.softmax, F.max_pool2d, F.adaptive_avg_pool2d, F.batch_norm, F.conv2d),
        torch._C._nn.linear,
    ]
)
_FRESH_METHODS = frozenset(["add", "sub", "mul", "div", "relu", "sigmoid", "tanh", "clone"])
_FRESH_METHODS |= {"mean", "sum", "softmax", "matmul"}
_LOOKS = frozenset(["size", "dim", "numel", "stride", "type", "get_device", "element_size"])


def has_hooks(module: nn.Module) -> bool:
    """Whether calling a module runs more than its forward."""
    return any(getattr(module, name, None) for name in HOOKS)


class Memory:
    """Where the tensors of a graph may lie: sets of nodes that made the memory.

    Parameters
    ----------
    root : torch.nn.Module
        With the modules that the graph calls.
    graph : torch.fx.Graph
    known : dict, optional
        Of modules that are not torch's: whether they write into what they read, and whether what
        they give may lie in it. Filled here, for whoever asks again.
    """

    def __init__(
        self,
        root: nn.Module,
        graph: fx.Graph,
        known: dict[nn.Module, tuple[bool, bool]] | None = None,
    ) -> None:
        self._root = root
        self._known = {} if known is None else known
        self._lies: dict[fx.Node, frozenset[Any]] = {}
        self._written: dict[fx.Node, frozenset[Any]] = {}
        self._order = {node: i for i, node in enumerate(graph.nodes)}
        for node in graph.nodes:
            self._place(node)

    def changes(self, tensor: fx.Node, after: fx.Node, before: fx.Node) -> fx.Node | None:
        """The first node from ``after`` on and before ``before`` that may write into a tensor."""
        first, last = self._order[after], self._order[before]
        for node, at in self._order.items():
            if first <= at < last and self._written[node] & self._lies[tensor]:
                return node
        return None

    def written(self, node: fx.Node) -> frozenset[Any]:
        """The memory that a node may write into besides its own."""
        return self._written[node]

    def keeps_what_it_made(self) -> bool:
        """Whether a tensor that the forward makes, a constant of the graph, is written into."""
        made = (str(place) for places in self._written.values() for place in places)
        return any(name.rpartition(".")[2].startswith("_tensor_constant") for name in made)

    def _place(self, node: fx.Node) -> None:
        read = frozenset().union(*(self._lies[parent] for parent in node.all_input_nodes))
        first = node.args[0] if node.args else None
        target = self._lies[first] if isinstance(first, fx.Node) else read
        written: frozenset[Any] = frozenset()
        lies = read
        if node.op == "placeholder":
            lies = frozenset(["input"])  # the caller may hand the same tensor in twice
        elif node.op == "get_attr":
            lies = frozenset([str(node.target)])
        elif node.op == "call_module":
            module = self._root.get_submodule(str(node.target))
            if has_hooks(module):
                written = read
            elif not _is_torchs(module):
                if module not in self._known:
                    self._known[module] = _inside(module)
                writes, hands_on = self._known[module]
                written = read if writes else frozenset()
                lies = read if hands_on else frozenset([node])
            elif getattr(module, "inplace", False) or isinstance(module, Shift):
                written = lies = target
            elif isinstance(module, (*_FRESH_MODULES, FusedConv2d, InParts)):
                lies = frozenset([node])
        elif node.op == "call_method":
            name = str(node.target)
            if is_in_place_name(name):
                written = target
            elif name in _FRESH_METHODS:
                lies = frozenset([node])
            elif name in _LOOKS:
                lies = frozenset()
        elif node.op == "call_function":
            if node.target in IN_PLACE or asks_in_place(node.target, node.args, node.kwargs):
                written = target
            elif node.kwargs.get("out") is not None or not _is_known(node.target):
                written = read
            elif node.target in _FRESH_FUNCTIONS:
                lies = frozenset([node])
        self._lies[node], self._written[node] = lies, written


def _inside(module: nn.Module) -> tuple[bool, bool]:
    """Whether a module of someone's own may write into what it reads, or hand it on.

    Its forward is traced, in both modes and on a copy; what cannot be traced may do both.
    """
    writes = hands_on = False
    try:
        twin = copied(module, lambda tensor: tensor.to("meta"))
        for train in (False, True):
            graph = SharedTracer().trace(twin.train(train))
            memory = Memory(twin, graph)
            writes |= any("input" in places for places in memory._written.values())
            output = next(node for node in graph.nodes if node.op == "output")
            hands_on |= "input" in memory._lies[output]
    except Exception:  # the module's own Python runs here, on stand-ins: it can raise anything
        return True, True
    return writes, hands_on


def _is_torchs(module: nn.Module) -> bool:
    return type(module).__module__.startswith("torch.nn.") or isinstance(
        module, (FusedConv2d, InParts, Shift)
    )


def _is_known(target: Any) -> bool:
    """Whether a function is torch's or Python's own, and does not say that it writes."""
    home = getattr(target, "__module__", None) or "torch"
    ours = home.startswith("inception_lib.")  # those that the training form calls write nothing
    known = home.partition(".")[0] in ("torch", "_operator", "builtins", "math") or ours
    return known and not is_in_place_name(getattr(target, "__name__", ""))
