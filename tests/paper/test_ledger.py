"""The ledger: its verdicts follow from its values, and a row that was tampered with is caught."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path

import pytest

from inception_lib.paper import LedgerError, Measured, Row, ledger, row, verify
from inception_lib.paper import checks as checks_module

ROOT = Path(__file__).parents[2]


def spoilt(id: str, **changes: object) -> Row:
    return dataclasses.replace(row(id), **changes)  # type: ignore[arg-type]


def fake(monkeypatch: pytest.MonkeyPatch, measured: Measured) -> None:
    monkeypatch.setitem(checks_module.CHECKS, "gain_of_a_relu_between", lambda: measured)


# -- the book's own claims -------------------------------------------------------------------


@pytest.mark.parametrize("claim", ledger(), ids=lambda r: r.id)
def test_verdict_follows_from_the_values(claim: Row) -> None:
    assert claim.stated == claim.verdict or claim.missing
    verify([claim])


@pytest.mark.parametrize("claim", [r for r in ledger() if r.kind in "AM"], ids=lambda r: r.id)
def test_arithmetic_and_measured_claims_are_decided(claim: Row) -> None:
    assert claim.holds is not None


@pytest.mark.parametrize("claim", ledger(), ids=lambda r: r.id)
def test_recorded_experiments_are_in_the_repository(claim: Row) -> None:
    assert claim.missing == ""


def test_ids_that_chapters_cite() -> None:
    ids = {r.id for r in ledger()}
    assert ids >= {"5x5-vs-3x3", "two-3x3", "fig-2", "asym-3", "two-2x2", "asym-n", "asym-where"}


def test_tolerance_is_half_of_the_last_printed_digit() -> None:
    for claim in ledger():
        if claim.relation != "equal" or claim.paper is None:
            continue
        if claim.unit == "pixels":  # counted, not rounded
            assert claim.tolerance == 0
            continue
        decimals = len(f"{claim.paper:g}".partition(".")[2])
        assert claim.tolerance == pytest.approx(0.5 * 10**-decimals)


def test_chapters_that_rows_lead_to_are_in_the_book() -> None:
    contents = (ROOT / "_toc.yml").read_text(encoding="utf-8")
    for claim in ledger():
        assert not claim.chapter or f"chapters/{claim.chapter}" in contents, claim.id


# -- the test is tested: tampering is caught -------------------------------------------------


@pytest.mark.parametrize(
    ("id", "changes"),
    [
        ("two-3x3", {"paper": 29.0}),  # says "holds", but the value is outside the tolerance
        ("two-3x3", {"paper": 28.6}),  # just outside
        ("two-3x3", {"stated": "differs"}),  # says "differs", but is inside
        ("two-3x3", {"stated": "open"}),
        ("two-3x3", {"check": "saving_of_two_2x2"}),
        ("fig-1", {"paper": 7.0}),
        ("abstract-macs", {"stated": "holds"}),
        ("abstract-macs", {"tolerance": 1.0}),
        ("abstract-params", {"paper": 20.0}),
        ("asym-n", {"stated": "differs"}),
        ("asym-where", {"stated": "holds"}),
        ("abstract-single", {"stated": "holds"}),
    ],
    ids=lambda v: v if isinstance(v, str) else "-".join(f"{k}={x}" for k, x in v.items()),
)
def test_tampering_is_caught(id: str, changes: dict[str, object]) -> None:
    with pytest.raises(LedgerError, match=f"{id}: says"):
        verify([spoilt(id, **changes)])


def test_all_that_is_wrong_is_listed() -> None:
    with pytest.raises(LedgerError, match=r"(?s)two-3x3.*asym-3"):
        verify([spoilt("two-3x3", paper=1.0), row("fig-1"), spoilt("asym-3", paper=1.0)])


def test_falling_savings_do_not_grow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(
        checks_module.CHECKS, "savings_of_1xn_nx1", lambda: Measured((1.0, 3.0, 2.0))
    )
    assert spoilt("asym-n").verdict == "differs"


@pytest.mark.parametrize(
    ("measured", "verdict"),
    [
        (Measured(0.8, low=0.3, high=1.3), "holds"),
        (Measured(0.8, low=-0.1, high=1.7), "open"),
        (Measured(-0.8, low=-1.3, high=-0.3), "differs"),
        (Measured(0.0), "open"),
    ],
)
def test_direction_needs_the_whole_interval(
    measured: Measured, verdict: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake(monkeypatch, measured)
    assert spoilt("fig-2").verdict == verdict


def test_missing_results_leave_a_row_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(checks_module, "__file__", str(tmp_path / "a" / "b" / "checks.py"))
    for id in ("fig-2", "asym-where"):
        claim = spoilt(id)
        assert claim.ours is None
        assert claim.verdict == "open"
        assert "experiments/" in claim.reason
        verify([claim])  # nothing follows from what is not here


# -- rows ------------------------------------------------------------------------------------


def test_rows_are_immutable_and_lazy(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []

    def count() -> Measured:
        calls.append(1)
        return Measured(28.0)

    monkeypatch.setitem(checks_module.CHECKS, "saving_of_two_3x3", count)
    claim = spoilt("two-3x3")
    assert repr(claim) == "Row('two-3x3', section 3.1, arithmetic, holds)"
    assert not calls
    assert claim.holds
    assert claim.ours_text == "28\u202f%"
    assert len(calls) == 1
    with pytest.raises(dataclasses.FrozenInstanceError):
        claim.paper = 1.0  # type: ignore[misc]
    assert isinstance(ledger(), tuple)


@pytest.mark.parametrize(
    ("id", "paper", "ours"),
    [
        ("5x5-vs-3x3", "2.78 times", "2.778 times"),
        ("asym-3", "33 %", "33.33 %"),
        ("abstract-params", "< 25 M", "23.83 M"),
        ("abstract-macs", "5 Bn", "5.713 Bn"),
        ("abstract-single", "21.2 % and 5.6 %", ""),
    ],
)
def test_values_in_words(id: str, paper: str, ours: str) -> None:
    claim = row(id)
    assert claim.paper_text.replace("\u202f", " ") == paper
    assert claim.ours_text.replace("\u202f", " ") == ours


def test_unknown_id_names_those_near_it() -> None:
    with pytest.raises(LedgerError, match="no claim is called 'two3x3'; near it: two-3x3"):
        row("two3x3")
    with pytest.raises(LedgerError, match="there are: abstract-params"):
        row("qqqq")


# -- reading ---------------------------------------------------------------------------------

GOOD = """
- id: a-claim
  section: "3.1"
  where: Figure 1
  claim: Something.
  kind: A
  paper: 28
  unit: "%"
  tolerance: 0.5
  check: saving_of_two_3x3
  verdict: holds
"""


def read(tmp_path: Path, text: str) -> tuple[Row, ...]:
    path = tmp_path / "claims.yml"
    path.write_text(text, encoding="utf-8")
    ledger.cache_clear()
    return ledger(path)


def test_a_good_ledger_is_read(tmp_path: Path) -> None:
    (claim,) = read(tmp_path, GOOD)
    assert claim.id == "a-claim"
    assert claim.holds


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("- id: a-claim", "", "not a list of claims"),
        ("claim: Something.", "claim: [", "is not YAML"),
        ("kind: A", "kind: A\n  kind: M", "'kind' is given twice"),
        ("  kind: A\n", "", "has no 'kind'"),
        ("kind: A", "kind: B", "kind is 'B'"),
        ("unit:", "units:", "no field is called 'units'; near it: unit"),
        ('"3.1"', "3.1", "section is 3.1: it is a text"),
        ("paper: 28", "paper: 28 %", "paper is '28 %': it is a number"),
        ("paper: 28", "says: much", "give 'paper'"),
        ("  paper: 28\n", "", "needs 'paper'"),
        ("saving_of_two_3x3", "saving_of_two_3x4", "near it: saving_of_two_3x3"),
        ("  check: saving_of_two_3x3\n", "", "needs a 'check'"),
        ("  tolerance: 0.5\n", "", "needs a 'tolerance'"),
        ("tolerance: 0.5", "tolerance: -1", "needs a 'tolerance' of at least 0"),
        ("verdict: holds", "verdict: hold", "verdict is 'hold'; near it: holds"),
        ("verdict: holds", "verdict: differs", "say why in 'because'"),
        ("verdict: holds", "verdict: not reproducible here\n  because: x", "belong together"),
        ("kind: A", "kind: Q", "a check would make it another kind"),
        ("id: a-claim", "id: A claim", "an id is lower-case words"),
        ("verdict: holds\n", "verdict: holds\n" + GOOD.strip(), "ids are unique"),
    ],
    ids=lambda text: text.strip()[:24],
)
def test_a_spoilt_ledger_is_refused(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    assert old in GOOD
    with pytest.raises(LedgerError, match=r"claims\.yml") as error:
        read(tmp_path, GOOD.replace(old, new))
    assert complaint in str(error.value)


def test_without_yaml_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    ledger.cache_clear()
    with pytest.raises(ImportError, match=r'pip install "inception_lib\[viz\]"'):
        ledger()
