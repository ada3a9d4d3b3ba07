"""Measurements of the trained trunk in the page: the record, and the network's own reductions."""

from __future__ import annotations

import pytest

from inception_lib.results import read_results
from inception_lib.viz import AlongTheTrunk
from inception_lib.viz.widgets.along_the_trunk.widget import reductions


def test_numbers_are_the_record() -> None:
    rows = {row["name"]: row for row in read_results("principles")["layers"]}
    widget = AlongTheTrunk()
    assert [row["name"] for row in widget.layers] == list(rows)
    for i, row in enumerate(rows.values()):
        widget.layer = i
        widget.measure = "zeros"
        assert widget.readouts() == {"zeros": row["zeros"]}
        widget.measure = "neighbours"
        assert list(widget.readouts().values()) == row["correlation"]["across"][:2]
        widget.measure = "probe"
        found = widget.readouts()
        assert found["low"] < found["probe"] == row["probe"]["top1"] < found["high"]
        widget.measure = "directions"
        assert widget.readouts()["components"] == row["clothes_components"]


def test_reductions_are_those_of_the_released_code() -> None:
    """torchvision's ``inception.py`` names these widths in its modules' constructors."""
    from torchvision.models import Inception3

    theirs = Inception3(aux_logits=False, init_weights=False)
    before = {"Mixed_5b": "maxpool2", "Mixed_5c": "Mixed_5b", "Mixed_5d": "Mixed_5c",
              "Mixed_6a": "Mixed_5d", "Mixed_6b": "Mixed_6a", "Mixed_6c": "Mixed_6b",
              "Mixed_6d": "Mixed_6c", "Mixed_6e": "Mixed_6d", "Mixed_7a": "Mixed_6e",
              "Mixed_7b": "Mixed_7a", "Mixed_7c": "Mixed_7b"}  # fmt: skip
    expected = {}
    for name, reads in before.items():
        branches = dict(getattr(theirs, name).named_children())
        widths = [
            branch.conv.out_channels
            for path, branch in branches.items()
            if path.endswith("_1") and branch.conv.kernel_size == (1, 1)
        ]
        expected[reads] = widths
    assert reductions() == expected


def test_directions_stand_beside_the_widest_reduction() -> None:
    found = AlongTheTrunk("directions", layer=6).readouts()
    assert found == {"components": 43, "channels": 192, "share": 43 / 192, "widest": 64}
    assert "widest" not in AlongTheTrunk("directions", layer=0).readouts()


def test_maps_are_read_where_they_are_asked_for() -> None:
    assert AlongTheTrunk().maps == {}
    maps = AlongTheTrunk(maps=("Mixed_6e",), photo="coffee").maps
    assert maps["Mixed_6e"]["src"].startswith("data:image/png;base64,")
    assert (maps["Mixed_6e"]["count"], maps["Mixed_6e"]["photo"]) == (32, "coffee")
    with pytest.raises(ValueError, match="maps names 'Mixed_7b'; recorded are Conv2d_1a_3x3"):
        AlongTheTrunk(maps=("Mixed_7b",))


@pytest.mark.parametrize(
    "state", [{"measure": "loss"}, {"layer": 16}, {"layer": -1}, {"photo": "dog"}]
)
def test_limits(state: dict) -> None:
    (name,) = state
    with pytest.raises(ValueError, match=f"^{name} is .*pass "):
        AlongTheTrunk(**state)
