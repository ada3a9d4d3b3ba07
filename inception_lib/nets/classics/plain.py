"""Networks without branches: AlexNet, VGG and the PReLU-nets."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from ..heads import InceptionOutput, check_input, class_count
from .bricks import he_normal_, smallest_input

__all__ = ["Plain", "SpatialPyramid", "alexnet", "prelu_net", "vgg16", "vgg19"]

torch.fx.wrap("check_input")  # a leaf: tracing records the call and does not look inside


class Plain(nn.Module):
    """Layers in a row, a fixed-size summary of the last grid, fully connected layers.

    Parameters
    ----------
    features : torch.nn.Sequential
        From N×3×H×W to the last grid.
    pool : torch.nn.Module
        From a grid of any size to the size that ``classifier`` wants.
    classifier : torch.nn.Sequential
        From N×features to N×classes.
    """

    def __init__(self, features: nn.Sequential, pool: nn.Module, classifier: nn.Sequential) -> None:
        super().__init__()
        self.features = features
        self.avgpool = pool
        self.classifier = classifier
        self._smallest = smallest_input(features)

    def forward(self, x: Tensor) -> InceptionOutput:
        x = check_input(x, 3, self._smallest)
        x = torch.flatten(self.avgpool(self.features(x)), 1)
        return InceptionOutput(self.classifier(x))

    def smallest_input(self, with_aux: bool = False) -> tuple[int, int]:
        """The smallest image (height, width) that the network can take."""
        return self._smallest


class SpatialPyramid(nn.Module):
    """Max-pooling of a whole grid into 7×7, 3×3, 2×2 and 1×1 cells, side by side in one vector.

    N×C×H×W becomes N×63·C, whatever H and W are. Cells overlap where a level does not divide the
    grid. The 3×3 cells of a grid other than 14×14 are taken from 14×14 maxima of it.
    """

    def __init__(self) -> None:
        super().__init__()
        # On 14×14 this is AdaptiveMaxPool2d(3), rows 0–4, 4–9 and 9–13, which ONNX does not know.
        thirds = nn.Sequential(nn.AdaptiveMaxPool2d(14), nn.MaxPool2d(6, 5, 1))
        self.levels = nn.ModuleList(
            [nn.AdaptiveMaxPool2d(7), thirds, nn.AdaptiveMaxPool2d(2), nn.AdaptiveMaxPool2d(1)]
        )
        self.cells = 49 + 9 + 4 + 1

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([torch.flatten(level(x), 1) for level in self.levels], 1)


def alexnet(num_classes: int = 1000, dropout: float = 0.5) -> Plain:
    """AlexNet as published, its two columns as convolutions in two groups.

    Krizhevsky, Sutskever, Hinton, *ImageNet classification with deep convolutional neural
    networks* (2012). 60,965,224 parameters, 724,406,816 MACs at 224×224. torchvision's
    ``alexnet`` is another network: the one-column variant of Krizhevsky's *One weird trick*
    (2014) with 64, 192, 384, 256 and 256 channels, no groups and no response normalisation,
    61,100,840 parameters.

    Parameters
    ----------
    num_classes : int
        Classes of the logits.
    dropout : float
        Share of each 4096-wide layer's input dropped in training.

    Notes
    -----
    The paper says 224×224 and 55×55 after the first layer; two pixels of padding make both true.
    torch divides the sum of local response normalisation by its size, the paper does not: the
    paper's α = 10⁻⁴ is 5·10⁻⁴ here.
    """
    _check(num_classes, dropout)

    def normalise() -> nn.Module:
        return nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0)

    features = nn.Sequential(
        *(nn.Conv2d(3, 96, 11, 4, 2), nn.ReLU(), normalise(), nn.MaxPool2d(3, 2)),  # 27×27×96
        *(nn.Conv2d(96, 256, 5, padding=2, groups=2), nn.ReLU(), normalise(), nn.MaxPool2d(3, 2)),
        *(nn.Conv2d(256, 384, 3, padding=1), nn.ReLU()),  # 13×13×384; the columns meet here
        *(nn.Conv2d(384, 384, 3, padding=1, groups=2), nn.ReLU()),
        *(nn.Conv2d(384, 256, 3, padding=1, groups=2), nn.ReLU(), nn.MaxPool2d(3, 2)),  # 6×6×256
    )
    classifier = nn.Sequential(
        *(nn.Dropout(dropout), nn.Linear(256 * 36, 4096), nn.ReLU()),
        *(nn.Dropout(dropout), nn.Linear(4096, 4096), nn.ReLU()),
        nn.Linear(4096, num_classes),
    )
    model = Plain(features, nn.AdaptiveAvgPool2d(6), classifier)
    layers = [m for m in model.modules() if isinstance(m, (nn.Conv2d, nn.Linear))]
    for i, layer in enumerate(layers):  # section 5 of that paper
        nn.init.normal_(layer.weight, std=0.01)
        if layer.bias is not None:
            nn.init.constant_(layer.bias, float(i in (1, 3, 4, 5, 6)))
    return model


def vgg16(num_classes: int = 1000, dropout: float = 0.5) -> Plain:
    """VGG-16, configuration D of Simonyan and Zisserman (arXiv 1409.1556).

    138,357,544 parameters, 15.47 Bn MACs at 224×224. Parameter names are torchvision's, so that
    its weights load as they are.
    """
    return _vgg((2, 2, 3, 3, 3), num_classes, dropout)


def vgg19(num_classes: int = 1000, dropout: float = 0.5) -> Plain:
    """VGG-19, configuration E of Simonyan and Zisserman (arXiv 1409.1556).

    143,667,240 parameters, 19.63 Bn MACs at 224×224. Parameter names are torchvision's, so that
    its weights load as they are.
    """
    return _vgg((2, 2, 4, 4, 4), num_classes, dropout)


def _vgg(depths: Sequence[int], num_classes: int, dropout: float) -> Plain:
    _check(num_classes, dropout)
    layers: list[nn.Module] = []
    channels = 3
    for width, depth in zip((64, 128, 256, 512, 512), depths, strict=True):
        for _ in range(depth):
            layers += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU(inplace=True)]
            channels = width
        layers.append(nn.MaxPool2d(2, 2))  # 112, 56, 28, 14, 7
    classifier = nn.Sequential(
        *(nn.Linear(512 * 49, 4096), nn.ReLU(inplace=True), nn.Dropout(dropout)),
        *(nn.Linear(4096, 4096), nn.ReLU(inplace=True), nn.Dropout(dropout)),
        nn.Linear(4096, num_classes),
    )
    model = Plain(nn.Sequential(*layers), nn.AdaptiveAvgPool2d(7), classifier)
    he_normal_(model)
    return model


# Table 3 of that paper: convolutions and channels on the grids of 56, 28 and 14.
PRELU_MODELS: dict[str, tuple[int, tuple[int, int, int]]] = {
    "A": (5, (256, 512, 512)),
    "B": (6, (256, 512, 512)),
    "C": (6, (384, 768, 896)),
}


def prelu_net(model: str = "C", num_classes: int = 1000, dropout: float = 0.5) -> Plain:
    """A PReLU-net: model A, B or C of He et al., *Delving deep into rectifiers* (arXiv 1502.01852).

    A 7×7/2 stem of 96 channels, 3×3 convolutions on three grids, a spatial pyramid of 7, 3, 2 and
    1 cells, three fully connected layers; a learned slope below zero for each channel after all
    but the last. The paper gives 1.90, 2.32 and 5.30·10¹⁰ multiply-adds at 224×224; here they are
    1.91, 2.32 and 5.35·10¹⁰. C is the one of the results.

    Parameters
    ----------
    model : {"A", "B", "C"}
        19, 22 and 22 (wider) layers.
    num_classes : int
        Classes of the logits.
    dropout : float
        Share of each 4096-wide layer's output dropped in training.
    """
    if model not in PRELU_MODELS:
        raise ValueError(f"model is {model!r}: the PReLU-nets are A, B and C")
    _check(num_classes, dropout)
    depth, widths = PRELU_MODELS[model]
    layers = [nn.Conv2d(3, 96, 7, 2, 3), nn.PReLU(96), nn.MaxPool2d(2, 2)]  # 56×56×96
    channels = 96
    for width in widths:
        for _ in range(depth):
            layers += [nn.Conv2d(channels, width, 3, padding=1), nn.PReLU(width)]
            channels = width
        layers.append(nn.MaxPool2d(2, 2))  # 28, 14
    pyramid = SpatialPyramid()
    classifier = nn.Sequential(
        *(nn.Linear(channels * pyramid.cells, 4096), nn.PReLU(4096), nn.Dropout(dropout)),
        *(nn.Linear(4096, 4096), nn.PReLU(4096), nn.Dropout(dropout)),
        nn.Linear(4096, num_classes),
    )
    made = Plain(nn.Sequential(*layers[:-1]), pyramid, classifier)  # the pyramid pools the last
    he_normal_(made, slope=0.25)
    return made


def _check(num_classes: int, dropout: float) -> None:
    class_count(num_classes)
    if not 0 <= dropout < 1:
        raise ValueError(f"dropout is {dropout!r}: it is a share in [0, 1)")
