"""Runs a traced network on the meta device and writes down one ``Node`` for each operation."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from torch import Tensor, fx, nn

from . import ops
from .nodes import Graph, Node
from .ops import Facts
from .shapes import quick_output

__all__ = ["Recorder", "TraceError", "batch_for"]


class TraceError(ValueError):
    """A model that cannot be traced at the size asked for.

    Attributes
    ----------
    graph : Graph or None
        Of what comes before the layer that fails, where it was a layer. Where a check of the
        model's own refuses the input, it goes on to the first layer that cannot take it.
    layer : str
        That layer; empty where none fails.
    """

    graph: Graph | None = None
    layer: str = ""


# On the meta device images cost nothing, so there can be so many of them that their number is told
# from any side of a tensor: a prime. A model whose loops over the batch are unrolled gets fewer.
_MANY, _FEW = (10_007, 10_009, 10_037, 10_039), (127, 131, 137, 139)


def batch_for(shape: Sequence[int], unrolls: bool = False) -> int:
    """How many images to trace with: a prime that divides no side of one image."""
    primes = _FEW if unrolls else _MANY
    return next((p for p in primes if all(side % p for side in shape)), primes[0])


class Recorder(fx.Interpreter):
    """An interpreter that keeps no values, only ``nodes`` and ``outputs``.

    Parameters
    ----------
    root : torch.nn.Module
        What was traced; its parameters are on the meta device.
    traced : torch.fx.Graph
        Of it.
    owners : mapping of str to str
        For each node of ``traced``, the path of the module whose forward called it.
    leaves : mapping of str to str, optional
        Of a graph of ``torch.export``: for functions that are all that a module does, that
        module's path. They are named as a call of the module would be, and parameters are not
        nodes of their own but belong to what reads them.
    """

    def __init__(
        self,
        root: nn.Module,
        traced: fx.Graph,
        owners: Mapping[str, str],
        leaves: Mapping[str, str] | None = None,
    ) -> None:
        # The graph is run as it is: Python code made of it would choke on odd names of layers.
        super().__init__(root, graph=traced)
        self.owners, self.leaves = owners, leaves or {}
        self._batch = 1  # images, as they come
        self._folds = leaves is not None
        self._held: dict[str, dict[str, Tensor]] = {}  # fx name -> parameters and buffers in it
        self.nodes: list[Node] = []
        self.outputs: list[str] = []
        self.names: dict[str, str] = {}  # fx name -> name of our node
        self._sources: dict[str, tuple[str, ...]] = {}  # fx name -> our nodes that it stands for
        self._memory: dict[str, str] = {}  # fx name -> our node that wrote the tensor
        self._parts: dict[str, str] = {}  # fx name of a tuple -> the operation that made it
        self._depends: set[str] = set()  # fx names whose values follow from the images'
        self._counted: set[int] = set()
        self._used: dict[str, int] = {}
        self._plain: dict[str, int | float] = {}  # fx name -> a number that is no tensor
        self.refused = ""  # what the first of the model's own checks says against the input
        self.extra_traceback = False  # our errors are to be read as they are

    def run_node(self, n: fx.Node) -> Any:
        given = [(p.name, t) for p in n.all_input_nodes for t in _tensors(self.env.get(p))]
        before = [t._version for _, t in given]
        try:
            result = super().run_node(n)
        except TraceError:
            raise
        except Exception as error:  # shapes that do not fit, in whatever words the layer has
            asserts = ops.asserts(n)
            if not asserts and not ops.passes_over(n):
                raise self._error(self._failure(n, error), self._where(n)) from error
            # What a check says is kept, and the layers behind it are still to be seen. Of the
            # values of a tensor, which are not there, it cannot judge.
            if not self.refused and not (asserts and given):
                self.refused = self._failure(n, error)
            result = None if asserts else given[0][1]
        if isinstance(result, (int, float)):
            self._plain[n.name] = result
        if n.op == "placeholder" and isinstance(result, Tensor):
            self._batch = result.shape[0]
        if n.op == "placeholder" or (
            any(p.name in self._depends for p in n.all_input_nodes)
            and _tensors(result)
            and not _makes_anew(n)
        ):
            self._depends.add(n.name)
        shared, rewrites = "", False
        storages = {t.untyped_storage()._cdata for t in _tensors(result)}
        for (name, t), version in zip(given, before, strict=True):
            if t.untyped_storage()._cdata in storages:
                shared, rewrites = self._memory.get(name, ""), t._version != version
                break
        self._record(n, result, shared, rewrites)
        return result

    def check(self) -> None:
        """Raise what a check of the model's own has said, though every layer takes the input."""
        if self.refused:
            raise self._error("", "")

    def _error(self, failure: str, layer: str) -> TraceError:
        error = TraceError(self.refused or failure)
        error.layer = layer
        return error

    def _where(self, n: fx.Node) -> str:
        return str(n.target) if n.op == "call_module" else self.owners.get(n.name) or n.name

    def _failure(self, n: fx.Node, error: Exception) -> str:
        """What fails, and why, in the layer's own words; with numbers for what stood for them."""
        size = "×".join(map(str, self.nodes[0].shape)) if self.nodes else "unknown"
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        reason = re.sub(r"Proxy\((\w+)\)", lambda m: str(self._plain.get(m[1], m[0])), reason)
        return f"with an input of {size}, {self._where(n)} fails: {reason}"

    def call_module(self, target: Any, args: Any, kwargs: Any) -> Any:
        found = quick_output(self.fetch_attr(target), args) if not kwargs else None
        return super().call_module(target, args, kwargs) if found is None else found

    def call_function(self, target: Any, args: Any, kwargs: Any) -> Any:
        found = quick_output(target, args) if not kwargs else None
        return super().call_function(target, args, kwargs) if found is None else found

    def _products(self, n: fx.Node, result: Any) -> tuple[int, str]:
        """Multiply-adds of an operation without a formula of its own, and what is not counted.

        Attention and other matrix products inside a leaf: a module of torch's, or a function that
        tracing does not look into. They are counted by torch's counter.
        """
        from .products import Products  # seldom needed: not at import

        with Products() as counter:
            super().run_node(n)
        macs = counter.macs
        mixed = any(t.numel() % self._batch or t.shape.count(self._batch) > 1 for t in result)
        if macs and n.name in self._depends and (mixed or macs % self._batch):
            where = self.owners.get(n.name) or n.name
            raise TraceError(
                f"{where} multiplies images of a batch one by one, or all together, so that the "
                "cost of one image is not defined: trace the part that treats them alike"
            )
        return macs // self._batch if macs % self._batch == 0 else macs, counter.uncounted

    def _record(self, n: fx.Node, result: Any, shared: str, rewrites: bool) -> None:
        parents: tuple[str, ...] = ()
        for parent in _reads(n):  # x + x reads x twice: two paths
            parents += self._sources.get(parent.name, ())
        if n.op == "output":
            self.outputs = list(parents)
            return
        if n.op == "call_module" and isinstance(result, tuple) and isinstance(result[0], Tensor):
            result = result[0]  # attention returns its weights beside its output
        made = _tensors(result)
        counted: tuple[int, str] | None = None
        if made and not isinstance(result, Tensor) and ops.may_multiply(n, Facts("")):
            counted = self._products(n, made[:1])
            result = made[0] if any(counted) else result  # else a tuple to look through
        if self._folds and n.name not in self._depends and made:
            if ops.may_multiply(n, Facts(ops.name_of(n, None))):
                counted = self._products(n, made)
            if not counted or not any(counted):
                self._held[n.name] = self._owned(n, None)
                return
        if not isinstance(result, Tensor) or ops.passes_over(n):
            # Tuples and checks are not operations of the network: look through them. Sizes hold
            # nothing of what the tensor holds.
            seen = _tensors(result) or ops.passes_over(n)
            parents = tuple(dict.fromkeys(parents)) if seen else ()
            self._sources[n.name] = parents
            self._memory[n.name] = shared
            op = ops.name_of(n, None) if seen and n.op != "call_module" else ""
            if op and op not in ops.VIEWS and not isinstance(result, Tensor):
                self._parts[n.name] = op
            if len(parents) == 1:
                self.names[n.name] = parents[0]
            return
        module = self.module.get_submodule(str(n.target)) if n.op == "call_module" else None
        inputs = [
            tuple(t.shape[1:])
            for t in (self.env.get(p) for p in n.all_input_nodes)
            if isinstance(t, Tensor) and t.ndim
        ]
        shape = self._shape(result)
        given = self.fetch_args_kwargs_from_env(n)
        read = self._numbers(given[0][0]) if given[0] else 0
        facts = ops.describe(n, module, inputs, shape, self._weights(n, module), read, given)
        whole = next((self._parts[p.name] for p in n.all_input_nodes if p.name in self._parts), "")
        if whole and facts.op == "getitem":  # of a sort, say: no plain part of what that read
            facts = replace(facts, op=whole)
        if counted is None:
            unsure = ops.may_multiply(n, facts)
            counted = self._products(n, [result]) if unsure else (facts.macs, "")
        owner = self.owners.get(n.name, "")
        leaf = str(n.target) if module is not None else self.leaves.get(n.name)
        name = leaf or f"{owner}.{facts.op}".lstrip(".")
        if n.op in ("placeholder", "get_attr"):
            name = "input" if n.op == "placeholder" else str(n.target)
        name = self._unique(name)
        owned = self._owned(n, module)
        weights = {k: p for k, p in owned.items() if isinstance(p, nn.Parameter)}
        reads = {id(p): p.numel() for p in weights.values()}
        new = {key: numbers for key, numbers in reads.items() if key not in self._counted}
        self._counted.update(new)
        # Running statistics and tables; a count of the batches seen is no such number.
        tables = [b.numel() for k, b in owned.items() if k not in weights and b.is_floating_point()]
        self.nodes.append(
            Node(
                name=name,
                op=facts.op,
                parents=parents,
                shape=shape,
                kernel=facts.kernel,
                stride=facts.stride,
                padding=facts.padding,
                dilation=facts.dilation,
                groups=facts.groups,
                params=sum(new.values()),
                macs=counted[0],
                module=owner.rpartition(".")[0] if leaf else owner,
                call=n.op.removeprefix("call_") if n.op.startswith("call_") else "",
                memory=shared or name,
                rewrites=rewrites,
                weights=0 if n.op == "get_attr" else sum(reads.values()),
                biases=sum(p.numel() for k, p in weights.items() if k.endswith("bias")),
                buffers=0 if n.op == "get_attr" else sum(tables),
                axes=facts.axes,
                padding_mode=facts.padding_mode,
                uncounted=counted[1],
                target=_full_name(n, module) + _by_word(n, module, given),
            )
        )
        self.names[n.name] = name
        self._sources[n.name] = (name,)
        self._memory[n.name] = shared or name

    def _shape(self, result: Tensor) -> tuple[int, ...]:
        """The shape for one image: the axis of the batch left out, or divided where merged."""
        shape = tuple(result.shape)
        if self._batch in shape:
            axis = shape.index(self._batch)
            return (*shape[:axis], *shape[axis + 1 :])
        for axis, side in enumerate(shape):
            if side and side % self._batch == 0:
                return (*shape[:axis], side // self._batch, *shape[axis + 1 :])
        return shape

    def _numbers(self, value: Any) -> int:
        """How many numbers of one image a tensor holds."""
        numbers = value.numel() if isinstance(value, Tensor) else 0
        return numbers // self._batch if numbers % self._batch == 0 else numbers

    def _weights(self, n: fx.Node, module: nn.Module | None) -> tuple[int, ...]:
        """Shape of the weights of a convolution or linear layer."""
        value: Any = getattr(module, "weight", None)
        if module is None:
            second = n.args[1] if len(n.args) > 1 else n.kwargs.get("weight")
            value = self.env.get(second) if isinstance(second, fx.Node) else None
        return tuple(value.shape) if isinstance(value, Tensor) else ()

    def _owned(self, n: fx.Node, module: nn.Module | None) -> dict[str, Tensor]:
        """The parameters and buffers that an operation reads besides the nodes before it."""
        if n.op == "get_attr":
            found: Any = self.fetch_attr(str(n.target))
            return {str(n.target): found} if isinstance(found, Tensor) else {}
        if module is not None:
            return dict(module.named_parameters()) | dict(module.named_buffers())
        held: dict[str, Tensor] = {}
        for parent in n.all_input_nodes:
            held |= self._held.get(parent.name, {})
        return held

    def _unique(self, name: str) -> str:
        count = self._used[name] = self._used.get(name, 0) + 1
        return name if count == 1 else f"{name}#{count}"


def _reads(n: fx.Node) -> list[fx.Node]:
    """The nodes that ``n`` is given, in order, as often as it is given them."""
    found: list[fx.Node] = []
    fx.node.map_arg((n.args, n.kwargs), found.append)
    return found


def _tensors(value: Any) -> list[Tensor]:
    if isinstance(value, Tensor):
        return [value]
    if isinstance(value, Mapping):
        value = tuple(value.values())
    if isinstance(value, (tuple, list)):
        return [t for item in value for t in _tensors(item)]
    return []


def _makes_anew(n: fx.Node) -> bool:
    """Whether an operation takes no more of a tensor than its type: ``x.new_zeros(3)``."""
    name = str(n.target if isinstance(n.target, str) else getattr(n.target, "__name__", ""))
    return name.startswith("new_") or name.partition(".")[0].endswith("_like")


def _by_word(n: fx.Node, module: nn.Module | None, given: tuple[Any, Any]) -> str:
    """The padding of a convolution, where it is a word."""
    word = getattr(module, "padding", None)
    if n.op == "call_function":
        word = given[1].get("padding", given[0][4] if len(given[0]) > 4 else None)
    return f" with padding={word!r}" if isinstance(word, str) else ""


def _full_name(n: fx.Node, module: nn.Module | None) -> str:
    """What a node calls, by its full name."""
    if module is not None:
        return f"{type(module).__module__}.{type(module).__qualname__}"
    if n.op == "call_method":
        return f"torch.Tensor.{n.target}"
    if n.op != "call_function":
        return ""
    if hasattr(n.target, "overloadpacket"):
        return str(n.target)
    home = getattr(n.target, "__module__", None) or "torch"
    return f"{home}.{getattr(n.target, '__name__', n.target)}"
