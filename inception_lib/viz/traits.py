"""Traits whose errors name the value, the limit and the remedy."""

from __future__ import annotations

import numbers
from collections.abc import Iterable
from typing import Any

from traitlets import TraitError, TraitType


class StateError(TraitError, ValueError):
    """A value outside its limits: a `ValueError` to callers, a `TraitError` to traitlets."""


class Bounded(TraitType):
    """A number from `low` to `high`, both included, kept in step with the front end.

    Parameters
    ----------
    default : int or float
        Initial value.
    low, high : int or float
        Limits.
    unit : str
        What is counted, for the message.
    whole : bool
        Accept integers only (``35.0`` counts as one).
    step : float, optional
        Of a slider; 1 for integers, a hundredth of the range otherwise.
    """

    def __init__(
        self,
        default: float,
        low: float,
        high: float,
        unit: str = "",
        whole: bool = True,
        step: float | None = None,
    ) -> None:
        super().__init__(default)
        self.low, self.high, self.unit, self.whole = low, high, unit, whole
        self.step = step or (1 if whole else (high - low) / 100)
        self.tag(sync=True)

    def limits(self) -> dict[str, Any]:
        """Both ends, the step and the unit, for the front end."""
        return {"min": self.low, "max": self.high, "step": self.step, "unit": self.unit}

    def validate(self, obj: Any, value: Any) -> float:
        """The value as int or float, or a `StateError`."""
        number = isinstance(value, numbers.Real) and not isinstance(value, bool)
        if not (number and self.low <= value <= self.high):
            sort = "a whole number" if self.whole else "a number"
            raise StateError(
                f"{self.name} is {value!r}; it must be {sort} from {self.low} to {self.high}"
                f"{' ' + self.unit if self.unit else ''}: pass {self.name}={self._nearest(value)}, "
                "or another in that range"
            )
        if not self.whole:
            return float(value)
        if value != int(value):
            raise StateError(
                f"{self.name} is {value!r}; it must be a whole number: "
                f"pass {self.name}={self._nearest(value)}"
            )
        return int(value)

    def _nearest(self, value: Any) -> float:
        """What to suggest instead of `value`."""
        if not isinstance(value, numbers.Real) or isinstance(value, bool) or value != value:
            return float(self.default_value) if not self.whole else int(self.default_value)
        inside = min(max(float(value), self.low), self.high)
        return int(inside + 0.5) if self.whole else inside


class OneOf(TraitType):
    """One of a few names, kept in step with the front end.

    Parameters
    ----------
    default : str
        Initial value.
    names : iterable of str
        The names that are known.
    """

    def __init__(self, default: str, names: Iterable[str]) -> None:
        super().__init__(default)
        self.names = tuple(names)
        self.tag(sync=True)

    def limits(self) -> dict[str, Any]:
        """The names, for the front end."""
        return {"names": list(self.names)}

    def validate(self, obj: Any, value: Any) -> str:
        """The name itself, or a `StateError` that lists the names."""
        if value not in self.names:
            known = ", ".join(repr(n) for n in self.names)
            raise StateError(f"{self.name} is {value!r}, which is not known: pass one of {known}")
        return value
