"""Colours of a batch, each image by its own amount, against torchvision one by one."""

import pytest
import torch
from torchvision.transforms.v2 import functional as F

from inception_lib.training.data import colour

REFERENCES = {
    "saturation": (F.adjust_saturation, 0.0, 2.0),
    "contrast": (F.adjust_contrast, 0.0, 2.0),
    "hue": (F.adjust_hue, -0.5, 0.5),
}


@pytest.fixture
def images():
    images = torch.rand(24, 3, 9, 7)
    images[0] = 0.5  # grey: no hue
    images[1] = 0
    images[2] = 1
    images[3] = torch.tensor([1.0, 0, 0]).view(3, 1, 1)
    images[4] = torch.tensor([0.0, 1, 1]).view(3, 1, 1)  # two channels are the largest
    images[5, 0] = images[5, 2]
    return images


@pytest.mark.parametrize("name", REFERENCES)
def test_equal_to_torchvision(images, name):
    reference, low, high = REFERENCES[name]
    amounts = torch.linspace(low, high, len(images))[torch.randperm(len(images))]
    ours = getattr(colour, name)(images, amounts)
    for image, amount, result in zip(images, amounts.tolist(), ours, strict=True):
        torch.testing.assert_close(result, reference(image, amount), atol=2e-6, rtol=1e-5)


def test_brightness_is_added(images):
    shift = torch.linspace(-32 / 255, 32 / 255, len(images))
    ours = colour.brightness(images, shift)
    for image, by, result in zip(images, shift.tolist(), ours, strict=True):
        torch.testing.assert_close(result, (image + by).clamp(0, 1))


@pytest.mark.parametrize(
    ("name", "none"), [("brightness", 0), ("saturation", 1), ("contrast", 1), ("hue", 0)]
)
def test_nothing_changes_nothing(images, name, none):
    before = images.clone()
    ours = getattr(colour, name)(images, torch.full((len(images),), float(none)))
    torch.testing.assert_close(ours, before, atol=1e-6, rtol=1e-6)
    assert torch.equal(images, before)  # the input is left as it was
