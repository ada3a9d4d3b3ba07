"""Sections 1 and 6 and the abstract: what whole networks cost, and how deep they are."""

from __future__ import annotations

from inception_lib.graph import Graph
from inception_lib.graph.depth import depth
from inception_lib.nets.scale import scale
from inception_lib.nets.specs import SPECS

from .measured import Measured, check, family
from .networks import AS_PUBLISHED, budget, graph_of, spec_budget

MILLION, BILLION = 1e6, 1e9


@family("alexnet", "googlenet", "inception_v3")
def params(network: str) -> Measured:
    """Parameters of a network in evaluation, in millions."""
    return Measured(budget(network).params / MILLION)


@check
def inception_v3_macs() -> Measured:
    """Multiply-adds for one image of 299×299, in thousand millions."""
    return Measured(budget("inception_v3").macs / BILLION)


# -- section 1 -------------------------------------------------------------------------------


@check
def params_of_alexnet_in_googlenets() -> Measured:
    """How many times GoogLeNet's parameters AlexNet has."""
    return Measured(budget("alexnet").params / budget("googlenet").params)


@check
def params_of_vgg_in_alexnets() -> Measured:
    """How many times AlexNet's parameters VGG-16 has; parts in millions.

    ``largest`` is its layer of most parameters, the first fully connected one, and
    ``macs of the largest`` that layer's multiply-adds.
    """
    vgg, alexnet = budget("vgg16"), budget("alexnet")
    largest = max(vgg.rows, key=lambda row: row.params)
    parts = {
        "vgg16": vgg.params / MILLION,
        "vgg19": budget("vgg19").params / MILLION,
        "largest": largest.params / MILLION,
        "macs of the largest": largest.macs / MILLION,
    }
    return Measured(vgg.params / alexnet.params, parts=parts)


@check
def googlenet_beside_vgg() -> Measured:
    """GoogLeNet's multiply-adds in percent of VGG-16's; parts in thousand millions."""
    networks = ("googlenet", "vgg16", "vgg19", "prelu_net_a", "prelu_net_b", "prelu_net_c")
    parts = {name: budget(name).macs / BILLION for name in networks}
    cheapest = min(parts[name] for name in networks[1:])
    return Measured(100 * parts["googlenet"] / cheapest, parts=parts)


@family("macs", "params")
def doubling(what: str) -> Measured:
    """By how much a budget of Inception-v3 grows when every filter bank is twice as wide."""
    once, twice = (spec_budget(scale(SPECS["inception_v3"], factor)) for factor in (1, 2))
    return Measured(getattr(twice, what) / getattr(once, what))


# -- section 6 -------------------------------------------------------------------------------


# What "Inception-v2" of section 6 could be: the text speaks of Table 1, whose network was never
# released; Table 3's has a 7×7 stem; the released network is that of Table 3's last row.
READINGS = ("inception_v2", "inception_v3", "inception_v3_table1")


@check
def depth_of_inception_v3() -> Measured:
    """Layers with weights on the longest path, as GoogLeNet's 22 are counted."""
    parts = {name: float(depth(graph_of(name))) for name in READINGS}
    return Measured(parts["inception_v3"], parts=parts)


@check
def v2_in_googlenets() -> Measured:
    """How many times GoogLeNet's multiply-adds Inception-v2 takes, by its cheapest reading.

    Parts: each reading in GoogLeNets, counted as GoogLeNet's own paper does.
    """
    googlenet = budget("googlenet", **AS_PUBLISHED).macs
    parts = {name: budget(name).macs / googlenet for name in READINGS}
    return Measured(min(parts.values()), parts=parts)


@check
def v2_beside_vgg() -> Measured:
    """Multiply-adds of Inception-v2 in percent of VGG-16's, by its dearest reading."""
    vgg = budget("vgg16").macs
    parts = {name: 100 * budget(name).macs / vgg for name in READINGS}
    return Measured(max(parts.values()), parts=parts)


@check
def pixels_cut_off_at_299() -> Measured:
    """Rows of cells that unpadded layers never read, from an image of 299×299.

    Parts: those cut off at ``299`` and at ``300`` pixels.
    """
    graph = graph_of("inception_v3")
    fits = [size for size in range(75, 332) if not _cut_off(graph, size)]
    lost = _cut_off(graph, 299)
    text = f"{lost or 'none'}; of 75 to 331 pixels at {', '.join(map(str, fits))}"
    return Measured(lost, text=text, parts={f"{n}": float(_cut_off(graph, n)) for n in (299, 300)})


def _cut_off(graph: Graph, size: int) -> int:
    """Rows left over at the lower border by all convolutions and pools together.

    The classifier's pool, which has axes to pool in place of a stride, takes any grid whole.
    """
    sides: dict[str, int] = {}
    lost = 0
    for node in graph:
        side = sides[node.parents[0]] if node.parents else size
        if node.kernel and not node.axes:
            padded = side + 2 * node.padding[0]
            lost += (padded - node.kernel[0]) % node.stride[0]
            side = (padded - node.kernel[0]) // node.stride[0] + 1
        sides[node.name] = side
    return lost
