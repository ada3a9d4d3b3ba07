"""Feasible image sizes against the published range of ResNet-50 and against windows by hand."""

import pytest
import torch
import torchvision
from torch import nn

from inception_lib import inception_v3, receptive_field, trace
from inception_lib.graph import feasible_sizes


def on_meta(name):
    with torch.device("meta"):
        return torchvision.models.get_model(name, weights=None)


@pytest.mark.parametrize("size", [64, 224])
def test_resnet_50_as_published(size):
    """75 to 427 pixels (Richter et al., 2021), whatever the size that it is traced at."""
    assert feasible_sizes(trace(on_meta("resnet50"), size)).range == ((75, 75), (427, 427))


def test_one_path_asks_for_its_window():
    graph = trace(on_meta("vgg11"), 224)
    sizes, fields = feasible_sizes(graph), receptive_field(graph)
    before = (1, 1)
    for name, size in sizes.items():
        assert size.narrowest == size.widest == fields[name].size
        assert size.least == (before[0] + 1, before[1] + 1)
        before = size.narrowest
    assert len(sizes) == 8 + 5  # convolutions and pools; the adaptive pool is none
    assert sizes.range == ((150, 150), (150, 150))


def test_branches_and_axes_of_inception_v3():
    with torch.device("meta"):
        model = inception_v3(aux=False)
    sizes = feasible_sizes(trace(model, 299))
    wide, tall = sizes["Mixed_7b.branch3x3_2a.conv"], sizes["Mixed_7b.branch3x3_2b.conv"]
    assert wide.least == tall.least[::-1] == (1, 80)  # 1×3: only columns are added
    assert wide.widest == (1055, 1119)
    assert sizes.range[1] == (1311, 1311)


def test_gates_do_not_count_as_paths():
    """A squeeze over the whole grid grows with the image; what it multiplies asks for its own."""
    small, large = (feasible_sizes(trace(on_meta("efficientnet_b0"), n)) for n in (64, 224))
    assert dict(small) == dict(large)
    assert small.range == ((299, 299), (851, 851))


def test_an_image_below_least_shows_the_middle_cell_nothing_new():
    model = nn.Sequential(*[nn.Conv2d(1, 1, 3, padding=1) for _ in range(4)])
    assert feasible_sizes(trace(model, 9))["3"].least == (8, 8)
    for side, grows in ((7, False), (8, True), (9, True)):
        fields, middle = receptive_field(trace(model, side)), (side // 2, side // 2)
        assert fields.seen("3", middle).equal(fields.seen("2", middle)) == (not grows)


def test_refuses():
    sizes = feasible_sizes(trace(on_meta("resnet18"), 64))
    with pytest.raises(ValueError, match="fc widens no window"):
        sizes["fc"]
    with pytest.raises(KeyError, match="no node or module is called 'layer5'"):
        sizes["layer5"]
