"""A linear classifier on features: what can be read off them, and how surely.

Multinomial logistic regression on standardised features: the mean cross-entropy plus λ/2 times the
squared weights (biases are free), which scikit-learn writes as C = 1 / (λ N). λ is chosen by the
validation images; the test images are read once, with the λ that was chosen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor

from .metrics import wilson

if TYPE_CHECKING:
    from .features import Features

__all__ = ["PENALTIES", "Linear", "Probe", "Score", "fit_linear", "probe"]

PENALTIES = tuple(10 ** (k / 2) for k in range(1, -8, -1))  # from 3.2 to 0.00032
STEPS = 500  # of L-BFGS, at most


@dataclass(frozen=True, eq=False)
class Linear:
    """A classifier of features as they are: logits = x · weightᵀ + bias, float32 K×C and K."""

    weight: Tensor
    bias: Tensor

    def __call__(self, x: Tensor) -> Tensor:
        """Logits N×K of features N×C."""
        return x @ self.weight.T + self.bias


@dataclass(frozen=True)
class Score:
    """How well a classifier names the images of a split.

    Attributes
    ----------
    n : int
    top1 : float
        Share of right answers, in [0, 1].
    interval95 : (float, float)
        Wilson's.
    loss : float
        Mean cross-entropy, nats.
    """

    n: int
    top1: float
    interval95: tuple[float, float]
    loss: float


@dataclass(frozen=True, eq=False)
class Probe:
    """The classifier of the chosen penalty.

    Attributes
    ----------
    classifier : Linear
    penalty : float
        λ.
    tried : tuple of (float, Score, Score)
        λ, the score on training and that on validation, from the strongest to the weakest.
    validation, test : Score
        Of the chosen one; ``test`` is None where there are no test images. What was chosen on
        validation looks better there than it is.
    """

    classifier: Linear
    penalty: float
    tried: tuple[tuple[float, Score, Score], ...]
    validation: Score
    test: Score | None


def fit_linear(
    x: Tensor, labels: Tensor, classes: int, penalty: float, start: Linear | None = None
) -> Linear:
    """Fit one classifier, to the minimum of a convex function.

    Parameters
    ----------
    x : Tensor
        N×C, as they are: they are standardised inside, and the classifier takes them raw.
    labels : Tensor
        int64 N.
    classes : int
        K.
    penalty : float
        λ, above 0.
    start : Linear, optional
        Where the search begins; the end is the same.
    """
    if not penalty > 0:
        raise ValueError(f"penalty is {penalty!r}: it must be above 0")
    x = x.double()
    mean, deviation = x.mean(0), x.std(0, correction=0)
    deviation = torch.where(deviation > 0, deviation, 1.0)  # a feature that never moves
    z = (x - mean) / deviation
    weight = torch.zeros(classes, x.shape[1], dtype=torch.float64)
    bias = torch.zeros(classes, dtype=torch.float64)
    if start is not None:
        weight += start.weight.double() * deviation
        bias += start.bias.double() + start.weight.double() @ mean
    weight.requires_grad_()
    bias.requires_grad_()
    search = torch.optim.LBFGS(
        [weight, bias],
        max_iter=STEPS,
        max_eval=2 * STEPS,
        tolerance_grad=1e-6,
        tolerance_change=1e-12,
        history_size=20,
        line_search_fn="strong_wolfe",
    )

    def objective() -> Tensor:
        search.zero_grad()
        loss = F.cross_entropy(z @ weight.T + bias, labels) + penalty / 2 * weight.square().sum()
        loss.backward()
        return loss

    with torch.enable_grad():
        search.step(objective)
    raw = weight.detach() / deviation
    return Linear(raw.float(), (bias.detach() - raw @ mean).float())


def probe(
    splits: Mapping[str, Features], classes: int, penalties: Sequence[float] = PENALTIES
) -> Probe:
    """Fit a classifier for each penalty to ``train``, choose on ``validation``, read ``test`` once.

    Of penalties with equal accuracy the one of the lower loss, then the stronger.

    Raises
    ------
    ValueError
        If there are no training or validation features.
    """
    for name in ("train", "validation"):
        if name not in splits or not len(splits[name]):
            there = ", ".join(splits) or "nothing"
            raise ValueError(
                f"the features have {there}, and no {name}: a classifier is fitted to train and "
                "chosen on validation; compute features of data that have both"
            )
    train, held = splits["train"], splits["validation"]
    tried: list[tuple[float, Score, Score]] = []
    made: list[Linear] = []
    for penalty in sorted(penalties, reverse=True):
        before = made[-1] if made else None
        made.append(fit_linear(train.x, train.labels, classes, penalty, before))
        tried.append((penalty, _score(made[-1], train), _score(made[-1], held)))
    best = max(range(len(tried)), key=lambda i: (tried[i][2].top1, -tried[i][2].loss, -i))
    test = splits.get("test")
    return Probe(
        made[best],
        tried[best][0],
        tuple(tried),
        tried[best][2],
        None if test is None or not len(test) else _score(made[best], test),
    )


def _score(classifier: Linear, of: Features) -> Score:
    logits = classifier(of.x)
    right = int((logits.argmax(1) == of.labels).sum())
    loss = float(F.cross_entropy(logits, of.labels))
    return Score(len(of), right / len(of), wilson(right, len(of)), loss)
