"""What each operation is called and what it costs, read from a ``torch.fx`` node.

Convention: a multiply-add (MAC) is one multiplication with its addition in a convolution, a linear
layer or another matrix product. Biases, normalisation, activations and pooling count nothing.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
import torch.nn.functional as F
from torch import fx, nn

from .axes import axes_of

__all__ = ["POINTWISE", "Facts", "describe", "may_multiply", "passes_over", "two"]


@dataclass(frozen=True)
class Facts:
    """What is known of an operation besides its shape."""

    op: str
    kernel: tuple[int, ...] = ()
    stride: tuple[int, ...] = ()
    padding: tuple[int, ...] = ()
    dilation: tuple[int, ...] = ()
    groups: int = 1
    macs: int = 0
    axes: tuple[int, ...] = ()


# Operations whose output at a place depends on the inputs at that place alone.
POINTWISE = frozenset(
    [
        "batch_norm",
        "relu",
        "relu6",
        "leaky_relu",
        "prelu",
        "elu",
        "gelu",
        "silu",
        "mish",
        "sigmoid",
        "tanh",
        "hardswish",
        "hardsigmoid",
        "hardtanh",
        "softplus",
        "dropout",
        "dropout2d",
        "identity",
        "concat",
        "add",
        "sub",
        "mul",
        "div",
        "getitem",
        "unsqueeze",
        "clone",
        "contiguous",
        "float",
        "half",
        "to",
        "pow",
        "sqrt",
        "neg",
        "abs",
        "clamp",
        "local_response_norm",
        "stochastic_depth",
        "chunk",
        "split",
    ]
)

_MODULES: dict[type[nn.Module], str] = {
    nn.Conv2d: "conv",
    nn.Linear: "linear",
    nn.BatchNorm1d: "batch_norm",
    nn.BatchNorm2d: "batch_norm",
    nn.MaxPool2d: "max_pool",
    nn.AvgPool2d: "avg_pool",
    nn.AdaptiveAvgPool2d: "adaptive_avg_pool",
    nn.AdaptiveMaxPool2d: "adaptive_max_pool",
    nn.LocalResponseNorm: "local_response_norm",
    nn.LeakyReLU: "leaky_relu",
    nn.LayerNorm: "layer_norm",
}
_FUNCTIONS: dict[Any, str] = {
    F.conv2d: "conv",
    torch.conv2d: "conv",
    F.linear: "linear",
    F.max_pool2d: "max_pool",
    torch.max_pool2d: "max_pool",
    F.avg_pool2d: "avg_pool",
    F.adaptive_avg_pool2d: "adaptive_avg_pool",
    torch.cat: "concat",
    operator.add: "add",
    operator.iadd: "add",
    operator.isub: "sub",
    operator.imul: "mul",
    operator.truediv: "div",
    torch.flatten: "flatten",
}
_METHODS = {"view": "reshape", "add_": "add", "relu_": "relu", "cat": "concat"}
_OVERLOADS = _METHODS | {"conv2d": "conv", "max_pool2d": "max_pool", "avg_pool2d": "avg_pool"}
_OVERLOADS |= {"adaptive_avg_pool2d": "adaptive_avg_pool", "hardtanh": "hardtanh"}
_OVERLOADS |= {"slice": "getitem", "select": "getitem", "feature_dropout": "dropout"}


def passes_over(n: fx.Node) -> bool:
    """Whether a node only looks at its tensor: a check, not an operation."""
    return n.op == "call_function" and getattr(n.target, "__name__", "") == "check_input"


# Operations without a product in them, besides the pointwise ones: nothing to count.
_NO_PRODUCT = POINTWISE.union(
    [
        "max_pool",
        "avg_pool",
        "adaptive_avg_pool",
        "adaptive_max_pool",
        "flatten",
        "reshape",
        "permute",
        "transpose",
        "mean",
        "expand",
        "layer_norm",
        "upsample",
        "parameter",
        "input",
        "zeropad2d",
    ]
)


def may_multiply(n: fx.Node, facts: Facts) -> bool:
    """Whether an operation could hold matrix products that no formula here counts."""
    if n.op not in ("call_module", "call_function", "call_method") or facts.macs:
        return False
    return facts.op not in _NO_PRODUCT and not facts.op.startswith("conv")


def describe(
    n: fx.Node,
    module: nn.Module | None,
    inputs: Sequence[tuple[int, ...]],
    out: tuple[int, ...],
    weights: tuple[int, ...],
) -> Facts:
    """The facts of one node.

    ``inputs`` are the shapes of its tensors without the batch, ``out`` that of its output;
    ``weights`` is the shape of the weights that a functional convolution or linear layer is given.
    """
    op = _name(n, module)
    get = _reader(n, module, op)
    if op == "conv" and (module is not None or weights):
        kernel = two(get("kernel_size", weights[2:]))
        groups = int(get("groups", 1))
        dilation = two(get("dilation", 1))
        macs = math.prod(out) * (inputs[0][0] // groups) * math.prod(kernel)
        padding = _before(get("padding", 0), kernel, dilation)
        return Facts(op, kernel, two(get("stride", 1)), padding, dilation, groups, macs)
    if op == "linear":
        return Facts(op, macs=math.prod(out) * inputs[0][-1])
    if op in ("max_pool", "avg_pool"):
        kernel = two(get("kernel_size", None))
        stride = get("stride", None)
        return Facts(
            op,
            kernel,
            kernel if stride in (None, (), []) else two(stride),
            two(get("padding", 0)),
            two(get("dilation", 1)),
        )
    if op.startswith("adaptive_") and len(out) == 3:
        return _adaptive(op, inputs[0], out)
    if op in ("pad", "zeropad2d") and len(out) == 3:
        pads = tuple(get("padding", get("pad", ())))
        if len(pads) == 4 and min(pads) >= 0 and get("mode", "constant") == "constant":
            return Facts(op, (1, 1), (1, 1), (int(pads[2]), int(pads[0])), (1, 1))
    return Facts(op, axes=axes_of(n, module, op, len(inputs[0]) if inputs else 0))


def _name(n: fx.Node, module: nn.Module | None) -> str:
    if n.op == "placeholder":
        return "input"
    if n.op == "get_attr":
        return "parameter"
    if module is not None:
        return _MODULES.get(type(module), type(module).__name__.lower())
    if n.op == "call_method":
        return _METHODS.get(str(n.target), str(n.target))
    packet = getattr(n.target, "overloadpacket", None)  # an operation of torch.export's graphs
    if packet is not None:
        name = packet.__name__.strip("_")
        return _OVERLOADS.get(name, name)
    return _FUNCTIONS.get(n.target, getattr(n.target, "__name__", str(n.target)))


# Order of the arguments after the input, for calls that pass them by position.
_ORDER = {
    "conv": ("weight", "bias", "stride", "padding", "dilation", "groups"),
    "max_pool": ("kernel_size", "stride", "padding", "dilation"),
    "avg_pool": ("kernel_size", "stride", "padding"),
    "pad": ("pad", "mode"),
}


def _reader(n: fx.Node, module: nn.Module | None, op: str) -> Callable[[str, Any], Any]:
    """A function that finds a setting by name, in a module or in a call."""
    if module is not None:
        return lambda name, default: getattr(module, name, default)
    given = dict(zip(_ORDER.get(op, ()), n.args[1:], strict=False)) | dict(n.kwargs)
    return lambda name, default: given.get(name, default)


def two(value: Any) -> tuple[int, int]:
    """A setting as (height, width)."""
    if isinstance(value, int):
        return value, value
    both = tuple(int(v) for v in value)
    return (both[0], both[0]) if len(both) == 1 else (both[0], both[1])


def _before(padding: Any, kernel: tuple[int, int], dilation: tuple[int, int]) -> tuple[int, int]:
    """Padding on the top and left; ``"same"`` puts the odd pixel on the other side."""
    if padding == "same":
        return dilation[0] * (kernel[0] - 1) // 2, dilation[1] * (kernel[1] - 1) // 2
    return (0, 0) if padding == "valid" else two(padding)


def _adaptive(op: str, before: tuple[int, ...], out: tuple[int, ...]) -> Facts:
    """Adaptive pooling is plain pooling wherever its windows are all alike and evenly spaced.

    Window i of m over n cells goes from floor(i·n/m) to ceil((i+1)·n/m) − 1.
    """
    kernel: list[int] = []
    stride: list[int] = []
    for n, m in zip(before[1:], out[1:], strict=True):
        starts = [i * n // m for i in range(m)]
        sides = {-(-(i + 1) * n // m) - start for i, start in enumerate(starts)}
        steps = {b - a for a, b in pairwise(starts)} or {n}
        if len(sides) > 1 or len(steps) > 1 or steps == {0}:
            return Facts(op)
        kernel += sides
        stride += steps
    name = op.removeprefix("adaptive_")
    windows, moves = (kernel[0], kernel[1]), (stride[0], stride[1])
    return Facts(name, windows, moves, (0, 0), (1, 1), axes=(1, 2))
