"""What a class's logit came from, against the logit itself and against closed forms."""

import pytest
import torch
from torch import nn

from inception_lib import create
from inception_lib.training import hires_cam
from inception_lib.training.attribution import last_grid


@pytest.fixture(scope="module")
def network():
    return create("inception_tiny_32", num_classes=4).train()


def test_the_cells_add_up_to_the_logit_less_its_bias(network):
    images = torch.randn(3, 3, 32, 32)
    maps = hires_cam(network, images, [2, 0, 3])
    assert network.training  # left as it was
    network.eval()
    nn.init.normal_(network.fc.bias)
    with torch.no_grad():
        logits = network(images).logits
    maps = hires_cam(network, images, [2, 0, 3])
    assert maps.shape == (3, 8, 8)
    whole = logits[torch.arange(3), torch.tensor([2, 0, 3])] - network.fc.bias[[2, 0, 3]]
    torch.testing.assert_close(maps.sum((1, 2)), whole, rtol=1e-3, atol=1e-3)


def test_it_is_grad_cam_where_a_mean_ends_the_network(network):
    """Grad-CAM by its definition: gradients averaged over the grid, from the whole graph."""
    network.eval()
    images, held = torch.randn(2, 3, 32, 32), []
    handle = network.Mixed_7b.register_forward_hook(lambda _, __, out: held.append(out))
    logits = network(images).logits
    handle.remove()
    chosen = logits.argmax(1)
    gradient = torch.autograd.grad(logits.gather(1, chosen[:, None]).sum(), held[0])[0]
    weights = gradient.mean((2, 3), keepdim=True)
    grad_cam = (held[0] * weights).sum(1).detach()
    torch.testing.assert_close(hires_cam(network, images), grad_cam, rtol=1e-4, atol=1e-5)


class Flat(nn.Module):
    """A classifier that treats places apart, and a step that works in place behind the grid."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 5, 3, padding=1)
        self.fc = nn.Linear(5 * 36, 2)

    def forward(self, x):
        return {"logits": self.fc(torch.relu_(self.conv(x)).flatten(1))}


def test_places_that_a_classifier_tells_apart():
    network, images = Flat(), torch.randn(2, 1, 6, 6)
    activations = torch.relu(network.conv(images))
    expected = (activations * network.fc.weight[1].view(5, 6, 6)).sum(1).detach()
    maps = hires_cam(network, images, [1, 1], layer="conv")
    torch.testing.assert_close(maps, expected)


@pytest.mark.parametrize(
    ("name", "size", "grid"),
    [
        ("torchvision.models:alexnet", 64, "avgpool"),
        ("torchvision.models:resnet18", 64, "layer4"),
        ("inception_tiny_8", 8, "Mixed_7b"),
    ],
)
def test_the_last_grid(name, size, grid):
    assert last_grid(create(name), torch.zeros(2, 3, size, size)) == grid


def test_refusals(network):
    images = torch.zeros(1, 3, 32, 32)
    for layer, words in (
        ("none", "has no module 'none'"),
        ("fc", "the output of fc is no N×C×H×W"),
        ("AuxLogits.conv0", "the logits do not follow from AuxLogits.conv0"),
    ):
        with pytest.raises(ValueError, match=words):
            hires_cam(network, images, layer=layer)
    with pytest.raises(ValueError, match="ends in a grid of several cells"):
        last_grid(nn.Sequential(nn.Flatten(), nn.Linear(12, 2)), torch.zeros(1, 3, 2, 2))
