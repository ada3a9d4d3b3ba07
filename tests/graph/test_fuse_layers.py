"""The convolution that rectifies: oneDNN's kernel and the plain path give the same."""

import copy

import pytest
import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from inception_lib.graph.fuse import layers
from inception_lib.graph.fuse.layers import FusedConv2d, InParts, has_onednn


class Calls(TorchDispatchMode):
    """The names of the operations that run."""

    def __init__(self):
        super().__init__()
        self.names = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        self.names.append(str(func))
        return func(*args, **(kwargs or {}))


def uses_onednn(conv, images):
    with Calls() as calls:
        conv(images)
    return any("_convolution_pointwise" in name for name in calls.names)


def made(relu=True, **options):
    settings = {"kernel_size": 3, "padding": 1, **options}
    plain = nn.Conv2d(8, 12, **settings)
    return plain, FusedConv2d(plain.weight, plain.bias, plain, relu)


@pytest.mark.parametrize("relu", [True, False])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"bias": False},
        {"stride": 2},
        {"groups": 4},
        {"dilation": 2, "padding": (2, 1)},
        {"kernel_size": (1, 7), "padding": "same"},
        {"padding_mode": "reflect"},
    ],
)
def test_equal_to_convolution_and_relu(options, relu, monkeypatch):
    plain, fused = made(relu, **options)
    images = torch.randn(2, 8, 11, 10)
    with torch.no_grad():
        expected = plain(images).relu() if relu else plain(images)
        for x in (images, images.contiguous(memory_format=torch.channels_last), images[:, :, 1:]):
            want = expected if x.shape == images.shape else plain(x).relu() if relu else plain(x)
            torch.testing.assert_close(fused(x), want, rtol=1e-5, atol=1e-5)
        torch.testing.assert_close(fused(images), expected, rtol=1e-5, atol=1e-5)
        monkeypatch.setattr(layers, "_ONEDNN", False)
        torch.testing.assert_close(fused(images), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.skipif(not has_onednn(), reason="this build of torch has no oneDNN")
def test_when_onednn_runs():
    _, fused = made()
    images = torch.randn(2, 8, 11, 10)
    with torch.no_grad():
        assert uses_onednn(fused, images)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            assert not uses_onednn(fused, images)
            assert fused(images).dtype == torch.bfloat16
        with torch.backends.mkldnn.flags(enabled=False):
            assert not uses_onednn(fused, images)
    assert not uses_onednn(fused, images.clone().requires_grad_())
    assert not uses_onednn(fused.double(), images.double())
    assert uses_onednn(fused.float(), images)


def test_packed_weights_follow_the_weights():
    plain, fused = made()
    images = torch.randn(2, 8, 11, 10)

    def follows():
        with torch.no_grad():
            torch.testing.assert_close(fused(images), plain(images).relu(), rtol=1e-5, atol=1e-5)

    follows()
    other = nn.Conv2d(8, 12, 3, padding=1)
    plain.load_state_dict(other.state_dict())
    fused.load_state_dict(other.state_dict())
    follows()
    with torch.no_grad():
        fused.weight.mul_(2)
        plain.weight.mul_(2)
    follows()
    fused = copy.deepcopy(fused)
    follows()
    with torch.inference_mode():
        assert not fused(images).requires_grad
    follows()


def test_other_sizes():
    plain, fused = made()
    with torch.no_grad():
        for shape in [(1, 8, 5, 5), (4, 8, 32, 33), (1, 8, 3, 3)]:
            images = torch.randn(shape)
            torch.testing.assert_close(fused(images), plain(images).relu(), rtol=1e-5, atol=1e-5)
        assert fused(torch.randn(0, 8, 5, 5)).shape == (0, 12, 5, 5)


@pytest.mark.skipif(not has_onednn(), reason="this build of torch has no oneDNN")
def test_weights_are_packed_once_a_grid():
    """A reordering at each call would cost more than the fused kernel saves."""
    _, fused = made()

    def packs(*shape):
        with torch.no_grad(), Calls() as calls:
            fused(torch.randn(shape))
        return any("reorder" in name for name in calls.names)

    assert [packs(2, 8, 9, 9), packs(2, 8, 9, 9), packs(1, 8, 9, 9)] == [True, False, False]
    assert [packs(2, 8, 9, 7), packs(2, 8, 9, 7)] == [True, False]


@pytest.mark.parametrize("batch", [1, 2, 3, 5])
@pytest.mark.parametrize("worth", [0, 4 * 12 * 11 * 10, 10**9])
def test_parts_of_the_batch(batch, worth, monkeypatch):
    """Two images a part, in the layers that are worth it: all, up to the first pool, none."""
    plain, fused = made()
    last = nn.Conv2d(12, 5, 1)
    monkeypatch.setattr(InParts, "PART", 2 * 4 * 12 * 11 * 10)
    monkeypatch.setattr(InParts, "WORTH", worth)
    layers = (fused, nn.MaxPool2d(3, 2), FusedConv2d(last.weight, last.bias, last), nn.MaxPool2d(2))
    images = torch.randn(batch, 8, 11, 10)
    with torch.no_grad(), Calls() as calls:
        found = InParts(*layers)(images)
        expected = layers[3](last(layers[1](plain(images).relu())))
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)
    convolutions = sum("_convolution_pointwise" in name for name in calls.names)
    parts = -(-batch // 2)
    wanted = {0: 2 * parts, 10**9: 2}.get(worth, parts + 1)
    assert convolutions == (wanted if has_onednn() else 0)
