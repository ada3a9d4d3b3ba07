"""TableWalk: held to Table 1, to both traced networks, and to the scene of every tensor."""

from __future__ import annotations

import pytest

from inception_lib.graph import cost
from inception_lib.paper.checks.table1 import table
from inception_lib.paper.tables import TABLE1
from inception_lib.viz import TableWalk, TensorScene
from inception_lib.viz.widgets.table_walk.lanes import LANES, STEPS, at_size, lane, walk
from inception_lib.viz.widgets.table_walk.widget import _table

ROWS = [step for step in STEPS if step.isdigit()]


def test_the_steps_are_the_thirteen_rows_and_two_reductions() -> None:
    assert [int(step) for step in ROWS] == list(range(1, len(TABLE1) + 1))
    assert [step for step in STEPS if step not in ROWS] == ["6a", "7a"]


def test_each_row_is_that_of_the_paper_and_of_the_release() -> None:
    rows = {step: cells for step, *cells in _table(299)}
    for step, printed, released in zip(ROWS, TABLE1, table("inception_v3"), strict=True):
        ours, _, theirs, _ = rows[step]
        # The last pool takes whatever grid there is: its kernel is the grid.
        said = str(printed).replace("pool 8×8", "pool")
        if step == "7":  # not marked as padded, though the next row reads 35×35
            said = said.replace("conv", "conv padded")
        assert ours == said
        assert theirs == released.replace("pool 8×8", "pool")


def test_the_paths_are_one_in_rows_1_to_4_and_from_the_second_reduction_on() -> None:
    by_step: dict[str, set[str]] = {}
    for station in walk():
        by_step.setdefault(station.step, set()).add(station.lane)
    assert {step for step, lanes in by_step.items() if lanes == {"both"}} == {
        *("0", "1", "2", "3", "4", "7a", "10", "11", "12")
    }
    assert all(by_step[s] == set(LANES) for s in ("5", "6", "7", "8", "6a", "9"))


@pytest.mark.parametrize("name", LANES)
def test_a_lane_costs_what_its_network_costs_at_other_sizes(name: str) -> None:
    for size in (75, 300):
        graph = at_size(name, size)
        sides = [size]
        macs = 0
        for station in lane(name)[1:]:
            before = sides[-1]
            if station.grid:
                kernel, stride, padding = station.grid
                sides.append((before + 2 * padding - kernel) // stride + 1)
            else:
                sides.append(1)
            macs += station.macs[0] * before**2 + station.macs[1] * sides[-1] ** 2
        assert macs == cost(graph).macs == TableWalk(size=size, uid="t").readouts()[f"macs-{name}"]


def test_totals_are_those_of_the_ledger() -> None:
    numbers = TableWalk(uid="t").readouts()
    assert round(numbers["macs-paper"] / 1e9, 2) == 6.48
    assert numbers["macs-release"] == 5_713_216_096
    assert "cut" not in numbers, "299 gives nothing away"


def test_at_300_only_the_image_has_a_border_over() -> None:
    numbers = TableWalk("1", 300, uid="t").readouts()
    assert (numbers["cut"], numbers["left-paper"], numbers["left-release"]) == (1, 1, 1)
    assert numbers["reads-release"] == "300×300×3"
    later = TableWalk("8", 300, uid="t").readouts()
    assert later["reads-paper"] == "35×35×288"
    assert "left-paper" not in later


@pytest.mark.parametrize(
    ("tensor", "name"),
    [("release Mixed_5d", "Mixed_5d.concat"), ("both maxpool1", "maxpool1"), ("both fc", "fc")],
)
def test_a_cell_sees_what_it_sees_in_the_scene_of_every_tensor(tensor: str, name: str) -> None:
    scene = TensorScene(photos=("coffee",), tensor=name, row=0, column=20, uid="s").readouts()
    numbers = TableWalk(tensor=tensor, row=0, column=20, uid="t").readouts()
    assert numbers["cell-seen"] == scene["tensor-seen"]
    assert numbers["tensor-shape"] == scene["tensor-shape"]
    if "cell-window" in numbers:
        assert numbers["cell-window"] == scene["tensor-window"]


def test_faces_are_those_of_the_scene() -> None:
    mine = TableWalk(uid="t").picture["faces"]
    whole = TensorScene(photos=("chelsea",), uid="s").photos["chelsea"]["faces"]
    names = {station.box for station in walk() if station.lane != "paper"}
    assert set(mine["tiles"]) == names & set(whole["tiles"])
    assert len(mine["tiles"]) > 12
    for name, tile in mine["tiles"].items():
        assert tile[2:] == whole["tiles"][name][2:]


@pytest.mark.parametrize(
    "state", [{"step": "14"}, {"size": 74}, {"photo": "dog"}, {"tensor": "paper Mixed_9z"}]
)
def test_limits(state: dict) -> None:
    (name,) = state
    with pytest.raises(ValueError, match=f"^{name} is .*(pass|give)"):
        TableWalk(**state)
