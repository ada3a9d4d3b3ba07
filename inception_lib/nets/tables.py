"""Tables 3, 4 and 5 of the paper as data, each row with the network that it speaks of.

The paper prints the headings of Table 4 the wrong way round: the larger error of a row is that of
the best guess (top-1) and stands under "Top-5". Here each figure is under its own name.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["TABLE3", "TABLE4", "TABLE5", "TableRow"]


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
