"""What a fused network is made of: a convolution that rectifies what it writes, and a late bias."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["FusedConv2d", "Shift", "has_onednn"]


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
    likes best at the first call. That copy is renewed when the weights change through torch
    (``load_state_dict``, in-place operations). Everywhere else it is a plain convolution and ReLU.

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
        self._packed: Tensor | None = None
        self._packed_from: tuple[int, int] | None = None

    def forward(self, x: Tensor) -> Tensor:
        if self._suits_onednn(x):
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

    def _suits_onednn(self, x: Tensor) -> bool:
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
        state = (self.weight.data_ptr(), version)
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
