"""Fold what a network does to its image's channels into its first convolution."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, fx

from .layers import FusedConv2d
from .patterns import Net
from .registry import Step

__all__ = ["fold_input"]


def fold_input(net: Net) -> Iterator[Step]:
    """W(Ax + b) = (WA)x + Wb, where A mixes, scales or picks channels and b shifts them.

    Everything between the image and the first convolution must be such a map (indexing and
    stacking channels, arithmetic with constants); A and b are then read off by running it, in
    float64, on the channels' unit vectors. A convolution that pads is left alone if b is not
    zero, since what it pads would have to be shifted the other way.
    """
    images = [node for node in net.nodes() if node.op == "placeholder"]
    for node in net.nodes():
        conv = net.conv(node)
        if conv is None or len(images) != 1:
            continue
        chain = _affine_chain(net, node)
        if chain is None:
            return
        start, between = chain
        if not between or net.memory().changes(start, between[0], node) is not None:
            return
        probed = _probe(net, start, between, conv.in_channels)
        if probed is None or conv.groups != 1:
            return
        matrix, shift = probed
        pads = conv.padding != "valid" and (conv.padding == "same" or any(conv.padding))
        if (pads and bool(shift.any())) or conv.padding_mode != "zeros":
            return
        weight = conv.weight.double()
        bias = torch.einsum("ochw,c->o", weight, shift)
        if conv.bias is not None:
            bias = bias + conv.bias.double()
        folded = torch.einsum("ochw,ci->oihw", weight, matrix).to(conv.weight.dtype)
        keep = bias.to(folded.dtype) if bool(bias.any()) or conv.bias is not None else None
        takes_integers = _of_integers(net, start, between, conv.in_channels)
        if takes_integers is None:
            return
        made = FusedConv2d(folded, keep, conv)
        made.takes_integers = takes_integers
        net.replace(node, made)
        node.args = (start, *node.args[1:])
        for done in reversed(between):
            if not done.users:
                net.graph.erase_node(done)
        yield Step("fold_input", str(node.target), f"{len(between)} operations on the image")
        return


_ARITHMETIC = {operator.add, operator.sub, operator.mul, operator.truediv, operator.neg}
_ARITHMETIC |= {torch.add, torch.sub, torch.mul, torch.div, torch.neg}


def _affine_chain(net: Net, conv: fx.Node) -> tuple[fx.Node, list[fx.Node]] | None:
    """Where the map of channels begins, and its nodes in order; None if it is no such map."""
    wanted = {conv.args[0]}
    between: list[fx.Node] = []
    for node in reversed(list(net.graph.nodes)):
        if node not in wanted or node.op == "get_attr":
            continue
        if not _maps_channels(node):
            rest = wanted - set(between) - {node}
            if any(isinstance(n, fx.Node) and n.op != "get_attr" for n in rest):
                return None  # it begins at more than one tensor
            return node, between[::-1]
        if any(user not in between and user is not conv for user in node.users):
            return None  # something else reads the mapped image
        between.append(node)
        wanted.update(node.all_input_nodes)
    return None


def _maps_channels(node: fx.Node) -> bool:
    """Whether an operation is affine in the channels of each place, whatever the grid."""
    if node.op != "call_function":
        return False
    if node.target in _ARITHMETIC:
        # Each operand counts, also one that is given twice: x·x is not linear, 1/x neither.
        images = [n for n in node.args if isinstance(n, fx.Node) and n.op != "get_attr"]
        if node.target in (operator.add, torch.add, operator.sub, torch.sub):
            return not node.kwargs
        divides = node.target in (operator.truediv, torch.div)
        return len(images) == 1 and not node.kwargs and (not divides or node.args[0] in images)
    if node.target is operator.getitem:
        index = node.args[1] if isinstance(node.args[1], tuple) else (node.args[1],)
        # The batch is kept whole, then channels are picked; the grid is not touched.
        whole = slice(None)
        return len(index) == 2 and index[0] == whole and isinstance(index[1], (int, slice, list))
    if node.target in (torch.unsqueeze, torch.cat, torch.flip):
        rest = node.args[1:] + tuple(node.kwargs.values())
        return rest in ((1,), ([1],), ((1,),))
    return False


def _of_integers(net: Net, start: fx.Node, between: list[fx.Node], channels: int) -> bool | None:
    """Whether the map takes images of bytes as it takes the same numbers; None if it does not.

    ``x / 255`` does; ``x - 128`` wraps around, and what reads it refuses integers anyhow.
    """
    image = torch.arange(channels * 256).reshape(channels, 16, 16)[None] % 256
    try:
        found = _run(net, start, between, image.to(torch.uint8), torch.Tensor.cpu)
    except (RuntimeError, IndexError, TypeError):
        return False
    if not found.is_floating_point():
        return False
    expected = _run(net, start, between, image.float(), torch.Tensor.cpu)
    return True if torch.allclose(found.float(), expected.float(), rtol=1e-3) else None


def _run(
    net: Net,
    start: fx.Node,
    between: list[fx.Node],
    image: Tensor,
    constant: Callable[[Tensor], Tensor],
) -> Any:
    """What the map makes of an image, on the CPU."""
    values: dict[fx.Node, Any] = {start: image}

    def value(node: fx.Node) -> Any:
        if node.op == "get_attr":
            found = net.tensor(node)
            return constant(found.detach()) if found is not None else None
        return values[node]

    for node in between:
        args = fx.node.map_arg(node.args, value)
        kwargs = fx.node.map_arg(node.kwargs, value)
        values[node] = node.target(*args, **kwargs)  # type: ignore[operator]
    return values[between[-1]]


def _probe(
    net: Net, start: fx.Node, between: list[fx.Node], channels: int
) -> tuple[Tensor, Tensor] | None:
    """The matrix (out×in) and shift (out) of a map of channels."""
    # The first tells the shift, the others one column each. Two grids tell a map of channels
    # from one that depends on the place.
    unit = torch.cat([torch.zeros(1, channels), torch.eye(channels)]).double()
    image = unit[:, :, None, None].expand(-1, -1, 2, 3)
    try:
        out = _run(net, start, between, image, lambda tensor: tensor.double().cpu())
    except (RuntimeError, IndexError, TypeError):  # the image has other channels than the conv
        return None
    if out.shape != (channels + 1, channels, 2, 3) or not torch.equal(
        out, out[:, :, :1, :1].expand_as(out)
    ):
        return None
    at_zero = out[0, :, 0, 0]
    return (out[1:, :, 0, 0] - at_zero).T.contiguous(), at_zero
