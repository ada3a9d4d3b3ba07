"""Inception-v2 and its ladder, Table 3, rung by rung; what it prints is in ``paper.tables``."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..layers import Conv
from ..spec import Departure, Head, Spec
from .inception_v3 import INCEPTION_V3

__all__ = ["FACTORIZED_7X7", "INCEPTION_V2", "Rung", "ladder"]

_HEAD = Departure(
    "auxiliary head",
    "not drawn",
    "its 1×1 convolution is normalised, its fully connected layer is not",
    "BN-auxiliary, the last rung, is where that layer becomes normalised as well",
)

INCEPTION_V2 = replace(
    INCEPTION_V3,
    name="inception_v2",
    reference="Table 3, Inception-v2: the released network with a 7×7 stem",
    stem=(
        ("Conv2d_1a_7x7", Conv(64, 7, 2, "valid")),  # 147×147×64 from 299×299×3
        *INCEPTION_V3.stem[3:],  # max-pool to 73×73×64, and on as released
    ),
    head=Head(batch_norm="1x1"),
    departures=(
        Departure(
            "stem",
            "Table 1 and section 6 give v2 the three 3×3; Table 3 has a 7×7 until its last but "
            "one rung",
            "7×7/2 to 64, unpadded, where the three 3×3 will be",
            'the rung "factorized 7×7" must have a 7×7 to factorize; GoogLeNet\'s has 64 channels',
        ),
        *(d for d in INCEPTION_V3.departures if d.where not in ("stem", "auxiliary head")),
        Departure(
            "cost",
            "3.8 Bn multiply-adds",
            "5.3 Bn",
            "not explained: the released modules alone take 4.37 Bn at 299×299",
        ),
        _HEAD,
    ),
)

FACTORIZED_7X7 = replace(
    INCEPTION_V3,
    name="inception_v2_factorized_7x7",
    reference="Table 3, Inception-v2 with its first 7×7 factorized: v3 but for BN-auxiliary",
    head=INCEPTION_V2.head,
    departures=(*INCEPTION_V3.departures[:-1], _HEAD),
)


@dataclass(frozen=True)
class Rung:
    """One row of Table 3: everything of the rows above it, and one change.

    Attributes
    ----------
    name : str
        As the table has it.
    spec : Spec
        The network. Rungs that change only the training share one.
    change : str
        What this rung adds.
    recipe : tuple of (str, value)
        What the training does from this rung on, as fields of a recipe.
    """

    name: str
    spec: Spec
    change: str
    recipe: tuple[tuple[str, object], ...]


def ladder() -> tuple[Rung, ...]:
    """The five rungs of Table 3 that this paper adds, cumulative; the last is Inception-v3."""
    plain = (("optimizer", "sgd"), ("label_smoothing", 0.0))
    rmsprop = (("optimizer", "rmsprop_tf"), ("label_smoothing", 0.0))
    smooth = (("optimizer", "rmsprop_tf"), ("label_smoothing", 0.1))
    return (
        Rung("Inception-v2", INCEPTION_V2, "the modules of section 6", plain),
        Rung("RMSProp", INCEPTION_V2, "RMSProp in place of momentum", rmsprop),
        Rung("Label Smoothing", INCEPTION_V2, "labels smoothed by 0.1", smooth),
        Rung("Factorized 7×7", FACTORIZED_7X7, "three 3×3 in place of the stem's 7×7", smooth),
        Rung(
            "BN-auxiliary",
            INCEPTION_V3,
            "the auxiliary head's fully connected layer normalised",
            smooth,
        ),
    )
