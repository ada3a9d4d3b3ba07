"""From ``claims.yml`` to checked entries; an error names entry, field and remedy."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from inception_lib.nearest import nearest_or_all

__all__ = ["LedgerError", "read_claims"]

TEXTS = ("id", "section", "where", "claim", "kind", "verdict")  # required
OPTIONAL_TEXTS = ("unit", "says", "check", "relation", "because", "chapter")
NUMBERS = ("paper", "tolerance")
FIELDS = (*TEXTS, *OPTIONAL_TEXTS, *NUMBERS)


class LedgerError(ValueError):
    """A ledger that cannot be read, an id that it lacks, or a verdict that does not follow."""


def read_claims(path: Path, allowed: Mapping[str, Collection[str]]) -> list[dict[str, Any]]:
    """The entries of a ledger, each with known fields of the right type, no id twice.

    ``allowed`` lists the values that a field may have, where they are given.

    Raises
    ------
    LedgerError
        At the first entry that is wrong.
    """
    entries = _load(path)
    if not isinstance(entries, list) or not entries:
        raise LedgerError(f"{path.name} is not a list of claims: begin each with '- id: …'")
    seen: set[str] = set()
    for number, entry in enumerate(entries, start=1):
        name = entry.get("id", f"number {number}") if isinstance(entry, dict) else f"{number}"
        try:
            _check_entry(entry, allowed)
            if name in seen:
                raise LedgerError("its id is taken by an earlier claim: ids are unique")
        except LedgerError as error:
            raise LedgerError(f"{path.name}, claim {name}: {error}") from None
        seen.add(name)
    return entries


def _load(path: Path) -> Any:
    try:
        import yaml
    except ImportError as error:
        raise ImportError(
            "the ledger is read with PyYAML, which is not installed: "
            'pip install "inception_lib[viz]"'
        ) from error

    class Loader(yaml.SafeLoader):
        """Refuses a field given twice, of which YAML would keep the last."""

        def construct_mapping(self, node: Any, deep: bool = False) -> Any:
            keys = [key.value for key, _ in node.value]
            twice = next((key for key in keys if keys.count(key) > 1), None)
            if twice is not None:
                raise yaml.constructor.ConstructorError(
                    None, None, f"{twice!r} is given twice", node.start_mark
                )
            return super().construct_mapping(node, deep)

    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader)  # a SafeLoader
    except yaml.YAMLError as error:
        raise LedgerError(f"{path.name} is not YAML: {error}") from error


def _check_entry(entry: Any, allowed: Mapping[str, Collection[str]]) -> None:
    if not isinstance(entry, dict):
        raise LedgerError(f"it is {entry!r}, not a set of fields")
    for field, value in entry.items():
        _check_field(field, value)
    for field in TEXTS:
        if field not in entry:
            raise LedgerError(f"it has no {field!r}")
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", entry["id"]):
        raise LedgerError("an id is lower-case words and digits joined by '-'")
    for field, values in allowed.items():
        if field in entry and entry[field] not in values:
            raise LedgerError(
                f"{field} is {entry[field]!r}; {nearest_or_all(entry[field], sorted(values))}"
            )
    _check_sense(entry)


def _check_field(field: Any, value: Any) -> None:
    if field not in FIELDS:
        raise LedgerError(
            f"no field is called {field!r}; {nearest_or_all(str(field), sorted(FIELDS))}"
        )
    if field in NUMBERS:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise LedgerError(f"{field} is {value!r}: it is a number, the unit apart")
    elif not isinstance(value, str) or not value.strip():
        raise LedgerError(f"{field} is {value!r}: it is a text (put a number in quotes)")


def _check_sense(entry: dict[str, Any]) -> None:
    """What the fields must say together."""
    kind, relation = entry["kind"], entry.get("relation", "equal")
    if kind in "AM" and "check" not in entry:
        raise LedgerError(f"it is of kind {kind}, so it needs a 'check' that finds our value")
    if kind == "Q" and "check" in entry:
        raise LedgerError("it is of kind Q, quoted: a check would make it another kind")
    if (kind == "Q") != (entry["verdict"] == "not reproducible here"):
        raise LedgerError("kind Q and the verdict 'not reproducible here' belong together")
    if "paper" not in entry and "says" not in entry:
        raise LedgerError("it needs 'paper', the paper's number, or 'says', its words")
    compares = "check" in entry and relation in ("equal", "below", "above")
    if compares and "paper" not in entry:
        raise LedgerError(f"relation {relation!r} compares with a number: give 'paper'")
    if relation == "identity" and "says" not in entry:
        raise LedgerError(f"relation {relation!r} is one of words: give 'says'")
    if compares and relation == "equal" and entry.get("tolerance", -1) < 0:
        raise LedgerError("relation 'equal' needs a 'tolerance' of at least 0")
    if relation == "trained" and kind != "T":
        raise LedgerError("relation 'trained' is decided by recorded trainings: kind T")
    if entry["verdict"] != "holds" and "because" not in entry:
        raise LedgerError(f"its verdict is {entry['verdict']!r}: say why in 'because'")
