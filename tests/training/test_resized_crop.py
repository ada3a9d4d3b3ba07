"""The one crop and resize, against torchvision and Pillow."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from torchvision.transforms.v2 import InterpolationMode
from torchvision.transforms.v2 import functional as V

from inception_lib.training.data.resized_crop import KERNELS, random_resized_crop, resized_crop

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
def image():
    generator = torch.Generator().manual_seed(0)
    return torch.randint(256, (3, H, W), dtype=torch.uint8, generator=generator)


@pytest.mark.parametrize("kernel", ["nearest", "bilinear", "bicubic"])
@pytest.mark.parametrize("size", [8, 16, 50])
def test_equal_to_torchvision(image, kernel, size):
    for box in BOXES:
        expected = V.resized_crop(
            image, *box, [size, size], InterpolationMode(kernel), antialias=kernel != "nearest"
        )
        assert torch.equal(resized_crop(image, box, kernel, size), expected)


@pytest.mark.parametrize("kernel", ["bilinear", "bicubic"])
def test_near_pillow(image, kernel):
    """Pillow's antialiased filters, to one grey level where nothing overshoots 0 … 255."""
    image = image // 3 + 85  # Pillow also clips between its two passes
    picture = Image.fromarray(image.permute(1, 2, 0).numpy())
    for top, left, height, width in BOXES:
        part = picture.crop((left, top, left + width, top + height))
        expected = np.array(part.resize((16, 16), Image.Resampling[kernel.upper()]))
        ours = resized_crop(image, (top, left, height, width), kernel, 16)
        gap = ours.permute(1, 2, 0).int() - torch.from_numpy(expected).int()
        assert gap.abs().max() <= 1


def test_area_is_the_mean(image):
    """Where an output pixel covers whole input pixels."""
    ours = resized_crop(image, (4, 8, 16, 24), "area", 8)
    expected = F.avg_pool2d(image[:, 4:20, 8:32].float(), (2, 3))
    assert (ours - expected).abs().max() <= 0.5001


@pytest.mark.parametrize("size", [1, 7, 16, 50])
def test_area_of_parts_of_pixels(image, size):
    """Each input pixel by the share of it that an output pixel covers: 1½ take two as 2 : 1."""

    def shares(length):
        scale = length / size
        rows = torch.zeros(size, length, dtype=torch.float64)
        for i in range(size):
            for j in range(length):
                low, high = max(j, i * scale), min(j + 1, (i + 1) * scale)
                rows[i, j] = max(0.0, high - low) / scale
        return rows

    for box in BOXES:
        top, left, height, width = box
        part = image[:, top : top + height, left : left + width].double()
        expected = shares(height) @ part @ shares(width).T
        ours = resized_crop(image, box, "area", size).double()
        assert (ours - expected).abs().max() <= 0.51


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_stack_is_each_image_by_itself(kernel):
    images = torch.randint(256, (5, 3, H, W), dtype=torch.uint8)
    together = resized_crop(images, BOXES[1], kernel, 9)
    assert together.shape == (5, 3, 9, 9)
    for image, ours in zip(images, together, strict=True):
        assert torch.equal(ours, resized_crop(image, BOXES[1], kernel, 9))


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_drawn_box_is_rounded_to_whole_pixels(image, kernel):
    shares = (4.4 / H, 7.6 / W, 5.3 / H, 6.9 / W)
    ours = random_resized_crop(image, shares, kernel, 16)
    assert torch.equal(ours, resized_crop(image, (4, 8, 5, 7), kernel, 16))
    # Down to one pixel, and never over the border.
    last = random_resized_crop(image, (0.999, 0.999, 0.001, 0.001), kernel, 4)
    assert torch.equal(last, image[:, -1:, -1:].expand(3, 4, 4))


def test_unknown_kernel(image):
    with pytest.raises(ValueError, match="'lanczos'"):
        resized_crop(image, BOXES[0], "lanczos", 4)
