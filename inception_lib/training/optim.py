"""The update: TensorFlow's RMSProp, weight decay where it belongs, clipping by the global norm."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.conv import _ConvNd
from torch.optim import Optimizer

from .recipes import Recipe

__all__ = [
    "RMSpropTF",
    "clip_gradients",
    "freeze",
    "is_trained",
    "make_optimizer",
    "set_learning_rate",
]


class RMSpropTF(Optimizer):
    """RMSProp as TensorFlow defines it, and so as section 8 used it.

    With gradient g (plus ``weight_decay`` times the weight), mean square s and momentum buffer m::

        s ← ρ s + (1 − ρ) g²        s begins at 1
        m ← μ m + η g / √(s + ε)    m begins at 0
        w ← w − m

    torch's ``RMSprop`` differs in three places: √s + ε, s from 0, and η outside m. With ε = 1 and
    small gradients its first step is √1.9 = 1.38 times this one's.

    Every line is one fused ("foreach") operation over all tensors. States have the parameters'
    type, so keep those in float32 and compute in half precision by autocast. A parameter without
    gradient is left alone; a sparse gradient is treated as the dense one that it stands for.

    Parameters
    ----------
    params : iterable of Tensor, or of groups
        What is trained.
    lr : float
        η.
    rho : float
        ρ, decay of the mean square, in [0, 1].
    momentum : float
        μ, in [0, 1).
    eps : float
        ε, inside the root.
    weight_decay : float
        Coupled L2 penalty: λ w is added to the gradient.

    Raises
    ------
    ValueError
        If a constant is out of range.
    """

    def __init__(
        self,
        params: Any,
        lr: float,
        rho: float = 0.9,
        momentum: float = 0.9,
        eps: float = 1.0,
        weight_decay: float = 0.0,
    ) -> None:
        limits = {
            "lr": (lr, lr >= 0, "at least 0"),
            "rho": (rho, 0 <= rho <= 1, "in [0, 1]"),
            "momentum": (momentum, 0 <= momentum < 1, "in [0, 1)"),
            "eps": (eps, eps > 0, "above 0"),
            "weight_decay": (weight_decay, weight_decay >= 0, "at least 0"),
        }
        for name, (value, holds, words) in limits.items():
            if not holds:
                raise ValueError(f"{name} is {value!r}: it must be {words}")
        defaults = {name: value for name, (value, *_) in limits.items()}
        super().__init__(params, defaults)

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """One update; returns what ``closure``, called first with gradients on, returned."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            weights = [p for p in group["params"] if p.grad is not None]
            grads = [p.grad.to_dense() if p.grad.is_sparse else p.grad for p in weights]
            if weights:
                self._update(weights, grads, group)
        return loss

    def _update(self, weights: list[Tensor], grads: list[Tensor], group: dict[str, Any]) -> None:
        squares = self._states(weights, "mean_square", torch.ones_like)
        if group["weight_decay"]:
            grads = list(torch._foreach_add(grads, weights, alpha=group["weight_decay"]))
        torch._foreach_mul_(squares, group["rho"])
        torch._foreach_addcmul_(squares, grads, grads, value=1 - group["rho"])
        roots = torch._foreach_add(squares, group["eps"])
        torch._foreach_sqrt_(roots)
        if not group["momentum"]:
            torch._foreach_addcdiv_(weights, grads, roots, value=-group["lr"])
            return
        buffers = self._states(weights, "momentum_buffer", torch.zeros_like)
        torch._foreach_mul_(buffers, group["momentum"])
        torch._foreach_addcdiv_(buffers, grads, roots, value=group["lr"])
        torch._foreach_sub_(weights, buffers)

    def _states(
        self, weights: list[Tensor], name: str, begin: Callable[..., Tensor]
    ) -> list[Tensor]:
        """A state of every weight, begun where it is new."""
        for weight in weights:
            if name not in self.state[weight]:
                self.state[weight][name] = begin(weight, memory_format=torch.preserve_format)
        return [self.state[weight][name] for weight in weights]


def make_optimizer(model: nn.Module, recipe: Recipe) -> Optimizer:
    """The recipe's optimizer over what ``model`` trains, in two groups.

    The first group, with weight decay, holds the weights of convolutions and linear layers; the
    second, without, all else (biases, batch normalisation). Parameters that want no gradient are
    left out, shared ones stand once.

    Raises
    ------
    ValueError
        If nothing is left to train.
    """
    layers = (m for m in model.modules() if isinstance(m, (_ConvNd, nn.Linear)))
    weights = {id(layer.weight) for layer in layers}
    trained = [p for p in model.parameters() if p.requires_grad]
    if not trained:
        raise ValueError("no parameter wants a gradient: nothing to train; see train_only")
    groups = [
        {
            "params": [p for p in trained if (id(p) in weights) == decayed],
            "weight_decay": recipe.weight_decay if decayed else 0.0,
        }
        for decayed in (True, False)
    ]
    lr, rho, momentum, eps = recipe.lr, recipe.rho, recipe.momentum, recipe.eps
    if recipe.optimizer == "rmsprop_tf":
        return RMSpropTF(groups, lr, rho, momentum, eps)
    if recipe.optimizer == "rmsprop":
        return torch.optim.RMSprop(groups, lr, rho, eps, momentum=momentum, foreach=True)
    if recipe.optimizer == "sgd":
        return torch.optim.SGD(groups, lr, momentum, nesterov=recipe.nesterov, foreach=True)
    return torch.optim.AdamW(groups, lr, (momentum, rho), eps, foreach=True)


def set_learning_rate(optimizer: Optimizer, rate: float) -> None:
    """Give every group the rate of the coming step."""
    for group in optimizer.param_groups:
        group["lr"] = rate


def freeze(model: nn.Module, train_only: str) -> None:
    """Let only the named parts of ``model`` want gradients; all of them where none is named.

    Parameters
    ----------
    model : nn.Module
        Changed in place.
    train_only : str
        Names of modules or parameters, with commas: "fc", or "fc, Mixed_7c.branch_pool".

    Raises
    ------
    ValueError
        If a name fits no parameter; the message lists the names at the top.
    """
    names = _names(train_only)
    parameters = dict(model.named_parameters())
    for name in names:
        if not any(_within(parameter, name) for parameter in parameters):
            tops = dict.fromkeys(parameter.partition(".")[0] for parameter in parameters)
            raise ValueError(
                f"train_only names {name!r}, and no parameter is called so or lies below it: "
                f"at the top are {', '.join(tops)}"
            )
    for parameter, tensor in parameters.items():
        tensor.requires_grad_(is_trained(parameter, train_only))


def is_trained(name: str, train_only: str) -> bool:
    """Whether ``train_only`` leaves a module or parameter of that name to be trained."""
    names = _names(train_only)
    return not names or any(_within(name, one) for one in names)


def _names(train_only: str) -> list[str]:
    return [name.strip().rstrip(".") for name in train_only.split(",") if name.strip()]


def _within(parameter: str, name: str) -> bool:
    return parameter == name or parameter.startswith(name + ".")


@torch.no_grad()
def clip_gradients(params: Iterable[Tensor], max_norm: float) -> Tensor:
    """Scale all gradients together so that their global L2 norm is at most ``max_norm``.

    Returns
    -------
    Tensor
        The norm before, a scalar on the gradients' device: the host does not wait for it.

    Notes
    -----
    ``max_norm`` 0 only measures. Section 8 clips at 2.0; the work that it cites (Pascanu et al.,
    2013) cuts the norm. That it is the norm over all weights together is our reading.
    """
    params = list(params)
    if max_norm:
        return nn.utils.clip_grad_norm_(params, max_norm)
    grads = [p.grad for p in params if p.grad is not None]
    # As torch measures it; the oldest version that we know has no public name for that.
    return torch.linalg.vector_norm(torch.stack(torch._foreach_norm(grads) or [torch.zeros(())]))
