"""What each operation is called and what it costs, read from a ``torch.fx`` node.

Convention: a multiply-add (MAC) is one multiplication with its addition in a convolution, a linear
layer or another matrix product. Biases, normalisation, activations and pooling count nothing.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from typing import Any

import torch
import torch.nn.functional as F
from torch import fx, nn

from .axes import axes_of

__all__ = [
    "CONVOLUTIONS",
    "POINTWISE",
    "VIEWS",
    "Facts",
    "asserts",
    "describe",
    "is_pointwise",
    "may_multiply",
    "multiplies",
    "name_of",
    "passes_over",
    "two",
]


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
    padding_mode: str = "zeros"


# A name for each kind of convolution: ``"conv"`` is the one over two axes, which all else is about.
_BY_RANK = {
    name: "conv" if name == "conv2d" else name
    for axes in (1, 2, 3)
    for name in (f"conv{axes}d", f"conv_transpose{axes}d")
}
CONVOLUTIONS = frozenset(_BY_RANK.values())

# Operations whose output at a place depends on the inputs at that place alone, besides those that
# torch itself calls pointwise: modules by their class, and functions that torch does not tag.
POINTWISE = frozenset(
    [
        *("batch_norm", "local_response_norm", "concat", "getitem", "chunk", "split", "unsqueeze"),
        *("relu", "relu6", "leaky_relu", "prelu", "elu", "gelu", "silu", "mish", "sigmoid", "tanh"),
        *("hardswish", "hardsigmoid", "hardtanh", "softplus", "softsign", "tanhshrink"),
        *("logsigmoid", "log_sigmoid", "celu", "selu", "hardshrink", "softshrink", "threshold"),
        *("dropout", "dropout1d", "dropout2d", "dropout3d", "alphadropout", "alpha_dropout"),
        *("featurealphadropout", "feature_alpha_dropout", "stochastic_depth", "identity"),
        *("add", "sub", "mul", "div", "pow", "sqrt", "neg", "abs", "clamp", "floordiv", "mod"),
        *("multiply", "subtract", "divide", "negative", "absolute", "rsub", "floor_divide"),
        *("truediv", "copy", "clone", "contiguous", "detach", "alias", "lift_fresh_copy"),
        *("float", "half", "double", "bfloat16", "to", "type", "type_as", "cpu", "cuda"),
        *("maximum", "minimum", "where", "masked_fill"),
    ]
)
_NOT_POINTWISE = frozenset(["max", "min"])  # beside the forms of two tensors those of an axis


@cache
def is_pointwise(op: str) -> bool:
    """Whether an operation treats each number by itself, by the lists above or by torch's tags."""
    if op in POINTWISE:
        return True
    packet: Any = None if op in _NOT_POINTWISE else getattr(torch.ops.aten, op, None)
    forms = [getattr(packet, name) for name in getattr(packet, "overloads", list)()]
    return any(torch.Tag.pointwise in form.tags for form in forms)


_MODULES: dict[type[nn.Module], str] = {
    **{getattr(nn, f"Conv{axes}d"): _BY_RANK[f"conv{axes}d"] for axes in (1, 2, 3)},
    **{getattr(nn, f"ConvTranspose{axes}d"): f"conv_transpose{axes}d" for axes in (1, 2, 3)},
    nn.Linear: "linear",
    nn.BatchNorm1d: "batch_norm",
    nn.BatchNorm2d: "batch_norm",
    nn.BatchNorm3d: "batch_norm",
    nn.GroupNorm: "group_norm",
    **{getattr(nn, f"InstanceNorm{axes}d"): "instance_norm" for axes in (1, 2, 3)},
    nn.SyncBatchNorm: "batch_norm",
    nn.MaxPool2d: "max_pool",
    nn.AvgPool2d: "avg_pool",
    nn.AdaptiveAvgPool2d: "adaptive_avg_pool",
    nn.AdaptiveMaxPool2d: "adaptive_max_pool",
    nn.LocalResponseNorm: "local_response_norm",
    nn.LeakyReLU: "leaky_relu",
    nn.LayerNorm: "layer_norm",
}
_FUNCTIONS: dict[Any, str] = {
    **{getattr(F, name): op for name, op in _BY_RANK.items()},
    **{getattr(torch, name): op for name, op in _BY_RANK.items()},
    F.linear: "linear",
    F.max_pool2d: "max_pool",
    torch.max_pool2d: "max_pool",
    F.avg_pool2d: "avg_pool",
    F.adaptive_avg_pool2d: "adaptive_avg_pool",
    F.adaptive_max_pool2d: "adaptive_max_pool",
    torch.cat: "concat",
    operator.add: "add",
    operator.iadd: "add",
    operator.isub: "sub",
    operator.imul: "mul",
    operator.truediv: "div",
    torch.flatten: "flatten",
}
_METHODS = {"view": "reshape", "cat": "concat"}
_OVERLOADS = _METHODS | _BY_RANK | {"max_pool2d": "max_pool", "avg_pool2d": "avg_pool"}
_OVERLOADS |= {"adaptive_avg_pool2d": "adaptive_avg_pool", "hardtanh": "hardtanh"}
_OVERLOADS |= {"slice": "getitem", "select": "getitem", "feature_dropout": "dropout"}


def passes_over(n: fx.Node) -> bool:
    """Whether a node only looks at its tensor: a check, not an operation."""
    return n.op == "call_function" and getattr(n.target, "__name__", "") == "check_input"


def asserts(n: fx.Node) -> bool:
    """Whether a node is ``torch._assert``, which networks that are traced have for ``assert``."""
    return n.op == "call_function" and n.target is torch._assert


# Padding by its names as module, function and operation, and its mode where the name says it.
_PADS = {
    "pad": "",
    "zeropad2d": "zeros",
    "constantpad2d": "zeros",
    "constant_pad_nd": "zeros",
    "reflectionpad2d": "reflect",
    "reflection_pad2d": "reflect",
    "replicationpad2d": "replicate",
    "replication_pad2d": "replicate",
    "circularpad2d": "circular",
}

# Operations that give several tensors, each a plain part of what they read.
VIEWS = frozenset(["chunk", "split", "tensor_split", "unbind", "split_with_sizes", "unsafe_chunk"])

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
        *_PADS,
    ]
)


def may_multiply(n: fx.Node, facts: Facts) -> bool:
    """Whether an operation could hold matrix products that no formula here counts."""
    if n.op not in ("call_module", "call_function", "call_method") or facts.macs:
        return False
    if n.op != "call_module" and not _is_torchs(n.target):
        return True  # a function of someone's own, whatever it is called
    return not (facts.op in _NO_PRODUCT or is_pointwise(facts.op))


def _is_torchs(target: Any) -> bool:
    """Whether a function is torch's or Python's own; methods are those of tensors."""
    if isinstance(target, str):
        return True
    packet = getattr(target, "overloadpacket", None)
    if packet is not None:
        return str(getattr(target, "namespace", "aten")) == "aten"
    home = getattr(target, "__module__", None) or "torch"
    return home.partition(".")[0] in ("torch", "_operator", "operator", "builtins", "math")


# Products that torch's counter has no formula for, by the names of torch's operations.
_UNCOUNTED = frozenset(
    [
        *("mv", "addmv", "dot", "vdot", "addbmm", "addr", "conv_tbc", "matrix_exp"),
        *("_trilinear", "_cdist_forward", "_euclidean_dist", "_pdist_forward"),
        *("mkldnn_rnn_layer", "_cudnn_rnn", "miopen_rnn", "_sparse_addmm", "_sparse_mm"),
    ]
)
_UNCOUNTED_KINDS = ("linalg_", "_linalg_", "_fft_", "quantized_")
_NO_SUCH_KIND = frozenset(["linalg_vector_norm", "linalg_cross", "_linalg_check_errors"])


def multiplies(operation: Any) -> bool:
    """Whether one of torch's operations multiplies in a way that torch's counter does not count.

    What is not torch's own (``torchvision::deform_conv2d``) could, and is taken to.
    """
    space, _, name = operation._schema.name.partition("::")
    if space != "aten":
        return space not in ("prim", "prims", "profiler", "inception_lib")
    name = name.rstrip("_") if not name.startswith("_") else name
    return name in _UNCOUNTED or (name.startswith(_UNCOUNTED_KINDS) and name not in _NO_SUCH_KIND)


def describe(
    n: fx.Node,
    module: nn.Module | None,
    inputs: Sequence[tuple[int, ...]],
    out: tuple[int, ...],
    weights: tuple[int, ...],
    read: int,
    given: tuple[Sequence[Any], Mapping[str, Any]],
) -> Facts:
    """The facts of one node.

    ``inputs`` are the shapes of its tensors without the batch, ``out`` that of its output;
    ``weights`` is the shape of the weights of a convolution or linear layer, ``read`` how many
    numbers of one image it reads, ``given`` the values of all arguments by position and by name.
    """
    op = name_of(n, module)
    get = _reader(*given, module, op)
    if op in CONVOLUTIONS and weights:
        groups = int(get("groups", 1))
        # Each number written is a sum over the weights of its channel; a transposed convolution
        # goes the other way, and each number read is spread over those of its own.
        macs = (read if "transpose" in op else math.prod(out)) * math.prod(weights[1:])
        if op != "conv":
            return Facts(op, groups=groups, macs=macs)
        kernel = two(weights[2:])
        dilation = two(get("dilation", 1))
        padding = _before(get("padding", 0), kernel, dilation)
        facts = Facts(op, kernel, two(get("stride", 1)), padding, dilation, groups, macs)
        return replace(facts, padding_mode=getattr(module, "padding_mode", "zeros"))
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
    if op in _PADS and len(out) == 3:
        pads = (*get("padding", get("pad", ())), 0, 0)[:4]
        mode = _PADS[op] or str(get("mode", "constant"))
        if len(inputs[0]) == 3 and inputs[0][0] == out[0] and min(pads) >= 0:
            before = (int(pads[2]), int(pads[0]))
            mode = "zeros" if mode == "constant" else mode
            return Facts(op, (1, 1), (1, 1), before, (1, 1), padding_mode=mode)
    return Facts(op, axes=axes_of(n, module, op, len(inputs[0]) if inputs else 0))


def name_of(n: fx.Node, module: nn.Module | None) -> str:
    """The name of a node's operation."""
    if n.op == "placeholder":
        return "input"
    if n.op == "get_attr":
        return "parameter"
    if module is not None:
        kinds = (_MODULES[kind] for kind in type(module).__mro__ if kind in _MODULES)
        return next(kinds, type(module).__name__.lower())
    if n.op == "call_method":
        return _METHODS.get(str(n.target)) or _plain(str(n.target))
    if n.target is operator.getitem and not _is_plain_index(n.args[1]):
        return "index"
    packet = getattr(n.target, "overloadpacket", None)  # an operation of torch.export's graphs
    if packet is not None:
        name = packet.__name__.strip("_")
        return _OVERLOADS.get(name, name)
    return _FUNCTIONS.get(n.target) or _plain(getattr(n.target, "__name__", str(n.target)))


def _plain(name: str) -> str:
    """``mul_`` writes over what it reads, and is a ``mul`` all the same."""
    return name.removesuffix("_") if not name.startswith("_") else name


def _is_plain_index(index: Any) -> bool:
    """Whether an index takes slices and single entries, and no list or tensor of places."""
    items = index if isinstance(index, tuple) else (index,)
    return all(i is None or i is ... or type(i) is int or isinstance(i, slice) for i in items)


# Order of the arguments after the input, for calls that pass them by position.
_LAYER = ("weight", "bias", "stride", "padding")
_ORDER = {
    **dict.fromkeys(["conv", "conv1d", "conv3d"], (*_LAYER, "dilation", "groups")),
    **{f"conv_transpose{a}d": (*_LAYER, "output_padding", "groups", "dilation") for a in (1, 2, 3)},
    "max_pool": ("kernel_size", "stride", "padding", "dilation"),
    "avg_pool": ("kernel_size", "stride", "padding"),
    **dict.fromkeys(_PADS, ("pad", "mode")),
}


def _reader(
    args: Sequence[Any], kwargs: Mapping[str, Any], module: nn.Module | None, op: str
) -> Callable[[str, Any], Any]:
    """A function that finds a setting by name, in a module or in a call."""
    if module is not None:
        return lambda name, default: getattr(module, name, default)
    given = dict(zip(_ORDER.get(op, ()), args[1:], strict=False)) | dict(kwargs)
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
