"""What every Inception module is: parallel branches over one tensor, concatenated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn

from .layers import Fan, Layer, Pool, input_needed, make_layer, parts, positive

__all__ = ["Branches", "InceptionModule"]

Branches = Mapping[str, Sequence[Layer]]


class InceptionModule(nn.Module):
    """Parallel branches over one input, concatenated along the channels.

    Parameters
    ----------
    in_channels : int
        Channels of the input, N×C×H×W.
    branches : mapping of str to sequence of Conv, Pool or Fan
        Each branch from its first layer to its last, in the order of the concatenation.
    count_include_pad : bool
        Whether average pools count the zeros of the padding in their mean. torchvision and timm
        do, the authors' TensorFlow network does not.

    Attributes
    ----------
    figure : str
        Where the paper draws this module.
    widths : tuple of str
        Which of a module's options are numbers of channels (and so grow with its width).
    averages : bool
        Whether there are average pools in it, and so the option ``count_include_pad``.
    branches : dict
        The description that it was built from.
    out_channels : int
        Channels of the output, N×out_channels×H'×W'.
    """

    figure: ClassVar[str] = ""
    widths: ClassVar[tuple[str, ...]] = ()
    averages: ClassVar[bool] = True

    def __init__(
        self, in_channels: int, branches: Branches, count_include_pad: bool = True
    ) -> None:
        super().__init__()
        self.in_channels = positive(in_channels, "in_channels")
        self.branches = {name: tuple(layers) for name, layers in branches.items() if layers}
        self.out_channels = 0
        # For each branch its steps, for each step the names of the modules that work side by side.
        self._steps: list[list[list[str]]] = []
        for name, layers in self.branches.items():
            steps, channels = self._build_branch(name, layers, count_include_pad)
            self._steps.append(steps)
            self.out_channels += channels

    def _build_branch(
        self, branch: str, layers: Sequence[Layer], count_include_pad: bool
    ) -> tuple[list[list[str]], int]:
        steps: list[list[str]] = []
        channels = self.in_channels
        only_one = sum(not isinstance(layer, Pool) for layer in layers) == 1
        index = 0
        for layer in layers:
            names, widths = [], []
            index += not isinstance(layer, Pool)
            for letter, part in zip("abcdefgh", parts(layer), strict=False):
                if isinstance(part, Pool):
                    name = "pool"
                elif isinstance(layer, Fan):
                    name = f"{branch}_{index}{letter}"
                else:
                    name = branch if only_one else f"{branch}_{index}"
                module, width = make_layer(channels, part, count_include_pad)
                self.add_module(name, module)
                names.append(name)
                widths.append(width)
            steps.append(names)
            channels = sum(widths)
        return steps, channels

    def forward(self, x: Tensor) -> Tensor:
        outputs = []
        for steps in self._steps:
            y = x
            for names in steps:
                ends = [getattr(self, name)(y) for name in names]
                y = ends[0] if len(ends) == 1 else torch.cat(ends, 1)
            outputs.append(y)
        return outputs[0] if len(outputs) == 1 else torch.cat(outputs, 1)

    def input_needed(self, out: tuple[int, int]) -> tuple[int, int]:
        """The smallest input grid (height, width) from which the module makes a grid ``out``."""
        needs = []
        for layers in self.branches.values():
            need = out
            for layer in reversed(layers):
                need = input_needed(layer, need)
            needs.append(need)
        return max(h for h, _ in needs), max(w for _, w in needs)
