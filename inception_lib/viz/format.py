"""Numbers as the book writes them; the twin of ``js/format.js``."""

from __future__ import annotations

import math

THIN = "\u202f"
_UNITS = ((1e12, "Tn"), (1e9, "Bn"), (1e6, "M"), (1e3, "k"))


def grouped(n: int) -> str:
    """An integer in groups of three: ``9999`` stays whole, ``10 000`` and up are spaced."""
    digits = str(abs(n))
    spaced = digits if len(digits) < 5 else f"{abs(n):,}".replace(",", THIN)
    return ("−" if n < 0 else "") + spaced


def decimal(x: float, places: int) -> str:
    """At most `places` decimals, trailing zeros dropped, a real minus sign."""
    digits = math.floor(abs(x) * 10**places + 0.5)
    whole, rest = divmod(digits, 10**places)
    tail = str(rest).rjust(places, "0").rstrip("0") if places else ""
    return ("−" if x < 0 and digits else "") + grouped(whole) + (f".{tail}" if tail else "")


def compact(n: float) -> str:
    """Three significant figures and a unit (``221 M``, ``5.71 Bn``); small numbers as they are."""
    size = abs(n)
    if size < 1e4:
        return decimal(n, 0 if float(n).is_integer() else 2)
    # 999.6 M would print as 1000 M: it belongs to the next unit.
    unit, name = next((u, name) for u, name in _UNITS if size >= u * 0.9995)
    scaled = n / unit
    places = 2 if abs(scaled) < 9.995 else 1 if abs(scaled) < 99.95 else 0
    return decimal(scaled, places) + THIN + name


def percent(x: float, places: int = 1) -> str:
    """A share of one in percent: ``28 %``, ``26.6 %``."""
    return decimal(x * 100, places) + THIN + "%"
