"""``fuse``: a network rewritten into an equal one that has less to do."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence

import torch
from torch import Tensor, fx, nn

from ..cost import cost
from ..nodes import Graph
from ..trace import TraceError, trace
from .entrance import fold_input
from .layers import FusedConv2d
from .passes import commute, fold_bn, rectify, slice_batch, stack, tidy
from .patterns import Net, Tracer
from .registry import Fusion, Step, chosen
from .training import rewrite_for_training, unfuse

__all__ = ["fuse", "fusion"]

Size = int | Sequence[int] | Tensor


def fuse(
    model: nn.Module,
    *,
    train: bool = False,
    only: Iterable[str] | None = None,
    example: Size | None = None,
) -> nn.Module:
    """An equal network with less to do: fewer reads, fewer operations, no normalisation.

    Parameters
    ----------
    model : torch.nn.Module
        Any network that ``torch.fx`` can trace. It is left as it was. What has no pattern to
        fuse comes back as a copy that computes the same.
    train : bool
        False: the evaluation form, for inference. Its weights are fixed and its names its own.
        True: the training form, for either mode. It is a network of the same kind with the same
        parameters under the same names, so that state dicts, optimisers, weight averages and
        DistributedDataParallel do not notice; hooks on the layers inside are not called.
    only : iterable of str, optional
        Names of ``TRANSFORMS`` to apply; by default all that hold in the mode.
    example : Tensor, int, (height, width) or (channels, height, width), optional
        An input, or its size: then ``fusion`` also tells the multiply-adds before and after.

    Returns
    -------
    torch.nn.Module
        Equal up to rounding; ``fusion(it)`` says what was done.

    Raises
    ------
    ValueError
        If ``only`` names no transform of the mode.
    TraceError
        If the evaluation form is asked for and the network cannot be traced.
    """
    mode = "training" if train else "evaluation"
    names = chosen(only, mode)
    # Parameters made in inference mode could never be changed again.
    with torch.inference_mode(False), torch.no_grad():
        twin = unfuse(copy.deepcopy(model))
        if train:
            steps = tuple(rewrite_for_training(twin, names))
            fused: nn.Module = twin
        else:
            fused, steps = _for_evaluation(twin, names)
    record = Fusion(mode, steps, *_budgets(model, fused, train, example))
    if isinstance(fused, fx.GraphModule):
        fused.meta["fusion"] = record  # the one place that a copy of a graph module keeps
    else:
        fused.fusion_record = record  # type: ignore[assignment]
    return fused


def fusion(fused: nn.Module) -> Fusion:
    """What ``fuse`` did to a network.

    Raises
    ------
    ValueError
        If the network does not come from ``fuse``.
    """
    record = getattr(fused, "fusion_record", None)
    if record is None and isinstance(fused, fx.GraphModule):
        record = fused.meta.get("fusion")
    if not isinstance(record, Fusion):
        raise ValueError(f"{type(fused).__name__} does not come from fuse: pass it fuse(model)")
    return record


def _for_evaluation(twin: nn.Module, names: frozenset[str]) -> tuple[nn.Module, tuple[Step, ...]]:
    twin.eval().requires_grad_(False)
    try:
        graph = Tracer().trace(twin)
    except Exception as error:  # the model's own Python runs here: it can raise anything
        raise TraceError(
            f"{type(twin).__name__} cannot be traced by torch.fx: {error}. Fuse the part of it "
            "whose forward does not branch on tensor values"
        ) from error
    net = Net(twin, graph)
    tidy(net)
    steps: list[Step] = []
    # Normalisation first: it turns into a bias, which commuting must know of. ReLU before
    # stacking: convolutions that end in one are stacked with one another.
    passes = {
        "fold_bn": fold_bn,
        "fold_input": fold_input,
        "commute": commute,
        "relu": rectify,
        "stack": stack,
        "slice": slice_batch,
    }
    for name, run in passes.items():
        if name in names:
            steps += run(net)
    for node in net.nodes():
        if node.op == "get_attr" and not node.users:
            graph.erase_node(node)
    fused = fx.GraphModule(twin, graph, type(twin).__name__)
    fused.delete_all_unused_submodules()
    return fused.eval(), tuple(steps)


def _budgets(
    before: nn.Module, after: nn.Module, train: bool, example: Size | None
) -> tuple[tuple[int, int] | None, tuple[int, int] | None]:
    """Multiply-adds, and numbers read and written, of one image through either network."""
    if example is None:
        return None, None
    size = tuple(example.shape[1:]) if isinstance(example, Tensor) else example
    graphs = [trace(before, size, train=train), trace(after, size, train=train)]
    macs = [cost(graph).macs for graph in graphs]
    if train:  # weights are put together at each step there: another kind of reading
        return (macs[0], macs[1]), None
    moved = [_numbers_moved(graph, net) for graph, net in zip(graphs, (before, after), strict=True)]
    return (macs[0], macs[1]), (moved[0], moved[1])


def _numbers_moved(graph: Graph, model: nn.Module) -> int:
    """What all operations read and write for one image, weights left out."""
    total = 0
    for node in graph:
        if node.op in ("input", "parameter", "getitem", "split"):
            continue
        if node.op == "relu" and isinstance(model.get_submodule(node.module), FusedConv2d):
            continue  # done while the convolution writes
        read = sum(graph[p].size for p in node.parents if graph[p].op != "parameter")
        total += node.size + read
    return total
