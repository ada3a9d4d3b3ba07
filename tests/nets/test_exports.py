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
