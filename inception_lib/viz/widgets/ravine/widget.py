"""A ball in a ravine under RMSProp, from ε = 10⁻⁸ to section 8's ε = 1 (section 8)."""

from __future__ import annotations

import math

from inception_lib.viz.base import BookWidget, Readouts
from inception_lib.viz.traits import Bounded, OneOf

__all__ = ["Ravine"]

RATE, RHO = 0.045, 0.9  # of section 8
CURVATURE = (0.02, 2.0)  # along the ravine, and across it
START = (-3.6, 0.5)  # where the gradient is -0.072 along and 1 across
GRADIENTS = ("1", "0.1", "0.01", "0.001")
FORMS = ("tensorflow", "torch")
MOST = 240  # steps


class Ravine(BookWidget):
    """The path of RMSProp down the loss 0.01 x² + y², and the sizes of its steps, for any ε.

    The loss is a hundred times as curved across the ravine (y) as along it (x). The rate is
    section 8's 0.045, the decay of the mean square 0.9, and there is no momentum, as section 8
    names none. ``training.RMSpropTF`` and torch's own optimizer take the same steps.

    Parameters
    ----------
    epsilon : float
        ε, 1e-8 to 1.
    steps : int
        Steps taken, 1 to 240.
    form : str
        ``"tensorflow"``, section 8's: the gradient by √(s + ε), with the mean square s from 1; or
        ``"torch"``: by √s + ε, with s from 0.
    uid : str, optional
        Name of the widget in its page, see `BookWidget`.

    Raises
    ------
    ValueError
        If a value is outside its limits.

    Examples
    --------
    >>> [round(Ravine(1.0).readouts()[f"step-{g}"], 5) for g in GRADIENTS]
    [0.03182, 0.00448, 0.00045, 4e-05]
    """

    epsilon = Bounded(1e-8, 1e-8, 1.0, whole=False)
    steps = Bounded(MOST, 1, MOST, "steps")
    form = OneOf("tensorflow", FORMS)

    def __init__(
        self,
        epsilon: float = 1e-8,
        steps: int = MOST,
        form: str = "tensorflow",
        uid: str | None = None,
    ) -> None:
        super().__init__(uid=uid, epsilon=epsilon, steps=steps, form=form)

    def path(self) -> list[tuple[float, float]]:
        """Where the ball is, (x, y): before the first step and after each."""
        place = list(START)
        squares = [_first_square(self.form)] * 2
        found = [START]
        for _ in range(self.steps):
            for i, curvature in enumerate(CURVATURE):
                gradient = curvature * place[i]
                squares[i] = RHO * squares[i] + (1 - RHO) * (gradient * gradient)
                place[i] -= _step(gradient, squares[i], self.epsilon, self.form)
            found.append((place[0], place[1]))
        return found

    def step(self, gradient: float, form: str | None = None) -> float:
        """The size of the last step of a weight whose gradient was the same at all of them."""
        form = form or self.form
        square = _first_square(form)
        for _ in range(self.steps):
            square = RHO * square + (1 - RHO) * (gradient * gradient)
        return _step(gradient, square, self.epsilon, form)

    def readouts(self) -> Readouts:
        """The ball's place and loss, steps by gradient, and the smallest one's by both forms."""
        x, y = self.path()[-1]
        smallest = float(GRADIENTS[-1])
        return {
            "x": x,
            "y": y,
            "loss": (CURVATURE[0] * (x * x) + CURVATURE[1] * (y * y)) / 2,
            **{f"step-{g}": self.step(float(g)) for g in GRADIENTS},
            "ratio": self.step(smallest, "tensorflow") / self.step(smallest, "torch"),
        }


def _first_square(form: str) -> float:
    return 1.0 if form == "tensorflow" else 0.0


def _step(gradient: float, square: float, epsilon: float, form: str) -> float:
    if form == "tensorflow":
        return RATE * gradient / math.sqrt(square + epsilon)
    return RATE * gradient / (math.sqrt(square) + epsilon)
