"""BeyondTheBorder: windows of the graph, and what a layer beyond the border cannot see."""

from __future__ import annotations

import pytest
import torch
from torchvision.models import resnet50

from inception_lib import receptive_field, trace
from inception_lib.nets import build
from inception_lib.nets.specs.inception_v3 import LOW_RESOLUTION
from inception_lib.viz import BeyondTheBorder


@pytest.mark.parametrize(("network", "spec"), list(enumerate(LOW_RESOLUTION)))
def test_at_its_own_size_no_layer_is_beyond(network: int, spec) -> None:
    widget = BeyondTheBorder(network, spec.size, uid="b")
    assert widget.readouts()["beyond"] == 0
    assert widget.networks[network]["label"] == f"made for {spec.size}×{spec.size}"


def test_at_79_the_modules_at_the_end_are_beyond() -> None:
    widget = BeyondTheBorder(0, 79, uid="b")
    assert widget.readouts() == {"beyond": 21, "layers": 67}
    layers = widget.networks[0]["layers"]
    beyond = [layer["module"] for layer in layers if layer["before"] >= 79]
    assert beyond.count("Mixed_7b") == beyond.count("Mixed_7c") == 6
    assert all(layer["before"] >= 79 for layer in layers if layer["module"] == "Mixed_7c")
    assert not [m for m in beyond if m < "Mixed_6b"]


def test_the_stems_windows_are_the_receptive_fields() -> None:
    graph = trace(build(LOW_RESOLUTION[0], aux=False), 299)
    fields = receptive_field(graph)
    stem = [x for x in BeyondTheBorder(uid="b").networks[0]["layers"] if "Mixed" not in x["module"]]
    for layer in stem:
        assert fields[layer["module"]].size == (layer["behind"],) * 2


def test_on_a_grid_of_one_cell_only_the_middle_weight_counts() -> None:
    torch.manual_seed(0)
    kernel = torch.randn(4, 4, 3, 3)
    cell = torch.randn(1, 4, 1, 1)
    whole = torch.nn.functional.conv2d(cell, kernel, padding=1)
    assert torch.allclose(whole, torch.nn.functional.conv2d(cell, kernel[..., 1:2, 1:2]))
    graph = trace(build(LOW_RESOLUTION[0], aux=False), 79, train=False)
    assert graph["Mixed_7c"].shape == (2048, 1, 1)


def test_ones_own_network() -> None:
    widget = BeyondTheBorder(networks={"ResNet-50": resnet50()}, side=79, uid="b")
    assert widget.readouts()["beyond"] == 0  # feasible from 75 pixels on
    with pytest.raises(ValueError, match="at least one"):
        BeyondTheBorder(networks={})
    with pytest.raises(ValueError, match="widens no window"):
        BeyondTheBorder(networks={"flat": torch.nn.Sequential(torch.nn.Conv2d(3, 4, 1))})


@pytest.mark.parametrize("state", [{"side": 300}, {"network": 3}])
def test_limits(state: dict) -> None:
    (name,) = state
    with pytest.raises(ValueError, match=f"^{name} is .* pass "):
        BeyondTheBorder(**state)
