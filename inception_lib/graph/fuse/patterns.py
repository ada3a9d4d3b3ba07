"""How the layers that can be fused are recognised in a ``torch.fx`` graph."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, fx, nn

from ..ops import two
from ..symbolic import SharedTracer, random_states
from .aliases import Memory, has_hooks
from .layers import FusedConv2d, InParts, Shift

__all__ = ["AvgPool", "Net", "Norm", "Tracer", "plain_attributes"]


class Tracer(SharedTracer):
    """Looks into everything but torch's own layers, those of fused networks, and what has hooks.

    A module whose forward does more than to compute is called as it is too: one that draws random
    numbers, or that sets attributes. They are found by tracing, and known after it.

    Attributes
    ----------
    left : dict of str to str
        Modules that were not looked into, and why.
    """

    def __init__(self, opaque: Mapping[nn.Module, str] = MappingProxyType({})) -> None:
        super().__init__()
        self.left: dict[str, str] = {}
        self.impure: dict[nn.Module, str] = {}
        self._opaque = opaque

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        if isinstance(m, (FusedConv2d, InParts, Shift)):
            return True
        why = self._opaque.get(m) or ("it has hooks" if has_hooks(m) else "")
        if why:
            self.left[module_qualified_name] = why
            return True
        return super().is_leaf_module(m, module_qualified_name)

    def trace(self, root: Any, *args: Any, **kwargs: Any) -> fx.Graph:
        with self._watch(root):
            return super().trace(root, *args, **kwargs)

    def call_module(self, m: nn.Module, forward: Any, args: Any, kwargs: Any) -> Any:
        if not self.is_mine():
            return forward(*args, **kwargs)
        with self._watch(m):
            return super().call_module(m, forward, args, kwargs)

    @contextmanager
    def _watch(self, module: nn.Module) -> Iterator[None]:
        """Note whether a forward draws random numbers or sets attributes, itself or inside."""
        seen, draws, holds = len(self.impure), random_states(), plain_attributes(module)
        yield
        if len(self.impure) > seen:
            return  # it was something inside
        if not _same(random_states(), draws):
            self.impure[module] = "it draws random numbers"
        elif plain_attributes(module) != holds:
            self.impure[module] = "it changes its own attributes"


def _same(states: Any, others: Any) -> bool:
    """Whether two states of generators are equal, tensors and arrays inside them included."""
    if isinstance(states, tuple):
        return all(_same(a, b) for a, b in zip(states, others, strict=True))
    if isinstance(states, Tensor):
        return torch.equal(states, others)
    return bool((states == others).all() if hasattr(states, "all") else states == others)


def plain_attributes(module: nn.Module) -> dict[str, Any]:
    """What a module's forward could read of it besides parameters, buffers and modules."""
    return {
        key: _frozen(value)
        for key, value in vars(module).items()
        # Constants that a trace has kept are tensors of its graph, not the module's.
        if key not in _MACHINERY and not key.startswith("_tensor_constant")
    }


_MACHINERY = frozenset(vars(nn.Module())) | {"_unfused_class", "settings"}


def _frozen(value: Any) -> Any:
    """A value that can be compared later: what is inside it, or else which object it is."""
    if isinstance(value, (list, tuple)):
        return (type(value).__name__, tuple(_frozen(item) for item in value))
    if isinstance(value, dict):
        return ("dict", tuple((str(k), _frozen(v)) for k, v in value.items()))
    plain = isinstance(value, (bool, int, float, complex, str, bytes, type(None)))
    return value if plain else ("object", id(value))


@dataclass(frozen=True)
class AvgPool:
    """The settings of an average pooling."""

    stride: tuple[int, int]
    padding: tuple[int, int]
    count_include_pad: bool
    divisor: int | None

    @property
    def keeps_constants(self) -> bool:
        """Whether the average of a constant is that constant, at the border too."""
        counts_zeros = self.count_include_pad and self.padding != (0, 0)
        return self.divisor is None and not counts_zeros


@dataclass(frozen=True)
class Norm:
    """Batch normalisation by running statistics."""

    mean: Tensor
    var: Tensor
    weight: Tensor | None
    bias: Tensor | None
    eps: float

    def affine(self) -> tuple[Tensor, Tensor]:
        """The scale and the shift of each channel, in float64."""
        scale = (self.var.double() + self.eps).rsqrt()
        if self.weight is not None:
            scale = scale * self.weight.double()
        shift = -self.mean.double() * scale
        return scale, shift if self.bias is None else shift + self.bias.double()


_POOLING = (
    "kernel_size",
    "stride",
    "padding",
    "ceil_mode",
    "count_include_pad",
    "divisor_override",
)
_NORMALISING = ("running_mean", "running_var", "weight", "bias", "training", "momentum", "eps")


class Net:
    """A graph with the modules that it calls."""

    def __init__(self, root: nn.Module, graph: fx.Graph) -> None:
        self.root = root
        self.graph = graph
        self._calls = Counter(n.target for n in graph.nodes if n.op == "call_module")
        # Modules whose parameters are read besides: by themselves, as by ``F.conv2d(x, a.weight)``.
        self._read = {str(n.target).rpartition(".")[0] for n in graph.nodes if n.op == "get_attr"}
        self.left: dict[str, str] = {}
        self._insides: dict[nn.Module, tuple[bool, bool]] = {}
        for node in graph.nodes:
            _by_position(node)

    def nodes(self) -> Iterator[fx.Node]:
        """The nodes as they were when asked, in order of execution."""
        return iter(list(self.graph.nodes))

    def module(self, node: Any) -> nn.Module | None:
        """The module that a node calls, if calling it does no more than its forward."""
        if isinstance(node, fx.Node) and node.op == "call_module":
            module = self.root.get_submodule(str(node.target))
            if not has_hooks(module):
                return module
            self.left.setdefault(str(node.target), "it has hooks")
        return None

    def conv(self, node: Any) -> nn.Conv2d | None:
        """The plain convolution that a node calls, and that nothing else reads."""
        module = self.module(node)
        if type(module) not in (nn.Conv2d, FusedConv2d):
            return None
        if self._calls[node.target] != 1 or str(node.target) in self._read:
            self.left.setdefault(str(node.target), "it is called, or its weights are read, twice")
            return None
        if len(node.args) != 1 or node.kwargs:
            return None
        return module  # type: ignore[return-value]

    def pointwise(self, node: Any) -> nn.Conv2d | None:
        """A 1×1 convolution without padding or groups that ends in no ReLU."""
        conv = self.conv(node)
        if conv is None or conv.kernel_size != (1, 1) or conv.groups != 1:
            return None
        return conv if conv.padding in ((0, 0), "valid", "same") else None

    def norm(self, node: fx.Node) -> Norm | None:
        """The batch normalisation that a node does with fixed statistics."""
        module = self.module(node)
        if type(module) is nn.BatchNorm2d:
            if module.training or module.running_mean is None or module.running_var is None:
                return None
            return Norm(
                module.running_mean, module.running_var, module.weight, module.bias, module.eps
            )
        if node.target is not F.batch_norm:
            return None
        given = dict(zip(_NORMALISING, node.args[1:], strict=False)) | dict(node.kwargs)
        mean, var, weight, bias = (self.tensor(given.get(name)) for name in _NORMALISING[:4])
        if given.get("training", False) or mean is None or var is None:
            return None
        return Norm(mean, var, weight, bias, float(given.get("eps", 1e-5)))  # type: ignore[arg-type]

    def relu(self, node: Any) -> bool:
        """Whether a node rectifies its only input."""
        if not isinstance(node, fx.Node):
            return False
        if node.op == "call_module":
            return type(self.module(node)) is nn.ReLU
        if node.op == "call_method":
            return node.target in ("relu", "relu_")
        return node.target in (F.relu, F.relu_, torch.relu, torch.relu_)

    def avg_pool(self, node: Any) -> AvgPool | None:
        """The average pooling that a node does, over images."""
        module = self.module(node)
        if type(module) is nn.AvgPool2d:
            given = {name: getattr(module, name) for name in _POOLING}
        elif isinstance(node, fx.Node) and node.target in (F.avg_pool2d, torch._C._nn.avg_pool2d):
            given = dict(zip(_POOLING, node.args[1:], strict=False)) | dict(node.kwargs)
        else:
            return None
        stride = given.get("stride")
        return AvgPool(
            two(given["kernel_size"] if stride in (None, (), []) else stride),
            two(given.get("padding", 0)),
            bool(given.get("count_include_pad", True)),
            given.get("divisor_override"),
        )

    def memory(self) -> Memory:
        """Where the tensors of the graph, as it is now, may lie."""
        return Memory(self.root, self.graph, self._insides)

    def writes(self, node: fx.Node) -> bool:
        """Whether a node may write into what it reads."""
        return bool(self.memory().written(node))

    def only_reader(self, node: fx.Node) -> fx.Node | None:
        """The one node that reads ``node``, if it is one."""
        return next(iter(node.users)) if len(node.users) == 1 else None

    def place(self, path: str, module: nn.Module) -> str:
        """Put a module at ``path``, or beside it if that is taken, and say where."""
        taken = {name for name, _ in self.root.named_modules()}
        free, i = path, 1
        while free in taken:
            i += 1
            free = f"{path}_{i}"
        parent, _, name = free.rpartition(".")
        holder = self.root
        for part in parent.split(".") if parent else ():
            if not hasattr(holder, part):
                holder.add_module(part, nn.Module())
            holder = getattr(holder, part)
        holder.add_module(name, module)
        self._calls[free] += 1
        return free

    def replace(self, node: fx.Node, module: nn.Module) -> None:
        """Let the node's path hold another module. The node must be its only caller."""
        parent, _, name = str(node.target).rpartition(".")
        setattr(self.root.get_submodule(parent), name, module)

    def tensor(self, value: Any) -> Tensor | None:
        """The parameter or buffer that a node reads."""
        if not isinstance(value, fx.Node) or value.op != "get_attr":
            return None
        found: Any = self.root
        for part in str(value.target).split("."):
            found = getattr(found, part)
        return found


def _by_position(node: fx.Node) -> None:
    """Give a layer or function its tensor by position, where it was given it by name."""
    if node.op in ("call_module", "call_function") and not node.args and "input" in node.kwargs:
        rest = dict(node.kwargs)
        node.args = (rest.pop("input"),)
        node.kwargs = rest
