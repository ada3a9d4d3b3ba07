"""Max pooling for training on a GPU, without the price of its gradient.

Where torch compiles the backward pass of a max pooling, the kernel works out for each cell, in
64-bit integers, which windows covered it: for Inception-v3 that is an eighth of a training step.
Here the place of the largest value inside its window is kept in one byte, and each cell gathers
from the few windows above it: the step is then bound by the memory that it moves.
"""

from __future__ import annotations

import importlib.util
from typing import Any

import torch
from torch import Tensor, nn

from ..ops import two

__all__ = ["QuickMaxPool2d", "max_pool", "quicken"]


@torch.library.custom_op("inception_lib::max_pool", mutates_args=())
def max_pool(x: Tensor, kernel: int, stride: int, padding: int) -> tuple[Tensor, Tensor]:
    """The largest value of each window, and its place in the window, N×C×H'×W' both.

    Parameters
    ----------
    x : Tensor
        N×C×H×W, of at most 32 bits, on a GPU (or anywhere under Triton's interpreter).
    kernel, stride, padding : int
        Alike in both directions.

    Notes
    -----
    Of equal values the first one is chosen, as in ``torch.nn.functional.max_pool2d``; so is the
    gradient, up to the order in which overlapping windows are added.
    """
    from .max_pool_kernels import forward_kernel

    x = x.contiguous(memory_format=torch.channels_last)
    images, channels, height, width = x.shape
    y, place = _outputs(x, kernel, stride, padding)
    out_height, out_width = y.shape[2:]
    columns, block = _blocks(channels)
    grid = (images * out_height, -(-out_width // columns), -(-channels // block))
    forward_kernel[grid](
        x, y, place, height, width, out_height, out_width, channels,
        kernel, stride, padding, columns, block,
    )  # fmt: skip
    return y, place


@torch.library.custom_op("inception_lib::max_pool_backward", mutates_args=())
def _backward(
    grad: Tensor, place: Tensor, height: int, width: int, kernel: int, stride: int, padding: int
) -> Tensor:
    from .max_pool_kernels import backward_kernel

    if grad.stride(1) != 1:
        grad = grad.contiguous(memory_format=torch.channels_last)
    images, channels, out_height, out_width = grad.shape
    result = _empty(grad, (images, channels, height, width))
    columns, block = _blocks(channels)
    grid = (images * height, -(-width // columns), -(-channels // block))
    backward_kernel[grid](
        grad, place, result, height, width, out_height, out_width, channels,
        grad.stride(0), grad.stride(2), grad.stride(3),
        kernel, stride, padding, -(-kernel // stride), columns, block,
    )  # fmt: skip
    return result


def _blocks(channels: int) -> tuple[int, int]:
    """Columns and channels of one program: a thousand cells, channels side by side in memory."""
    block = min(128, max(16, 1 << (channels - 1).bit_length()))
    return 1024 // block, block


def _empty(like: Tensor, shape: tuple[int, ...], dtype: torch.dtype | None = None) -> Tensor:
    return torch.empty(
        shape,
        dtype=dtype or like.dtype,
        device=like.device,
        memory_format=torch.channels_last,
    )


@max_pool.register_fake
def _outputs(x: Tensor, kernel: int, stride: int, padding: int) -> tuple[Tensor, Tensor]:
    sides = [(side + 2 * padding - kernel) // stride + 1 for side in x.shape[2:]]
    shape = (x.shape[0], x.shape[1], *sides)
    return _empty(x, shape), _empty(x, shape, torch.uint8)


@_backward.register_fake
def _(grad: Tensor, place: Tensor, height: int, width: int, *_: int) -> Tensor:
    return _empty(grad, (*grad.shape[:2], height, width))


def _keep(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, Tensor]) -> None:
    x, *ctx.settings = inputs
    ctx.sides = x.shape[2:]
    ctx.save_for_backward(output[1])
    ctx.mark_non_differentiable(output[1])
    ctx.set_materialize_grads(False)


def _gradient(ctx: Any, grad: Tensor, _: None) -> tuple[Tensor, None, None, None]:
    (place,) = ctx.saved_tensors
    return _backward(grad, place, *ctx.sides, *ctx.settings), None, None, None


max_pool.register_autograd(_gradient, setup_context=_keep)


_TRITON = importlib.util.find_spec("triton") is not None


class QuickMaxPool2d(nn.MaxPool2d):
    """``nn.MaxPool2d`` that uses ``max_pool`` for gradients on a GPU, in channels_last."""

    settings: tuple[int, int, int]  # kernel, stride, padding

    def forward(self, x: Tensor) -> Tensor:
        if (
            _TRITON
            and isinstance(x, Tensor)  # not a proxy of torch.fx
            and x.is_cuda
            and x.dtype in (torch.float32, torch.bfloat16, torch.float16)
            and torch.is_grad_enabled()
            and x.is_contiguous(memory_format=torch.channels_last)
        ):
            return max_pool(x, *self.settings)[0]
        return super().forward(x)


def quicken(pool: nn.Module) -> bool:
    """Turn a plain, overlapping ``nn.MaxPool2d`` into its quick form, in place, and say whether.

    Where windows do not overlap, torch's own gradient is cheap.
    """
    if type(pool) is not nn.MaxPool2d or pool.ceil_mode or pool.return_indices:
        return False
    kernel, stride, padding, dilation = (
        two(value) for value in (pool.kernel_size, pool.stride, pool.padding, pool.dilation)
    )
    alike = all(a == b for a, b in (kernel, stride, padding))
    if not alike or dilation != (1, 1) or not stride[0] < kernel[0] <= 15:
        return False
    members = {"_unfused_class": nn.MaxPool2d, "__module__": __name__}
    pool.__class__ = type("QuickMaxPool2d", (QuickMaxPool2d,), members)
    pool.settings = (kernel[0], stride[0], padding[0])  # type: ignore[assignment]
    return True
