"""Bytes moved against the operands and results of every operation that PyTorch runs."""

import pytest
import torch
import torchvision
from counts import V3_STEP_MACS
from live_bytes import MovedBytes

from inception_lib import inception_v3, trace
from inception_lib.graph import traffic, training_macs


def build(name):
    extra = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
    return torchvision.models.get_model(name, weights=None, **extra)


@pytest.mark.parametrize(
    ("name", "size"),
    [
        *(("resnet18", 64), ("googlenet", 96), ("densenet121", 64), ("inception_v3", 299)),
        *(("efficientnet_b0", 64), ("shufflenet_v2_x1_0", 64)),
    ],
)
def test_inference(name, size):
    model = build(name).eval()
    images = torch.rand(2, 3, size, size)
    with torch.no_grad(), MovedBytes() as measured:
        model(images)
    rows = traffic(trace(model, size), images=2)
    assert sum(row.bytes for row in rows) == sum(measured.by_op.values())


@pytest.mark.parametrize(("name", "size"), [("resnet18", 64), ("densenet121", 64)])
def test_a_training_step(name, size):
    """Equal but for operands that kernels are handed and do not need: the convention omits them."""
    model = build(name).train()
    images = torch.rand(2, 3, size, size)
    with MovedBytes() as measured:
        out = model(images)
    gradient = torch.ones_like(out)
    with measured:
        out.backward(gradient)
    graph = trace(model, size, train=True)
    ours = sum(row.bytes for row in traffic(graph, images=2, backward=True))
    norms = [node for node in graph if node.op == "batch_norm"]
    pools = [node for node in graph if node.op in ("max_pool", "avg_pool") and not node.axes]
    whole = next(node for node in graph if node.axes and node.op == "avg_pool")
    first = next(node for node in graph if node.op == "conv")
    unneeded = {
        "running statistics, beside those of the batch": sum(node.buffers for node in norms) * 4,
        "the count of batches, read and written": 2 * 8 * len(norms),
        "what a pool read": sum(graph[node.parents[0]].size for node in pools) * 2 * 4,
        "the gradient of the mean, counted as expanded": (
            graph[whole.parents[0]].size - whole.size
        ) * 2 * 4,
        "weights of the first layer, whose input needs no gradient": first.weights * 4,
        "the gradient of the logits, read by each of three products": 2 * out.numel() * 4,
    }  # fmt: skip
    assert ours + sum(unneeded.values()) == sum(measured.by_op.values())


def test_intensity_of_layers():
    graph = trace(inception_v3(), 299)
    rows = {row.name: row for row in traffic(graph)}
    conv = rows["Conv2d_4a_3x3.conv"]
    assert conv.read == 80 * 73**2 * 4
    assert conv.written == 192 * 71**2 * 4
    assert conv.weights == 80 * 192 * 9 * 4
    assert conv.intensity == conv.macs / (conv.read + conv.written + conv.weights)
    assert rows["Mixed_5b.concat"].intensity == 0
    # The classifier reads each weight for one product; a batch reads them once for all.
    assert rows["fc"].intensity < 0.25
    many = {row.name: row for row in traffic(graph, images=64)}["fc"]
    assert many.intensity > 10
    assert many.weights == rows["fc"].weights


def test_training_multiply_adds_agree_with_the_budget():
    graph = trace(inception_v3(), 299, train=True)
    rows = traffic(graph, backward=True)
    assert sum(row.macs for row in rows) == training_macs(graph) == V3_STEP_MACS


def test_half_precision_moves_half():
    graph = trace(build("squeezenet1_1").eval(), 64)
    pools = 8 * sum(node.size for node in graph if node.op == "max_pool")  # places stay 64-bit
    full = sum(row.bytes for row in traffic(graph)) - pools
    half = sum(row.bytes for row in traffic(graph, dtype=torch.bfloat16)) - pools
    assert full == 2 * half
    with pytest.raises(ValueError, match="images is 0: a batch has at least 1"):
        traffic(graph, images=0)
