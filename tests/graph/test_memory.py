"""Peak memory against the bytes that PyTorch really holds, storage by storage."""

import pytest
import torch
import torchvision
from counts import V3_AUX_PARAMS, V3_MACS, V3_PARAMS
from live_bytes import LiveBytes, run_freeing
from torch import nn

from inception_lib import trace
from inception_lib.graph import compare, peak_memory, training_memory
from inception_lib.graph.backward import backward_memory
from inception_lib.graph.gradients import differentiable
from inception_lib.graph.memory import Alive

SMALL = [
    *(("squeezenet1_1", 96), ("resnet18", 64), ("vgg11_bn", 32), ("googlenet", 96)),
    *(("mobilenet_v2", 64), ("efficientnet_b0", 64), ("shufflenet_v2_x1_0", 64)),
]


def build(name):
    extra = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
    return torchvision.models.get_model(name, weights=None, **extra)


def owned(model):
    return [*model.parameters(), *model.buffers()]


@pytest.mark.parametrize(("name", "size"), [*SMALL, ("inception_v3", 299)])
def test_inference_in_eager_mode(name, size):
    model = build(name).eval()
    image = torch.rand(1, 3, size, size)
    with torch.no_grad(), LiveBytes(owned(model)) as measured:
        measured.watch(image)
        model(image)
    assert peak_memory(trace(model, size), held="call").bytes == measured.peak


@pytest.mark.parametrize(("name", "size"), [*SMALL, ("densenet121", 64), ("inception_v3", 299)])
def test_inference_where_nothing_is_held_longer_than_needed(name, size):
    model = build(name).eval()
    traced = torch.fx.symbolic_trace(model)
    with torch.no_grad(), LiveBytes(owned(model)) as measured:
        image = [torch.rand(1, 3, size, size)]
        measured.watch(image[0])
        run_freeing(traced, image)
    ours = peak_memory(trace(model, size)).bytes
    assert ours == measured.peak


def test_inception_v3_by_hand():
    """The peak is the batch normalisation of 2b: 64 channels of 147² read, as many written."""
    peak = peak_memory(trace(build("inception_v3"), 299))
    assert peak.after == "Conv2d_2b_3x3.bn"
    assert peak.bytes == 2 * 64 * 147**2 * 4 == 11_063_808
    assert peak.alive == ("Conv2d_2b_3x3.conv", "Conv2d_2b_3x3.bn")
    # In eager mode the image and the input of 2b are held by Python besides.
    eager = peak_memory(trace(build("inception_v3"), 299), held="call")
    assert eager.bytes == peak.bytes + (3 * 299**2 + 32 * 147**2) * 4


@pytest.mark.parametrize(
    ("name", "size"),
    [*SMALL, ("resnet50", 64), ("densenet121", 64), ("mobilenet_v3_small", 64)],
)
def test_what_training_keeps(name, size):
    model = build(name).train()
    ours = {t.untyped_storage()._cdata for t in owned(model)}
    seen = {}

    def pack(tensor):
        storage = tensor.untyped_storage()
        if storage._cdata not in ours:
            seen[storage._cdata] = storage
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda t: t):
        model(torch.rand(2, 3, size, size))
    found = training_memory(trace(model, size, train=True), images=2)
    assert found.saved == sum(storage.nbytes() for storage in seen.values())


@pytest.mark.parametrize(
    ("name", "size"),
    [*SMALL[:4], ("resnet50", 64), ("densenet121", 64), ("inception_v3", 299)],
)
def test_the_peak_of_a_training_step(name, size):
    model = build(name).train()
    with LiveBytes(owned(model)) as measured:
        images = torch.rand(2, 3, size, size)
        out = model(images)
        outputs = [out] if torch.is_tensor(out) else [y for y in out if y is not None]
        torch.autograd.backward(outputs, [torch.ones_like(y) for y in outputs])
    graph = trace(model, size, train=True)
    # A dispatch mode makes autograd add gradients out of place.
    kept_alive = set(Alive(graph, "call").during(len(graph)))
    back, _ = backward_memory(graph, differentiable(graph), kept_alive, 4, 2, in_place=False)
    assert back == measured.peak
    assert training_memory(graph, images=2, held="call").peak <= back


class TwoPools(nn.Module):
    """Two large gradients meet, while the gradients that they come from are small."""

    def __init__(self):
        super().__init__()
        self.norm, self.relu = nn.BatchNorm2d(8), nn.ReLU()
        self.mean, self.most = nn.AvgPool2d(8), nn.MaxPool2d(8)

    def forward(self, x):
        x = self.relu(self.norm(x))
        return self.mean(x) + self.most(x)


def test_gradients_are_added_in_place_where_nobody_listens():
    """By the allocator's own record, without a dispatch mode."""
    model, x = TwoPools().train(), torch.rand(2, 8, 256, 256)
    model(x).sum().backward()  # once, for what is set up at first use
    for parameter in model.parameters():
        parameter.grad = None
    with torch.profiler.profile(profile_memory=True) as profile:
        y = model(x)
        y.backward(torch.ones_like(y))
    live = peak = x.numel() * 4
    for event in profile.profiler.kineto_results.events():
        if event.name() == "[memory]":
            live += event.nbytes()
            peak = max(peak, live)
    graph = trace(model, (8, 256, 256), train=True)
    ours = training_memory(graph, images=2, held="call").peak
    alive = set(Alive(graph, "call").during(len(graph)))
    listened, _ = backward_memory(graph, differentiable(graph), alive, 4, 2, in_place=False)
    assert ours == pytest.approx(peak, rel=0.002)  # some sums of a few numbers are not ours
    assert listened - ours == x.numel() * 4  # the sum, beside its two parts


def test_numbers_of_the_released_network_in_training():
    found = training_memory(trace(build("inception_v3"), 299, train=True), images=32)
    assert found.parameters == 4 * V3_AUX_PARAMS
    assert found.backward
    assert found.saved < found.peak < found.saved + 2 * found.parameters


class Diamond(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Conv2d(4, 4, 1), nn.Conv2d(4, 4, 1)

    def forward(self, x):
        left = self.a(x)
        return self.b(left) + left


def test_a_diamond_by_hand():
    graph = trace(Diamond(), 10)
    peak = peak_memory(graph)
    assert (peak.bytes, peak.after) == (3 * 400 * 4, "add")
    assert peak_memory(graph, dtype=torch.float16, images=8).bytes == 8 * 3 * 400 * 2


def test_refuses():
    graph = trace(Diamond(), 10)
    with pytest.raises(ValueError, match="held is 'ever': it must be 'read' or 'call'"):
        peak_memory(graph, held="ever")
    with pytest.raises(ValueError, match="images is 0: a batch has at least 1"):
        training_memory(graph, images=0)


def test_compare():
    graphs = {"v3": trace(build("inception_v3"), 299), "resnet": trace(build("resnet50"), 224)}
    first, second = compare(graphs)
    assert first["network"] == "v3"
    assert (first["input"], first["macs"], first["params"]) == ("299×299×3", V3_MACS, V3_PARAMS)
    assert first["activations"] == 8_968_488
    assert first["peak_bytes"] == 11_063_808
    assert second["macs"] == 4_089_184_256
    assert list(first) == list(second)
