"""The training form: modules that run their own parameters through fewer, larger operations.

Each module with the pattern keeps its submodules, parameters and buffers, and gets a new
``forward``, generated from its ``torch.fx`` graph. So the state dict, the optimiser's groups,
gradient clipping, weight averaging and DistributedDataParallel see the network that they saw
before, whatever they do with it. The alternative, one stacked parameter, would need a map of
names for every file and every optimiser's state, and would change what acts on whole tensors.

Graphs are taken module by module, not of the whole network: a traced graph is fixed to one mode,
and the modules with the pattern do the same in both (others are left alone).
"""

from __future__ import annotations

import copy
import operator
from collections.abc import Iterator, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, fx, nn

from .aliases import Memory
from .max_pool import quicken
from .passes import commute, siblings
from .patterns import Net, Tracer, plain_attributes
from .registry import Step

__all__ = ["joint_norm_relu", "rewrite_for_training", "stacked_conv", "unfuse"]


def stacked_conv(
    x: Tensor, weights: Sequence[Tensor], biases: Sequence[Tensor] | None, stride: Any
) -> Tensor:
    """Several 1×1 convolutions of one tensor as one: N×(sum of their widths)×H'×W'.

    The weights are put together at each call, which costs as much as reading them; gradients
    reach each of them.
    """
    bias = torch.cat(tuple(biases)) if biases else None
    return F.conv2d(x, torch.cat(tuple(weights)), bias, stride)


def joint_norm_relu(
    x: Tensor, norms: Sequence[nn.BatchNorm2d], widths: Sequence[int]
) -> tuple[Tensor, ...]:
    """Batch-normalise and rectify neighbouring channels, each part by its own layer.

    Layers that agree in all but their channels act as one, since batch normalisation looks at
    each channel alone. The running statistics of each are updated. Layers that do not agree (one
    is frozen, or was replaced by another kind) act one by one. So do all in compiled code, which
    joins the operations anyhow: there a part of a joint result would not lie together in memory,
    and the convolutions that read it would copy it first, forward and backward.
    """
    widths = list(widths)
    if torch.compiler.is_compiling() or not _agree(norms):
        parts = zip(norms, x.split(widths, 1), strict=True)
        return tuple(F.relu(norm(part), inplace=True) for norm, part in parts)
    first = norms[0]
    mean = _join([norm.running_mean for norm in norms])
    var = _join([norm.running_var for norm in norms])
    weight, bias = _join([norm.weight for norm in norms]), _join([norm.bias for norm in norms])
    own = first.training or mean is None
    y = F.batch_norm(x, mean, var, weight, bias, own, first.momentum or 0.0, first.eps)
    if first.training and mean is not None and var is not None:
        with torch.no_grad():
            parts3 = zip(norms, mean.split(widths), var.split(widths), strict=True)
            for norm, new_mean, new_var in parts3:
                norm.running_mean.copy_(new_mean)  # type: ignore[union-attr]
                norm.running_var.copy_(new_var)  # type: ignore[union-attr]
                norm.num_batches_tracked.add_(1)  # type: ignore[union-attr]
    return F.relu(y, inplace=True).split(widths, 1)


def _agree(norms: Sequence[nn.BatchNorm2d]) -> bool:
    first = norms[0]
    if any(type(norm) is not nn.BatchNorm2d for norm in norms):
        return False
    if first.momentum is None and first.track_running_stats:
        return False  # a cumulative mean counts the batches of its own layer
    return all(
        norm.training == first.training
        and norm.eps == first.eps
        and norm.momentum == first.momentum
        and norm.affine == first.affine
        and norm.track_running_stats == first.track_running_stats
        for norm in norms
    )


def _join(parts: Sequence[Tensor | None]) -> Tensor | None:
    found = [part for part in parts if part is not None]
    return torch.cat(found) if found else None


def rewrite_for_training(
    model: nn.Module, transforms: frozenset[str], left: dict[str, str]
) -> Iterator[Step]:
    """Give every module with the pattern its new ``forward``, innermost first.

    ``left`` is told which modules are left as they are, and why.
    """
    for path, module in reversed(list(model.named_modules())):
        convs = sum(isinstance(m, nn.Conv2d) for m in module.modules())
        pools_itself = transforms >= {"commute"} and convs == 1
        if isinstance(module, nn.Conv2d) or (convs < 2 and not pools_itself):
            continue
        graph = _graph_in_both_modes(module, path, left)
        if graph is None:
            continue
        net = Net(module, graph)
        steps = list(commute(net, late_bias=False)) if "commute" in transforms else []
        if "stack" in transforms:
            steps += list(_stack(net))
        left |= {f"{path}.{where}".strip("."): why for where, why in net.left.items()}
        if steps:
            _set_forward(module, graph)
        for step in steps:
            yield Step(step.transform, f"{path}.{step.where}".strip("."), step.what)
    if "max_pool" in transforms:
        for path, module in model.named_modules():
            if quicken(module):
                yield Step("max_pool", path, f"{module.kernel_size}×{module.kernel_size}")


def unfuse(model: nn.Module) -> nn.Module:
    """Give the modules of a training form their own ``forward`` back, in place."""
    for module in model.modules():
        if hasattr(module, "_unfused_class"):
            module.__class__ = module._unfused_class  # type: ignore[assignment]
    return model


class _ModuleTracer(Tracer):
    """Also leaves whole what has been rewritten, and every normalisation."""

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        if hasattr(m, "_unfused_class") or isinstance(m, nn.modules.batchnorm._NormBase):
            return True
        return super().is_leaf_module(m, module_qualified_name)


def _graph_in_both_modes(module: nn.Module, path: str, left: dict[str, str]) -> fx.Graph | None:
    """The graph of a module, if it can be traced and is the same in training and evaluation."""
    # What the forward sets on stand-ins is taken back.
    before = {m: {k: _shallow(v) for k, v in vars(m).items()} for m in module.modules()}
    code, graph = set(), None
    try:
        for train in (False, True):
            module.train(train)
            tracer = _ModuleTracer()
            graph = tracer.trace(module)
            code.add(graph.python_code("self").src)
            if tracer.impure:
                left[path or type(module).__name__] = next(iter(tracer.impure.values()))
                return None
            if Memory(module, graph).keeps_what_it_made():
                return None
    except Exception:  # the model's own Python runs here, on stand-ins: it can raise anything
        return None
    finally:
        for m, attributes in before.items():
            vars(m).clear()
            vars(m).update(attributes)
    return graph if len(code) == 1 else None


def _shallow(value: Any) -> Any:
    return copy.copy(value) if isinstance(value, (list, dict, set)) else value


def _stack(net: Net) -> Iterator[Step]:
    for group in siblings(net):
        convs = {node: net.conv(node) for node in group}
        biased = {conv.bias is not None for conv in convs.values() if conv is not None}
        chains = {node: chain for node in group if (chain := _norm_and_relu(net, node))}
        loose = [node for node in group if node not in chains]
        if len(biased) > 1 or any(net.writes(user) for node in loose for user in node.users):
            continue
        if len(chains) < 2:
            chains, loose = {}, group
        order = [*chains, *loose]
        widths = {node: convs[node].out_channels for node in order}  # type: ignore[union-attr]
        stride = convs[order[0]].stride  # type: ignore[union-attr]
        with net.graph.inserting_before(group[0]):
            weights = [net.graph.get_attr(f"{node.target}.weight") for node in order]
            biases = None
            if biased == {True}:
                biases = [net.graph.get_attr(f"{node.target}.bias") for node in order]
            args = (group[0].args[0], weights, biases, stride)
            whole = net.graph.call_function(stacked_conv, args)
            inner = [widths[node] for node in chains]
            together = [sum(inner)] if chains else []
            pieces: Any = whole
            parts = together + [widths[node] for node in loose]
            if len(parts) > 1:
                pieces = net.graph.call_function(torch.split, (whole, parts, 1))

            def piece(of: Any, i: int) -> fx.Node:
                return net.graph.call_function(operator.getitem, (of, i))

            for i, node in enumerate(loose):
                node.replace_all_uses_with(piece(pieces, len(together) + i))
            if chains:
                norms = [net.graph.get_attr(str(norm.target)) for norm, _ in chains.values()]
                joint = whole if len(parts) == 1 else piece(pieces, 0)
                ends = net.graph.call_function(joint_norm_relu, (joint, norms, inner))
                for i, (norm, relu) in enumerate(chains.values()):
                    relu.replace_all_uses_with(piece(ends, i))
                    net.graph.erase_node(relu)
                    net.graph.erase_node(norm)
        for node in group:
            net.graph.erase_node(node)
        total = f"{' + '.join(str(widths[n]) for n in order)} = {sum(widths.values())} channels"
        yield Step("stack", str(group[0].target), total)


def _norm_and_relu(net: Net, node: fx.Node) -> tuple[fx.Node, fx.Node] | None:
    """The batch normalisation and the ReLU that alone read a convolution, if they do."""
    norm = net.only_reader(node)
    if norm is None or type(net.module(norm)) is not nn.BatchNorm2d:
        return None
    relu = net.only_reader(norm)
    if relu is None or not net.relu(relu) or any(net.writes(user) for user in relu.users):
        return None
    return norm, relu


def _set_forward(module: nn.Module, graph: fx.Graph) -> None:
    """Let the module run the graph on its own submodules: a class of its own, of the same kind."""
    code = graph.python_code("self")
    scope = dict(code.globals)
    exec(compile(code.src, f"<fused {type(module).__name__}>", "exec"), scope)
    kind = type(module)
    guard = _Guard(module)
    fused, plain = scope["forward"], kind.forward

    def forward(self: nn.Module, *args: Any, **kwargs: Any) -> Any:
        if not torch.compiler.is_compiling() and guard.changed(self):
            return plain(self, *args, **kwargs)
        return fused(self, *args, **kwargs)

    members = {"forward": forward, "_unfused_class": kind, "__doc__": kind.__doc__}
    module.__class__ = type(f"Fused{kind.__name__}", (kind,), members)


class _Guard:
    """What a forward could read besides tensors, as it was when the forward was fused."""

    def __init__(self, module: nn.Module) -> None:
        held = ((path, plain_attributes(m)) for path, m in module.named_modules())
        self._held = [(path, attributes) for path, attributes in held if attributes]

    def changed(self, module: nn.Module) -> bool:
        return any(
            plain_attributes(module.get_submodule(path)) != attributes
            for path, attributes in self._held
        )
