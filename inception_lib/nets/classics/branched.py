"""GoogLeNet, with and without batch normalisation, and BN-Inception."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

import torch
from torch import Tensor, nn

from ..heads import InceptionOutput, check_input, class_count
from ..layers import Conv, Pool, make_layer, positive
from ..modules import InceptionModule
from .bricks import SeparableStem, he_normal_, pad_as_tensorflow_, smallest_input, truncated_

__all__ = ["Branched", "SideHead", "bn_googlenet", "bn_inception", "googlenet"]

torch.fx.wrap("check_input")  # a leaf: tracing records the call and does not look inside

Widths = tuple[int, tuple[int, int], tuple[int, int], int]
# Table 1 of GoogLeNet: 1×1, (1×1, 3×3), (1×1, 5×5), 1×1 after the pool.
GOOGLENET: dict[str, Widths] = {
    "inception3a": (64, (96, 128), (16, 32), 32),  # 28×28×256
    "inception3b": (128, (128, 192), (32, 96), 64),  # 28×28×480
    "inception4a": (192, (96, 208), (16, 48), 64),  # 14×14×512
    "inception4b": (160, (112, 224), (24, 64), 64),
    "inception4c": (128, (128, 256), (24, 64), 64),
    "inception4d": (112, (144, 288), (32, 64), 64),  # 14×14×528
    "inception4e": (256, (160, 320), (32, 128), 128),  # 14×14×832
    "inception5a": (256, (160, 320), (32, 128), 128),  # 7×7×832
    "inception5b": (384, (192, 384), (48, 128), 128),  # 7×7×1024
}
# The table of BN-Inception: 1×1, (1×1, 3×3), (1×1, both 3×3), 1×1 after the pool. Modules without
# the outer two halve the grid.
BN_INCEPTION: dict[str, Widths] = {
    "inception3a": (64, (64, 64), (64, 96), 32),  # 28×28×256
    "inception3b": (64, (64, 96), (64, 96), 64),  # 28×28×320
    "inception3c": (0, (128, 160), (64, 96), 0),  # 14×14×576
    "inception4a": (224, (64, 96), (96, 128), 128),
    "inception4b": (192, (96, 128), (96, 128), 128),
    "inception4c": (160, (128, 160), (128, 160), 96),
    "inception4d": (96, (128, 192), (160, 192), 96),
    "inception4e": (0, (128, 192), (192, 256), 0),  # 7×7×1024
    "inception5a": (352, (192, 320), (160, 224), 128),
    "inception5b": (352, (192, 320), (192, 224), 128),
}


class SideHead(nn.Module):
    """GoogLeNet's side classifier: average pool 5×5/3, 1×1 to 128, 1024 wide, 70 % dropout.

    N×in_channels×14×14 becomes N×num_classes. A pooled grid other than 4×4 is averaged into it.
    """

    def __init__(
        self, in_channels: int, num_classes: int, dropout: float = 0.7, batch_norm: bool = True
    ) -> None:
        super().__init__()
        self.pool = nn.AvgPool2d(5, 3)
        self.cells = nn.AdaptiveAvgPool2d(4)
        self.conv, _ = make_layer(in_channels, Conv(128, batch_norm=batch_norm))
        self.fc1 = nn.Linear(128 * 16, 1024)
        self.relu = nn.ReLU(inplace=True)
        self.dropout = nn.Dropout(dropout)
        self.fc2 = nn.Linear(1024, class_count(num_classes))

    def forward(self, x: Tensor) -> Tensor:
        x = torch.flatten(self.conv(self.cells(self.pool(x))), 1)  # N×2048
        return self.fc2(self.dropout(self.relu(self.fc1(x))))


class Branched(nn.Module):
    """Layers and modules in a row, a pool over the grid, a classifier, and heads on the side.

    Parameters
    ----------
    layers : mapping of str to torch.nn.Module
        From N×3×H×W to the last grid, by name, in order.
    channels : int
        Of the last grid.
    heads : mapping of str to SideHead
        The side heads by the layer that they read. They work in training only, where
        ``aux_logits`` is a tuple with the logits of each.
    num_classes : int
        Classes of the logits.
    dropout : float
        Share of the pooled features dropped in training, in [0, 1).
    """

    aux_weight = 0.3  # of each side head's loss, as GoogLeNet's authors weighed it

    def __init__(
        self,
        layers: Mapping[str, nn.Module],
        channels: int,
        heads: Mapping[str, SideHead],
        num_classes: int,
        dropout: float,
    ) -> None:
        super().__init__()
        if not 0 <= dropout < 1:
            raise ValueError(f"dropout is {dropout!r}: it is a share in [0, 1)")
        self._order = tuple(layers)
        for name, layer in layers.items():
            self.add_module(name, layer)
        self._heads = {name: f"aux{i}" for i, name in enumerate(heads, 1)}
        for name, head in heads.items():
            self.add_module(self._heads[name], head)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.dropout = nn.Dropout(dropout)
        self.fc = nn.Linear(channels, class_count(num_classes))
        self._smallest = {False: smallest_input(layers.values()), True: self._with_heads()}
        self._lone = smallest_input(layers.values(), (2, 2))  # the last grid is the smallest

    def forward(self, x: Tensor) -> InceptionOutput:
        with_aux = self.training and bool(self._heads)
        x = check_input(x, 3, self._smallest[with_aux], with_aux, self._alone())
        aux: list[Tensor] = []
        for name in self._order:
            x = getattr(self, name)(x)
            if with_aux and name in self._heads:
                aux.append(getattr(self, self._heads[name])(x))
        x = torch.flatten(self.dropout(self.avgpool(x)), 1)  # N×1024
        return InceptionOutput(self.fc(x), tuple(aux) or None)

    def smallest_input(self, with_aux: bool = False) -> tuple[int, int]:
        """The smallest image (height, width) that the network can take.

        ``with_aux`` asks for training with the side heads, whose pools want a grid of 5×5.
        """
        return self._smallest[with_aux]

    def _alone(self) -> tuple[tuple[int, int], ...]:
        """What one image alone must reach where batch normalisation learns from it."""
        learns = any(isinstance(m, nn.BatchNorm2d) and m.training for m in self.modules())
        return (self._lone,) if self.training and learns else ()

    def _with_heads(self) -> tuple[int, int]:
        layers = [getattr(self, name) for name in self._order]
        needs = [smallest_input(layers)]
        for name in self._heads:
            needs.append(smallest_input(layers[: self._order.index(name) + 1], (5, 5)))
        return max(height for height, _ in needs), max(width for _, width in needs)


def googlenet(
    num_classes: int = 1000,
    aux: bool = True,
    dropout: float = 0.4,
    branch_kernel: int = 5,
    separable_stem: bool = False,
) -> Branched:
    """GoogLeNet as published, with response normalisation and without batch normalisation.

    Szegedy et al., *Going deeper with convolutions* (arXiv 1409.4842), Table 1. Without the side
    heads 7.00 M parameters and 1,582,671,872 MACs at 224×224. Its paper's own operations add up
    to 1.502 Bn, since its first row is that of a separable stem.

    Parameters
    ----------
    num_classes : int
        Classes of the logits.
    aux : bool
        With the two side heads, after 4a and 4d: ``aux_logits`` is a pair in training, and each
        loss weighs 0.3.
    dropout : float
        Share of the pooled features dropped in training.
    branch_kernel : int
        Kernel of the branch that the paper calls 5×5; torchvision has 3 there.
    separable_stem : bool
        The first layer as Table 1 counts it, 2.7K weights and 34 M operations, in place of the
        full 7×7 that its text describes.

    Notes
    -----
    The paper is silent on the constants of its response normalisation and on initialisation:
    these are Caffe's constants (5 channels, α 10⁻⁴, β 0.75) and He's initialisation.
    """
    model = _googlenet(False, num_classes, aux, dropout, branch_kernel, separable_stem)
    he_normal_(model)
    return model


def bn_googlenet(
    num_classes: int = 1000,
    aux: bool = True,
    dropout: float = 0.4,
    branch_kernel: int = 5,
    separable_stem: bool = False,
) -> Branched:
    """GoogLeNet with batch normalisation after every convolution: Table 3's second row.

    Without the side heads 7.01 M parameters and 1,582,671,872 MACs at 224×224. With
    ``branch_kernel=3`` it is torchvision's ``googlenet`` (6.62 M, 1.498 Bn). The other parameters
    are those of ``googlenet``.
    """
    model = _googlenet(True, num_classes, aux, dropout, branch_kernel, separable_stem)
    truncated_(model)
    return model


def _googlenet(
    batch_norm: bool,
    num_classes: int,
    aux: bool,
    dropout: float,
    branch_kernel: int,
    separable_stem: bool,
) -> Branched:
    def conv(out: int, kernel: int = 1) -> Conv:
        return Conv(out, kernel, batch_norm=batch_norm)

    def halve() -> nn.Module:
        return nn.MaxPool2d(3, 2, ceil_mode=True)  # 112 → 56 → 28 → 14 → 7, in Caffe's way

    layers = _stem(separable_stem, halve, batch_norm)
    heads: dict[str, SideHead] = {}
    channels = 192
    for name, (one, three, five, pool) in GOOGLENET.items():
        if name in ("inception4a", "inception5a"):
            layers[f"maxpool{int(name[9]) - 1}"] = halve()
        branches = {
            "branch1x1": (conv(one),),
            "branch3x3": (conv(three[0]), conv(three[1], 3)),
            "branch5x5": (conv(five[0]), conv(five[1], branch_kernel)),
            "branch_pool": (Pool("max"), conv(pool)),
        }
        module = InceptionModule(channels, branches)
        layers[name], channels = module, module.out_channels
        if aux and name in ("inception4a", "inception4d"):
            heads[name] = SideHead(channels, num_classes, batch_norm=batch_norm)
    return Branched(layers, channels, heads, num_classes, dropout)


def bn_inception(
    num_classes: int = 1000,
    dropout: float = 0.2,
    separable_stem: bool = False,
    pool_4cd: int = 96,
    padding: Literal["symmetric", "tensorflow"] = "symmetric",
) -> Branched:
    """BN-Inception: Table 3's third row.

    Ioffe and Szegedy, *Batch normalization* (arXiv 1502.03167), the table in its appendix: two
    3×3 in place of each 5×5, average pools but for the last module, grids halved by modules that
    convolve at stride 2 beside a pool. 11.19 M parameters and 2,018,851,840 MACs at 224×224.
    TF-slim's ``inception_v2`` is ``bn_inception(separable_stem=True, padding="tensorflow")``, but
    for its stem, which it leaves without normalisation.

    Parameters
    ----------
    num_classes : int
        Classes of the logits.
    dropout : float
        Share of the pooled features dropped in training.
    separable_stem : bool
        TF-slim's stem in place of the full 7×7/2: 84 M MACs fewer. The paper says that its model
        had one; Table 3's 2.0 Bn fits the full 7×7 (2.02), not the separable one (1.93).
    pool_4cd : int
        Channels of the pooling branch of 4c and 4d. The table prints 128, and 576 channels in
        all, which takes 96: so does TF-slim. The port to Caffe has 128, and 608 in all.
    padding : {"symmetric", "tensorflow"}
        Where the padding of stride-2 layers lies on a grid of even size: the same on all sides,
        or as TensorFlow has it, one cell less above and left. On odd grids both are one.
    """
    positive(pool_4cd, "pool_4cd")
    if padding not in ("symmetric", "tensorflow"):
        raise ValueError(f"padding is {padding!r}: it is 'symmetric' or 'tensorflow'")
    layers = _stem(separable_stem, lambda: nn.MaxPool2d(3, 2, 1))
    channels = 192
    for name, (one, single, double, pool) in BN_INCEPTION.items():
        step = 1 if one else 2
        pooled = Pool("max" if name == "inception5b" or step == 2 else "avg", stride=step)
        if name in ("inception4c", "inception4d"):
            pool = pool_4cd
        branches: dict[str, tuple[Conv | Pool, ...]] = {
            "branch1x1": (Conv(one),) if one else (),
            "branch3x3": (Conv(single[0]), Conv(single[1], 3, step)),
            "branch3x3dbl": (Conv(double[0]), Conv(double[1], 3), Conv(double[1], 3, step)),
            "branch_pool": (pooled, Conv(pool)) if pool else (pooled,),
        }
        module = InceptionModule(channels, branches)
        layers[name], channels = module, module.out_channels
    model = Branched(layers, channels, {}, num_classes, dropout)
    truncated_(model)
    if padding == "tensorflow":
        pad_as_tensorflow_(model)
    return model


def _stem(
    separable: bool, halve: Callable[[], nn.Module], batch_norm: bool = True
) -> dict[str, nn.Module]:
    """The layers before the first module, 28×28×192 from 224×224×3.

    Networks without batch normalisation have response normalisation there instead.
    """
    first: nn.Module = SeparableStem(batch_norm=batch_norm)
    if not separable:
        first, _ = make_layer(3, Conv(64, 7, 2, batch_norm=batch_norm))
    conv2, _ = make_layer(64, Conv(64, batch_norm=batch_norm))
    conv3, _ = make_layer(64, Conv(192, 3, batch_norm=batch_norm))
    layers: dict[str, nn.Module] = {"conv1": first, "maxpool1": halve()}  # 112×112, 56×56
    if not batch_norm:
        layers["norm1"] = nn.LocalResponseNorm(5)
    layers |= {"conv2": conv2, "conv3": conv3}
    if not batch_norm:
        layers["norm2"] = nn.LocalResponseNorm(5)
    return layers | {"maxpool2": halve()}
