"""Intermediate outputs by name, and mosaics of them."""

import pytest
import torch
from live_bytes import LiveBytes
from torch import nn

from inception_lib import FactorizedModule, inception_v3, trace
from inception_lib.graph import peak_memory
from inception_lib.graph.activations import GAP, activations, mosaic


class Twice(nn.Module):
    """Calls one convolution two times, and a function in between."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 3, padding=1)
        self.relu = nn.ReLU(inplace=True)
        self.unused = nn.Identity()
        self.pair = nn.LSTM(2, 2)

    def forward(self, x):
        return self.relu(self.conv(self.conv(x) + 1))


@pytest.fixture
def model():
    torch.manual_seed(0)
    return Twice()


@pytest.fixture
def images():
    return torch.randn(2, 3, 6, 5)


def test_outputs_are_those_of_the_modules(model, images):
    found = activations(model, images, ["conv#2", "conv", "relu"])
    assert list(found) == ["conv#2", "conv", "relu"]
    first = model.conv(images)
    torch.testing.assert_close(found["conv"], first)
    # what the convolution returned, though the ReLU then wrote into the same memory
    torch.testing.assert_close(found["conv#2"], model.conv(first + 1))
    torch.testing.assert_close(found["relu"], found["conv#2"].relu())
    assert not found["relu"].requires_grad


def test_names_of_graph_nodes():
    module = FactorizedModule(8, branch1x1=4)
    x = torch.randn(1, 8, 7, 7)
    wrapped = nn.Sequential(module)
    found = activations(wrapped, x, ["0.concat", "0"])
    torch.testing.assert_close(found["0.concat"], found["0"])


def test_one_name_need_not_be_in_a_list(model, images):
    assert list(activations(model, images, "conv")) == ["conv"]
    assert activations(model, images, []) == {}


def test_the_model_is_left_as_it_was(model, images):
    model.train()
    model.conv.eval()
    activations(model, images, ["conv"])
    assert model.training
    assert not model.conv.training
    assert not model.conv._forward_hooks
    with pytest.raises(ValueError, match="limit_mb"):
        activations(model, images, ["conv"], limit_mb=1e-6)
    assert not model.conv._forward_hooks


def test_the_pass_ends_with_the_last_name(images):
    class Fails(nn.Module):
        def forward(self, x):
            raise AssertionError("not to be run")

    model = nn.Sequential(nn.Conv2d(3, 2, 1), Fails())
    assert activations(model, images, ["0"])["0"].shape == (2, 2, 6, 5)


def test_training_mode_has_the_auxiliary_head():
    model = inception_v3(aux=True, num_classes=3)
    x = torch.zeros(2, 3, 299, 299)
    with pytest.raises(KeyError, match="'AuxLogits' is not run in evaluation"):
        activations(model.eval(), x[:1, :, :75, :75], ["AuxLogits"])
    assert activations(model, x, ["AuxLogits"], train=True)["AuxLogits"].shape == (2, 3)
    assert not model.training


def test_unknown_names_are_met_with_near_ones(images):
    model = nn.Sequential()
    model.add_module("Mixed_5d", nn.Conv2d(3, 2, 1))
    with pytest.raises(KeyError, match="near it: Mixed_5d"):
        activations(model, images, ["Mixed_5e"])


def test_unknown_name_in_a_model_that_cannot_be_traced(images):
    class Branches(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(3, 2, 1)

        def forward(self, x):
            return self.conv(x) if x.sum() > 0 else self.conv(-x)

    assert activations(Branches(), images, ["conv"])["conv"].shape == (2, 2, 6, 5)
    with pytest.raises(KeyError, match="near it: conv"):
        activations(Branches(), images, ["conv2"])


def test_images_must_be_a_batch_of_floats(model):
    with pytest.raises(ValueError, match=r"x\[None\]"):
        activations(model, torch.zeros(3, 6, 6), ["conv"])
    with pytest.raises(ValueError, match="uint8"):
        activations(model, torch.zeros(1, 3, 6, 6, dtype=torch.uint8), ["conv"])


def test_the_limit_names_what_passes_it(model, images):
    with pytest.raises(ValueError, match="the outputs up to relu take"):
        activations(model, images, ["conv", "relu"], limit_mb=1e-6 * 4 * (2 * 3 * 6 * 5 + 1))


def test_modules_that_return_more_than_a_tensor():
    class Two(nn.Module):
        def forward(self, x):
            return x, x

    with pytest.raises(TypeError, match="0 returns tuple"):
        activations(nn.Sequential(Two()), torch.zeros(1, 3, 2, 2), ["0"])


def test_mosaic_places_maps_row_by_row():
    maps = torch.arange(5.0)[:, None, None].expand(5, 2, 3)
    image, scale = mosaic(maps, columns=3)
    assert scale == (0, 4)
    assert image.dtype == torch.uint8
    assert image.shape == (5, 11)
    for i in range(5):
        top, left = 3 * (i // 3), 4 * (i % 3)
        assert (image[top : top + 2, left : left + 3] == round(i / 4 * 254)).all()
    assert (image[2] == GAP).all()
    assert (image[:, 3] == GAP).all()
    assert (image[3:, 8:] == GAP).all()  # no sixth map


def test_mosaic_scale_cuts_and_constant_maps():
    maps = torch.tensor([[[-1.0, 0.5, 9.0]]])
    image, scale = mosaic(maps, scale=(0, 1))
    assert scale == (0, 1)
    assert image.tolist() == [[0, 127, 254]]
    image, scale = mosaic(torch.full((2, 1, 1), 3.0), gap=0)
    assert (image.tolist(), scale) == ([[0, 0]], (3, 3))


@pytest.mark.parametrize(
    ("maps", "options", "message"),
    [
        (torch.zeros(2, 2), {}, r"C×h×w"),
        (torch.zeros(0, 2, 2), {}, r"C×h×w"),
        (torch.zeros(2, 2, 2), {"columns": 0}, "columns is 0"),
        (torch.zeros(2, 2, 2), {"gap": -1}, "gap -1"),
        (torch.zeros(2, 2, 2), {"scale": (1, 0)}, "the lower first"),
        (torch.tensor([[[float("nan"), 1.0]]]), {"scale": (0, 1)}, "not finite"),
        (torch.tensor([[[float("inf"), 1.0]]]), {}, "finite"),
        (torch.zeros(4, 50, 50), {"limit_mb": 0.01}, "above limit_mb=0.01"),
    ],
)
def test_mosaic_refuses(maps, options, message):
    with pytest.raises(ValueError, match=message):
        mosaic(maps, **options)


def test_the_bound_holds_in_memory():
    """What stays is what is returned; while it runs, the network's own peak comes on top."""
    model = inception_v3(aux=False).eval()
    names = ["Conv2d_2b_3x3", "Mixed_5d", "Mixed_6a"]
    image = torch.rand(1, 3, 139, 139)
    own = [*model.parameters(), *model.buffers(), image]
    with LiveBytes(own) as measured:
        found = activations(model, image, names, limit_mb=3)
    returned = sum(t.numel() * t.element_size() for t in found.values())
    assert measured.total == returned <= 3e6
    assert measured.peak <= returned + peak_memory(trace(model, 139), held="call").bytes
