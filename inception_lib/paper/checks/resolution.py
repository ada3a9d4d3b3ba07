"""Section 9: three networks for three sizes of image, made to cost the same."""

from __future__ import annotations

from dataclasses import replace
from math import prod

from inception_lib.nets.specs import SPECS

from .measured import Measured, check, family
from .networks import budget, graph_of, spec_budget


@family("151", "79")
def cheaper_at(size: str) -> Measured:
    """By how much the network for smaller images is cheaper than that for 299×299, in percent."""
    share = budget(f"inception_v3_{size}").macs / budget("inception_v3_299").macs
    return Measured(100 * (1 - share))


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
