"""Section 3 on GoogLeNet itself: what its 1×1 reductions save, and its 5×5 convolutions cost.

Counted on GoogLeNet with the full 7×7 that its text describes as first layer.
"""

from __future__ import annotations

import functools
import math
from bisect import bisect_left
from collections.abc import Mapping
from statistics import mean

import torch

from inception_lib.graph import Cost, Graph, Node, activation_count, cost, trace
from inception_lib.nets.branches import InceptionModule
from inception_lib.nets.layers import Conv, Layer, conv_stack
from inception_lib.nets.registry import create, find

from .measured import Measured, check
from .networks import budget, graph_of

NETWORK = "googlenet"
FIRST = "inception3a"  # its first module: 28×28×192 to 28×28×256
MILLION, BILLION = 1e6, 1e9


def _modules() -> dict[str, InceptionModule]:
    with torch.device("meta"):
        return _inception_modules(create(NETWORK))


def _inception_modules(model: torch.nn.Module) -> dict[str, InceptionModule]:
    return {n: m for n, m in model.named_children() if isinstance(m, InceptionModule)}


def without_reductions(module: InceptionModule) -> InceptionModule:
    """The module whose 3×3 and 5×5 read all its channels; the 1×1 behind the pool stays."""
    branches: Mapping[str, tuple[Layer, ...]] = {
        name: layers[1:] if _is_reduced(layers) else layers
        for name, layers in module.branches.items()
    }
    return InceptionModule(module.in_channels, branches)


def _is_reduced(layers: tuple[Layer, ...]) -> bool:
    first, last = layers[0], layers[-1]
    return isinstance(first, Conv) and first.kernel == 1 and last is not first


@check
def saving_of_the_reductions() -> Measured:
    """Percent of GoogLeNet's multiply-adds that its 1×1 reductions save.

    Parts in thousand millions: ``with``, ``without``; ``times`` is their ratio.
    """
    with torch.device("meta"):
        model = create(NETWORK)
        for name, module in _inception_modules(model).items():
            model.add_module(name, without_reductions(module))
    without = cost(trace(model, find(NETWORK).size)).macs
    reduced = budget(NETWORK).macs
    parts = {
        "with": reduced / BILLION,
        "without": without / BILLION,
        "times": without / reduced,
    }
    text = f"{parts['with']:.2f} in place of {parts['without']:.2f} Bn multiply-adds"
    return Measured(100 * (1 - reduced / without), text=text, parts=parts)


@functools.lru_cache(maxsize=512)
def _branch(reduce: int | None, out: int, kernel: int) -> int:
    """Multiply-adds of one branch of the first module, with a 1×1 of some width or none."""
    module, grid = _first()
    layers: tuple[Layer, ...] = (Conv(out, kernel),)
    if reduce is not None:
        layers = (Conv(reduce), *layers)
    return cost(trace(InceptionModule(module.in_channels, {"only": layers}), grid)).macs


@functools.lru_cache(maxsize=1)
def _first() -> tuple[InceptionModule, tuple[int, int, int]]:
    """The first module, and (channels, height, width) of what it reads."""
    graph = graph_of(NETWORK)
    channels, height, width = graph["maxpool2"].shape
    return _modules()[FIRST], (channels, height, width)


def _widths(kernel: int) -> tuple[int, int]:
    """Of the first module's branch of that kernel: its 1×1, and the convolution behind it."""
    layers = _first()[0].branches[f"branch{kernel}x{kernel}"]
    reduce, out = layers
    if not isinstance(reduce, Conv) or not isinstance(out, Conv):
        raise TypeError(f"the branch of {kernel}×{kernel} is {layers}, not two convolutions")
    return reduce.out, out.out


@check
def saving_of_the_reductions_in_3a() -> Measured:
    """Percent of the first module's multiply-adds that its 1×1 reductions save.

    Parts in millions: the ``module``, its branches ``5×5`` and ``3×3``, each with a reduction and
    (``"5×5 without"``) without.
    """
    module, grid = _first()
    parts = {
        "module": cost(trace(module, grid)).macs / MILLION,
        "module without": cost(trace(without_reductions(module), grid)).macs / MILLION,
    }
    for kernel in (5, 3):
        reduce, out = _widths(kernel)
        parts[f"{kernel}×{kernel}"] = _branch(reduce, out, kernel) / MILLION
        parts[f"{kernel}×{kernel} without"] = _branch(None, out, kernel) / MILLION
    text = f"{parts['module']:.1f} in place of {parts['module without']:.1f} M multiply-adds"
    saved = 100 * (1 - parts["module"] / parts["module without"])
    return Measured(saved, text=text, parts=parts)


@check
def widest_reduction_that_saves() -> Measured:
    """The widest 1×1 that makes the first module's 5×5 branch cheaper, in channels of 192.

    Parts: for ``5×5`` and ``3×3`` that width, and (``"5×5 has"``) the width that stands there.
    """
    parts: dict[str, float] = {}
    channels = _first()[1][0]
    for kernel in (5, 3):
        reduce, out = _widths(kernel)
        without = _branch(None, out, kernel)
        # Cost grows with the width, so the first that does not save is found by halving.
        cost_of = functools.partial(_branch, out=out, kernel=kernel)
        dear = bisect_left(range(1, channels + 1), without, key=cost_of)
        parts[f"{kernel}×{kernel}"] = float(dear)
        parts[f"{kernel}×{kernel} has"] = float(reduce)
    text = (
        f"up to {parts['5×5']:.0f} of {channels} channels before the 5×5, which has "
        f"{parts['5×5 has']:.0f}, and {parts['3×3']:.0f} before the 3×3, which has "
        f"{parts['3×3 has']:.0f}"
    )
    return Measured(parts["5×5"], text=text, parts=parts)


# -- its 5×5 convolutions --------------------------------------------------------------------


def _five_by_fives(graph: Graph) -> list[tuple[Node, int]]:
    """The 5×5 convolutions, each with the channels that it reads."""
    return [(n, graph[n.parents[0]].shape[0]) for n in graph if n.kernel == (5, 5)]


@check
def large_filters_beyond_their_share() -> Measured:
    """Share of multiply-adds of GoogLeNet's 5×5 and 7×7 over their share of what is written.

    That is how many times a number made by one of them costs the network's average number. Parts
    in percent of the multiply-adds and of the numbers written by convolutions and linear layers:
    ``5×5``, ``7×7``, ``5×5 written``, ``7×7 written``.
    """
    graph = graph_of(NETWORK)
    macs, written = budget(NETWORK).macs, activation_count(graph)
    parts = {}
    for kernel in (5, 7):
        nodes = [n for n in graph if n.op == "conv" and n.kernel == (kernel, kernel)]
        parts[f"{kernel}×{kernel}"] = 100 * sum(n.macs for n in nodes) / macs
        parts[f"{kernel}×{kernel} written"] = 100 * sum(n.size for n in nodes) / written
    text = (
        f"its 5×5 take {parts['5×5']:.1f} % of the cost for {parts['5×5 written']:.1f} % of the "
        f"numbers, its 7×7 {parts['7×7']:.1f} % for {parts['7×7 written']:.1f} %"
    )
    return Measured(parts["5×5"] / parts["5×5 written"], text=text, parts=parts)


@check
def alpha_in_googlenet() -> Measured:
    """How many times its input's channels a 5×5 of GoogLeNet writes, the mean of the nine.

    Parts by number of the module, ``3a`` to ``5b``.
    """
    parts = {}
    for node, channels in _five_by_fives(graph_of(NETWORK)):
        parts[node.name[len("inception") :][:2]] = node.shape[0] / channels
    low, high = min(parts.values()), max(parts.values())
    text = f"{low:g} to {high:g}, {mean(parts.values()):.2f} in the mean of nine"
    return Measured(mean(parts.values()), text=text, parts=parts)


@check
def saving_of_two_3x3_in_googlenet() -> Measured:
    """Percent that two 3×3 save in place of GoogLeNet's nine 5×5 together, each widening by √α.

    Parts: ``least`` and ``most`` of the nine, in percent; ``network``, the saving in percent of
    GoogLeNet's multiply-adds; ``at 1``, ``at 1.5``, ``at 2``, ``at 4``: by that α.
    """
    graph = graph_of(NETWORK)
    before, after, saved = 0, 0, []
    for node, channels in _five_by_fives(graph):
        instead = _pair(channels, node.shape[0], node.shape[1]).macs
        saved.append(100 * (1 - instead / node.macs))
        before, after = before + node.macs, after + instead
    parts = {
        "least": min(saved),
        "most": max(saved),
        "network": 100 * (before - after) / budget(NETWORK).macs,
    }
    for alpha in (1, 1.5, 2, 4):
        wide = round(WIDE * alpha)
        one = _stack([WIDE, wide], [5], 7).macs
        parts[f"at {alpha:g}"] = 100 * (1 - _pair(WIDE, wide, 7).macs / one)
    text = (
        f"{parts['least']:.0f} to {parts['most']:.0f} %, and {parts['network']:.1f} % of the "
        "network"
    )
    return Measured(100 * (1 - after / before), text=text, parts=parts)


WIDE = 1024  # channels, so that √α times them is nearly whole


def _pair(channels: int, out: int, grid: int) -> Cost:
    """Two 3×3 that widen alike, to the nearest whole channel."""
    return _stack([channels, round(math.sqrt(channels * out)), out], [3, 3], grid)


def _stack(widths: list[int], kernels: list[int], grid: int) -> Cost:
    with torch.device("meta"):  # no memory for weights of a thousand channels
        stack = conv_stack(widths, kernels)
    return cost(trace(stack, (widths[0], grid, grid)))
