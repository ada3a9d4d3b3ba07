"""What an experiment is, written down before its runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _trial import Trial


@dataclass(frozen=True)
class Comparison:
    """What is asked of two variants, paired by seed.

    Attributes
    ----------
    claim : str
        Its name in the record.
    first, second : str
        Variants; the difference is the first's measure less the second's; where the
        second is empty, the first's measure, which is then a difference itself.
    measure : str
        Error, loss … (``README.md`` lists them).
    expected : int
        The sign that the paper's claim gives the difference, 0 where it claims none.
    margin : float
        Where none is claimed: what counts as none, in the unit of the measure.
    """

    claim: str
    first: str
    second: str
    measure: str
    expected: int
    margin: float = 0.0


@dataclass(frozen=True)
class Design:
    """An experiment.

    Attributes
    ----------
    name, question : str
    variants : mapping of str to Trial
    comparisons : tuple of Comparison
    first : tuple of str
        The variants that are run before the others; all of them where none is named.
    measures : tuple of str
        Taken at the end of a run beside ``end``.
    drawn : tuple of str
        The variants whose features are recorded as a scatter; all of them where none is named.
    """

    name: str
    question: str
    variants: Mapping[str, Trial]
    comparisons: tuple[Comparison, ...]
    first: tuple[str, ...] = ()
    measures: tuple[str, ...] = ()
    drawn: tuple[str, ...] = ()
