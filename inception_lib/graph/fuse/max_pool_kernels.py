# mypy: ignore-errors
"""Max pooling of channels-last images on a GPU, forward and backward, in Triton.

Only imported where Triton is there. See ``max_pool`` for why these exist.
"""

from __future__ import annotations

import triton
import triton.language as tl

__all__ = ["backward_kernel", "forward_kernel"]


@triton.jit
def forward_kernel(
    x, y, place,
    height, width, out_height, out_width, channels,
    kernel: tl.constexpr, stride: tl.constexpr, padding: tl.constexpr,
    columns: tl.constexpr, block: tl.constexpr,
):  # fmt: skip
    """A few columns of one output row: the largest of each window, and its place inside it."""
    row = tl.program_id(0)
    image = (row // out_height).to(tl.int64)
    i = row % out_height
    j = tl.program_id(1) * columns + tl.arange(0, columns)[:, None]
    c = tl.program_id(2) * block + tl.arange(0, block)[None, :]
    inside = (j < out_width) & (c < channels)
    x += image * height * width * channels
    best = tl.full((columns, block), float("-inf"), tl.float32)
    at = tl.zeros((columns, block), tl.int32)
    for di in tl.static_range(kernel):
        h = i * stride - padding + di
        for dj in tl.static_range(kernel):
            w = j * stride - padding + dj
            there = inside & (h >= 0) & (h < height) & (w >= 0) & (w < width)
            value = tl.load(x + (h * width + w) * channels + c, mask=there, other=float("-inf"))
            value = value.to(tl.float32)
            # The first of equal values stays, and NaN wins, as in torch.
            wins = there & ((value > best) | (value != value))
            at = tl.where(wins, di * kernel + dj, at)
            best = tl.where(wins, value, best)
    out = ((image * out_height + i) * out_width + j) * channels + c
    tl.store(y + out, best.to(y.dtype.element_ty), mask=inside)
    tl.store(place + out, at.to(tl.uint8), mask=inside)


@triton.jit
def backward_kernel(
    grad, place, result,
    height, width, out_height, out_width, channels,
    grad_image, grad_row, grad_column,
    kernel: tl.constexpr, stride: tl.constexpr, padding: tl.constexpr, reach: tl.constexpr,
    columns: tl.constexpr, block: tl.constexpr,
):  # fmt: skip
    """A few columns of one input row: each cell gathers from the windows that chose it.

    At most ``reach`` windows in either direction cover a cell.
    """
    row = tl.program_id(0)
    image = (row // height).to(tl.int64)
    h = row % height
    w = tl.program_id(1) * columns + tl.arange(0, columns)[:, None]
    c = tl.program_id(2) * block + tl.arange(0, block)[None, :]
    inside = (w < width) & (c < channels)
    grad += image * grad_image
    place += image * out_height * out_width * channels
    total = tl.zeros((columns, block), tl.float32)
    for a in tl.static_range(reach):
        i = (h + padding) // stride - a
        di = h + padding - i * stride
        for b in tl.static_range(reach):
            j = (w + padding) // stride - b
            dj = w + padding - j * stride
            covers = (i >= 0) & (i < out_height) & (di < kernel)
            covers = inside & covers & (j >= 0) & (j < out_width) & (dj < kernel)
            at = tl.load(place + (i * out_width + j) * channels + c, mask=covers, other=255)
            chosen = covers & (at.to(tl.int32) == di * kernel + dj)
            value = tl.load(grad + i * grad_row + j * grad_column + c, mask=chosen, other=0.0)
            total += value.to(tl.float32)
    out = ((image * height + h) * width + w) * channels + c
    tl.store(result + out, total.to(result.dtype.element_ty), mask=inside)
