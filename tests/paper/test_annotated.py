from inception_lib.paper import annotated, ledger
from inception_lib.paper.annotated import needed


def test_without_allowance_the_strip_says_what_the_ledger_says():
    rows = ledger()
    numbers = annotated(rows).readouts()
    assert numbers["holds"] == sum(row.verdict == "holds" for row in rows)
    assert numbers["differs"] == sum(row.verdict == "differs" for row in rows)
    assert sum(numbers.values()) == len(rows)


def test_what_a_row_needs_is_just_what_makes_it_hold():
    checked = 0
    for row in ledger():
        needs = needed(row)
        if needs and row.relation == "equal":
            off = abs(row.ours.number - row.paper)
            assert off <= row.tolerance + needs / 100 * abs(row.paper) + 1e-9
            assert off > row.tolerance + 0.99 * needs / 100 * abs(row.paper)
            checked += 1
    assert checked >= 5
