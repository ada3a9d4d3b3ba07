"""What each cell of each channel sees, pixel by pixel, against gradients by brute force."""

import random

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from inception_lib import inception_v3, receptive_field, trace
from inception_lib.graph import projective_field


def gradients(model, size, channels=2):
    """Outputs×rows×columns: whether a change of a pixel changes a number of the output."""
    x = torch.rand(1, channels, *size, dtype=torch.float64, requires_grad=True)
    y = model(x)
    each = torch.eye(y.numel(), dtype=torch.float64).reshape(y.numel(), *y.shape)
    (found,) = torch.autograd.grad(y, x, each, is_grads_batched=True)
    return (found[:, 0].abs() > 0).any(1).reshape(*y.shape[1:], *size)


class RandomDag(nn.Module):
    """Branches that widen, stride, pad, gate, split and meet again; every number is positive."""

    def __init__(self, seed, size, *, followed):
        super().__init__()
        draw = random.Random(seed)
        self.layers, self.steps = nn.ModuleList(), []
        tensors = [torch.zeros(1, 2, *size, dtype=torch.float64)]
        kinds = ["same", "same", "same", "same", "conv", "pool", "join", "join", "join", "join"]
        kinds += ["gate", "uneven"] if followed else ["half", "shuffle"]
        for _ in range(draw.randint(2, 8)):
            kind = draw.choice(kinds)
            source = draw.choice([len(tensors) - 1] * 3 + list(range(len(tensors))))
            step = self._draw(draw, kind, source, tensors)
            y = self._run(step, tensors)
            if 0 not in y.shape:
                self.steps.append(step)
                tensors.append(y)
        for p in self.parameters():
            nn.init.uniform_(p, 0.5, 1.0)

    def _draw(self, draw, kind, source, tensors):
        channels, height, width = tensors[source].shape[1:]
        if kind == "same":  # as wide as it was, so that it meets its neighbours again
            kernel, spread = (draw.choice([(1, 3), (3, 1), (3, 3), (1, 1)]), draw.randint(1, 2))
            pads = [k // 2 * spread for k in kernel]
            layer = nn.Conv2d(channels, 2, kernel, padding=pads, dilation=spread)
            self.layers.append(layer.double())
            return "conv", source, len(self.layers) - 1
        if kind in ("conv", "pool"):
            kernel = [draw.randint(1, min(3, side)) for side in (height, width)]
            stride = [draw.randint(1, 2), draw.randint(1, 2)]
            pads = [draw.randint(0, k // 2) for k in kernel]
            layer = nn.AvgPool2d(kernel, stride, pads)
            if kind == "conv":
                dilation = [draw.randint(1, 2) if side >= 2 * k else 1
                            for side, k in zip((height, width), kernel, strict=True)]  # fmt: skip
                groups = draw.choice([1, 1, channels, 2 if channels % 2 == 0 else 1])
                modes = ["zeros", "zeros", "reflect", "replicate", "circular"]
                mode = draw.choice(modes if min(height, width) > 2 else ["zeros"])
                pads = [draw.randint(0, 1), draw.randint(0, 1)]
                out = groups * draw.randint(1, 2) if groups < 4 else groups
                layer = nn.Conv2d(channels, out, kernel, stride, pads, dilation, groups,
                                  padding_mode=mode)  # fmt: skip
            self.layers.append(layer.double())
            return kind, source, len(self.layers) - 1
        if kind == "join":
            like = [i for i, t in enumerate(tensors) if t.shape[2:] == (height, width)]
            other = draw.choice(like)
            same = tensors[other].shape == tensors[source].shape
            return draw.choice(["concat", "add"] if same else ["concat"]), source, other
        if kind == "uneven":
            sides = draw.randint(1, height), draw.randint(1, width)
            self.layers.append(nn.AdaptiveAvgPool2d(sides))
            return "conv", source, len(self.layers) - 1
        return kind, source, 2 if channels % 2 == 0 else 1  # of a shuffle

    def _run(self, step, tensors):
        kind, source, other = step
        x = tensors[source]
        if kind in ("conv", "pool"):
            return self.layers[other](x)
        if kind == "concat":
            return torch.cat([x, tensors[other]], 1)
        if kind == "add":
            return x + tensors[other]
        if kind == "gate":
            return x * x.mean((2, 3), keepdim=True)
        if kind == "half":
            return x.chunk(2, 1)[0]
        n, c, h, w = x.shape
        parts = 2 if c % 2 == 0 else 1
        return x.view(n, parts, c // parts, h, w).transpose(1, 2).reshape(n, c, h, w)

    def forward(self, x):
        tensors = [x]
        for step in self.steps:
            tensors.append(self._run(step, tensors))
        return tensors[-1]


def clipped(field, cell, size):
    """The pixels of a window that lie in the image."""
    (top, left), (bottom, right) = field.window(cell)
    found = torch.zeros(size, dtype=torch.bool)
    found[max(top, 0) : max(bottom + 1, 0), max(left, 0) : max(right + 1, 0)] = True
    return found


SIZE = (12, 11)


@settings(max_examples=80, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_every_pixel_of_every_cell_and_channel(seed):
    model = RandomDag(seed, SIZE, followed=True).double()
    lit = gradients(model, SIZE)
    graph = trace(model, (2, *SIZE))
    fields, name = receptive_field(graph), graph.outputs[0]
    channels, height, width = lit.shape[:3]
    for c in range(channels):
        for i in range(height):
            for j in range(width):
                assert fields.seen(name, (i, j), c).equal(lit[c, i, j]), (c, i, j)

    # The other way round: the cells that a pixel reaches, and whether in every channel.
    for pixel in ((0, 0), (5, 6), (11, 10)):
        reached = projective_field(graph, pixel)[name]
        by_channel = lit[:, :, :, pixel[0], pixel[1]]
        assert reached.cells.equal(by_channel.any(0))
        assert reached.exact == by_channel.eq(reached.cells).all()

    if name not in fields:  # then windows really are not alike
        assert fields.reasons[name]
        return
    field = fields[name]
    full = True
    for i in range(height):
        for j in range(width):
            window = clipped(field, (i, j), SIZE)
            assert not (lit[:, i, j] & ~window).any()
            full &= bool((lit[:, i, j] == window).all())
    assert full or not field.exact
    assert bool(field.why) == (not field.exact)
    border = any("border" in reason for reason in field.why)
    if full and not field.exact and not border:  # a cross or gaps, which this image cuts off
        assert any("windows" in reason or "stepped over" in reason for reason in field.why)
    if border:
        assert not full


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_where_channels_are_not_followed_nothing_seen_is_left_out(seed):
    model = RandomDag(seed, SIZE, followed=False).double()
    lit = gradients(model, SIZE)
    graph = trace(model, (2, *SIZE))
    fields, name = receptive_field(graph), graph.outputs[0]
    channels, height, width = lit.shape[:3]
    for i in range(height):
        for j in range(width):
            seen = fields.seen(name, (i, j))
            assert not (lit[:, i, j] & ~seen).any()
            if name in fields and fields[name].exact:
                window = clipped(fields[name], (i, j), SIZE)
                assert (lit[:, i, j] == window).all()
    for c in range(channels):
        assert not (lit[c, 0, 0] & ~fields.seen(name, (0, 0), c)).any()
