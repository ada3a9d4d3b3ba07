"""The staircase of section 8 under two rulers, and how far 10,000 steps reach back on each."""

from __future__ import annotations

from inception_lib.viz.base import BookWidget, Readouts
from inception_lib.viz.traits import Bounded, OneOf

__all__ = ["TwoClocks"]

IMAGES = 1_281_167  # ILSVRC 2012, training
REPLICAS, BATCH, EPOCHS = 50, 32, 100
RATE, DECAY, EVERY = 0.045, 0.94, 2
HORIZON = 10_000  # steps: 1/(1 − 0.9999)


class TwoClocks(BookWidget):
    """Section 8's learning rate over its 100 epochs, and 10,000 steps as a window on it.

    A step is one replica's batch of 32 images by Figures 2 and 8 of the paper, and all 50 replicas'
    1,600 images in the code that was released later. The staircase is the same by both clocks, the
    window of the running average is not.

    Parameters
    ----------
    epoch : float
        The time, 0 to 100 epochs.
    guess : float
        How many epochs the reader takes the window to be, 0.25 to 100.
    answer : str
        ``"hidden"``: the reader's window alone; ``"shown"``: both clocks and their windows.
    uid : str, optional
        Name of the widget in its page, see `BookWidget`.

    Raises
    ------
    ValueError
        If a value is outside its limits.

    Examples
    --------
    >>> TwoClocks(answer="shown").readouts()["together"]
    80100
    """

    epoch = Bounded(EPOCHS, 0, EPOCHS, "epochs", whole=False, step=0.25)
    guess = Bounded(EPOCHS / 2, 0.25, EPOCHS, "epochs", whole=False, step=0.25)
    answer = OneOf("hidden", ("hidden", "shown"))

    def __init__(
        self,
        epoch: float = EPOCHS,
        guess: float = EPOCHS / 2,
        answer: str = "hidden",
        uid: str | None = None,
    ) -> None:
        super().__init__(uid=uid, epoch=epoch, guess=guess, answer=answer)

    def readouts(self) -> Readouts:
        """The rate at the time; with the answer, the steps done and the epochs averaged, by clock.

        Before 10,000 steps are done, the average reaches back to the beginning.
        """
        # The end of the last epoch still belongs to it.
        stair = min(self.epoch // EVERY, EPOCHS // EVERY - 1)
        found: Readouts = {"rate": RATE * DECAY**stair}
        if self.answer == "hidden":
            return found | {"guess": self.guess}
        for clock, images in (("replica", BATCH), ("together", REPLICAS * BATCH)):
            steps = -(-IMAGES // images)  # of one epoch, the last of them smaller
            found[clock] = round(self.epoch * steps)
            found[f"{clock}-window"] = min(self.epoch, HORIZON / steps)
        return found
