"""Batched crop and resize as matrix products, against torchvision one by one."""

import pytest
import torch
import torch.nn.functional as F
from torchvision.transforms.v2 import InterpolationMode
from torchvision.transforms.v2 import functional as V

from inception_lib.training.data.resample import KERNELS, resize_boxes, resize_weights

H, W = 24, 40
BOXES = [
    (0, 0, 24, 40),
    (3, 5, 12, 20),
    (4, 8, 5, 7),
    (20, 30, 4, 10),
    (1, 0, 20, 3),
    (2, 3, 16, 16),
]


@pytest.fixture
def images():
    return torch.rand(len(BOXES), 3, H, W)


def shares():
    return torch.tensor(BOXES) / torch.tensor([H, W, H, W])


@pytest.mark.parametrize("kernel", ["nearest", "bilinear", "bicubic"])
@pytest.mark.parametrize("size", [8, 16, 50])
def test_equal_to_torchvision(images, kernel, size):
    ours = resize_boxes(images, shares(), torch.zeros(len(BOXES), dtype=torch.bool), size, kernel)
    mode = "nearest-exact" if kernel == "nearest" else kernel
    for image, box, result in zip(images, BOXES, ours, strict=True):
        expected = V.resized_crop(
            image, *box, [size, size], InterpolationMode(mode), antialias=kernel != "nearest"
        )
        torch.testing.assert_close(result, expected, atol=1e-5, rtol=1e-5)


def test_area_is_the_mean(images):
    """Where an output pixel covers whole input pixels, torch's ``area`` is the same mean."""
    boxes = torch.tensor([[4, 8, 16, 24]] * len(images)) / torch.tensor([H, W, H, W])
    ours = resize_boxes(images, boxes, torch.zeros(len(images), dtype=torch.bool), 8, "area")
    expected = F.interpolate(images[:, :, 4:20, 8:32], (8, 8), mode="area")
    torch.testing.assert_close(ours, expected, atol=1e-6, rtol=1e-5)


def test_area_of_parts():
    """An output pixel over 1½ input pixels takes them 2 : 1."""
    weights = resize_weights(torch.zeros(1), torch.tensor([3.0]), 4, 2, "area")
    expected = torch.tensor([[[2, 1, 0, 0], [0, 1, 2, 0]]]) / 3
    torch.testing.assert_close(weights, expected)


@pytest.mark.parametrize("kernel", KERNELS)
def test_flip_mirrors(images, kernel):
    yes = torch.ones(len(images), dtype=torch.bool)
    plain = resize_boxes(images, shares(), ~yes, 9, kernel)
    torch.testing.assert_close(resize_boxes(images, shares(), yes, 9, kernel), plain.flip(3))
    mixed = torch.arange(len(images)) % 2 == 0
    ours = resize_boxes(images, shares(), mixed, 9, kernel)
    torch.testing.assert_close(ours[mixed], plain[mixed].flip(3))
    torch.testing.assert_close(ours[~mixed], plain[~mixed])


@pytest.mark.parametrize("kernel", KERNELS)
def test_any_box_keeps_a_constant(kernel):
    """Rows of weights sum to one wherever the box lies, a single pixel included."""
    length = torch.rand(500) * 30 + 0.3
    start = torch.rand(500) * (32 - length).clamp(min=0)
    weights = resize_weights(start, length.clamp(max=32), 32, 20, kernel)
    assert weights.isfinite().all()
    torch.testing.assert_close(weights.sum(2), torch.ones(500, 20))


def test_more_than_one_part(monkeypatch, images):
    whole = resize_boxes(images, shares(), torch.zeros(len(images), dtype=torch.bool), 9, "area")
    monkeypatch.setattr("inception_lib.training.data.resample.AT_ONCE", 4)
    parts = resize_boxes(images, shares(), torch.zeros(len(images), dtype=torch.bool), 9, "area")
    assert torch.equal(whole, parts)


def test_unknown_kernel():
    with pytest.raises(ValueError, match="'lanczos'"):
        resize_weights(torch.zeros(1), torch.ones(1), 4, 2, "lanczos")
