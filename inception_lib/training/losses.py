"""The loss of section 7."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["LabelSmoothing"]


class LabelSmoothing(nn.Module):
    """Cross-entropy with the targets of section 7: q′(k) = (1 − ε) δ(k, y) + ε u(k).

    It is the sum (1 − ε) H(q, p) + ε H(u, p), computed from log-probabilities in float32, so that
    half-precision logits are safe.

    Parameters
    ----------
    epsilon : float
        Share ε of the target given to the prior, in [0, 1]. The paper uses 0.1.
    prior : Tensor, optional
        u(k), one probability a class; uniform by default.

    Raises
    ------
    ValueError
        If ε is outside [0, 1], or the prior is not a distribution.
    """

    prior: Tensor | None

    def __init__(self, epsilon: float = 0.1, prior: Tensor | None = None) -> None:
        super().__init__()
        if not 0 <= epsilon <= 1:
            raise ValueError(f"epsilon is {epsilon!r}: it is a share in [0, 1]; the paper has 0.1")
        if prior is not None:
            prior = torch.as_tensor(prior, dtype=torch.float32)
            if prior.ndim != 1 or bool((prior < 0).any()) or abs(float(prior.sum()) - 1) > 1e-4:
                raise ValueError(
                    f"prior has shape {tuple(prior.shape)} and sum {float(prior.sum()):.4f}: it "
                    "must be one probability a class, summing to 1; divide it by its sum"
                )
        self.epsilon = epsilon
        self.register_buffer("prior", prior, persistent=False)

    def forward(self, logits: Tensor, labels: Tensor) -> Tensor:
        """The mean loss of logits N×K and labels N (class indices)."""
        if logits.ndim != 2 or labels.shape != logits.shape[:1]:
            raise ValueError(
                f"logits are {tuple(logits.shape)}, labels {tuple(labels.shape)}: "
                "they must be N×K and N"
            )
        if self.prior is not None and len(self.prior) != logits.shape[1]:
            raise ValueError(f"prior has {len(self.prior)} classes, logits have {logits.shape[1]}")
        log_p = F.log_softmax(logits.float(), dim=1)
        hard = F.nll_loss(log_p, labels)  # H(q, p)
        # H(u, p), with u = 1/K unless a prior was given
        soft = -log_p.mean() if self.prior is None else -(log_p * self.prior).sum(1).mean()
        return (1 - self.epsilon) * hard + self.epsilon * soft

    def extra_repr(self) -> str:
        return f"epsilon={self.epsilon}"
