"""The ledger: its verdicts follow from its values, and a row that was tampered with is caught."""

from __future__ import annotations

import dataclasses
import re
import sys
import time
from pathlib import Path

import pytest

from inception_lib import results
from inception_lib.paper import LedgerError, Measured, Row, ledger, row, verify
from inception_lib.paper.checks import CHECKS, networks
from inception_lib.paper.tables import TABLE1, TABLE2, TABLE3, TABLE4, TABLE5

ROOT = Path(__file__).parents[2]
COUNTED = ("pixels", "rows", "layers", "rises", "images", "% of the result")
REASONED = {
    "table-3-step": 0.1,  # a difference of two figures, each off by half a digit
    "intro-params-alexnet": 5,  # rounded to tens
    "conclusions-half": 5,  # "almost"
    "lsr-gain-top1": 0.1,  # "about", and a difference of two figures, each off by half a digit
}


CLOCKS = "40,037 steps an epoch, one of each replica's batches, or 801 of all replicas' together"


def spoilt(id: str, **changes: object) -> Row:
    return dataclasses.replace(row(id), **changes)  # type: ignore[arg-type]


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
    assert ids >= {"depth-42", "cost-2-5", "intro-double", "lsr-optimum", "fig-9", "table-3-v2"}


def test_every_section_with_claims_is_there_in_order() -> None:
    sections = dict.fromkeys(r.section.partition(".")[0] for r in ledger())
    assert list(sections) == ["abstract", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11"]


def test_all_rows_of_the_tables_are_there() -> None:
    """Each table of the paper row by row, beside the tables that the library holds as data."""
    ids = [r.id for r in ledger()]
    assert len(row("table-1").ours.lines) == len(TABLE1) == 13
    accuracies = {id: row(id).paper_text for id in ids if id.startswith("table-2")}
    assert {id: numbers(text)[0] for id, text in accuracies.items()} == {
        f"table-2-{r.size}": r.accuracy for r in TABLE2
    }
    errors = [r.paper_text for r in ledger() if r.id.endswith("-error")]
    assert len(errors) == len(TABLE3)
    for text, printed in zip(errors, TABLE3, strict=True):
        assert numbers(text) == [x for x in (printed.top1, printed.top5) if x is not None]
    for name, table in (("table-4", TABLE4), ("table-5", TABLE5)):
        found = [x for r in ledger() if r.id.startswith(name) for x in numbers(r.paper_text)]
        assert found == [x for r in table for x in (r.top1, r.top5) if x is not None]


def numbers(text: str) -> list[float]:
    return [float(x) for x in re.findall(r"\d+\.?\d*", text)]


def test_the_costs_of_table_3_are_those_printed() -> None:
    printed = {r.network: r.cost for r in TABLE3}
    rows = [r for r in ledger() if (r.check or "").startswith("table3_cost_")]
    assert {r.check.removeprefix("table3_cost_"): r.paper for r in rows} == printed


def test_the_whole_ledger_is_verified_in_seconds() -> None:
    """Nothing is computed twice, and no network has memory for its weights."""
    rows = [dataclasses.replace(r) for r in ledger()]  # none has found its value yet
    for cached in (networks.graph_of, networks.budget, networks.spec_budget):
        cached.cache_clear()
    before = time.process_time()
    verify(rows)
    assert time.process_time() - before < 10


def test_tolerance_is_half_of_the_last_printed_digit() -> None:
    for claim in ledger():
        if claim.relation != "equal" or claim.paper is None:
            continue
        if claim.tolerance == 0:  # counted, or exact by nature
            assert claim.unit in COUNTED
            continue
        if claim.id in REASONED:
            assert claim.tolerance == REASONED[claim.id]
            continue
        decimals = len(printed_number(claim).partition(".")[2])
        assert claim.tolerance == pytest.approx(0.5 * 10**-decimals)


def printed_number(claim: Row) -> str:
    """As the ledger has it, since a float forgets that 2.0 was printed with its zero."""
    text = (ROOT / "inception_lib" / "paper" / "claims.yml").read_text(encoding="utf-8")
    entry = text.partition(f"- id: {claim.id}\n")[2].partition("- id:")[0]
    return re.search(r"^  paper: (\S+)$", entry, re.MULTILINE)[1]


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
        ("table-1", {"stated": "holds"}),
        ("table-1", {"paper": 8.0}),
        ("principle-decrease", {"stated": "holds"}),
        ("alpha", {"paper": 2.89}),
        ("cost-vgg", {"paper": 40.0}),
        ("table-3-bn-inception", {"check": "table3_cost_googlenet", "paper": 1.5}),
        ("conclusions-prelu-params", {"paper": 14.0}),
        ("lsr-kl", {"stated": "differs"}),
        ("lsr-kl", {"check": "saving_of_two_2x2"}),
        ("aux-early", {"stated": "holds"}),
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
    monkeypatch.setitem(CHECKS, "savings_of_1xn_nx1", lambda: Measured((1.0, 3.0, 2.0)))
    assert spoilt("asym-n").verdict == "differs"


@pytest.mark.parametrize(
    ("difference", "verdict"),
    [(0.0, "holds"), (9e-13, "holds"), (-2e-12, "differs"), (0.5, "differs"), ((0.0,), "differs")],
)
def test_an_identity_leaves_nothing_but_rounding(
    difference: float | tuple[float], verdict: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(CHECKS, "gradient_of_the_loss", lambda: Measured(difference))
    assert spoilt("lsr-gradient").verdict == verdict


@pytest.mark.parametrize(
    ("decision", "holds"),
    [("holds at this scale", True), ("opposite at this scale", False), ("not decided", None)],
)
def test_what_was_trained_is_decided_by_the_rule(
    decision: str, holds: bool | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = Measured(0.8, low=0.3, high=1.3, decision=decision)
    monkeypatch.setitem(CHECKS, "trained_relu-or-linear", lambda: found)
    claim = spoilt("fig-2")
    assert (claim.verdict, claim.holds) == (decision, holds)


def test_missing_results_leave_a_row_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(results, "__file__", str(tmp_path / "a" / "results.py"))
    for id in ("fig-2", "asym-where-kernels", "principle-local", "principle-embedding"):
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

    monkeypatch.setitem(CHECKS, "saving_of_two_3x3", count)
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
        ("conclusions-prelu-params", "at least 5 times", "13.87 times"),
        ("table-1", "13 rows", "8 rows"),
        ("blacklist-count", "48,238 images", "48,238 images"),
        ("dim-reduction", "much of the gain", "1.58 in place of 4.43 Bn multiply-adds"),
        ("lsr-optimum", "finite", "9.105, where the loss is 1.0148"),
        ("train-steps", "50 × 32, 100 epochs", CLOCKS),
        ("train-rate", "0.045 × 0.94 every two epochs", "0.00217 in the last epoch"),
    ],
)
def test_values_in_words(id: str, paper: str, ours: str) -> None:
    claim = row(id)
    assert claim.paper_text.replace("\u202f", " ") == paper
    assert claim.ours_text.replace("\u202f", " ") == ours


def test_the_figures_that_a_value_is_made_of() -> None:
    ours = row("dim-reduction-3a").ours
    assert ours["5×5 without"] == pytest.approx(120.4224)
    with pytest.raises(KeyError, match="no part '7×7'; there are: 'module', 'module without'"):
        ours["7×7"]
    with pytest.raises(KeyError, match="there are: none"):
        row("fig-1").ours["x"]


def test_lines_of_table_1() -> None:
    lines = row("table-1").ours.lines
    assert [number for number, line in enumerate(lines, 1) if not line.same] == [5, 6, 7, 8, 9]
    assert (lines[4].paper, lines[4].ours) == ("conv 3×3/1 on 73×73×64", "conv 1×1/1 on 73×73×64")


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
        ("paper: 28", "paper: 28\n  relation: identity", "give 'says'"),
        ("paper: 28", "says: much\n  relation: above", "give 'paper'"),
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
