"""The loss of section 7, on both heads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .outputs import heads_of

__all__ = ["LabelSmoothing", "TrainingLoss", "check_labels", "make_prior"]


class LabelSmoothing(nn.Module):
    """Cross-entropy with the targets of section 7: q′(k) = (1 − ε) δ(k, y) + ε u(k).

    It is the sum (1 − ε) H(q, p) + ε H(u, p), computed from log-probabilities in float32 (float64
    for float64 logits), so that half-precision logits are safe.

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
            # Written so that a NaN fails too.
            if prior.ndim != 1 or not (prior >= 0).all() or not abs(float(prior.sum()) - 1) < 1e-4:
                raise ValueError(
                    f"prior has shape {tuple(prior.shape)} and sum {float(prior.sum()):.4f}: it "
                    "must be one probability a class, summing to 1; divide it by its sum"
                )
        self.epsilon = epsilon
        self.register_buffer("prior", prior, persistent=False)

    def forward(self, logits: Tensor, labels: Tensor) -> Tensor:
        """The mean loss of logits N×K and labels N (class indices).

        Notes
        -----
        A label outside [0, K) raises ``ValueError`` on the CPU. On a GPU the host does not wait to
        look: the loss becomes NaN, where torch's own would end the process's use of the device,
        and ``check_labels`` says why.
        """
        if logits.ndim != 2 or labels.shape != logits.shape[:1]:
            raise ValueError(
                f"logits are {tuple(logits.shape)}, labels {tuple(labels.shape)}: "
                "they must be N×K and N"
            )
        classes = logits.shape[1]
        if self.prior is not None and len(self.prior) != classes:
            raise ValueError(f"prior has {len(self.prior)} classes, logits have {classes}")
        if labels.device.type == "cpu" and not torch.compiler.is_compiling():
            check_labels(labels, classes)
        log_p = F.log_softmax(logits if logits.dtype == torch.float64 else logits.float(), dim=1)
        inside = (labels >= 0) & (labels < classes)
        hard = F.nll_loss(log_p, labels.clamp(0, classes - 1), reduction="none")
        hard = hard.masked_fill(~inside, torch.nan).mean()  # H(q, p)
        # H(u, p), with u = 1/K unless a prior was given
        soft = -log_p.mean() if self.prior is None else -(log_p * self.prior).sum(1).mean()
        return (1 - self.epsilon) * hard + self.epsilon * soft

    def extra_repr(self) -> str:
        return f"epsilon={self.epsilon}"


class TrainingLoss(nn.Module):
    """The loss of every head: the classifier's, and ``aux_weight`` times each auxiliary one.

    Parameters
    ----------
    epsilon : float
        Label smoothing, on all heads, as in the released code.
    aux_weight : float
        Weight of an auxiliary loss: 0.4 as released; GoogLeNet had 0.3, the paper gives none.
    prior : Tensor, optional
        u(k); uniform by default.
    """

    def __init__(
        self, epsilon: float = 0.1, aux_weight: float = 0.4, prior: Tensor | None = None
    ) -> None:
        super().__init__()
        if not aux_weight >= 0:
            raise ValueError(f"aux_weight is {aux_weight!r}: it must be at least 0 (released: 0.4)")
        self.aux_weight = aux_weight
        self.smoothing = LabelSmoothing(epsilon, prior)

    def forward(self, output: Any, labels: Tensor) -> Tensor:
        """The loss of one batch, a scalar in float32.

        Parameters
        ----------
        output : Tensor, InceptionOutput, or what other libraries return
            See ``outputs.heads_of``.
        labels : Tensor
            N class indices.
        """
        logits, sides = heads_of(output)
        loss = self.smoothing(logits, labels)
        if self.aux_weight:
            for side in sides:
                loss = loss + self.aux_weight * self.smoothing(side, labels)
        return loss

    def extra_repr(self) -> str:
        return f"aux_weight={self.aux_weight}"


def check_labels(labels: Tensor, classes: int) -> None:
    """Raise ``ValueError`` naming the first label outside [0, classes). Waits for a GPU."""
    outside = (labels < 0) | (labels >= classes)
    if bool(outside.any()):
        where = int(outside.nonzero()[0])
        raise ValueError(
            f"label {int(labels[where])} (number {where} of the batch): the network has {classes} "
            f"classes, 0 to {classes - 1}; build it with num_classes as the data has them"
        )


def make_prior(prior: str, labels: Tensor, classes: int) -> Tensor | None:
    """u(k) as a recipe names it.

    Parameters
    ----------
    prior : str
        "" for uniform (None), "data" for the frequencies of ``labels``, or the path of a text file
        of one probability a class.
    labels : Tensor
        Class indices of the training images.
    classes : int
        K.

    Raises
    ------
    ValueError
        If the file cannot be read as K numbers.
    """
    if not prior:
        return None
    if prior == "data":
        return torch.bincount(labels, minlength=classes) / max(1, len(labels))
    try:
        values = [float(word) for word in Path(prior).read_text(encoding="utf-8").split()]
    except (OSError, ValueError) as error:
        raise ValueError(
            f"prior {prior!r} cannot be read ({error}): give '', 'data', or a text file of one "
            "probability a class"
        ) from None
    if len(values) != classes:
        raise ValueError(f"prior {prior!r} has {len(values)} numbers, the data {classes} classes")
    return torch.tensor(values)
