"""Section 9: three networks for three sizes of image, made to cost the same."""

from __future__ import annotations

from dataclasses import replace
from math import prod

from inception_lib.nets.spec import SPECS

from .measured import Measured, check
from .networks import budget, graph_of, spec_budget


@check
def cost_at_151() -> Measured:
    """Multiply-adds of the network for 151×151 in those of the one for 299×299."""
    return Measured(budget("inception_v3_151").macs / budget("inception_v3_299").macs)


@check
def cost_at_79() -> Measured:
    """By how much the network for 79×79 is cheaper than the one for 299×299, in percent."""
    return Measured(100 * (1 - budget("inception_v3_79").macs / budget("inception_v3_299").macs))


@check
def cost_of_the_pool() -> Measured:
    """Comparisons of the stem's first pool, in percent of the network's multiply-adds."""
    graph = graph_of("inception_v3_299")
    pool = graph["maxpool1"]
    return Measured(100 * pool.size * prod(pool.kernel) / budget("inception_v3_299").macs)


@check
def cost_of_naive_shrinking() -> Measured:
    """How many times cheaper Inception-v3 as it is becomes at 79×79."""
    shrunk = spec_budget(replace(SPECS["inception_v3"], size=79))
    return Measured(budget("inception_v3").macs / shrunk.macs)
