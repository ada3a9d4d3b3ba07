"""From a ``Spec`` to a network."""

from __future__ import annotations

import os
import warnings

import torch
from torch import Tensor, nn

from .heads import AuxiliaryHead, InceptionOutput, check_input, class_count
from .inputs import IMAGENET_MEAN, IMAGENET_STD, find_limits, to_symmetric
from .layers import Conv, make_layer, truncated_normal_
from .modules import make_block
from .spec import Spec
from .specs import get_spec
from .weights import load_weights

__all__ = ["Inception", "build", "inception_v3"]

LOOKS = 4  # batches whose values are looked at
BYTES = 16  # no normalised image reaches it, and hardly a picture of bytes stays below it

torch.fx.wrap("check_input")  # a leaf: tracing records the call and does not look inside


class Inception(nn.Module):
    """A network built from its spec: stem, modules, pooling, classifier, auxiliary head.

    Parameters
    ----------
    spec : Spec
        What to build.
    num_classes : int or None
        Classes of the logits; None takes the spec's. One class is a single score.
    aux : bool
        Whether the auxiliary head of section 4 is built, where the spec has one (or two). It works
        in training only.
    dropout : float
        Share of the pooled features dropped before the classifier, in [0, 1).
    count_include_pad : bool or None
        Whether average pools count the zeros of their padding (torchvision) or not (TensorFlow);
        None takes the spec's.
    transform_input : bool
        Whether images come normalised with ImageNet's mean and deviation, as torchvision's
        presets make them, and are to be mapped to [-1, 1] first.

    Notes
    -----
    The input is N×C×H×W (RGB where C is 3), scaled to [-1, 1] unless ``transform_input``.
    ``model(x)`` returns an ``InceptionOutput`` in either mode: ``.logits`` and ``.aux_logits``
    (None in evaluation).
    """

    _looked_at = 0

    def __init__(
        self,
        spec: Spec,
        num_classes: int | None = None,
        aux: bool = True,
        dropout: float = 0.5,
        count_include_pad: bool | None = None,
        transform_input: bool = False,
    ) -> None:
        super().__init__()
        num_classes = class_count(spec.num_classes if num_classes is None else num_classes)
        if not 0 <= dropout < 1:
            raise ValueError(f"dropout is {dropout!r}: it is a share in [0, 1)")
        if transform_input and spec.in_channels != 3:
            raise ValueError(
                f"transform_input knows three colours, {spec.name} takes {spec.in_channels} "
                "channels: scale its images to [-1, 1] and leave transform_input out"
            )
        if count_include_pad is None:
            count_include_pad = spec.count_include_pad
        self.spec = spec
        self.transform_input = transform_input
        channels = spec.in_channels
        for name, layer in spec.stem:
            made, channels = make_layer(channels, layer, count_include_pad)
            self.add_module(name, made)
        self.AuxLogits: AuxiliaryHead | None = None
        self.LowerAuxLogits: AuxiliaryHead | None = None
        for block in spec.blocks:
            module = make_block(channels, block, count_include_pad)
            self.add_module(block.name, module)
            channels = module.out_channels
            if aux and block.name == spec.lower_aux_after:
                self.LowerAuxLogits = AuxiliaryHead(channels, num_classes, spec.head)
            if aux and block.name == spec.aux_after:
                self.AuxLogits = AuxiliaryHead(channels, num_classes, spec.head)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.dropout = nn.Dropout(dropout)
        self.fc = nn.Linear(channels, num_classes)
        names = [*(name for name, _ in spec.stem), *(block.name for block in spec.blocks)]
        parts = [*(layer for _, layer in spec.stem), *(getattr(self, b.name) for b in spec.blocks)]
        # A lower head has the same layers on a finer grid: what it needs, the upper one needs too.
        head = spec.head.layers if spec.aux_after else ()
        reads = names.index(spec.aux_after) + 1 if spec.aux_after else 0
        self._limits = {
            False: find_limits(parts),
            True: find_limits(parts, head, reads),
        }
        self._first = next(name for name, layer in spec.stem if isinstance(layer, Conv))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Initialise as the authors did: normals of 0.1, cut at two standard deviations."""
        special: dict[Tensor | nn.Module, float] = {}
        for head in (self.LowerAuxLogits, self.AuxLogits):
            if head is not None:
                special |= {head.conv1.conv: 0.01, head.fc: 0.001}
        for module in self.modules():
            if isinstance(module, (nn.Conv2d, nn.Linear)):
                truncated_normal_(module.weight, special.get(module, 0.1))
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
            elif isinstance(module, nn.BatchNorm2d):
                module.reset_parameters()

    def forward_features(self, x: Tensor) -> tuple[Tensor, Tensor | tuple[Tensor, ...] | None]:
        """The last grid, N×2048×8×8 from 299×299, and in training the auxiliary logits."""
        sides: list[Tensor] = []  # the lower head's before the upper one's
        with_aux = self.training and self.AuxLogits is not None
        if isinstance(x, Tensor):  # not while torch.fx traces: the dtype may change later
            self._check_dtype(x)
            self._check_range(x)
        x = check_input(
            x, self.spec.in_channels, self._limits[with_aux].smallest, with_aux, self._lone()
        )
        if self.transform_input:
            x = to_symmetric(x)
        for name, _ in self.spec.stem:
            x = getattr(self, name)(x)
        for block in self.spec.blocks:
            x = getattr(self, block.name)(x)
            if not with_aux:
                continue
            if self.LowerAuxLogits is not None and block.name == self.spec.lower_aux_after:
                sides.append(self.LowerAuxLogits(x))
            if self.AuxLogits is not None and block.name == self.spec.aux_after:
                sides.append(self.AuxLogits(x))
        return x, tuple(sides) if len(sides) > 1 else (sides[0] if sides else None)

    def forward(self, x: Tensor) -> InceptionOutput:
        x, aux_logits = self.forward_features(x)
        x = torch.flatten(self.dropout(self.avgpool(x)), 1)  # N×2048
        return InceptionOutput(self.fc(x), aux_logits)

    def smallest_input(self, with_aux: bool = False) -> tuple[int, int]:
        """The smallest image (height, width) that the network can take, found from its spec.

        ``with_aux`` asks for training with the auxiliary head, which needs its 17×17 grid.
        """
        return self._limits[with_aux].smallest

    def _lone(self) -> tuple[tuple[int, int], ...]:
        """What one image alone must reach; nothing where no normalisation learns from it."""
        if not self.training:
            return ()
        if not any(isinstance(m, nn.BatchNorm2d) and m.training for m in self.modules()):
            return ()
        return self._limits[self.AuxLogits is not None].lone

    def _check_range(self, x: Tensor) -> None:
        """Warn of bytes that were made floats and not scaled, in the first few batches.

        Later ones are not looked at: on a GPU the host would wait for each of them.
        """
        eager = type(x) is Tensor and not (torch.compiler.is_compiling() or torch.jit.is_tracing())
        if self._looked_at >= LOOKS or not eager or x.is_meta or not x.numel():
            return
        if x.is_cuda and torch.cuda.is_current_stream_capturing():
            return
        try:
            least, most = (float(value) for value in x.detach()[:4].aminmax())
        except RuntimeError:  # a batch within vmap has no values to look at
            return
        self._looked_at += 1
        if least >= 0 and BYTES < most <= 255:
            scaled = f"x / 255 normalised with mean {IMAGENET_MEAN} and deviation {IMAGENET_STD}"
            wants = scaled if self.transform_input else "[-1, 1]: use x / 127.5 - 1"
            warnings.warn(
                f"the images have values from {least:g} to {most:g}, and the network expects "
                f"{wants}",
                stacklevel=4,
            )

    def _check_dtype(self, x: Tensor) -> None:
        weight = getattr(self, self._first).conv.weight
        if x.is_floating_point() and x.dtype != weight.dtype:
            if torch.is_autocast_enabled(x.device.type):
                return
            raise TypeError(
                f"input is {x.dtype}, the network's weights are {weight.dtype}: convert one of "
                "them (x.to(dtype) or model.to(dtype)), or work under torch.autocast"
            )


def build(
    spec: Spec | str,
    *,
    num_classes: int | None = None,
    aux: bool = True,
    dropout: float = 0.5,
    count_include_pad: bool | None = None,
    transform_input: bool = False,
    weights: str | os.PathLike[str] | None = None,
) -> Inception:
    """Build the network that ``spec`` describes (a ``Spec``, or the name of one).

    See ``Inception`` for the settings and ``inception_v3`` for the weights.

    Raises
    ------
    ValueError
        If no spec has that name, or a setting is out of range.
    WeightsError
        If the weights cannot be read or do not fit.
    """
    if isinstance(spec, str):
        spec = get_spec(spec)
    model = Inception(spec, num_classes, aux, dropout, count_include_pad, transform_input)
    if weights is not None:
        load_weights(model, weights)
    return model


def inception_v3(
    aux: bool = True,
    weights: str | os.PathLike[str] | None = None,
    dropout: float = 0.5,
    count_include_pad: bool = True,
    num_classes: int = 1000,
    transform_input: bool = False,
) -> Inception:
    """Inception-v3 as its authors released it (sections 4 to 6).

    Parameters
    ----------
    aux : bool
        With the auxiliary head: 27,161,264 parameters; without: 23,834,568.
    weights : path, "torchvision" or None
        A ``.safetensors`` file (or a ``.pth`` of plain tensors), or the weights that torchvision
        publishes, downloaded once and checked by hash. Both were trained on [-1, 1].
    dropout : float
        Share of the pooled features dropped in training.
    count_include_pad : bool
        True counts the padding's zeros in average pools (torchvision's weights were made for
        that), False leaves them out (the authors' TensorFlow weights).
    num_classes : int
        Classes of the logits, N×num_classes.
    transform_input : bool
        False takes images scaled to [-1, 1]. True takes images normalised with ImageNet's mean
        and deviation, and maps them to [-1, 1], as torchvision does unasked with its weights.

    Returns
    -------
    Inception
        In training mode, as every ``nn.Module`` begins.

    Notes
    -----
    ``torch.jit.trace`` takes no output with a ``None`` in it. After
    ``model.eval().requires_grad_(False)`` trace the logits alone:
    ``torch.jit.trace(lambda x: model(x).logits, x, check_trace=False)``.
    """
    return build(
        "inception_v3",
        num_classes=num_classes,
        aux=aux,
        dropout=dropout,
        count_include_pad=count_include_pad,
        transform_input=transform_input,
        weights=weights,
    )
