"""What each cell of each channel sees, pixel by pixel, against gradients by brute force."""

import random

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import nn

from inception_lib import TraceError, inception_v3, receptive_field, trace
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


@settings(max_examples=50, deadline=None)
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


@settings(max_examples=30, deadline=None)
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


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_what_is_said_of_windows_holds_far_from_the_border(seed):
    """In an image that holds whole windows, those said to be exact are filled, and no others."""
    model = RandomDag(seed, SIZE, followed=True).double()
    size = (93, 90)
    try:
        graph = trace(model, (2, *size))
    except TraceError:  # branches that met by chance at the small size
        assume(False)
    fields, name = receptive_field(graph), graph.outputs[0]
    assume(name in fields and 0 not in fields[name].stride and not any(n.axes for n in graph
           if n.op in ("avg_pool", "adaptive_avg_pool")))  # fmt: skip
    field = fields[name]
    channels, height, width = graph[name].shape
    cell = height // 2, width // 2
    (top, left), (bottom, right) = field.window(cell)
    assume(top >= 0 and left >= 0 and bottom < size[0] and right < size[1])
    window = clipped(field, cell, size)
    seen = [fields.seen(name, cell, c) for c in range(channels)]
    reasons = [reason for reason in field.why if "border" not in reason]
    assert all(one.equal(window) for one in seen) == (not reasons)
    for group in field.groups:
        inside = clipped(group.field, cell, size)
        for c in group.channels:
            rows, columns = seen[c].any(1), seen[c].any(0)  # its hull, and no larger
            assert (rows.nonzero()[[0, -1]] == inside.any(1).nonzero()[[0, -1]]).all()
            assert (columns.nonzero()[[0, -1]] == inside.any(0).nonzero()[[0, -1]]).all()


def test_no_channel_of_the_last_module_sees_its_whole_window():
    fields = receptive_field(released(299))
    before, last = fields["Mixed_6e"], fields["Mixed_7c"]
    assert {g.field.size for g in before.groups} == {(735, 735), (767, 767), (831, 831), (927, 927)}
    assert [(g.channels.start, g.channels.stop, g.field.size) for g in last.groups] == [
        (0, 320, (1183, 1183)),
        (320, 704, (1183, 1247)),
        (704, 1088, (1247, 1183)),
        (1088, 1472, (1247, 1311)),
        (1472, 1856, (1311, 1247)),
        (1856, 2048, (1247, 1247)),
    ]
    assert (last.size, last.exact) == ((1311, 1311), False)
    assert last.why[0].startswith("channels see different windows: 1183×1183, 1183×1247")
    assert "windows of different shapes meet" in last.why[1]
    # All of 7b's channels meet in the classifier: a cross still.
    assert [len(fields["fc"].why), fields["fc"].groups] == [1, ()]
    assert fields["Mixed_6e.branch7x7_3.conv"].exact  # 1×7 after 7×1 is a rectangle again


def released(size):
    with torch.device("meta"):
        return trace(inception_v3(aux=False), size)


def conv(kernel, stride=1, padding=0):
    return nn.Conv2d(2, 2, kernel, stride, padding)


@pytest.mark.parametrize(
    ("layers", "side", "words"),
    [
        ([conv(3, 2), conv(3, 1, 1)], 11, []),
        # No window of the stride falls on the tenth column: the last cell sees one pixel less.
        ([conv(3, 2), conv(3, 1, 1)], 10, ["at the border"]),
        ([conv(3), nn.ZeroPad2d(1), conv(3)], 9, []),
        ([conv(3), nn.ZeroPad2d(3), conv(3)], 9, ["at the border"]),
        ([conv(1, 2), conv(3, 1, 1)], 9, ["stepped over"]),
        ([conv(1, 2), conv(3, 1, 1)], 10, ["stepped over"]),
        ([nn.Conv2d(2, 2, 3, dilation=2)], 9, ["stepped over"]),
        ([nn.Conv2d(2, 2, 3, dilation=2), conv(2)], 9, []),
        ([nn.AvgPool2d(3, 2, ceil_mode=True)], 10, []),
        ([nn.AdaptiveAvgPool2d(3)], 9, []),
        ([nn.Flatten(), nn.Linear(162, 3)], 9, []),
        ([nn.Flatten()], 9, ["one cell of the grid"]),
    ],
)
def test_hulls_say_why(layers, side, words):
    model = nn.Sequential(*layers).double()
    for p in model.parameters():
        nn.init.uniform_(p, 0.5, 1.0)
    graph = trace(model, (2, side, side))
    field = receptive_field(graph)[graph.outputs[0]]
    assert len(field.why) == len(words)
    assert all(word in reason for word, reason in zip(words, field.why, strict=True))
    lit = gradients(model, (side, side)).reshape(-1, *graph[graph.outputs[0]].shape[1:], side, side)
    grid = lit if lit.ndim == 5 else lit[:, None, None]
    full = all(
        clipped(field, (i, j), (side, side)).equal(grid[c, i, j])
        for c in range(grid.shape[0])
        for i in range(grid.shape[1])
        for j in range(grid.shape[2])
    )
    assert full == field.exact


def test_a_pixel_of_inception_v3_reaches_forward():
    graph = released(299)
    reached = projective_field(graph, (150, 150))
    assert reached["input"].cells.nonzero().tolist() == [[150, 150]]
    # 3×3, stride 2, no padding: window i holds the pixels 2i to 2i + 2.
    assert reached["Conv2d_1a_3x3"].window == ((74, 74), (75, 75))
    assert reached["Conv2d_1a_3x3"].exact
    assert not reached["Mixed_5b"].exact  # the 1×1 of the module reaches fewer cells
    fields = receptive_field(graph)
    for name in ("Mixed_5b", "Mixed_6b", "Mixed_7b"):
        cells = reached[name].cells
        for cell in ((0, 0), tuple(side // 2 for side in cells.shape), (3, 5)):
            assert bool(cells[cell]) == bool(fields.seen(name, cell)[150, 150])
    assert bool(reached["fc"].cells.all())
    # The last column of an even side is read by no window of a stride of 2.
    lost = projective_field(released(300), (299, 10))
    assert lost["Conv2d_1a_3x3"].window is None
    assert not lost["fc"].cells.any()


def test_refuses():
    graph = released(299)
    fields = receptive_field(graph)
    with pytest.raises(ValueError, match=r"cell is \(8, 0\): the grid of Mixed_7c is 8×8"):
        fields.seen("Mixed_7c", (8, 0))
    with pytest.raises(ValueError, match="channel is 2048: Mixed_7c has 2048 channels"):
        fields.seen("Mixed_7c", (0, 0), 2048)
    with pytest.raises(ValueError, match=r"pixel is \(299, 0\): the input is 299×299"):
        projective_field(graph, (299, 0))
    with pytest.raises(KeyError, match="no node or module is called 'Mixed_8a'"):
        projective_field(graph, (0, 0))["Mixed_8a"]
    assert "Mixed_8a" not in fields
