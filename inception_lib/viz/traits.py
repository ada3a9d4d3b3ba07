"""Traits whose errors name the value, the limit and the remedy."""

from __future__ import annotations

import numbers
from collections.abc import Iterable
from typing import Any

from traitlets import Int, List, TraitError, TraitType


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

    def limits(self, widget: Any) -> dict[str, Any]:
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


class Place(Bounded):
    """A place, counted from 0, in a list that the widget holds before it takes its state.

    Parameters
    ----------
    of : str
        The widget's attribute that is the list.
    """

    def __init__(self, of: str) -> None:
        super().__init__(0, 0, 999)
        self.of = of

    def _last(self, widget: Any) -> int:
        return len(getattr(widget, self.of)) - 1

    def limits(self, widget: Any) -> dict[str, Any]:
        """As of a bounded number, up to the last place."""
        return super().limits(widget) | {"max": self._last(widget)}

    def validate(self, obj: Any, value: Any) -> float:
        """The place, or a `StateError` that names the last one."""
        place = super().validate(obj, value)
        if place > (last := self._last(obj)):
            raise StateError(f"{self.name} is {place}; the last one is {last}: pass one up to that")
        return place


class OneOf(TraitType):
    """One of a few names, kept in step with the front end.

    Parameters
    ----------
    default : str
        Initial value.
    names : iterable of str, or str
        The names that are known; or the widget's attribute that holds them, where each widget
        has its own. As long as that is empty the default stands.
    lacking : str
        What a name is that is not among them, for the message.
    """

    def __init__(self, default: str, names: Iterable[str] | str, lacking: str = "known") -> None:
        super().__init__(default)
        self.names = names if isinstance(names, str) else tuple(names)
        self.lacking = lacking
        self.tag(sync=True)

    def _of(self, widget: Any) -> tuple[str, ...]:
        return tuple(getattr(widget, self.names)) if isinstance(self.names, str) else self.names

    def limits(self, widget: Any) -> dict[str, Any]:
        """The names, for the front end."""
        return {"names": list(self._of(widget))}

    def validate(self, obj: Any, value: Any) -> str:
        """The name itself, or a `StateError` that lists the names."""
        names = self._of(obj)
        if value not in names and (names or value != self.default_value):
            known = ", ".join(map(repr, names))
            raise StateError(
                f"{self.name} is {value!r}, which is not {self.lacking}: pass one of {known}"
            )
        return value


class CellIndex(Int):
    """The row or the column of a cell that is picked in a grid; −1 for the middle."""

    def __init__(self) -> None:
        super().__init__(-1)
        self.tag(sync=True)

    def validate(self, obj: Any, value: Any) -> int:
        """The number, or a `StateError`."""
        index = super().validate(obj, value)
        if index < -1:
            raise StateError(f"{self.name} is {index}; it must be at least 0, or -1 for the middle")
        return index


class Camera(List):
    """Where a picture in space is seen from: yaw, pitch, distance, x, y, z; or [], the step's."""

    def __init__(self) -> None:
        super().__init__()
        self.tag(sync=True)

    def validate(self, obj: Any, value: Any) -> list[float]:
        """The six numbers, or none; or a `StateError`."""
        given = list(super().validate(obj, value) or ())
        if len(given) not in (0, 6) or not all(isinstance(v, (int, float)) for v in given):
            raise StateError(
                f"{self.name} is {given!r}; give yaw, pitch, distance, x, y and z, or [] for the "
                "step's own view"
            )
        return given
