"""Sections 1 and 6 and the abstract: what whole networks cost, and how deep they are."""

from __future__ import annotations

from inception_lib.graph.depth import depth
from inception_lib.nets.scale import scale
from inception_lib.nets.spec import SPECS

from .measured import Measured, check, family
from .networks import budget, graph_of, spec_budget

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
    """How many times AlexNet's parameters VGG-16 has."""
    return Measured(budget("vgg16").params / budget("alexnet").params)


@family("macs", "params")
def doubling(what: str) -> Measured:
    """By how much a budget of Inception-v3 grows when every filter bank is twice as wide."""
    once, twice = (spec_budget(scale(SPECS["inception_v3"], factor)) for factor in (1, 2))
    return Measured(getattr(twice, what) / getattr(once, what))


# -- section 6 -------------------------------------------------------------------------------


@check
def depth_of_inception_v3() -> Measured:
    """Layers with weights on the longest path, as GoogLeNet's 22 are counted."""
    return Measured(depth(graph_of("inception_v3")))


@check
def v2_in_googlenets() -> Measured:
    """How many times GoogLeNet's multiply-adds Inception-v2 takes."""
    return Measured(budget("inception_v2").macs / budget("googlenet").macs)


@check
def v2_beside_vgg() -> Measured:
    """Multiply-adds of Inception-v2 as a share of VGG-16's, in percent."""
    return Measured(100 * budget("inception_v2").macs / budget("vgg16").macs)
