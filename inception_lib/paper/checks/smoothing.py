"""Section 7: the identities of label smoothing, each side computed apart, in float64.

One side is torch's own loss and its gradient, the other the paper's formula.
"""

from __future__ import annotations

import functools

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, kl_div, log_softmax, one_hot

from .measured import Measured, apart, check

CLASSES, EPSILON, IMAGES = 1000, 0.1, 64


@functools.lru_cache(maxsize=1)
def _logits() -> tuple[Tensor, Tensor]:
    """Logits from nearly even to certain, and labels: IMAGES×CLASSES and IMAGES."""
    source = torch.Generator().manual_seed(7)
    spread = torch.logspace(-2, 3, IMAGES, dtype=torch.float64)[:, None]
    logits = spread * torch.randn(IMAGES, CLASSES, dtype=torch.float64, generator=source)
    return logits, torch.randint(CLASSES, (IMAGES,), generator=source)


def _smoothed(labels: Tensor) -> Tensor:
    """q′(k) = (1 − ε) δ(k, y) + ε/K."""
    return (1 - EPSILON) * one_hot(labels, CLASSES).double() + EPSILON / CLASSES


def _gradient(logits: Tensor, labels: Tensor, epsilon: float) -> Tensor:
    """Of each image's loss in its logits, by autograd."""
    z = logits.clone().requires_grad_()
    cross_entropy(z, labels, label_smoothing=epsilon, reduction="sum").backward()
    if z.grad is None:
        raise RuntimeError("autograd gave no gradient")
    return z.grad


def _relative(one: Tensor, other: Tensor) -> list[float]:
    return ((one - other) / other.abs().clamp(min=1)).tolist()


@check
def gradient_of_the_loss() -> Measured:
    """∂ℓ/∂z against p − q, for hard and smoothed labels."""
    logits, labels = _logits()
    p = logits.softmax(1)
    hard = _gradient(logits, labels, 0.0) - (p - one_hot(labels, CLASSES))
    smooth = _gradient(logits, labels, EPSILON) - (p - _smoothed(labels))
    return apart(torch.cat([hard, smooth]).flatten().tolist())


@check
def bounds_of_the_gradient() -> Measured:
    """By how much ∂ℓ/∂z leaves [−1, 1]."""
    logits, labels = _logits()
    found = _gradient(logits, labels, 0.0)
    low, high = found.min().item(), found.max().item()
    text = f"from {low:.3g} to {high:.3g}".replace("-", "−")
    return apart([max(-1 - low, high - 1, 0.0)], text)


@check
def split_of_the_loss() -> Measured:
    """H(q′, p) against (1 − ε) H(q, p) + ε H(u, p)."""
    logits, labels = _logits()
    whole = cross_entropy(logits, labels, label_smoothing=EPSILON, reduction="none")
    uniform = -log_softmax(logits, 1).mean(1)
    parts = (1 - EPSILON) * cross_entropy(logits, labels, reduction="none") + EPSILON * uniform
    return apart(_relative(whole, parts))


@check
def divergence_from_uniform() -> Measured:
    """H(u, p) against D(u‖p) + H(u)."""
    log_p = log_softmax(_logits()[0], 1)
    u = torch.full_like(log_p, 1 / CLASSES)
    entropy = -(u * u.log()).sum(1)
    divergence = kl_div(log_p, u, reduction="none").sum(1)
    return apart(_relative(-(u * log_p).sum(1), divergence + entropy))


@check
def best_gap_of_logits() -> Measured:
    """The gap between the right logit and the others that Newton finds, against the formula.

    Where it is found, the whole gradient must vanish as well.
    """
    label = torch.zeros(1, dtype=torch.long)
    right = one_hot(label, CLASSES).double()
    gap = torch.zeros((), dtype=torch.float64, requires_grad=True)
    for _ in range(60):
        loss = cross_entropy(gap * right, label, label_smoothing=EPSILON)
        (slope,) = torch.autograd.grad(loss, gap, create_graph=True)
        (bend,) = torch.autograd.grad(slope, gap)
        step = (slope / bend).detach().clamp(-1, 1)
        gap = (gap - step).detach().requires_grad_()
    rest = EPSILON / CLASSES
    formula = torch.tensor((1 - EPSILON + rest) / rest, dtype=torch.float64).log().item()
    gradient = _gradient((gap * right).detach(), label, EPSILON)
    found = gap.item()
    text = f"{found:.3f}, where the loss is {loss.item():.4f}"
    return apart([(found - formula) / formula, gradient.abs().max().item()], text)
