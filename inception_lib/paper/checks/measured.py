"""What a check finds, and the register of all checks by the names that ``claims.yml`` uses."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

__all__ = ["CHECKS", "NOISE", "Line", "Measured", "apart", "check", "family"]

NOISE = 1e-12  # what rounding in float64 may leave between two sides of an identity


@dataclass(frozen=True)
class Line:
    """One line of a claim that compares a whole table: as printed, as found, and whether alike."""

    paper: str
    ours: str

    @property
    def same(self) -> bool:
        """Word for word."""
        return self.paper == self.ours


@dataclass(frozen=True)
class Measured:
    """What a check found, in the unit of its claim.

    Attributes
    ----------
    value : float or tuple of float
        The number, or a series of them where the claim is about how they go.
    low, high : float
        Ends of the interval that holds the true value; the value itself where it is exact.
    text : str
        How to say it, where the number alone does not.
    parts : mapping of str to float
        The figures that it is made of or that stand beside it, by name, for chapters to cite:
        ``row("dim-reduction").ours["without"]``. The check's docstring gives their units.
    lines : tuple of Line
        Line by line, where a whole table is compared.
    decision : str
        The verdict, where the rule over recorded trainings gives it (``paper.verdict``).
    """

    value: float | tuple[float, ...]
    low: float | None = None
    high: float | None = None
    text: str = ""
    parts: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    lines: tuple[Line, ...] = ()
    decision: str = ""

    def __getitem__(self, part: str) -> float:
        """One of ``parts``.

        Raises
        ------
        KeyError
            If there is none of that name; the message lists those there are.
        """
        if part not in self.parts:
            there = ", ".join(map(repr, self.parts)) or "none"
            raise KeyError(f"this check has no part {part!r}; there are: {there}")
        return self.parts[part]

    @property
    def number(self) -> float:
        """The value, where it is one number; rounding noise of the last bits is cut off."""
        if isinstance(self.value, tuple):
            raise TypeError("this check finds a series: compare it by relation 'increasing'")
        return round(self.value, 10)

    @property
    def series(self) -> tuple[float, ...]:
        """The value, where it is a series."""
        if not isinstance(self.value, tuple):
            raise TypeError("this check finds one number: relation 'increasing' needs a series")
        return self.value

    @property
    def interval(self) -> tuple[float, float]:
        """Where the true number lies."""
        return (
            self.number if self.low is None else self.low,
            self.number if self.high is None else self.high,
        )


CHECKS: dict[str, Callable[[], Measured]] = {}


def check(function: Callable[[], Measured]) -> Callable[[], Measured]:
    """Enter a function under its name, which is what ``claims.yml`` refers to."""
    CHECKS[function.__name__] = function
    return function


def family(
    *cases: str,
) -> Callable[[Callable[[str], Measured]], Callable[[str], Measured]]:
    """Enter a function of one argument once a case, as ``name_case``."""

    def enter(function: Callable[[str], Measured]) -> Callable[[str], Measured]:
        for case in cases:
            CHECKS[f"{function.__name__}_{case}"] = functools.partial(function, case)
        return function

    return enter


def apart(differences: Iterable[float], text: str = "") -> Measured:
    """How far apart two sides of an identity are: the greatest difference of all that were tried.

    ``text`` says what was found where they agree; by default, how well they do.
    """
    most = max(map(abs, differences))
    if most > NOISE:
        return Measured(most, text=f"apart by {most:.1g}")
    return Measured(most, text=text or "apart by less than 10⁻¹²")
