"""What the older networks need besides the bricks of ``nets.layers``."""

from __future__ import annotations

from collections.abc import Iterable

from torch import Tensor, nn

from ..layers import Conv, make_layer, positive, truncated_normal_
from ..modules import InceptionModule

__all__ = ["SeparableStem", "he_normal_", "pad_as_tensorflow_", "smallest_input", "truncated_"]

Pair = tuple[int, int]


class SeparableStem(nn.Module):
    """A 7×7/2 convolution taken apart: 7×7 on each colour by itself, then 1×1 over all.

    Each of the three colours has eight 7×7 kernels of its own, and a 1×1 convolution mixes the 24
    maps into 64: 3·8·49 + 24·64 = 2,712 weights. That is the "2.7K" of the first row of
    GoogLeNet's Table 1, where a full 7×7 has 9,408, and the stem of TF-slim's ``inception_v2``.
    N×3×224×224 becomes N×64×112×112.

    Parameters
    ----------
    in_channels, out_channels : int
        Channels of the image and of the output.
    multiplier : int
        Kernels for each colour.
    batch_norm : bool
        Normalise the output; otherwise it has a bias. Nothing stands between the two steps.
    """

    def __init__(
        self,
        in_channels: int = 3,
        out_channels: int = 64,
        multiplier: int = 8,
        batch_norm: bool = True,
    ) -> None:
        super().__init__()
        inside = positive(in_channels, "in_channels") * positive(multiplier, "multiplier")
        self.depthwise = nn.Conv2d(
            in_channels, inside, 7, stride=2, padding=3, groups=in_channels, bias=False
        )
        self.pointwise, _ = make_layer(inside, Conv(out_channels, batch_norm=batch_norm))

    def forward(self, x: Tensor) -> Tensor:
        return self.pointwise(self.depthwise(x))


def smallest_input(layers: Iterable[nn.Module], out: Pair = (1, 1)) -> Pair:
    """The smallest input (height, width) from which ``layers`` in a row make a grid of ``out``."""
    need = out
    for layer in reversed(list(layers)):
        if isinstance(layer, InceptionModule):
            need = layer.input_needed(need)
        elif isinstance(layer, (nn.Conv2d, nn.MaxPool2d)):
            need = _one(layer, need, 0), _one(layer, need, 1)
        else:
            need = smallest_input(layer.children(), need)
    return need


def _one(layer: nn.Conv2d | nn.MaxPool2d, out: Pair, axis: int) -> int:
    kernel, stride, padding = (
        value if isinstance(value, int) else int(value[axis])
        for value in (layer.kernel_size, layer.stride, layer.padding)
    )
    spare = stride - 1 if getattr(layer, "ceil_mode", False) else 0  # the last window may overhang
    return max(1, (out[axis] - 1) * stride + kernel - 2 * padding - spare)


def pad_as_tensorflow_(module: nn.Module) -> None:
    """Pad stride-2 layers as TensorFlow pads grids of even size: one cell less above and left.

    A kernel of 3 then has no padding before and one cell after, one of 7 has two and three.
    """
    for parent in list(module.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, nn.MaxPool2d) and child.stride == 2:
                setattr(parent, name, nn.MaxPool2d(child.kernel_size, 2, ceil_mode=True))
            elif isinstance(child, nn.Conv2d) and child.stride == (2, 2):
                before = int(child.padding[0]) - 1
                child.padding = (0, 0)
                pad = nn.ZeroPad2d((before, before + 1, before, before + 1))
                setattr(parent, name, nn.Sequential(pad, child))


def he_normal_(module: nn.Module, slope: float = 0.0) -> None:
    """Initialise as He et al. (2015): normals of √(2 / ((1 + slope²)·inputs)), biases zero."""
    for part in module.modules():
        if isinstance(part, (nn.Conv2d, nn.Linear)):
            nn.init.kaiming_normal_(part.weight, a=slope, nonlinearity="leaky_relu")
            if part.bias is not None:
                nn.init.zeros_(part.bias)


def truncated_(module: nn.Module) -> None:
    """Initialise as ``build.Inception`` does: normals of 0.1, cut at two standard deviations."""
    for part in module.modules():
        if isinstance(part, (nn.Conv2d, nn.Linear)):
            truncated_normal_(part.weight, 0.1)
            if part.bias is not None:
                nn.init.zeros_(part.bias)
