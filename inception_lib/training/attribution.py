"""Which part of an image a class's logit came from: HiResCAM, on a network's last grid.

HiResCAM (Draelos and Carin, arXiv 2011.08891) multiplies each cell's activations by the logit's
gradients there and adds up the channels: Σ_c A_c ∂y/∂A_c. Grad-CAM (Selvaraju et al., arXiv
1610.02391) averages the gradients over the grid first. Where a mean over the grid and a linear
layer end the network, as in every Inception, the gradient is the same everywhere, so the two are
one, and both are the class activation map of Zhou et al.: the cells then add up to the logit less
its bias. Where the classifier treats places apart (AlexNet, VGG), only HiResCAM still does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from inception_lib.graph.mode import in_mode

from .outputs import logits_of

__all__ = ["hires_cam", "last_grid"]


def hires_cam(
    network: nn.Module,
    images: Tensor,
    classes: Sequence[int] | Tensor | None = None,
    *,
    layer: str | None = None,
) -> Tensor:
    """What each cell of a grid adds to the logit of a class.

    A cell stands for its place in the image but may have seen all of it, and the map is as coarse
    as the grid: it says where the evidence lay, not what it was, and nothing of cause. Parts that
    speak against the class are negative; a heat map usually shows what is positive.

    Parameters
    ----------
    network : nn.Module
        Judged in evaluation mode, left in the mode in which it was.
    images : Tensor
        N×C×H×W, as the network takes them.
    classes : sequence of int, optional
        One an image; by default the likeliest.
    layer : str, optional
        The module whose output is the grid; by default the last with more than one cell.

    Returns
    -------
    Tensor
        float32 N×h×w on the CPU, in logits.

    Raises
    ------
    ValueError
        If there is no such layer, its output is no grid, or the logits do not follow from it.
    """
    name = last_grid(network, images[:1]) if layer is None else layer
    module = dict(network.named_modules()).get(name)
    if module is None:
        raise ValueError(f"the network has no module {name!r}: give a name of named_modules()")
    held: list[Tensor] = []

    def catch(_: nn.Module, __: Any, output: Any) -> Tensor:
        if not isinstance(output, Tensor) or output.ndim != 4:
            raise ValueError(f"the output of {name} is no N×C×H×W: give a convolution or a module")
        leaf = output.detach().requires_grad_()
        held[:] = [leaf]
        torch.set_grad_enabled(True)  # from here on: nothing before needs a gradient
        return leaf.clone()  # what follows may work in place, which a leaf does not allow

    handle = module.register_forward_hook(catch)
    try:
        with in_mode(network, False), torch.no_grad():
            logits = logits_of(network(images))
            if not held or not logits.requires_grad:
                raise ValueError(f"the logits do not follow from {name}: give another layer")
            chosen = logits.argmax(1) if classes is None else torch.as_tensor(classes)
            rows = torch.arange(len(logits), device=logits.device)
            picked = logits[rows, chosen.to(logits.device)].sum()
            (gradient,) = torch.autograd.grad(picked, held[0])
    finally:
        handle.remove()
    return (held[0].detach() * gradient).sum(1).float().cpu()


def last_grid(network: nn.Module, images: Tensor) -> str:
    """The name of the last module whose output has more than one cell: what is pooled behind it.

    Raises
    ------
    ValueError
        If there is none.
    """
    found: list[str] = []

    def look(name: str) -> Any:
        def hook(_: nn.Module, __: Any, output: Any) -> None:
            if isinstance(output, Tensor) and output.ndim == 4 and output[0, 0].numel() > 1:
                found.append(name)

        return hook

    handles = [m.register_forward_hook(look(n)) for n, m in network.named_modules() if n]
    try:
        with in_mode(network, False), torch.no_grad():
            network(images)
    finally:
        for handle in handles:
            handle.remove()
    if not found:
        raise ValueError("no module of the network ends in a grid of several cells: name one")
    return found[-1]
