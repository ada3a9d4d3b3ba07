"""Two recorded trainings without names: which of them had the side head (section 4)?"""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Mapping
from typing import Any

from traitlets import Dict, Unicode, validate

from inception_lib.results import read_results
from inception_lib.viz.base import BookWidget, Readouts
from inception_lib.viz.traits import Bounded, OneOf, StateError

__all__ = ["WhichHadTheHead"]

# The networks with a head, and what the record calls them; its "none" is the one without.
HEADS = {
    "normalised": "normalised",
    "plain": "plain",
    "dropout": "plain, dropout",
    "two": "two heads",
    "lower": "normalised, lower",
}
EPOCHS = 12
END = EPOCHS + 1  # the moment behind the last epoch: all test images
PAIRS = 20  # most that are ever recorded
BETS = 200


class WhichHadTheHead(BookWidget):
    """Pairs of test errors by epoch, one training with a side head and one without.

    Two trainings of a pair share the seed: images, their order, and all starting weights but the
    head's. The reader moves the time, and bets which of the two had the head; the pair is then
    named, and the bet is counted. From the first bet on it is shown in how many pairs the
    training with the head was ahead at that time: the score of whoever always bets on the lower
    error.

    Parameters
    ----------
    head : str
        Which head the pairs are about: ``"normalised"`` (both its layers batch-normalised, as in
        Figure 8), ``"plain"``, ``"dropout"`` (plain, with 70 % dropout), ``"two"`` (a second
        normalised one on the finer grid), ``"lower"`` (on the finer grid alone); those that are
        recorded.
    pair : int
        Number of the pair, 0 to 19; beyond the last recorded it starts again from the first.
    moment : int
        1 to 12: after so many epochs, on 1,000 test images. 13: at the end, on all 10,000.
    bets : str
        What the reader has bet, with spaces between: head, pair, moment and choice, as
        ``"normalised-0-3-a plain-4-12-b"``. A second bet on one pair is not counted.
    record : mapping, optional
        What ``experiments/run_queue.py --only auxiliary`` wrote; the book's own by default.
    uid : str, optional
        Name of the widget in its page, see `BookWidget`.

    Raises
    ------
    ValueError
        If a value is not known or outside its limits.
    MissingResults
        If no record is given and the book's is not here.
    """

    pairs: Dict = Dict(read_only=True).tag(sync=True)
    head = OneOf("normalised", "pairs", "recorded")
    pair = Bounded(0, 0, PAIRS - 1)
    moment = Bounded(3, 1, END)
    bets = Unicode("").tag(sync=True)

    def __init__(
        self,
        head: str = "normalised",
        pair: int = 0,
        moment: int = 3,
        bets: str = "",
        record: Mapping[str, Any] | None = None,
        uid: str | None = None,
    ) -> None:
        found = _pairs(read_results("auxiliary") if record is None else record)
        super().__init__(uid=uid, pair=pair, moment=moment)
        self.set_trait("pairs", found)
        self.set_trait("limits", self._limits())
        self.head = head
        self.bets = bets

    @classmethod
    def examples(cls) -> list[BookWidget]:
        """The runs that were recorded first: later ones do not change them."""
        return [cls(record=recorded_first(), uid="which-had-the-head-example")]

    # -- limits --------------------------------------------------------------------------------

    @validate("bets")
    def _checked_bets(self, proposal: Any) -> str:
        text = proposal["value"]
        one = rf"({'|'.join(HEADS)})-\d{{1,2}}-\d{{1,2}}-[ab]"
        if text and not (re.fullmatch(rf"{one}( {one})*", text) and text.count(" ") < BETS):
            raise StateError(
                f"bets is {text[:60]!r}: pass '' or at most {BETS} bets, as "
                "'normalised-0-3-a plain-4-12-b'"
            )
        return text

    # -- numbers -------------------------------------------------------------------------------

    @property
    def present(self) -> dict[str, Any]:
        """The pair that is looked at: its seed, both curves, and which of them had the head."""
        pairs = self.pairs[self.head]
        return pairs[self.pair % len(pairs)]

    def placed(self) -> dict[tuple[str, int], str]:
        """The first bet on each recorded pair: its choice, by head and number of the pair."""
        found: dict[tuple[str, int], str] = {}
        for bet in self.bets.split():
            head, number, _, choice = bet.split("-")
            if int(number) < len(self.pairs.get(head, ())):
                found.setdefault((head, int(number)), choice)
        return found

    def readouts(self) -> Readouts:
        """Both errors at the moment; once there is a bet, what was bet and how the pairs stand.

        ``ahead`` and ``behind`` are the pairs in which the training with the head errs less, or
        more, at that moment; where both err as often, the pair is in neither.
        """
        pair, at = self.present, self.moment - 1
        found: Readouts = {f"error-{side}": pair[side][at] / 100 for side in "ab"}
        placed = self.placed()
        if placed:
            won = sum(
                self.pairs[head][number]["head"] == choice
                for (head, number), choice in placed.items()
            )
            gains = [_gain(one, at) for one in self.pairs[self.head]]
            found |= {
                "won": won,
                "placed": len(placed),
                "ahead": sum(gain > 0 for gain in gains),
                "behind": sum(gain < 0 for gain in gains),
            }
        return found

    def fallback_html(self) -> str:
        """Both curves as a table, and in a fold which of them had the head."""
        pair = self.present
        rows = "\n".join(
            f'<tr><th scope="row">{moment}</th><td>{a:.1f} %</td><td>{b:.1f} %</td></tr>'
            for moment, a, b in zip((*range(1, END), "end"), pair["a"], pair["b"], strict=True)
        )
        words = html.escape(self.words()["label"])
        return (
            f'<table>\n<caption>{words}</caption>\n<thead><tr><th scope="col">epoch</th>'
            '<th scope="col">A errs</th><th scope="col">B errs</th></tr></thead>\n'
            f"<tbody>\n{rows}\n</tbody>\n</table>\n"
            f"<details><summary>Which had the head?</summary>{pair['head'].upper()}.</details>"
        )


def recorded_first() -> dict[str, Any]:
    """The book's record with the five seeds of its first three networks alone."""
    record = read_results("auxiliary")
    names = ("none", "plain", "normalised")
    first = [run for run in record["runs"] if run["seed"] < 5 and run["variant"] in names]
    return record | {"runs": first}


def _gain(pair: Mapping[str, Any], at: int) -> float:
    """By how many points the training with the head errs less than the one without."""
    other = "b" if pair["head"] == "a" else "a"
    return pair[other][at] - pair[pair["head"]][at]


def _pairs(record: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """For each head the seeds that both networks have, the two in an order that tells nothing."""
    curves = {
        (run["variant"], run["seed"]): [*(row[3] for row in run["curve"]), run["final"]["error"]]
        for run in record["runs"]
        if not run["diverged"]
    }
    seeds = sorted({seed for _, seed in curves})
    found = {}
    for head, variant in HEADS.items():
        pairs = []
        for seed in seeds:
            if ("none", seed) in curves and (variant, seed) in curves:
                side = "ab"[hashlib.sha256(f"{seed} {head}".encode()).digest()[0] % 2]
                both = {side: curves[variant, seed], "ab".replace(side, ""): curves["none", seed]}
                pairs.append({"seed": seed, "a": both["a"], "b": both["b"], "head": side})
        if pairs:
            found[head] = pairs
    return found
