"""Every network compiled as one graph, exported, and through ONNX, held against eager.

One sweep: a network is made once for all three.
"""

import onnxruntime
import pytest
import torch
from torch import nn

from inception_lib.nets.registry import NETWORKS, create

TOLERANCE = 1e-3  # of the largest logit, in float32


def ready(name):
    """A network in evaluation with statistics that it has seen, an image, its logits."""
    torch.manual_seed(0)
    model = create(name, num_classes=10)
    size = smallest(model, NETWORKS[name].size)
    channels = next(m.in_channels for m in model.modules() if isinstance(m, nn.Conv2d))
    images = torch.rand(4, channels, size, size) * 2 - 1
    norms = [m for m in model.modules() if isinstance(m, nn.BatchNorm2d)]
    if norms:
        for norm in norms:
            norm.momentum = 1.0
        aux, model.AuxLogits = getattr(model, "AuxLogits", None), None
        with torch.no_grad():
            model.train()(images)
        model.AuxLogits = aux
    model.eval()
    with torch.no_grad():
        return model, images[:1], model(images[:1]).logits


def smallest(model, size):
    """A small image where any size gives the same program: in networks built from a spec."""
    return max(*model.smallest_input(), min(size, 96)) if hasattr(model, "spec") else size


def close(found, expected):
    error = (torch.as_tensor(found) - expected).abs().max() / expected.abs().max()
    assert error < TOLERANCE, f"differs by {float(error):.1e} of the largest logit"


@pytest.fixture(scope="module", params=NETWORKS)
def network(request):
    """Each network in turn: pytest runs the tests of one before it makes the next."""
    return ready(request.param)


@pytest.fixture(scope="module")
def v3():
    return ready("inception_v3")


def test_compiles_as_one_graph(network):
    model, image, expected = network
    torch._dynamo.reset()
    with torch.no_grad():
        close(torch.compile(model, backend="aot_eager", fullgraph=True)(image).logits, expected)


def test_export_and_onnx(network, tmp_path):
    model, image, expected = network
    program = torch.export.export(model, (image,))
    close(program.module()(image).logits.detach(), expected)

    path = tmp_path / "network.onnx"
    torch.onnx.export(program, (image,), path, dynamo=True, verbose=False)
    session = onnxruntime.InferenceSession(path)
    (logits,) = session.run(None, {session.get_inputs()[0].name: image.numpy()})
    close(logits, expected)


def test_inductor_compiles_inception_v3(v3):
    model, image, expected = v3
    torch._dynamo.reset()
    with torch.no_grad():
        close(torch.compile(model, fullgraph=True)(image).logits, expected)


@pytest.mark.filterwarnings("ignore")
def test_the_form_that_torch_jit_traces(v3):
    model, image, expected = v3
    model.eval().requires_grad_(False)
    with pytest.raises(RuntimeError, match="Only tensors, lists, tuples"):
        torch.jit.trace(model, image)
    traced = torch.jit.trace(lambda x: model(x).logits, image, check_trace=False)
    close(traced(image), expected)
