"""The transforms of the evaluation form, each a walk over the graph that says what it changed."""

from __future__ import annotations

import operator
from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, fx, nn

from .layers import FusedConv2d, InParts, Shift
from .patterns import Net
from .registry import Step

__all__ = ["commute", "fold_bn", "rectify", "siblings", "slice_batch", "stack", "tidy"]


def tidy(net: Net) -> None:
    """Take out what does nothing in evaluation: dropout, identities, checks of a conv's rank."""
    for node in net.nodes():
        module = net.module(node)
        idle = isinstance(module, (nn.Identity, nn.modules.dropout._DropoutNd))
        if idle and not module.training and len(node.args) == 1:  # type: ignore[union-attr]
            node.replace_all_uses_with(node.args[0])  # type: ignore[arg-type]
            net.graph.erase_node(node)
        elif node.target is torch._assert:
            for link in _rank_test(net, node):
                if not link.users:
                    net.graph.erase_node(link)
    for node in net.nodes():
        if node.target is getattr and not node.users:  # read for a message that nobody gets
            net.graph.erase_node(node)


def _rank_test(net: Net, node: fx.Node) -> list[fx.Node]:
    """The nodes of ``assert conv.ndim == 4``, last first; none if the assertion is another."""
    test = node.args[0]
    if not isinstance(test, fx.Node) or test.target is not operator.eq or test.args[1] != 4:
        return []
    rank = test.args[0]
    if not isinstance(rank, fx.Node) or rank.target is not getattr or rank.args[1] != "ndim":
        return []
    return [] if net.conv(rank.args[0]) is None else [node, test, rank]


def fold_bn(net: Net) -> Iterator[Step]:
    """BN(Wx + b) = (sW)x + (sb + t), with BN's scale s and shift t of each channel."""
    for node in net.nodes():
        norm = net.norm(node)
        source = node.args[0] if node.args else None
        conv = net.conv(source)
        if norm is None or conv is None or net.only_reader(source) is not node:  # type: ignore[arg-type]
            continue
        if getattr(conv, "relu", False):
            continue
        scale, shift = norm.affine()
        weight = (conv.weight.double() * scale[:, None, None, None]).to(conv.weight.dtype)
        if conv.bias is not None:
            shift = shift + conv.bias.double() * scale
        net.replace(source, FusedConv2d(weight, shift.to(weight.dtype), conv))  # type: ignore[arg-type]
        node.replace_all_uses_with(source)  # type: ignore[arg-type]
        net.graph.erase_node(node)
        yield Step("fold_bn", str(source.target), f"{conv.out_channels} channels")  # type: ignore[union-attr]


def commute(net: Net, late_bias: bool = True) -> Iterator[Step]:
    """Swap average pools and 1×1 convolutions wherever that leaves less to do.

    Pooling averages over places, a 1×1 convolution over channels: their order does not matter. A
    bias does matter where the mean counts the zeros of the padding: it must come last. With
    ``late_bias`` it becomes a ``Shift`` there; without, such places are left as they are.
    """
    for node in net.nodes():
        pool = net.avg_pool(node)
        if pool is None:
            continue
        source, reader = node.args[0], net.only_reader(node)
        assert isinstance(source, fx.Node)
        conv = net.pointwise(reader)
        if reader is not None and conv is not None and _is_linear(conv):
            late = conv.bias is not None and not pool.keeps_constants
            if pool.stride != (1, 1) or conv.out_channels > conv.in_channels:
                continue
            if late and not late_bias:
                continue
            # The convolution moves to where the pool stood, which read the same tensor at the same
            # time, and the pool behind it.
            reader.replace_all_uses_with(node)
            reader.replace_input_with(node, source)
            node.replace_input_with(source, reader)
            node.prepend(reader)
            if late:
                _add_bias_after(net, node, reader, conv)
            what = f"pools {conv.out_channels} channels instead of {conv.in_channels}"
            yield Step("commute", str(reader.target), what)
            continue
        conv = net.pointwise(source)
        if conv is None or not _is_linear(conv) or net.only_reader(source) is not node:
            continue
        if max(pool.stride) > 1 and (conv.bias is None or pool.keeps_constants):
            # The pool moves to where the convolution stood.
            node.replace_all_uses_with(source)
            node.replace_input_with(source, source.args[0])  # type: ignore[arg-type]
            source.args = (node,)
            source.prepend(node)
            yield Step("commute", str(source.target), "convolves the pooled grid")


def _is_linear(conv: nn.Conv2d) -> bool:
    """Whether a 1×1 convolution maps each place to itself, and does not rectify."""
    return conv.stride == (1, 1) and not getattr(conv, "relu", False)


def _add_bias_after(net: Net, pool: fx.Node, reader: fx.Node, conv: nn.Conv2d) -> None:
    assert conv.bias is not None
    net.replace(reader, FusedConv2d(conv.weight, None, conv))
    path = net.place(f"{reader.target}_bias", Shift(conv.bias))
    with net.graph.inserting_after(pool):
        shift = net.graph.call_module(path)
    pool.replace_all_uses_with(shift)
    shift.args = (pool,)


def rectify(net: Net) -> Iterator[Step]:
    """Let convolutions and late biases do the ReLU that follows them."""
    for node in net.nodes():
        if not net.relu(node):
            continue
        source = node.args[0]
        assert isinstance(source, fx.Node)
        module = net.conv(source) or net.module(source)
        if not isinstance(module, (nn.Conv2d, Shift)) or net.only_reader(source) is not node:
            continue
        if isinstance(module, nn.Conv2d) and net.conv(source) is None:
            continue  # called elsewhere too
        if not isinstance(module, (FusedConv2d, Shift)):
            module = FusedConv2d(module.weight, module.bias, module)
            net.replace(source, module)
        module.relu = True
        node.replace_all_uses_with(source)
        net.graph.erase_node(node)
        yield Step("relu", str(source.target), type(module).__name__)


def slice_batch(net: Net) -> Iterator[Step]:
    """Let rows of convolutions that end in max pooling work through the batch in parts."""
    done: set[fx.Node] = set()
    for node in net.nodes():
        row: list[fx.Node] = []
        following: fx.Node | None = node
        while following is not None and following not in done and _fits_a_row(net, following):
            row.append(following)
            following = net.only_reader(following)
        while row and net.conv(row[-1]) is not None:
            row.pop()  # what no pool follows is as well done at once
        if not row or net.conv(row[0]) is None:
            continue
        layers = [_as_fused(net, n) for n in row]
        path = net.place(f"{row[0].target}_to_pool", InParts(*layers))
        with net.graph.inserting_before(row[0]):
            whole = net.graph.call_module(path, row[0].args)
        row[-1].replace_all_uses_with(whole)
        for n in reversed(row):
            net.graph.erase_node(n)
        done.update(row)
        yield Step("slice", path, f"{len(row)} layers by parts of the batch")


def _fits_a_row(net: Net, node: fx.Node) -> bool:
    pool = net.module(node)
    if type(pool) is nn.MaxPool2d:
        return not pool.return_indices
    return net.conv(node) is not None


def _as_fused(net: Net, node: fx.Node) -> nn.Module:
    conv = net.conv(node)
    if conv is None:
        return net.root.get_submodule(str(node.target))
    return conv if isinstance(conv, FusedConv2d) else FusedConv2d(conv.weight, conv.bias, conv)


def siblings(net: Net) -> list[list[fx.Node]]:
    """Groups of two or more 1×1 convolutions that read the same tensor and could be one."""
    groups: dict[tuple[object, ...], list[fx.Node]] = {}
    for node in net.nodes():
        conv = net.conv(node)
        if conv is None or conv.kernel_size != (1, 1) or conv.groups != 1:
            continue
        if conv.padding not in ((0, 0), "valid", "same"):
            continue
        relu, weight = getattr(conv, "relu", False), conv.weight
        key = (node.args[0], conv.stride, relu, conv.in_channels, weight.dtype, weight.device)
        groups.setdefault(key, []).append(node)
    memory, safe = net.memory(), []
    for group in groups.values():
        tensor = group[0].args[0]
        assert isinstance(tensor, fx.Node)
        change = memory.changes(tensor, group[0], group[-1]) if len(group) > 1 else None
        if change is not None:
            net.left[str(group[0].target)] = f"{change.name} may change what it reads"
        elif len(group) > 1:
            safe.append(group)
    return safe


def stack(net: Net) -> Iterator[Step]:
    """One 1×1 convolution instead of several over the same tensor; its output is then split."""
    for group in siblings(net):
        convs = [conv for conv in map(net.conv, group) if conv is not None]
        widths = [conv.out_channels for conv in convs]
        weight = torch.cat([conv.weight for conv in convs])
        bias: Tensor | None = None
        if any(conv.bias is not None for conv in convs):
            bias = torch.cat([_bias_of(conv) for conv in convs])
        relu = bool(getattr(convs[0], "relu", False))
        whole = FusedConv2d(weight, bias, convs[0], relu)
        path = net.place(_common(group) + "stacked_1x1", whole)
        with net.graph.inserting_before(group[0]):
            tensor = net.graph.call_module(path, (group[0].args[0],))
            pieces = net.graph.call_function(torch.split, (tensor, widths, 1))
            for i, node in enumerate(group):
                piece = net.graph.call_function(operator.getitem, (pieces, i))
                node.replace_all_uses_with(piece)
                _rectify_copies(net, piece)
        for node in group:
            net.graph.erase_node(node)
        yield Step("stack", path, " + ".join(map(str, widths)) + f" = {sum(widths)} channels")


def _bias_of(conv: nn.Conv2d) -> Tensor:
    return conv.weight.new_zeros(conv.out_channels) if conv.bias is None else conv.bias


def _rectify_copies(net: Net, piece: fx.Node) -> None:
    """A part of a tensor must not be rectified in place: autograd cannot follow that."""
    for user in list(piece.users):
        if net.relu(user) and net.writes(user):
            with net.graph.inserting_before(user):
                rectified = net.graph.call_function(F.relu, (piece,))
            user.replace_all_uses_with(rectified)
            net.graph.erase_node(user)


def _common(group: list[fx.Node]) -> str:
    """The path of the module in which all nodes of a group lie, with its dot."""
    paths = [str(node.target).split(".")[:-1] for node in group]
    shared: list[str] = []
    for parts in zip(*paths, strict=False):
        if len(set(parts)) > 1:
            break
        shared.append(parts[0])
    return ".".join([*shared, ""])
