"""The five tables of the paper as data, as printed, and what its text says beside them.

The paper prints the headings of Table 4 the wrong way round: the larger error of a row is that of
the best guess (top-1) and stands under "Top-5". Here each figure is under its own name.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "TABLE1",
    "TABLE2",
    "TABLE3",
    "TABLE4",
    "TABLE5",
    "LayerRow",
    "ResolutionRow",
    "TableRow",
    "rung",
]

# Said in the text of section 10 and under Table 5.
VALIDATION_IMAGES = 50_000
BLACKLISTED = 1_762
ENSEMBLE_TOP5_VALIDATION = 3.46  # percent; the 3.58 of the table is of the test set


@dataclass(frozen=True)
class LayerRow:
    """One row of Table 1.

    Attributes
    ----------
    layer : str
        ``"conv 3×3/2"``, ``"3 × Figure 5"``.
    reads : (int, int, int)
        Height, width and channels of its input: the table's third column.
    """

    layer: str
    reads: tuple[int, int, int]

    def __str__(self) -> str:
        return f"{self.layer} on {'×'.join(map(str, self.reads))}"


# The table writes 5×, 3× and 2× Inception; its caption and text mark which convolution is padded.
TABLE1 = (
    LayerRow("conv 3×3/2", (299, 299, 3)),
    LayerRow("conv 3×3/1", (149, 149, 32)),
    LayerRow("conv padded 3×3/1", (147, 147, 32)),
    LayerRow("pool 3×3/2", (147, 147, 64)),
    LayerRow("conv 3×3/1", (73, 73, 64)),
    LayerRow("conv 3×3/2", (71, 71, 80)),
    LayerRow("conv 3×3/1", (35, 35, 192)),
    LayerRow("3 × Figure 5", (35, 35, 288)),
    LayerRow("5 × Figure 6", (17, 17, 768)),
    LayerRow("2 × Figure 7", (8, 8, 1280)),
    LayerRow("pool 8×8", (8, 8, 2048)),
    LayerRow("linear", (1, 1, 2048)),
    LayerRow("softmax", (1, 1, 1000)),
)


@dataclass(frozen=True)
class ResolutionRow:
    """One row of Table 2.

    Attributes
    ----------
    size : int
        Side of the images, in pixels.
    stride : int
        Of the first layer.
    pool : bool
        Whether the max-pool of the stem is kept.
    accuracy : float
        Top-1, in percent.
    """

    size: int
    stride: int
    pool: bool
    accuracy: float


TABLE2 = (
    ResolutionRow(79, 1, False, 75.2),
    ResolutionRow(151, 1, True, 76.4),
    ResolutionRow(299, 2, True, 76.6),
)


@dataclass(frozen=True)
class TableRow:
    """One row of a table of results.

    Attributes
    ----------
    network : str
        Name in ``registry.NETWORKS``.
    title : str
        As the table prints it.
    top1, top5 : float or None
        Errors in percent; None where the table has none.
    cost : float or None
        Billions of multiply-adds for one crop (Table 3 only).
    crops : int or None
        Crops evaluated for each image; None where the table does not say.
    models : int or None
        Networks in the ensemble; None where the table does not say.
    note : str
        What the figures need to be read rightly.
    """

    network: str
    title: str
    top1: float | None
    top5: float | None
    cost: float | None = None
    crops: int | None = 1
    models: int | None = 1
    note: str = ""


# Single crop, single model. From "Inception-v2" on each row keeps the changes of those above it.
TABLE3 = (
    TableRow("googlenet", "GoogLeNet", 29.0, 9.2, 1.5),
    TableRow("bn_googlenet", "BN-GoogLeNet", 26.8, None, 1.5),
    TableRow("bn_inception", "BN-Inception", 25.2, 7.8, 2.0),
    TableRow("inception_v2", "Inception-v2", 23.4, None, 3.8),
    TableRow("inception_v2", "Inception-v2 RMSProp", 23.1, 6.3, 3.8),
    TableRow("inception_v2", "Inception-v2 Label Smoothing", 22.8, 6.1, 3.8),
    TableRow("inception_v2_factorized_7x7", "Inception-v2 Factorized 7×7", 21.6, 5.8, 4.8),
    TableRow("inception_v3", "Inception-v2 BN-auxiliary", 21.2, 5.6, 4.8, note="Inception-v3"),
)


def rung(name: str) -> TableRow:
    """The row of Table 3 of one of ``nets.ladder``'s rungs, by the rung's name."""
    (row,) = (r for r in TABLE3 if r.title.removeprefix("Inception-v2 ") == name)
    return row


_PRELU = "which of the three models is not said; its authors' best is C"
_VGG = "which configuration is not said; its authors' best is E"

# Many crops, single model.
TABLE4 = (
    TableRow("googlenet", "GoogLeNet", None, 9.15, crops=10),
    TableRow("googlenet", "GoogLeNet", None, 7.89, crops=144),
    TableRow("vgg19", "VGG", 24.4, 6.8, crops=None, note=_VGG),
    TableRow("bn_inception", "BN-Inception", 22.0, 5.82, crops=144),
    TableRow("prelu_net_c", "PReLU", 24.27, 7.38, crops=10, note=_PRELU),
    TableRow("prelu_net_c", "PReLU", 21.59, 5.71, crops=None, note=_PRELU),
    TableRow("inception_v3", "Inception-v3", 19.47, 4.48, crops=12),
    TableRow("inception_v3", "Inception-v3", 18.77, 4.2, crops=144),
)

# Many crops, ensembles.
TABLE5 = (
    TableRow("vgg19", "VGGNet", 23.7, 6.8, crops=None, models=2, note=_VGG),
    TableRow("googlenet", "GoogLeNet", None, 6.67, crops=144, models=7),
    TableRow("prelu_net_c", "PReLU", None, 4.94, crops=None, models=None, note=_PRELU),
    TableRow("bn_inception", "BN-Inception", 20.1, 4.9, crops=144, models=6),
    TableRow(
        "inception_v3",
        "Inception-v3",
        17.2,
        3.58,
        crops=144,
        models=4,
        note="top-5 on the test set; the abstract has 3.5 and 17.3",
    ),
)
