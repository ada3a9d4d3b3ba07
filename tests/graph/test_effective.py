"""Effective receptive fields: against counted paths, a Gaussian's theory, and the hook by hand."""

import math

import pytest
import torch
from torch import nn

from inception_lib import inception_v3, trace
from inception_lib.graph import effective_receptive_field, path_counts
from inception_lib.nets import conv_stack


def ones(depth, relu=False):
    model = conv_stack((1,) * (depth + 1), [3] * depth, relu=relu).double()
    for parameter in model.parameters():
        nn.init.ones_(parameter)
    return model


def test_linear_stacks_give_the_counted_paths():
    model = ones(3)
    found = effective_receptive_field(model, 15, node="2", samples=2)
    paths = path_counts(trace(model, 15), "2")
    torch.testing.assert_close(found.map, paths / paths.sum(), rtol=1e-12, atol=0)
    assert (found.cell, found.centre) == ((7, 7), (7.0, 7.0))
    assert found.theoretical.size == (7, 7)
    assert found.side(1.0) == 7
    assert found.radius(1.0) == pytest.approx(3 * math.sqrt(2))
    assert found.within(7) == pytest.approx(1)
    assert found.within(1) == float(found.map[7, 7])


@pytest.mark.parametrize("depth", [6, 24])
def test_width_is_that_of_luo_et_al(depth):
    """Each uniform 3×3 adds a variance of 2/3 an axis; half of a Gaussian lies within 1.177 σ."""
    found = effective_receptive_field(ones(depth), 2 * depth + 31, node=str(depth - 1), samples=1)
    deviation = math.sqrt(depth * 2 / 3)
    rows = torch.arange(found.map.shape[0], dtype=torch.float64)
    variance = float((found.map.sum(1) * (rows - found.centre[0]) ** 2).sum())
    assert variance == pytest.approx(deviation**2, rel=1e-9)
    assert found.radii[0.5] == pytest.approx(1.177 * deviation, abs=0.6)
    assert found.radii[0.9] == pytest.approx(2.146 * deviation, abs=0.6)
    assert found.radii[0.9] < found.theoretical.size[0] / 2


def test_the_released_network_by_hand():
    model = inception_v3(aux=False).train()
    generator = torch.Generator().manual_seed(3)
    found = effective_receptive_field(
        model, 139, node="Mixed_5c", samples=2, generator=generator, cell=(6, 8)
    )
    assert model.training
    assert all(p.grad is None for p in model.parameters())
    images = torch.rand(2, 3, 139, 139, generator=torch.Generator().manual_seed(3)) * 2 - 1
    images.requires_grad_()
    kept = []
    model.eval().Mixed_5c.register_forward_hook(lambda _m, _i, out: kept.append(out))
    with torch.enable_grad():
        model(images)
    kept[0][:, :, 6, 8].sum().backward()
    maps = images.grad.abs().mean(1).double()
    expected = (maps / maps.sum((1, 2), keepdim=True)).mean(0)
    torch.testing.assert_close(found.map, expected, rtol=1e-3, atol=1e-7)
    (top, left), (bottom, right) = found.theoretical.window((6, 8))
    outside = found.map.clone()
    outside[max(top, 0) : bottom + 1, max(left, 0) : right + 1] = 0
    assert float(outside.sum()) == 0
    again = effective_receptive_field(
        model, node="Mixed_5c", images=images.detach(), cell=(6, 8), shares=(0.5,)
    )
    torch.testing.assert_close(again.map, found.map, rtol=1e-3, atol=1e-7)
    assert list(again.radii) == [0.5]


def test_outputs_that_are_written_over_in_place_are_seen_before():
    model = nn.Sequential(nn.Conv2d(1, 1, 3, bias=False), nn.ReLU(inplace=True)).double()
    nn.init.constant_(model[0].weight, -1.0)
    images = torch.ones(1, 1, 7, 7, dtype=torch.float64)
    found = effective_receptive_field(model, node="0", images=images)
    assert float(found.map.sum()) == pytest.approx(1)  # the ReLU behind lets nothing through
    with pytest.raises(ValueError, match=r"no gradient of cell \(2, 2\) of 1 reaches the images"):
        effective_receptive_field(model, node="1", images=images)


def test_refuses():
    model = ones(1)
    with pytest.raises(ValueError, match=r"cell is \(9, 0\): the grid of 0 is 9×9"):
        effective_receptive_field(model, 9, node="0", cell=(9, 0))
    with pytest.raises(ValueError, match="samples is 0"):
        effective_receptive_field(model, 9, node="0", samples=0)
    with pytest.raises(ValueError, match=r"shares are \(1.5,\)"):
        effective_receptive_field(model, 9, node="0", shares=(1.5,))
    with pytest.raises(KeyError, match="no module of Sequential makes 'conv'"):
        effective_receptive_field(model, 9, node="conv")
    flat = nn.Sequential(nn.Conv2d(1, 1, 3), nn.Flatten())
    with pytest.raises(ValueError, match=r"1 gives \(1, 49\), not a grid N×C×H×W"):
        effective_receptive_field(flat, 9, node="1")
