"""From a ``Spec`` to a network."""

from __future__ import annotations

import os
from collections.abc import Callable

import torch
from torch import Tensor, nn

from .heads import AuxiliaryHead, InceptionOutput, check_input
from .layers import input_needed, make_layer, positive, truncated_normal_
from .modules import (
    AsymmetricModule,
    ExpandedModule,
    FactorizedModule,
    GridReduction,
    InceptionModule,
    OriginalModule,
)
from .spec import Spec, get_spec
from .weights import load_weights

__all__ = ["Inception", "build", "inception_v3"]

torch.fx.wrap("check_input")  # a leaf: tracing records the call and does not look inside

KINDS: dict[str, Callable[..., InceptionModule]] = {
    "original": OriginalModule,
    "factorized": FactorizedModule,
    "asymmetric": AsymmetricModule,
    "expanded": ExpandedModule,
    "reduction": GridReduction,
}


class Inception(nn.Module):
    """A network built from its spec: stem, modules, pooling, classifier, auxiliary head.

    Parameters
    ----------
    spec : Spec
        What to build.
    num_classes : int
        Classes of the logits.
    aux : bool
        Whether the auxiliary head of section 4 is built. It works in training only.
    dropout : float
        Share of the pooled features dropped before the classifier, in [0, 1).
    count_include_pad : bool
        Whether average pools count the zeros of their padding (torchvision) or not (TensorFlow).

    Notes
    -----
    The input is N×3×H×W, RGB, scaled to [-1, 1]. ``model(x)`` returns an ``InceptionOutput`` in
    either mode: ``.logits`` and ``.aux_logits`` (None in evaluation).
    """

    def __init__(
        self,
        spec: Spec,
        num_classes: int = 1000,
        aux: bool = True,
        dropout: float = 0.5,
        count_include_pad: bool = True,
    ) -> None:
        super().__init__()
        positive(num_classes, "num_classes")
        if not 0 <= dropout < 1:
            raise ValueError(f"dropout is {dropout!r}: it is a share in [0, 1)")
        self.spec = spec
        channels = spec.in_channels
        for name, layer in spec.stem:
            module, channels = make_layer(channels, layer, count_include_pad)
            self.add_module(name, module)
        self.AuxLogits: AuxiliaryHead | None = None
        for block in spec.blocks:
            options = dict(block.options)
            if block.kind != "reduction":
                options["count_include_pad"] = count_include_pad
            module = KINDS[block.kind](channels, **options)
            self.add_module(block.name, module)
            channels = module.out_channels
            if aux and block.name == spec.aux_after:
                self.AuxLogits = AuxiliaryHead(channels, num_classes)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.dropout = nn.Dropout(dropout)
        self.fc = nn.Linear(channels, num_classes)
        self._smallest = {aux: self._find_smallest_input(aux) for aux in (False, True)}
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Initialise as the authors did: normals of 0.1, cut at two standard deviations."""
        for name, module in self.named_modules():
            if isinstance(module, (nn.Conv2d, nn.Linear)):
                std = {"AuxLogits.conv1.conv": 0.01, "AuxLogits.fc": 0.001}.get(name, 0.1)
                truncated_normal_(module.weight, std)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)

    def forward_features(self, x: Tensor) -> tuple[Tensor, Tensor | None]:
        """The last grid, N×2048×8×8 from 299×299, and in training the auxiliary logits."""
        aux_logits = None
        with_aux = self.training and self.AuxLogits is not None
        x = check_input(x, self.spec.in_channels, self.smallest_input(with_aux), with_aux)
        for name, _ in self.spec.stem:
            x = getattr(self, name)(x)
        for block in self.spec.blocks:
            x = getattr(self, block.name)(x)
            if self.AuxLogits is not None and with_aux and block.name == self.spec.aux_after:
                aux_logits = self.AuxLogits(x)
        return x, aux_logits

    def forward(self, x: Tensor) -> InceptionOutput:
        x, aux_logits = self.forward_features(x)
        x = torch.flatten(self.dropout(self.avgpool(x)), 1)  # N×2048
        return InceptionOutput(self.fc(x), aux_logits)

    def smallest_input(self, with_aux: bool = False) -> tuple[int, int]:
        """The smallest image (height, width) that the network can take, found from its spec.

        ``with_aux`` asks for training with the auxiliary head, which needs its 17×17 grid.
        """
        return self._smallest[with_aux]

    def _find_smallest_input(self, with_aux: bool) -> tuple[int, int]:
        need = (1, 1)
        for block in reversed(self.spec.blocks):
            if with_aux and block.name == self.spec.aux_after:
                least = AuxiliaryHead.input_needed()
                need = max(need[0], least[0]), max(need[1], least[1])
            need = getattr(self, block.name).input_needed(need)
        for _, layer in reversed(self.spec.stem):
            need = input_needed(layer, need)
        return need


def build(
    spec: Spec | str,
    *,
    num_classes: int = 1000,
    aux: bool = True,
    dropout: float = 0.5,
    count_include_pad: bool = True,
    weights: str | os.PathLike[str] | None = None,
) -> Inception:
    """Build the network that ``spec`` describes (a ``Spec``, or the name of one).

    Raises
    ------
    ValueError
        If no spec has that name, or a setting is out of range.
    WeightsError
        If the weights cannot be read or do not fit.
    """
    if isinstance(spec, str):
        spec = get_spec(spec)
    model = Inception(spec, num_classes, aux, dropout, count_include_pad)
    if weights is not None:
        load_weights(model, weights)
    return model


def inception_v3(
    aux: bool = True,
    weights: str | os.PathLike[str] | None = None,
    dropout: float = 0.5,
    count_include_pad: bool = True,
    num_classes: int = 1000,
) -> Inception:
    """Inception-v3 as its authors released it (sections 4 to 6).

    Parameters
    ----------
    aux : bool
        With the auxiliary head: 27,161,264 parameters; without: 23,834,568.
    weights : path, "torchvision" or None
        A ``.safetensors`` file (or a ``.pth`` of plain tensors), or the weights that torchvision
        publishes, downloaded once and checked by hash. Both expect images scaled to [-1, 1].
    dropout : float
        Share of the pooled features dropped in training.
    count_include_pad : bool
        True counts the padding's zeros in average pools (torchvision's weights were made for
        that), False leaves them out (the authors' TensorFlow weights).
    num_classes : int
        Classes of the logits, N×num_classes.

    Returns
    -------
    Inception
        In training mode, as every ``nn.Module`` begins.
    """
    return build(
        "inception_v3",
        num_classes=num_classes,
        aux=aux,
        dropout=dropout,
        count_include_pad=count_include_pad,
        weights=weights,
    )
