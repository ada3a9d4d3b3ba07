"""Training steps, activations and cuts against published totals and counts by hand."""

import pytest
import torch
import torchvision
from counts import V3_AUX_MACS, V3_STEP_MACS
from torch import nn

from inception_lib import inception_v3, trace
from inception_lib.graph import activation_count, bottleneck, cuts, training_macs


def test_a_training_step_of_inception_v3():
    graph = trace(inception_v3(), 299, train=True)
    assert training_macs(graph) == V3_STEP_MACS  # three times all, less the first layer's input
    assert training_macs(graph) == 3 * V3_AUX_MACS - 19_181_664


def test_a_training_step_by_torchs_counter():
    from torch.utils.flop_counter import FlopCounterMode

    # Not one with grouped convolutions: torch's formula for their backward pass leaves groups out.
    for name in ("resnet18", "vgg11_bn", "densenet121"):
        with torch.device("meta"):
            model = torchvision.models.get_model(name, weights=None).train()
            with FlopCounterMode(display=False) as counter:
                model(torch.empty(2, 3, 224, 224)).sum().backward()
        graph = trace(model, 224, train=True)
        assert training_macs(graph) == counter.get_total_flops() // 4, name


def test_activations_of_inception_v3():
    assert activation_count(trace(inception_v3(), 299)) == 8_968_488


class Skip(nn.Module):
    def __init__(self):
        super().__init__()
        self.narrow = nn.Conv2d(4, 1, 1)
        self.wide = nn.Conv2d(1, 4, 1)

    def forward(self, x):
        return x + self.wide(self.narrow(x))


def test_a_skip_connection_is_alive_across_what_it_skips():
    found = {cut.after: cut for cut in cuts(trace(Skip(), 5))}
    assert {name: cut.size for name, cut in found.items()} == {
        "input": 100,
        "narrow": 100 + 25,
        "wide": 100 + 100,
    }
    assert found["narrow"].alive == ("input", "narrow")


def test_the_neck_of_a_module_is_not_that_of_a_branch():
    """The 1×1 reductions of a module are narrow, but its other branches carry the rest past."""
    graph = trace(inception_v3(), 299)
    by_name = {cut.after: cut.size for cut in cuts(graph)}
    assert by_name["Mixed_5b.concat"] == 35 * 35 * 256
    inside = [size for name, size in by_name.items() if name.startswith("Mixed_5c.")]
    assert min(inside) >= 35 * 35 * 256
    spatial = [cut for cut in cuts(graph) if len(graph[cut.after].shape) == 3]
    narrowest = min(spatial[:-2], key=lambda cut: cut.size)  # before the average pool's vector
    assert graph[narrowest.after].shape[1:] == (8, 8)


def test_the_bottleneck():
    graph = trace(inception_v3(), 299)
    neck = bottleneck(graph)
    assert (neck.after, neck.size) == ("Mixed_7a.concat", 8 * 8 * 1280)
    assert neck.alive == ("Mixed_7a.concat",)
    assert neck.relative == neck.size / (3 * 299 * 299)
    assert neck.profile[0] == ("input", 1.0)
    assert dict(neck.profile)["Mixed_5b.concat"] == 35 * 35 * 256 / (3 * 299 * 299)
    early = bottleneck(graph, before="Mixed_6a")
    assert (early.after, early.size) == ("maxpool2", 35 * 35 * 192)
    assert bottleneck(graph, before="Mixed_6a.concat").size <= early.size


def test_the_bottleneck_of_a_squeezed_trunk_and_of_a_gate():
    class Gate(nn.Module):
        def __init__(self):
            super().__init__()
            self.grow, self.squeeze = nn.Conv2d(3, 16, 1), nn.Conv2d(16, 1, 1)
            self.gate = nn.AdaptiveAvgPool2d(1)

        def forward(self, x):
            x = self.grow(x)
            return (x * self.gate(x)).mean((2, 3)), self.squeeze(x)

    # The gate is a vector, but the grid passes beside it: the search does not end there.
    neck = bottleneck(trace(Gate(), 10))
    assert neck.size >= 1600
    trunk = nn.Sequential(nn.Conv2d(3, 16, 1), nn.Conv2d(16, 1, 1), nn.Conv2d(1, 64, 3))
    assert bottleneck(trace(trunk, 10)).after == "1"
    assert bottleneck(trace(trunk, 10)).relative == pytest.approx(1 / 3)
    with pytest.raises(KeyError, match="no node or module is called 'neck'"):
        bottleneck(trace(trunk, 10), before="neck")
    with pytest.raises(ValueError, match="nothing stands between the input and input"):
        bottleneck(trace(trunk, 10), before="input")
