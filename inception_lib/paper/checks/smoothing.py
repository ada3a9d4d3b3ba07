"""Section 7: the identities of label smoothing, each side computed apart, in float64.

One side is the library's loss and its gradient, the other the paper's formula.
"""

from __future__ import annotations

import functools

import torch
from torch import Tensor
from torch.nn.functional import kl_div, log_softmax, one_hot

from inception_lib.training.losses import LabelSmoothing

from .measured import Measured, apart, check

CLASSES, EPSILON, IMAGES = 1000, 0.1, 64
SOME, FEW = 4, 10  # images and classes, where each takes many losses


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


def _losses(logits: Tensor, labels: Tensor, epsilon: float) -> Tensor:
    """One loss an image."""
    loss = LabelSmoothing(epsilon)
    return torch.stack([loss(z[None], y[None]) for z, y in zip(logits, labels, strict=True)])


def _gradient(logits: Tensor, labels: Tensor, epsilon: float) -> Tensor:
    """Of each image's loss in its logits, by autograd."""
    z = logits.clone().requires_grad_()
    _losses(z, labels, epsilon).sum().backward()
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
    log_p = log_softmax(logits, 1)
    hard = -log_p.gather(1, labels[:, None])[:, 0]  # H(q, p)
    parts = (1 - EPSILON) * hard + EPSILON * -log_p.mean(1)
    return apart(_relative(_losses(logits, labels, EPSILON), parts))


@check
def marginalized_label_dropout() -> Measured:
    """Smoothing against the mean of hard losses over all labels that could be drawn.

    With probability 1 − ε the right label is kept, otherwise any of the K is drawn alike.
    """
    logits, labels = (x[:SOME] for x in _logits())
    every = torch.arange(CLASSES)
    differences: list[float] = []
    smoothed = _losses(logits, labels, EPSILON)
    for z, label, loss in zip(logits, labels, smoothed, strict=True):
        hard = _losses(z.expand(CLASSES, -1), every, 0.0)  # one loss a label
        drawn = (1 - EPSILON) * hard[label] + EPSILON * hard.mean()
        differences += _relative(loss[None], drawn[None])
    return apart(differences)


@check
def weight_of_the_uniform_part() -> Measured:
    """Of H(u, p) beside H(q, p), read off the gradient in two logits, against ε/(1 − ε)."""
    logits = _logits()[0][:1]
    label = torch.zeros(1, dtype=torch.long)
    p = logits.softmax(1)[0]
    # Parts of the gradient: p − q for the hard loss, p − u for the uniform one.
    whole = _gradient(logits, label, EPSILON)[0]
    hard = p - one_hot(label, CLASSES)[0]
    uniform = p - 1 / CLASSES
    weights = torch.linalg.lstsq(torch.stack([hard, uniform], 1), whole[:, None]).solution[:, 0]
    found = float(weights[1] / weights[0])
    formula = EPSILON / (1 - EPSILON)
    return apart([found - formula], f"{found:.4f} for ε = {EPSILON}")


@check
def best_gap_by_entropy() -> Measured:
    """The best gap of logits where −H(p) is the second part, less that of H(u, p).

    Parts: both gaps, ``uniform`` and ``entropy``.
    """
    gap = torch.linspace(0, 20, 200_001, dtype=torch.float64)  # steps of 10⁻⁴
    logits = torch.stack([gap, *[torch.zeros_like(gap)] * (FEW - 1)], 1)
    log_p = log_softmax(logits, 1)
    hard = -log_p[:, 0]
    uniform, entropy = -log_p.mean(1), (log_p.exp() * log_p).sum(1)
    best = {
        name: gap[((1 - EPSILON) * hard + EPSILON * second).argmin()].item()
        for name, second in (("uniform", uniform), ("entropy", entropy))
    }
    text = (
        f"best gap {best['entropy']:.2f} in place of {best['uniform']:.2f}, "
        f"{FEW} classes, ε = {EPSILON}"
    )
    return Measured(abs(best["entropy"] - best["uniform"]), text=text, parts=best)


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
        loss = LabelSmoothing(EPSILON)(gap * right, label)
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


@check
def rise_of_the_smoothed_loss() -> Measured:
    """How much the loss rises a unit of the gap, far beyond its bottom, against ε (1 − 1/K)."""
    label = torch.zeros(1, dtype=torch.long)
    right = one_hot(label, CLASSES).double()
    gaps = torch.arange(100.0, 110.0, dtype=torch.float64)
    losses = torch.stack([LabelSmoothing(EPSILON)(gap * right, label) for gap in gaps])
    rises = losses.diff()
    formula = EPSILON * (1 - 1 / CLASSES)
    return apart((rises - formula).tolist(), f"it rises by {rises[0]:.4f} a unit of the gap")
