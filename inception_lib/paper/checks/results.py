"""Sections 10 and 11: Table 3's costs, and what the printed tables give by arithmetic."""

from __future__ import annotations

from ..tables import (
    BLACKLISTED,
    ENSEMBLE_TOP5_VALIDATION,
    TABLE3,
    TABLE4,
    TABLE5,
    VALIDATION_IMAGES,
    TableRow,
    rung,
)
from .measured import Measured, check, family
from .networks import AS_PUBLISHED, budget

COUNTED_SEPARABLE = ("googlenet", "bn_googlenet", "bn_inception")
BEST_PRELU = "prelu_net_c"  # of three models; the paper does not say which it means


@family(
    "googlenet",
    "bn_googlenet",
    "bn_inception",
    "inception_v2",
    "inception_v2_factorized_7x7",
    "inception_v3",
)
def table3_cost(network: str) -> Measured:
    """Multiply-adds of one network for one image of its own size, in thousand millions.

    The older three as their own papers count them; the part ``full 7×7`` is with the first layer
    that GoogLeNet's text describes.
    """
    if network not in COUNTED_SEPARABLE:
        return Measured(budget(network).macs / 1e9)
    found = budget(network, **AS_PUBLISHED).macs / 1e9
    return Measured(found, parts={"full 7×7": budget(network).macs / 1e9})


@check
def cost_of_the_factorized_7x7() -> Measured:
    """What three 3×3 in place of the stem's 7×7 add, in thousand millions."""
    with_3x3, with_7x7 = (
        budget(name).macs for name in ("inception_v2_factorized_7x7", "inception_v2")
    )
    return Measured((with_3x3 - with_7x7) / 1e9)


# -- arithmetic on the printed tables --------------------------------------------------------


def _printed(rows: tuple[TableRow, ...], network: str, what: str) -> float:
    """The least figure of a network in a table."""
    found = [getattr(r, what) for r in rows if r.network == network]
    return min(figure for figure in found if figure is not None)


def _rung(name: str, what: str) -> float:
    return getattr(rung(name), what)


def _cut(rows: tuple[TableRow, ...], what: str) -> float:
    """Percent of PReLU-net's best printed error that Inception-v3's best printed error saves."""
    return 100 * (1 - _printed(rows, "inception_v3", what) / _printed(rows, BEST_PRELU, what))


@check
def printed_cost_of_v2_in_googlenets() -> Measured:
    """Table 3's cost of Inception-v2 over that of GoogLeNet."""
    return Measured(
        _printed(TABLE3, "inception_v2", "cost") / _printed(TABLE3, "googlenet", "cost")
    )


@family("top1", "top5")
def printed_gain_of_smoothing(what: str) -> Measured:
    """Points of error that Table 3's rung of label smoothing saves."""
    # Printed to a tenth: without the rounding 23.1 − 22.8 is more than 0.3 in binary.
    return Measured(round(_rung("RMSProp", what) - _rung("Label Smoothing", what), 1))


@check
def printed_gain_of_bn_auxiliary() -> Measured:
    """Points of top-1 error that Table 3's last rung saves."""
    return Measured(_rung("Factorized 7×7", "top1") - _rung("BN-auxiliary", "top1"))


@check
def printed_cost_of_v3_in_bn_inceptions() -> Measured:
    """Table 3's cost of Inception-v3 over that of BN-Inception."""
    return Measured(
        _printed(TABLE3, "inception_v3", "cost") / _printed(TABLE3, "bn_inception", "cost")
    )


@family("top1", "top5")
def printed_cut_of_prelu(what: str) -> Measured:
    """Percent of the error cut, by the best single models of Table 4."""
    return Measured(_cut(TABLE4, what))


@check
def printed_cut_of_ensembles() -> Measured:
    """Percent of the top-5 error cut, by the ensembles of Table 5."""
    return Measured(_cut(TABLE5, "top5"))


@check
def printed_share_of_googlenets_ensemble() -> Measured:
    """The ensemble's top-5 error in percent of GoogLeNet's ensemble's, by Table 5."""
    return Measured(
        100 * _printed(TABLE5, "inception_v3", "top5") / _printed(TABLE5, "googlenet", "top5")
    )


@check
def printed_ensemble_on_validation() -> Measured:
    """The ensemble's top-5 error on the validation images, under Table 5, in percent."""
    return Measured(ENSEMBLE_TOP5_VALIDATION)


@check
def printed_ensemble_top1() -> Measured:
    """The ensemble's top-1 error in Table 5, in percent."""
    return Measured(_printed(TABLE5, "inception_v3", "top1"))


@check
def images_that_are_not_blacklisted() -> Measured:
    """Validation images less those on ImageNet's own list of bad ones."""
    return Measured(VALIDATION_IMAGES - BLACKLISTED)


# -- measured beside BN-Inception and PReLU-net ----------------------------------------------


@check
def cost_of_v3_in_bn_inceptions() -> Measured:
    """How many times BN-Inception's multiply-adds, as its own paper counts, Inception-v3 takes.

    The part ``full 7×7`` is beside BN-Inception with a full 7×7.
    """
    v3 = budget("inception_v3").macs
    return Measured(
        v3 / budget("bn_inception", **AS_PUBLISHED).macs,
        parts={"full 7×7": v3 / budget("bn_inception").macs},
    )


@family("macs", "params")
def prelu_net_in_v3s(what: str) -> Measured:
    """How many times Inception-v3's budget the best PReLU-net has."""
    return Measured(getattr(budget(BEST_PRELU), what) / getattr(budget("inception_v3"), what))
