"""``fuse``: a network rewritten into an equal one that has less to do."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, fx, nn

from ..cost import cost
from ..nodes import Graph
from ..symbolic import copied, untouched
from ..trace import TraceError, trace
from .aliases import HOOKS, Memory
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
    check: Tensor | None = None,
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
        DistributedDataParallel do not notice. Where an attribute of a module is set to another
        value later, the module does as it did before it was fused; compiled code, which is made
        once, does not notice.
    only : iterable of str, optional
        Names of ``TRANSFORMS`` to apply; by default all that hold in the mode.
    example : Tensor, int, (height, width) or (channels, height, width), optional
        An input, or its size: then ``fusion`` also tells the multiply-adds before and after.
    check : Tensor, optional
        Images on the model's device: both networks are run on them, and the fused one is returned
        only if their outputs agree.

    Returns
    -------
    torch.nn.Module
        Equal up to rounding; ``fusion(it)`` says what was done, and what was left as it was.

    Raises
    ------
    ValueError
        If ``only`` names no transform of the mode, if the model cannot be copied, or if the two
        networks differ on the images of ``check``.
    TraceError
        If the evaluation form is asked for and the network cannot be traced.

    Notes
    -----
    What cannot be proved equal is left as it is: layers with hooks, or whose weights are read
    elsewhere; convolutions of one tensor between which something may write into it; modules whose
    forward draws random numbers or sets attributes of its own.
    """
    mode = "training" if train else "evaluation"
    names = chosen(only, mode)
    # Parameters made in inference mode could never be changed again.
    with untouched(), torch.inference_mode(False), torch.no_grad():
        left: dict[str, str] = {}
        if train:
            fused: nn.Module = _twin(model)
            steps = tuple(rewrite_for_training(fused, names, left))
        else:
            fused, steps = _for_evaluation(model, names, left)
        if check is not None:
            _compare(_twin(model), fused, check, train)
    record = Fusion(mode, steps, *_budgets(model, fused, train, example), tuple(left.items()))
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


def _twin(model: nn.Module) -> nn.Module:
    """A copy in the form that the network was written in."""
    return unfuse(copied(model, torch.clone))


def _traced(model: nn.Module, left: dict[str, str]) -> tuple[nn.Module, fx.Graph | None]:
    """A copy for evaluation and its graph; none if its own forward does more than to compute.

    Modules that do are found by tracing, which runs them; so the copy is made anew and they are
    left whole.
    """
    opaque: dict[str, str] = {}
    while True:
        twin = _twin(model).eval().requires_grad_(False)
        paths = {module: path for path, module in twin.named_modules()}
        tracer = Tracer({twin.get_submodule(path): why for path, why in opaque.items()})
        try:
            graph = tracer.trace(twin)
        except Exception as error:  # the model's own Python runs here: it can raise anything
            raise TraceError(
                f"{type(twin).__name__} cannot be traced by torch.fx: {error}. Fuse the part of it "
                "whose forward does not branch on tensor values"
            ) from error
        found = {paths[module]: why for module, why in tracer.impure.items()}
        if Memory(twin, graph).keeps_what_it_made():
            found = {"": "it writes into a tensor that each call makes anew"}
        if not found:
            left |= tracer.left
            return twin, graph
        if "" in found:
            left[type(model).__name__] = found[""]
            return _twin(model).eval().requires_grad_(False), None
        opaque |= found


def _for_evaluation(
    model: nn.Module, names: frozenset[str], left: dict[str, str]
) -> tuple[nn.Module, tuple[Step, ...]]:
    twin, graph = _traced(model, left)
    if graph is None:
        return twin, ()
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
    left |= net.left
    try:
        fused = fx.GraphModule(twin, graph, type(twin).__name__)
    except SyntaxError as error:
        odd = [path for path, _ in twin.named_modules() if not path.replace(".", "_").isprintable()]
        odd += [path for path, _ in twin.named_modules() if set(path) & set("\"'\\")]
        raise TraceError(
            f"{type(model).__name__} has modules whose names no program can hold "
            f"({', '.join(map(repr, odd[:3]))}): rename them without quotes and backslashes"
        ) from error
    fused.delete_all_unused_submodules()
    for name in HOOKS:  # those of the network itself; its class is another now
        getattr(fused, name).update(getattr(twin, name))
    return fused.eval(), tuple(steps)


# How far apart the outputs of two equal networks may be, in units of the largest.
_ROUNDING = {torch.float64: 1e-9, torch.float32: 1e-3, torch.float16: 5e-2, torch.bfloat16: 5e-2}


def _compare(model: nn.Module, fused: nn.Module, images: Tensor, train: bool) -> None:
    """Raise if the two forms do not give the same for the same images."""
    for mode in (False, True) if train else (False,):
        outputs = []
        for network in (model, copied(fused, torch.clone)):
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(0)
                outputs.append(_tensors(network.train(mode)(images.clone())))
        for expected, found in zip(*outputs, strict=True):
            limit = _ROUNDING.get(expected.dtype, 0.0)
            scale = expected.abs().max().clamp(min=torch.finfo(torch.float32).tiny)
            apart = float(((found - expected).abs().max() / scale).nan_to_num(nan=torch.inf))
            if found.shape != expected.shape or not apart <= limit:
                form = "training" if mode else "evaluation"
                raise ValueError(
                    f"in {form} the fused network is {apart:.2g} of the largest output away from "
                    f"{type(model).__name__}, more than rounding ({limit:g}): fuse it with fewer "
                    f"transforms (only=...), or in parts"
                )


def _tensors(value: Any) -> list[Tensor]:
    """The tensors of an output, whatever it is."""
    if isinstance(value, Tensor):
        return [value.detach()]
    if isinstance(value, Mapping):
        value = list(value.values())
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        value = [getattr(value, field.name) for field in dataclasses.fields(value)]
    return [t for v in value for t in _tensors(v)] if isinstance(value, (list, tuple)) else []


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
