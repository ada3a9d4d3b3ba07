"""Inception-v3: as released, as Table 1 says, for the sizes of section 9, and its trunk."""

from __future__ import annotations

from dataclasses import replace

from ..layers import Conv, Pool
from ..spec import Block, Departure, Spec, block

__all__ = [
    "INCEPTION_V3",
    "INCEPTION_V3_FID",
    "INCEPTION_V3_TABLE1",
    "INCEPTION_V3_TRUNK",
    "LOW_RESOLUTION",
    "section9_stem",
]


def _asymmetric(name: str, inside: int) -> Block:
    return block(name, "asymmetric", branch_nxn=(inside, 192), branch_nxn_dbl=(inside, 192))


INCEPTION_V3 = Spec(
    name="inception_v3",
    reference="the authors' released network (TF-slim); parameter names as in torchvision",
    stem=(
        ("Conv2d_1a_3x3", Conv(32, 3, 2, "valid")),  # 149×149×32 from 299×299×3
        ("Conv2d_2a_3x3", Conv(32, 3, 1, "valid")),  # 147×147×32
        ("Conv2d_2b_3x3", Conv(64, 3)),  # 147×147×64
        ("maxpool1", Pool("max", 3, 2, "valid")),  # 73×73×64
        ("Conv2d_3b_1x1", Conv(80)),  # 73×73×80
        ("Conv2d_4a_3x3", Conv(192, 3, 1, "valid")),  # 71×71×192
        ("maxpool2", Pool("max", 3, 2, "valid")),  # 35×35×192
    ),
    blocks=(
        block("Mixed_5b", "factorized", branch_pool=32, single_kernel=5),  # 35×35×256
        block("Mixed_5c", "factorized", branch_pool=64, single_kernel=5),  # 35×35×288
        block("Mixed_5d", "factorized", branch_pool=64, single_kernel=5),  # 35×35×288
        block("Mixed_6a", "reduction", branch3x3=384, branch3x3dbl=(64, 96)),  # 17×17×768
        _asymmetric("Mixed_6b", 128),  # 17×17×768
        _asymmetric("Mixed_6c", 160),
        _asymmetric("Mixed_6d", 160),
        _asymmetric("Mixed_6e", 192),
        block(
            "Mixed_7a",
            "reduction",
            branch3x3=(192, 320),
            branch3x3dbl=None,
            branch7x7x3=(192, 192),
        ),  # 8×8×1280
        block("Mixed_7b", "expanded"),  # 8×8×2048
        block("Mixed_7c", "expanded"),
    ),
    aux_after="Mixed_6e",
    departures=(
        Departure(
            "Mixed_5b to 5d",
            "Figure 5: one 3×3 beside two 3×3",
            "one 5×5 beside two 3×3",
            "the released network kept it; section 6 calls these modules traditional",
        ),
        Departure(
            "stem",
            "Table 1: 3×3 to 80, 3×3/2 to 192, 3×3 to 288",
            "1×1 to 80, 3×3 to 192, max-pool",
            "the released network; 288 channels come from the second module on",
        ),
        Departure(
            "Mixed_6a to 6e",
            "Table 1: five modules of Figure 6",
            "a grid reduction and four modules of Figure 6",
            "the fifth 17×17 output is the reduction's",
        ),
        Departure(
            "Mixed_6a",
            "Figure 10: a 1×1 before each 3×3",
            "the wide 3×3/2 reads its input as it is",
            "the released network",
        ),
        Departure(
            "Mixed_7a",
            "Figure 10: a branch of two 3×3",
            "1×7 and 7×1 before the last 3×3",
            "the released network",
        ),
        Departure(
            "auxiliary head",
            "section 4: the fully connected layer is normalised",
            "the 5×5 convolution is",
            "on a 5×5 grid the two are the same layer",
        ),
    ),
)

INCEPTION_V3_TABLE1 = Spec(
    name="inception_v3_table1",
    reference="Table 1 to the letter, with the widths of the released modules where it has none",
    stem=(
        ("Conv2d_1a_3x3", Conv(32, 3, 2, "valid")),  # 149×149×32 from 299×299×3
        ("Conv2d_2a_3x3", Conv(32, 3, 1, "valid")),  # 147×147×32
        ("Conv2d_2b_3x3", Conv(64, 3)),  # 147×147×64
        ("maxpool1", Pool("max", 3, 2, "valid")),  # 73×73×64
        ("Conv2d_3b_3x3", Conv(80, 3, 1, "valid")),  # 71×71×80
        ("Conv2d_4a_3x3", Conv(192, 3, 2, "valid")),  # 35×35×192
        ("Conv2d_4b_3x3", Conv(288, 3)),  # 35×35×288
    ),
    blocks=(
        block("Mixed_5b", "factorized", branch_pool=64),  # 35×35×288
        block("Mixed_5c", "factorized", branch_pool=64),
        block("Mixed_5d", "factorized", branch_pool=64),
        block("Mixed_6a", "reduction", branch3x3=384, branch3x3dbl=(64, 96)),  # 17×17×768
        _asymmetric("Mixed_6b", 128),
        _asymmetric("Mixed_6c", 160),
        _asymmetric("Mixed_6d", 160),
        _asymmetric("Mixed_6e", 192),
        _asymmetric("Mixed_6f", 192),
        INCEPTION_V3.blocks[8],  # Mixed_7a: 8×8×1280
        block("Mixed_7b", "expanded"),  # 8×8×2048
        block("Mixed_7c", "expanded"),
    ),
    aux_after="Mixed_6f",
    departures=(
        Departure(
            "Conv2d_4b_3x3",
            "not marked as padded, so that 35×35 would become 33×33",
            "padded",
            "the next row has 35×35×288; only padding gives it",
        ),
        Departure(
            "Mixed_6a and 7a",
            "no row of their own",
            "grid reductions between the three groups, beside the modules that are counted",
            "the grid has to go from 35 to 17 to 8, and section 5 says how",
        ),
        Departure(
            "widths of the modules",
            "not printed (they are in the supplement's model file)",
            "the released network's; the fifth 17×17 module has those of the fourth",
            "they give the depths that the table prints: 288, 768, 1280, 2048",
        ),
        *(d for d in INCEPTION_V3.departures if d.where in ("Mixed_6a", "Mixed_7a")),
        INCEPTION_V3.departures[-1],
    ),
)

INCEPTION_V3_FID = replace(
    INCEPTION_V3,
    name="inception_v3_fid",
    reference="the authors' 2015 graph, as pytorch-fid reads it for the Fréchet distance",
    blocks=(*INCEPTION_V3.blocks[:-1], block("Mixed_7c", "expanded", pool="max")),
    aux_after=None,
    num_classes=1008,
    count_include_pad=False,
    departures=(
        *INCEPTION_V3.departures[:-1],
        Departure("classes", "1000", "1008", "the 2015 graph has eight that are never used"),
        Departure(
            "Mixed_7c",
            "average pooling",
            "max pooling in the pooling branch",
            "the 2015 graph, which published distances were measured with",
        ),
        Departure("auxiliary head", "on the last 17×17 grid", "none", "the 2015 graph has none"),
    ),
)

INCEPTION_V3_TRUNK = replace(
    INCEPTION_V3_FID,
    name="inception_v3_trunk",
    reference="the authors' 2015 graph up to its 8×8×1280 grid, for features and transfer",
    blocks=INCEPTION_V3.blocks[:9],
    num_classes=1000,
    departures=(
        *INCEPTION_V3.departures[:-1],
        Departure(
            "after Mixed_7a",
            "two modules of Figure 7",
            "pooling and the classifier",
            "a third of the parameters, and the features that transfer are before them",
        ),
        INCEPTION_V3_FID.departures[-1],
    ),
)


def section9_stem(stride: int, pool: bool) -> tuple[tuple[str, Conv | Pool], ...]:
    """The released stem with another stride in its first layer, and with its first pool or not."""
    (first, conv), *rest = INCEPTION_V3.stem
    assert isinstance(conv, Conv)
    kept = (layer for layer in rest if pool or layer[0] != "maxpool1")
    return ((first, replace(conv, stride=stride)), *kept)


def _low_resolution(size: int, stride: int, pool: bool, grids: str) -> Spec:
    how = f"stride {stride} in the first layer, {'max-pool' if pool else 'no pool'} after the third"
    return replace(
        INCEPTION_V3,
        name=f"inception_v3_{size}",
        reference=f"section 9: {how}, for {size}×{size} pixels",
        stem=section9_stem(stride, pool),
        size=size,
        departures=(
            *INCEPTION_V3.departures,
            Departure(
                "pool",
                "max-pool after the first layer",
                "max-pool after the first three convolutions" if pool else "none",
                "where Table 1 has its first pool; with this stem 151 costs what 299 costs",
            ),
            Departure("grids", "not printed", grids, "follows from the unpadded layers"),
        ),
    )


# The three receptive fields of Table 2.
LOW_RESOLUTION = (
    _low_resolution(299, 2, True, "149, 147, 73, 71, 35, 17, 8"),
    _low_resolution(151, 1, True, "149, 147, 73, 71, 35, 17, 8"),
    _low_resolution(79, 1, False, "77, 75, 73, 36, 17, 8"),
)
