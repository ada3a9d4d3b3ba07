"""Graphs by torch.export against graphs by torch.fx, node by node."""

import dataclasses

import pytest
import timm
import torch
import torchvision
from torch.utils.flop_counter import FlopCounterMode

from inception_lib import receptive_field, trace
from inception_lib.graph.export_trace import export_trace
from inception_lib.graph.record import Recorder


def by_export(model, size, train):
    twin = model.train(train)
    images = torch.empty(127, 3, size, size, device="meta")
    traced, owners, leaves, outputs = export_trace(twin, images)
    recorder = Recorder(traced, traced.graph, owners, leaves)
    with torch.device("meta"), torch.no_grad():
        recorder.run(images)
    return recorder, {path: recorder.names[name] for path, name in outputs.items()}


def facts(nodes):
    """All but how it was called: export makes a function of every call."""
    return [dataclasses.replace(node, call="") for node in nodes]


@pytest.mark.parametrize("train", [False, True])
@pytest.mark.parametrize(
    ("name", "size"),
    [("inception_v3", 299), ("resnet18", 64), ("googlenet", 96), ("shufflenet_v2_x1_0", 64)],
)
def test_every_node_is_the_same(name, size, train):
    extra = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
    model = torchvision.models.get_model(name, weights=None, **extra).to("meta")
    expected = trace(model, size, train=train)
    found, containers = by_export(model, size, train)
    assert facts(found.nodes) == facts(expected.nodes)
    assert tuple(found.outputs) == expected.outputs
    assert containers == {k: v for k, v in expected.containers.items() if k in containers}
    assert len(containers) > 20


@pytest.mark.parametrize("name", ["vit_b_16", "swin_t", "convnext_tiny"])
def test_totals_where_the_operations_are_finer(name):
    model = torchvision.models.get_model(name, weights=None).eval().to("meta")
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(torch.empty(1, 3, 224, 224, device="meta"))
    found, _ = by_export(model, 224, train=False)
    assert 2 * sum(node.macs for node in found.nodes) == counter.get_total_flops()
    assert sum(node.params for node in found.nodes) == sum(p.numel() for p in model.parameters())


@pytest.mark.parametrize(
    ("name", "whole"), [("tf_efficientnet_b0", True), ("mobilevit_xxs", False)]
)
def test_networks_of_timm_that_torch_fx_cannot_follow(name, whole):
    """Their padding and their windows are computed from the size of the image."""
    model = timm.create_model(name, pretrained=False).eval().to("meta")
    with pytest.raises(torch.fx.proxy.TraceError):
        torch.fx.symbolic_trace(model)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(torch.empty(1, 3, 224, 224, device="meta"))
    graph = trace(model, 224)
    assert 2 * sum(node.macs for node in graph) == counter.get_total_flops()
    assert sum(node.params for node in graph) == sum(p.numel() for p in model.parameters())
    assert (len(receptive_field(graph)) == len(graph)) == whole
