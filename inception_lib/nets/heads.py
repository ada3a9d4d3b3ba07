"""What a network ends in: its output, the auxiliary classifier, and the check at its entrance."""

from __future__ import annotations

from typing import NamedTuple, Union

import torch
from torch import Tensor, nn

from .inputs import find_limits
from .layers import make_layer
from .spec import PAPER_HEAD, Head

__all__ = ["AuxiliaryHead", "InceptionOutput", "check_input"]


class InceptionOutput(NamedTuple):
    """What a network returns, in training and in evaluation alike.

    A named tuple, since everything that walks over a network knows those: ``torch.fx``,
    ``torch.export``, ONNX, DistributedDataParallel, torchinfo.

    Attributes
    ----------
    logits : Tensor
        N×classes.
    aux_logits : Tensor, tuple of Tensor, or None
        N×classes from the auxiliary head in training, one tensor a head where there are two
        (the lower one first, as in GoogLeNet); None in evaluation, or without a head.
    """

    logits: Tensor
    aux_logits: Union[Tensor, tuple[Tensor, ...], None] = None


# So that torch.export.save can name the class in a file; torch has no public call for it yet.
if hasattr(torch.utils._pytree, "_register_namedtuple"):
    torch.utils._pytree._register_namedtuple(
        InceptionOutput, serialized_type_name="inception_lib.InceptionOutput"
    )


class AuxiliaryHead(nn.Module):
    """The side classifier of section 4 (Figure 8).

    In the paper: average pooling 5×5/3, a 1×1 convolution, a 5×5 convolution that is in truth a
    fully connected layer over the 5×5 grid, and the classifier. It reads the last 17×17 tensor.

    Parameters
    ----------
    in_channels : int
        Channels of the input, N×C×17×17 (larger grids are averaged at the end).
    num_classes : int
        Classes of the logits, N×num_classes.
    head : Head
        Widths, sizes, which layers are batch-normalised (all of them by default), dropout.
    """

    figure = "Figure 8"

    def __init__(self, in_channels: int, num_classes: int = 1000, head: Head = PAPER_HEAD) -> None:
        super().__init__()
        self.head = head
        pool, inside, end = head.layers
        self.pool, _ = make_layer(in_channels, pool)
        self.conv0, _ = make_layer(in_channels, inside)
        self.conv1, _ = make_layer(inside.out, end)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.dropout = nn.Dropout(head.dropout) if head.dropout else None
        self.fc = nn.Linear(end.out, class_count(num_classes))

    def forward(self, x: Tensor) -> Tensor:
        x = self.pool(x)  # 5×5×768 from 17×17×768
        x = self.conv1(self.conv0(x))  # 1×1×768
        x = torch.flatten(self.avgpool(x), 1)
        return self.fc(x if self.dropout is None else self.dropout(x))

    def input_needed(self) -> tuple[int, int]:
        """The smallest grid that the head can read, (height, width): 17×17 in the paper."""
        return find_limits(self.head.layers).smallest


def class_count(num_classes: int) -> int:
    """``num_classes`` itself, if a classifier can have as many.

    One is a single score, for a sigmoid or a regression: a softmax over one class is always 1.
    """
    if not isinstance(num_classes, int) or isinstance(num_classes, bool) or num_classes < 1:
        raise ValueError(
            f"num_classes is {num_classes!r}: it is an integer, 2 or more for a softmax, 1 for a "
            "single score; for features without a classifier use forward_features"
        )
    return num_classes


def check_input(
    x: Tensor,
    channels: int,
    smallest: tuple[int, int],
    with_aux: bool = False,
    lone: tuple[tuple[int, int], ...] = (),
) -> Tensor:
    """Return ``x`` if a network can take it, else say why not and what to do.

    Parameters
    ----------
    x : Tensor
        The images, N×channels×H×W.
    channels : int
        Channels that the network takes.
    smallest : (int, int)
        Height and width of the smallest image.
    with_aux : bool
        Whether it is the auxiliary head that asks for as much.
    lone : tuple of (int, int)
        In training, what one image alone must reach in height or width (see ``Limits``).

    Raises
    ------
    TypeError
        If ``x`` is not a floating-point tensor.
    ValueError
        If it is not N×channels×H×W, too small, or too small for a batch of one.
    """
    if not x.is_floating_point():
        raise TypeError(
            f"input is {x.dtype}: the network takes floating-point images scaled to [-1, 1]; "
            "use (x.float() - 127.5) / 127.5 for bytes"
        )
    if x.ndim != 4 or x.shape[1] != channels:
        raise ValueError(
            f"input is {tuple(x.shape)}: it must be N×{channels}×H×W; "
            "add the batch dimension with x[None], or convert the image to "
            + ("RGB" if channels == 3 else "grey" if channels == 1 else f"{channels} channels")
        )
    height, width = x.shape[2], x.shape[3]
    if height < smallest[0] or width < smallest[1]:
        size, least = f"{height}×{width}", f"{smallest[0]}×{smallest[1]}"
        if with_aux:
            raise ValueError(
                f"input is {size}; training with the auxiliary head needs at least {least}: "
                "pass aux=False, or a larger image"
            )
        raise ValueError(f"input is {size}; the network needs at least {least}: enlarge the image")
    for least_height, least_width in lone if x.shape[0] == 1 else ():
        if height < least_height and width < least_width:
            raise ValueError(
                f"input is one image of {height}×{width} in training: batch normalisation would "
                "see a single value a channel. Give two images or more, or one of at least "
                f"{least_height}×{least_width}, or call eval() on the network or its "
                "normalisation"
            )
    return x
