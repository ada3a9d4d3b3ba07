"""Every network exported, and again through ONNX, held against eager."""

import onnxruntime
import pytest
import torch
from ready import close, ready

from inception_lib.nets.registry import NETWORKS


@pytest.mark.parametrize("name", NETWORKS)
def test_export_and_onnx(name, tmp_path):
    model, image, expected = ready(name)
    program = torch.export.export(model, (image,))
    close(program.module()(image).logits.detach(), expected)

    path = tmp_path / "network.onnx"
    torch.onnx.export(program, (image,), path, dynamo=True, verbose=False)
    session = onnxruntime.InferenceSession(path)
    (logits,) = session.run(None, {session.get_inputs()[0].name: image.numpy()})
    close(logits, expected)


@pytest.mark.filterwarnings("ignore")
def test_the_form_that_torch_jit_traces():
    model, image, expected = ready("inception_v3")
    model.eval().requires_grad_(False)
    with pytest.raises(RuntimeError, match="Only tensors, lists, tuples"):
        torch.jit.trace(model, image)
    traced = torch.jit.trace(lambda x: model(x).logits, image, check_trace=False)
    close(traced(image), expected)
