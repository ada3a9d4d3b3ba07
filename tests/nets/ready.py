"""A network in evaluation with an image and its logits, for tests of exporters and compilers."""

import functools

import torch
from torch import nn

from inception_lib.nets.registry import NETWORKS, create

TOLERANCE = 1e-3  # of the largest logit, in float32


@functools.lru_cache(maxsize=1)
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
