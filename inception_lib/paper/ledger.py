"""The claims ledger: every number of the paper beside ours, with a verdict that a test derives.

>>> row("two-3x3").ours.number
28.0
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from inception_lib.nearest import nearest_or_all
from inception_lib.results import MissingResults

from .checks import CHECKS, Measured
from .checks.measured import NOISE
from .claims import LedgerError, read_claims
from .verdict import DECISIONS
from .verdict import HOLDS as HOLDS_HERE
from .verdict import OPPOSITE as OPPOSITE_HERE

__all__ = ["KINDS", "VERDICTS", "LedgerError", "Row", "ledger", "row", "verify"]

HOLDS, DIFFERS, OPEN, QUOTED = "holds", "differs", "open", "not reproducible here"
VERDICTS = (HOLDS, DIFFERS, OPEN, QUOTED, *DECISIONS)
KINDS = {"A": "arithmetic", "M": "measured", "T": "trained", "Q": "quoted"}
CLAIMS = Path(__file__).with_name("claims.yml")
THIN = "\u202f"  # a narrow space that does not break, between a number and its unit


@dataclass(frozen=True)
class Row:
    """One claim of the paper.

    Attributes
    ----------
    id : str
        Its name in chapters and its anchor on the scoreboard.
    section, where : str
        Of the paper, and on its page.
    claim : str
        In our words.
    kind : str
        ``"A"`` follows by arithmetic, ``"M"`` measured on the real network, ``"T"`` needs
        training, ``"Q"`` quoted.
    stated : str
        The verdict that ``claims.yml`` gives; ``verify`` compares it with ``verdict``.
    paper : float or None
        The paper's number in ``unit``; None where it prints none.
    check : str or None
        Name of the function in ``checks`` that finds ours.
    relation : str
        ``"equal"`` (within ``tolerance``), ``"below"``, ``"above"``, ``"trained"``,
        ``"increasing"``, ``"identity"`` (two sides of an equation, computed apart, agree), or
        ``"hint"``, which decides nothing.
    because : str
        The reason for the verdict, or what to know about it.
    chapter : str
        Page of the book that works it out, without its ending; empty if none does yet.
    """

    id: str
    section: str
    where: str
    claim: str
    kind: str
    stated: str
    paper: float | None = None
    unit: str = ""
    says: str = ""
    check: str | None = None
    relation: str = "equal"
    tolerance: float = 0.0
    because: str = ""
    chapter: str = ""

    @cached_property
    def _found(self) -> Measured | MissingResults | None:
        try:
            return CHECKS[self.check]() if self.check else None
        except MissingResults as missing:
            return missing

    @property
    def ours(self) -> Measured | None:
        """What the check finds, computed when first asked for; None if there is no result."""
        return self._found if isinstance(self._found, Measured) else None

    @property
    def missing(self) -> str:
        """Why there is no result, where a recorded experiment is not on this machine."""
        return str(self._found) if isinstance(self._found, MissingResults) else ""

    @property
    def holds(self) -> bool | None:
        """Whether ours stands to the paper's number as claimed; None if that cannot be told."""
        return None if self.ours is None else _RELATIONS[self.relation](self, self.ours)

    @property
    def verdict(self) -> str:
        """The verdict that the values give: one of ``VERDICTS``."""
        if self.kind == "Q":
            return QUOTED
        if self.ours is not None and self.relation == "trained":
            return self.ours.decision
        return {True: HOLDS, False: DIFFERS, None: OPEN}[self.holds]

    @property
    def reason(self) -> str:
        """Why the verdict is what it is; empty where the values say it all."""
        return self.missing or self.because

    @property
    def paper_text(self) -> str:
        """The paper's side in words: ``"28 %"``, ``"< 25 M"``."""
        if self.says or self.paper is None:
            return self.says
        plus = "+" if self.paper > 0 else ""
        sign = {"below": "< ", "above": "> ", "trained": plus}.get(self.relation, "")
        return f"{sign}{self.paper:g}{THIN}{self.unit}".rstrip(THIN)

    @property
    def ours_text(self) -> str:
        """Our side in words, to four significant digits or counted; empty without one."""
        ours = self.ours
        if ours is None:
            return ""
        if ours.text:
            return _spaced(ours.text)
        whole = ours.number >= 10_000 and ours.number == int(ours.number)
        return f"{ours.number:{',.0f' if whole else '.4g'}}{THIN}{self.unit}".rstrip(THIN)

    def __repr__(self) -> str:
        return f"Row({self.id!r}, section {self.section}, {KINDS[self.kind]}, {self.stated})"


@functools.lru_cache(maxsize=8)
def ledger(path: Path = CLAIMS) -> tuple[Row, ...]:
    """Every row, in the order of the paper.

    Parameters
    ----------
    path : Path
        Of the claims; the book's own by default.

    Raises
    ------
    LedgerError
        If the file cannot be read as a ledger: the message names entry, field and remedy.
    ImportError
        If PyYAML is not installed.
    """
    allowed: dict[str, Collection[str]] = {
        "check": CHECKS,
        "kind": KINDS,
        "verdict": VERDICTS,
        "relation": _RELATIONS,
    }
    rows = []
    for entry in read_claims(Path(path), allowed):
        entry["stated"] = entry.pop("verdict")
        rows.append(Row(**{key: _spaced(value) for key, value in entry.items()}))
    return tuple(rows)


def row(id: str) -> Row:
    """The row of that id.

    Raises
    ------
    LedgerError
        If there is none; the message names those nearest to it.
    """
    rows = {r.id: r for r in ledger()}
    if id not in rows:
        raise LedgerError(f"no claim is called {id!r}; {nearest_or_all(id, rows, 0.4)}")
    return rows[id]


def verify(rows: Iterable[Row] | None = None) -> None:
    """Recompute our side of every row, and compare the verdict stated with the one that follows.

    A row whose recorded experiment is not on this machine is left out: nothing follows from it.

    Raises
    ------
    LedgerError
        If a verdict does not follow from the values; the message lists every such row.
    """
    wrong = [
        f"{r.id}: says {r.stated!r}, but the paper has {r.paper_text}, ours is "
        f"{r.ours_text or 'unknown'}, so it is {r.verdict!r}"
        for r in (ledger() if rows is None else rows)
        if not r.missing and r.verdict != r.stated
    ]
    if wrong:
        raise LedgerError("verdicts that do not follow from the values:\n" + "\n".join(wrong))


def _equal(row: Row, ours: Measured) -> bool:
    return abs(ours.number - (row.paper or 0.0)) <= row.tolerance


def _below(row: Row, ours: Measured) -> bool:
    return ours.number < (row.paper or 0.0)


def _above(row: Row, ours: Measured) -> bool:
    return ours.number > (row.paper or 0.0)


def _trained(row: Row, ours: Measured) -> bool | None:
    """As the rule over the recorded runs has decided."""
    return {HOLDS_HERE: True, OPPOSITE_HERE: False}.get(ours.decision)


def _increasing(row: Row, ours: Measured) -> bool:
    return all(a < b for a, b in itertools.pairwise(ours.series))


def _identity(row: Row, ours: Measured) -> bool:
    return not isinstance(ours.value, tuple) and abs(ours.value) <= NOISE


_RELATIONS: dict[str, Callable[[Row, Measured], bool | None]] = {
    "equal": _equal,
    "below": _below,
    "above": _above,
    "trained": _trained,
    "increasing": _increasing,
    "identity": _identity,
    "hint": lambda row, ours: None,
}


def _spaced(value: Any) -> Any:
    """Keep a percent sign with its number, if the value is a text."""
    return value.replace(" %", f"{THIN}%") if isinstance(value, str) else value
