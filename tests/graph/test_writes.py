"""What is read after a write in place, against gradients by brute force."""

import pytest
import torch.nn.functional as F
from test_seen import gradients
from torch import nn

from inception_lib import receptive_field, trace

SIZE = (5, 6)


class Written(nn.Module):
    """Two convolutions of the same image, and something that writes."""

    def __init__(self, write):
        super().__init__()
        self.a = nn.Conv2d(2, 4, 1)
        self.b = nn.Conv2d(2, 4, 3, padding=1)
        self.write = write

    def forward(self, x):
        return self.write(self.a(x), self.b(x))


def whole(a, b):
    a += b
    return a


def kept_by_its_old_name(a, b):
    a.add_(b)
    return a * 2


def through_an_alias(a, b):
    alias = a.detach()
    alias += 0 * alias  # of itself alone
    return a + 0 * b


def through_dropout(a, b):
    same = F.dropout(a, 0.5, False)
    same += b
    return a * 1


def twice(a, b):
    a *= 2
    a += b
    a.sigmoid_()
    return a * 1


def own_part(a, b):
    a[:, :2].mul_(2)
    return a * 1


@pytest.mark.parametrize(
    "write", [whole, kept_by_its_old_name, through_an_alias, through_dropout, twice, own_part]
)
def test_writes_that_are_followed(write):
    model = Written(write).double().eval()
    for p in model.parameters():
        nn.init.uniform_(p, 0.1, 0.2)
    graph = trace(model, (2, *SIZE))
    fields, name = receptive_field(graph), graph.outputs[0]
    lit = gradients(model, SIZE)
    for c in range(4):
        for cell in ((0, 0), (2, 3), (4, 5)):
            assert not (lit[c][cell] & ~fields.seen(name, cell, c)).any()
    alone = (1, 1) if write is own_part else (3, 3)
    assert fields[name].size == alone


def through_a_slice(a, b):
    part = a[:, :, 1:]
    part += b[:, :, 1:]
    return a * 1


def through_channels(a, b):
    a[:, :2].add_(b[:, :2])
    return a * 1


def through_a_view(a, b):
    a.transpose(2, 3).add_(b.transpose(2, 3))
    return a * 1


def into_a_part(a, b):
    a[:, 0] = b[:, 0]
    return a * 1


@pytest.mark.parametrize("write", [through_a_slice, through_channels, through_a_view, into_a_part])
def test_writes_through_a_view_are_refused_by_name(write):
    model = Written(write).double().eval()
    graph = trace(model, (2, *SIZE))
    fields, name = receptive_field(graph), graph.outputs[0]
    with pytest.raises(ValueError, match=r"has no receptive field: .*(written over|part of the)"):
        fields[name]
    assert fields["a"].size == (1, 1)
