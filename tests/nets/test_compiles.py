"""Every network compiled as one graph, held against eager."""

import pytest
import torch
from ready import close, ready

from inception_lib.nets.registry import NETWORKS


@pytest.mark.parametrize("name", NETWORKS)
def test_compiles_as_one_graph(name):
    model, image, expected = ready(name)
    torch._dynamo.reset()
    with torch.no_grad():
        close(torch.compile(model, backend="aot_eager", fullgraph=True)(image).logits, expected)


def test_inductor_compiles_inception_v3():
    model, image, expected = ready("inception_v3")
    torch._dynamo.reset()
    with torch.no_grad():
        close(torch.compile(model, fullgraph=True)(image).logits, expected)
