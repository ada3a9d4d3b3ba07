"""What a network ends in: its output, the auxiliary classifier, and the check at its entrance."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from .layers import Conv, ConvBNReLU, positive

__all__ = ["AuxiliaryHead", "InceptionOutput", "check_input"]


class InceptionOutput(NamedTuple):
    """What a network returns, in training and in evaluation alike.

    A named tuple, since everything that walks over a network knows those: ``torch.fx``,
    ``torch.export``, ONNX, DistributedDataParallel, torchinfo.

    Attributes
    ----------
    logits : Tensor
        N×classes.
    aux_logits : Tensor or None
        N×classes from the auxiliary head in training; None in evaluation, or without a head.
    """

    logits: Tensor
    aux_logits: Tensor | None = None


class AuxiliaryHead(nn.Module):
    """The side classifier of section 4 (Figure 8), batch-normalised.

    Average pooling 5×5/3, a 1×1 convolution, a 5×5 convolution that is in truth a fully connected
    layer over the 5×5 grid, and the classifier. It reads the last 17×17 tensor.

    Parameters
    ----------
    in_channels : int
        Channels of the input, N×C×17×17 (larger grids are averaged at the end).
    num_classes : int
        Classes of the logits, N×num_classes.
    widths : (int, int)
        Channels of the 1×1 and of the 5×5 convolution.
    """

    figure = "Figure 8"

    def __init__(
        self, in_channels: int, num_classes: int = 1000, widths: tuple[int, int] = (128, 768)
    ) -> None:
        super().__init__()
        positive(num_classes, "num_classes")
        self.pool = nn.AvgPool2d(5, 3)
        self.conv0 = ConvBNReLU(in_channels, Conv(widths[0]))
        self.conv1 = ConvBNReLU(widths[0], Conv(widths[1], 5, padding="valid"))
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(widths[1], num_classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.pool(x)  # 5×5×768 from 17×17×768
        x = self.conv1(self.conv0(x))  # 1×1×768
        return self.fc(torch.flatten(self.avgpool(x), 1))

    @staticmethod
    def input_needed() -> tuple[int, int]:
        """The smallest grid that the head can read, (height, width)."""
        return 17, 17  # the 5×5 convolution wants 5 cells, each from 5/3 pooling: (5 − 1)·3 + 5


def check_input(x: Tensor, channels: int, smallest: tuple[int, int], with_aux: bool) -> Tensor:
    """Return ``x`` if a network can take it, else say why not and what to do.

    Raises
    ------
    TypeError
        If ``x`` is not a floating-point tensor.
    ValueError
        If it is not N×channels×H×W, or smaller than ``smallest`` (height, width).
    """
    if not x.is_floating_point():
        raise TypeError(
            f"input is {x.dtype}: the network takes floating-point images scaled to [-1, 1]; "
            "use (x.float() - 127.5) / 127.5 for bytes"
        )
    if x.ndim != 4 or x.shape[1] != channels:
        raise ValueError(
            f"input is {tuple(x.shape)}: it must be N×{channels}×H×W; "
            "add the batch dimension with x[None], or convert the image to RGB"
        )
    if x.shape[2] < smallest[0] or x.shape[3] < smallest[1]:
        size, least = f"{x.shape[2]}×{x.shape[3]}", f"{smallest[0]}×{smallest[1]}"
        if with_aux:
            raise ValueError(
                f"input is {size}; training with the auxiliary head needs at least {least}: "
                "pass aux=False, or a larger image"
            )
        raise ValueError(f"input is {size}; the network needs at least {least}: enlarge the image")
    return x
