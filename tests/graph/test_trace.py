"""The graph: shapes as they are computed, names one can guess, and no arithmetic."""

import json
import subprocess
import sys

import pytest
import torch
import torchvision
from torch import nn

from inception_lib import FactorizedModule, TraceError, inception_v3, trace


@pytest.fixture(scope="module")
def graph():
    return trace(inception_v3(), 299)


def test_shapes_of_the_released_network(graph):
    shapes = {
        "Conv2d_1a_3x3": (32, 149, 149),
        "maxpool1": (64, 73, 73),
        "maxpool2": (192, 35, 35),
        "Mixed_5b": (256, 35, 35),
        "Mixed_5d": (288, 35, 35),
        "Mixed_6a": (768, 17, 17),
        "Mixed_6e": (768, 17, 17),
        "Mixed_7a": (1280, 8, 8),
        "Mixed_7c": (2048, 8, 8),
        "fc": (1000,),
    }
    assert {name: graph[name].shape for name in shapes} == shapes
    assert graph.outputs == ("fc",)
    assert repr(graph) == "Graph(Inception, evaluation, input 3×299×299, 315 nodes)"


def test_every_shape_is_what_running_gives():
    """All leaves of several networks, hooked while they compute for real."""
    nets = [inception_v3(), torchvision.models.resnet18(), torchvision.models.squeezenet1_1()]
    for model in nets:
        model.eval()
        seen = {}
        leaves = {n: m for n, m in model.named_modules() if not list(m.children())}
        for name, module in leaves.items():
            module.register_forward_hook(
                lambda _m, _i, out, name=name, seen=seen: seen.update({name: tuple(out.shape[1:])})
            )
        with torch.no_grad():
            model(torch.rand(1, 3, 107, 139))
        graph = trace(model, (107, 139))
        called_once = {n for n in seen if f"{n}#2" not in graph}
        assert len(called_once) > 20
        assert {n: graph[n].shape for n in called_once} == {n: seen[n] for n in called_once}


def test_a_node_knows_its_operation(graph):
    node = graph["Mixed_6b.branch7x7_2.conv"]
    assert (node.op, node.kernel, node.stride, node.padding) == ("conv", (1, 7), (1, 1), (0, 3))
    assert node.parents == ("Mixed_6b.branch7x7_1.relu",)
    assert node.module == "Mixed_6b.branch7x7_2"
    assert node.params == 128 * 128 * 7
    assert node.macs == 17 * 17 * 128 * 128 * 7
    concat = graph["Mixed_7c"]
    assert (concat.op, len(concat.parents)) == ("concat", 4)
    assert all(parent in graph for n in graph for parent in n.parents)


def test_modes_and_the_model_left_as_it_was():
    model = inception_v3().train()
    before = {key: value.clone() for key, value in model.state_dict().items()}
    assert "AuxLogits" not in trace(model, 299)
    assert trace(model, 299, train=True).outputs == ("fc", "AuxLogits.fc")
    assert model.training
    assert all(module.training for module in model.modules())
    after = model.state_dict()
    assert all(torch.equal(after[key], value) for key, value in before.items())
    assert all(p.device.type == "cpu" for p in model.parameters())


def test_size_in_three_forms():
    module = FactorizedModule(192)
    assert trace(module, 35) == trace(module, (35, 35)) == trace(module, (192, 35, 35))
    assert trace(module, (20, 30)).input.shape == (192, 20, 30)


def test_modules_called_again_count_once():
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(4, 4, 3, padding=1)

        def forward(self, x):
            return self.conv(self.conv(x)) + x

    graph = trace(Twice(), 8)
    assert [n.name for n in graph] == ["input", "conv", "conv#2", "add"]
    assert [n.params for n in graph] == [0, 148, 0, 0]
    assert graph["conv"].macs == graph["conv#2"].macs > 0


@pytest.mark.parametrize("size", [0, -3, (3, 0), (1, 2, 3, 4), 2.5, "large", ()])
def test_refuses_sizes_that_are_none(size):
    with pytest.raises(TraceError, match=r"size is .*: give n, \(height, width\) or"):
        trace(FactorizedModule(8), size)


def test_too_small_says_how_large():
    with pytest.raises(TraceError, match="input is 74×74; the network needs at least 75×75"):
        trace(inception_v3(), 74)
    with pytest.raises(TraceError, match="needs at least 299×299: pass aux=False"):
        trace(inception_v3(), 200, train=True)
    with pytest.raises(TraceError, match="with an input of 3×9×9, maxpool fails"):
        trace(_Valid(), 9)


class _Valid(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 9)
        self.maxpool = nn.MaxPool2d(3)

    def forward(self, x):
        return self.maxpool(self.conv(x))


def test_wrong_channels():
    with pytest.raises(TraceError, match="N×3×H×W"):
        trace(inception_v3(), (1, 299, 299))
    with pytest.raises(TraceError, match="with an input of 7×9×9, conv fails"):
        trace(_Valid(), (7, 9, 9))


def test_a_model_that_cannot_be_traced_says_why():
    class Branching(nn.Module):
        def forward(self, x):
            return x * 2 if x.sum() > 0 else x

    with pytest.raises(TraceError, match=r"Branching cannot be traced .* branch on tensor values"):
        trace(Branching(), 8)


def test_unknown_names_are_met_with_near_ones(graph):
    with pytest.raises(KeyError, match=r"near it: .*Mixed_6e"):
        graph["Mixed_6f"]


@pytest.mark.parametrize("size", [299, 20_003])
def test_costs_no_arithmetic(size):
    """In a process of its own: the first trace, its processor time and memory above the import."""
    script = f"""
import json, resource, time
from inception_lib import cost, inception_v3, receptive_field, trace
model = inception_v3()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
start = time.process_time()
graph = trace(model, {size})
cost(graph), receptive_field(graph)
seconds = time.process_time() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps([seconds, (peak - before) / 1024]))
"""
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    seconds, megabytes = json.loads(out.stdout)
    assert seconds < 2
    assert megabytes < 200
