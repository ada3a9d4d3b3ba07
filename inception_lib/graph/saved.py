"""What one training step keeps of the forward pass for the backward pass.

The rules are those of PyTorch's autograd, operation by operation: a convolution keeps what it read
(for the gradient of its weights), a ReLU what it wrote (its sign), a sum nothing at all.
"""

from __future__ import annotations

from dataclasses import dataclass

from .nodes import Graph, Node

__all__ = ["HANDED_ON", "INDEX", "Kept", "kept"]

INDEX = 8  # bytes of the place of a maximum, a 64-bit integer

# Kept: what was written, what was read, or neither.
_OUTPUT = frozenset(["relu", "sigmoid", "tanh", "softmax", "sqrt"])
_NOTHING = frozenset(
    [
        *("add", "sub", "neg", "concat", "mean", "sum", "upsample", "zeropad2d", "pad", "roll"),
        *("flatten", "reshape", "permute", "transpose", "unsqueeze", "squeeze", "expand"),
        *("getitem", "chunk", "split", "contiguous", "clone", "identity", "input", "parameter"),
    ]
)


# Their gradients are handed on as they are, or as views: nothing is written.
HANDED_ON = frozenset(
    [
        *("add", "concat", "flatten", "reshape", "permute", "transpose", "identity"),
        *("contiguous", "unsqueeze", "squeeze", "expand", "clone"),
    ]
)


@dataclass(frozen=True)
class Kept:
    """What one operation keeps.

    Attributes
    ----------
    tensors : tuple of str
        The nodes whose memory is kept; several operations may keep the same.
    numbers : int
        Kept besides, for one image: the mask of dropout (as on the CPU, a number an element),
        and copies of what is written over in place.
    indices : int
        Places of maxima, for one image.
    statistics : int
        Numbers for the whole batch: mean and inverse deviation of batch normalisation.
    """

    tensors: tuple[str, ...] = ()
    numbers: int = 0
    indices: int = 0
    statistics: int = 0


def kept(graph: Graph, node: Node, trained: frozenset[str]) -> Kept:
    """What a node of ``differentiable(graph)``, given as ``trained``, keeps in training.

    An operation that is not known keeps all that it reads.
    """
    reads = tuple(p for p in node.parents if graph[p].op != "parameter")
    memory = tuple(dict.fromkeys(graph[p].memory for p in reads))
    if node.name not in trained or (node.memory != node.name and not node.rewrites):
        return Kept()
    # Adaptive pooling to one cell is a mean.
    if node.op in _NOTHING or (node.axes and node.op == "avg_pool" and node.shape[1:] == (1, 1)):
        return Kept()
    if node.op in _OUTPUT or (node.rewrites and node.op in ("leaky_relu", "elu")):
        return Kept((node.memory,))
    if node.rewrites:
        return Kept(numbers=node.size)  # what it is about to write over is copied first
    if node.op == "max_pool":
        return Kept(memory, indices=node.size)
    if node.op == "dropout":
        return Kept(numbers=node.size)
    if node.op == "stochastic_depth":
        return Kept(numbers=1)  # one draw an image
    if node.op == "batch_norm":
        return Kept(memory, statistics=2 * node.shape[0])
    if node.op == "layer_norm":
        return Kept(memory, numbers=2 * node.size // max(node.weights // 2, 1))
    if node.op in ("mul", "div"):
        # The gradient of one factor is the other; a number instead of a tensor is not kept.
        return Kept(memory if len(set(node.parents)) > 1 else ())
    return Kept(memory)
