"""One logit pulled above the others, and the loss as it is with smoothed labels (section 7)."""

from __future__ import annotations

import math

import torch
from torch.nn.functional import cross_entropy
from traitlets import Unicode

from inception_lib.viz.base import BookWidget, Readouts
from inception_lib.viz.traits import Bounded, OneOf, StateError

__all__ = ["PullTheLogit"]

FACES = ("pull", "second")
SECONDS = ("uniform", "entropy")


class PullTheLogit(BookWidget):
    """The right class's logit above all others, which are equal, and the loss over that gap.

    The loss is (1 − ε) H(q, p) + ε H(u, p), section 7's; or with the negative entropy −H(p) in
    place of H(u, p), which the paper mentions and did not try.

    Parameters
    ----------
    gap : float
        The right logit less the others, 0 to 14.
    epsilon : float
        ε, 0 to 0.5; 0 for hard labels.
    classes : int
        K, 2 to 1000.
    second : str
        What stands beside H(q, p): ``"uniform"`` for H(u, p), ``"entropy"`` for −H(p).
    face : str
        ``"pull"`` offers hard and smoothed labels, ``"second"`` the two second parts.
    uid : str, optional
        Name of the widget in its page, see `BookWidget`.

    Raises
    ------
    ValueError
        If a value is outside its limits.

    Examples
    --------
    >>> round(PullTheLogit(epsilon=0.1, classes=1000).readouts()["best"], 3)
    9.105
    """

    face = Unicode(read_only=True).tag(sync=True)
    gap = Bounded(1.5, 0, 14, whole=False, step=0.05)
    epsilon = Bounded(0, 0, 0.5, whole=False, step=0.01)
    classes = Bounded(10, 2, 1000, "classes")
    second = OneOf("uniform", SECONDS)

    def __init__(
        self,
        gap: float = 1.5,
        epsilon: float = 0,
        classes: int = 10,
        second: str = "uniform",
        face: str = "pull",
        uid: str | None = None,
    ) -> None:
        if face not in FACES:
            raise StateError(f"face is {face!r}: pass one of {', '.join(map(repr, FACES))}")
        super().__init__(uid=uid, gap=gap, epsilon=epsilon, classes=classes, second=second)
        self.set_trait("face", face)

    @classmethod
    def examples(cls) -> list[BookWidget]:
        """Both faces."""
        return [
            cls(uid="pull-the-logit-example"),
            cls(6, 0.1, second="entropy", face="second", uid="pull-the-logit-second"),
        ]

    def readouts(self) -> Readouts:
        """Loss, probability, target and gradient of the right class; where the bottom is, if any.

        The loss is torch's own, its gradient autograd's.
        """
        z = torch.zeros(1, self.classes, dtype=torch.float64)
        z[0, 0] = self.gap
        z.requires_grad_()
        right = torch.zeros(1, dtype=torch.long)
        if self.second == "uniform":
            loss = cross_entropy(z, right, label_smoothing=self.epsilon)
        else:
            log_p = z.log_softmax(1)
            loss = (1 - self.epsilon) * cross_entropy(z, right)
            loss = loss + self.epsilon * (log_p.exp() * log_p).sum()
        (slope,) = torch.autograd.grad(loss, z)
        found: Readouts = {
            "loss": float(loss.detach()),
            "p": float(z.detach().softmax(1)[0, 0]),
            "target": 1 - self.epsilon + self.epsilon / self.classes,
            "gradient": float(slope[0, 0]),
        }
        if self.second == "entropy":
            del found["target"]  # there is no target whose distance were the gradient
        if self.epsilon:
            best = self.best()
            found |= {"best": best, "lowest": self._loss(best)}
        return found

    def best(self) -> float:
        """The gap at which the loss is lowest; infinite for hard labels."""
        epsilon, classes = self.epsilon, self.classes
        if not epsilon:
            return math.inf
        if self.second == "uniform":
            return math.log((1 - epsilon + epsilon / classes) / (epsilon / classes))
        # The gradient is (1 − p) ((1 − ε) − ε p gap): its root, where p · gap = (1 − ε)/ε.
        low, high = 0.0, (1 - epsilon) / epsilon + math.log(classes) + 1
        for _ in range(200):
            middle = (low + high) / 2
            p = 1 / (1 + (classes - 1) * math.exp(-middle))
            low, high = (low, middle) if p * middle > (1 - epsilon) / epsilon else (middle, high)
        return (low + high) / 2

    def _loss(self, gap: float) -> float:
        wide = math.log1p((self.classes - 1) * math.exp(-gap))  # −log p of the right class
        if self.second == "uniform":
            return wide + self.epsilon * (1 - 1 / self.classes) * gap
        p = math.exp(-wide)
        return (1 - self.epsilon) * wide - self.epsilon * (wide + (1 - p) * gap)
