import pytest

from inception_lib.viz import AnnotatedPaper

CLAIM = {
    "id": "a", "section": "1", "where": "", "claim": "A claim.", "paper": "5", "ours": "5.2",
    "verdict": "differs", "reason": "", "needs": 4.0,
}  # fmt: skip


def test_a_claim_flips_at_the_allowance_that_it_needs():
    widget = AnnotatedPaper([CLAIM])
    assert widget.readouts()["differs"] == 1
    widget.allowance = 3.9
    assert widget.readouts()["holds"] == 0
    widget.allowance = 4
    assert widget.readouts()["holds"] == 1


@pytest.mark.parametrize("verdict", ["not decided", "open", "not reproducible here"])
def test_what_no_number_decides_stays(verdict):
    widget = AnnotatedPaper([{**CLAIM, "verdict": verdict, "needs": None}], allowance=10)
    assert widget.readouts()["holds"] == 0


def test_refusals_name_value_and_remedy():
    with pytest.raises(ValueError, match=r"lacks claim, needs: give id"):
        AnnotatedPaper([{k: v for k, v in CLAIM.items() if k not in ("needs", "claim")}])
    with pytest.raises(ValueError, match="'perhaps': use one of holds"):
        AnnotatedPaper([{**CLAIM, "verdict": "perhaps"}])
    with pytest.raises(ValueError, match="chosen is 'b'; pass the id of a claim"):
        AnnotatedPaper([CLAIM], chosen="b")
