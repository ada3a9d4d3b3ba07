"""What a fused network is made of: a convolution that rectifies what it writes, and a late bias."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..ops import two

__all__ = ["FusedConv2d", "InParts", "Shift", "has_onednn"]


def has_onednn() -> bool:
    """Whether this build of torch offers oneDNN's convolution with a rectified output."""
    return (
        torch.backends.mkldnn.is_available()
        and hasattr(torch.ops.mkldnn, "_convolution_pointwise")
        and hasattr(torch._C._nn, "mkldnn_reorder_conv2d_weight")
    )


_ONEDNN = has_onednn()


class FusedConv2d(nn.Conv2d):
    """A convolution for inference, with its bias and, if asked for, its ReLU.

    On a CPU, in float32 and run as it is (not compiled, traced or exported), it calls oneDNN's own
    kernel, which rectifies while it writes, on weights brought into the order that the kernel
    likes best at the first call. That copy, as large as the weights, is renewed when the size of
    the grid changes, or when the weights do through torch (``load_state_dict``, in-place
    operations, not ``.data``). Everywhere else it is a plain convolution and ReLU.

    Parameters
    ----------
    weight : Tensor
        out×in/groups×kh×kw.
    bias : Tensor or None
        One an output channel.
    like : torch.nn.Conv2d
        Whose stride, padding, dilation and groups are taken.
    relu : bool
        Whether the output is rectified.
    """

    def __init__(
        self, weight: Tensor, bias: Tensor | None, like: nn.Conv2d, relu: bool = False
    ) -> None:
        out, per_group = weight.shape[:2]
        super().__init__(
            per_group * like.groups,
            out,
            (weight.shape[2], weight.shape[3]),
            like.stride,  # type: ignore[arg-type]
            like.padding,  # type: ignore[arg-type]
            like.dilation,  # type: ignore[arg-type]
            like.groups,
            bias=bias is not None,
            padding_mode=like.padding_mode,
            device="meta",  # the weights come from outside: none are drawn here
        )
        # Pixels that lie together in memory (channels_last) suit oneDNN and cuDNN alike.
        weight = weight.detach().contiguous(memory_format=torch.channels_last)
        self.weight = nn.Parameter(weight, requires_grad=False)
        if bias is not None:
            self.bias = nn.Parameter(bias.detach().clone(), requires_grad=False)
        self.relu = relu
        self.takes_integers = False  # what is folded into it divided bytes, for example
        self._packed: Tensor | None = None
        self._packed_from: tuple[int, ...] | None = None

    def forward(self, x: Tensor) -> Tensor:
        if self.takes_integers and not x.is_floating_point():
            x = x.to(self.weight.dtype)
        if self.suits_onednn(x):
            x = x.contiguous(memory_format=torch.channels_last)
            return torch.ops.mkldnn._convolution_pointwise(
                x,
                self._pack(x),
                self.bias,
                self.padding,
                self.stride,
                self.dilation,
                self.groups,
                "relu" if self.relu else "none",
                [],
                "",
            )
        y = self._conv_forward(x, self.weight, self.bias)
        return F.relu(y, inplace=True) if self.relu else y

    def suits_onednn(self, x: Tensor) -> bool:
        """Whether oneDNN's own kernel takes this input here and now."""
        return (
            _ONEDNN
            and not torch.compiler.is_compiling()
            and type(x) is Tensor  # neither a proxy of torch.fx nor a fake tensor of an exporter
            and x.ndim == 4
            and x.device.type == "cpu"
            and x.dtype == self.weight.dtype == torch.float32
            and x.numel() > 0
            and not isinstance(self.padding, str)
            and self.padding_mode == "zeros"
            and not (x.requires_grad and torch.is_grad_enabled())
            and not self.weight.requires_grad
            and not torch.jit.is_tracing()
            and not torch.is_autocast_enabled("cpu")
            and bool(torch.backends.mkldnn.enabled)
        )

    def _pack(self, x: Tensor) -> Tensor:
        """The weights in the kernel's own order, made once."""
        # Tensors made in inference mode count no versions: they cannot change outside it either.
        version = -1 if self.weight.is_inference() else self.weight._version
        # The best order depends on the grid, hardly on the batch: a wrong one costs half as much
        # again at every call, a new one as much as a tenth of a call.
        state = (self.weight.data_ptr(), version, *x.shape[2:])
        if self._packed is None or self._packed_from != state:
            with torch.no_grad():
                reorder: Any = torch._C._nn.mkldnn_reorder_conv2d_weight
                self._packed = reorder(
                    self.weight.to_mkldnn(),
                    self.padding,
                    self.stride,
                    self.dilation,
                    self.groups,
                    list(x.shape),
                )
            self._packed_from = state
        return self._packed

    def __getstate__(self) -> dict[str, Any]:
        """Copies and files get the weights alone; a copy packs its own."""
        return self.__dict__ | {"_packed": None, "_packed_from": None}

    def extra_repr(self) -> str:
        return super().extra_repr() + (", relu" if self.relu else "")


class InParts(nn.Sequential):
    """Convolutions in a row that end in max pooling, a few images at a time on a CPU.

    The first tensors of a network are its largest, and in parts they were measured to take less
    time: probably since they stay in the processor's cache and in memory that is already there.
    Each image is treated alone, so nothing changes. Layers are FusedConv2d and nn.MaxPool2d.
    """

    PART = 16 * 2**20  # bytes of the largest tensor of a part
    WORTH = 2**20  # bytes of one image's tensor from which a layer belongs in the parts

    def forward(self, x: Tensor) -> Tensor:
        layers = list(self)
        if not layers[0].suits_onednn(x):  # type: ignore[operator]
            return super().forward(x)
        largest, end = self._extent(layers, x)
        part = max(1, self.PART // max(1, largest))
        if end and part < len(x):
            parts = []
            for y in x.split(part):
                for layer in layers[:end]:
                    y = layer(y)
                parts.append(y)
            x, layers = torch.cat(parts), layers[end:]
        for layer in layers:
            x = layer(x)
        return x

    def _extent(self, layers: list[nn.Module], x: Tensor) -> tuple[int, int]:
        """About the bytes of one image's largest tensor, and how many layers work in parts."""
        height, width = x.shape[2:]
        bytes_, largest, end = 0, 0, 0
        for i, layer in enumerate(layers):
            if isinstance(layer, FusedConv2d):
                height, width = height // layer.stride[0], width // layer.stride[1]
                bytes_ = 4 * layer.out_channels * height * width
                largest = max(largest, bytes_)
            else:
                if bytes_ >= self.WORTH:
                    end = i + 1
                stride = two(layer.stride)
                height, width = height // stride[0], width // stride[1]
        return largest, end


class Shift(nn.Module):
    """Adds a bias to each channel, and rectifies if asked: what stays behind a late pooling.

    It works in place on N×C×H×W, since what it reads was made for it alone.
    """

    def __init__(self, bias: Tensor, relu: bool = False) -> None:
        super().__init__()
        self.bias = nn.Parameter(bias.detach().clone(), requires_grad=False)
        self.relu = relu

    def forward(self, x: Tensor) -> Tensor:
        y = x.add_(self.bias[:, None, None])
        return F.relu(y, inplace=True) if self.relu else y
