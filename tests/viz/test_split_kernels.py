"""SplitKernels: four modules of the library, held to torch's counter and to paths through them."""

from __future__ import annotations

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from inception_lib.graph import path_counts, trace
from inception_lib.viz import SplitKernels
from inception_lib.viz.widgets.split_kernels.widget import CHANNELS, EACH, GRID, STOPS, module_at
from inception_lib.viz.widgets.tensor_scene.layout import lay_out


@pytest.mark.parametrize("stop", EACH)
def test_numbers_are_torchs_and_the_window_is_where_paths_lead(stop: int) -> None:
    with torch.device("meta"):
        module = module_at(stop).eval()
        graph = trace(module, (CHANNELS, GRID, GRID))
        with FlopCounterMode(display=False) as counter:
            module(torch.empty(1, CHANNELS, GRID, GRID))
    found = SplitKernels(stop, uid="s").readouts()
    assert found["macs"] == counter.get_total_flops() / 2
    assert found["params"] == sum(p.numel() for p in module.parameters())
    seen = path_counts(graph, graph.outputs[0], (GRID // 2, GRID // 2)) > 0
    rows, columns = int(seen.any(1).sum()), int(seen.any(0).sum())
    assert found["window"] == f"{rows}×{columns}"


@pytest.mark.parametrize("stop", EACH)
def test_a_stop_has_the_tensors_of_its_module_and_no_more(stop: int) -> None:
    with torch.device("meta"):
        boxes = lay_out(trace(module_at(stop), (CHANNELS, GRID, GRID))).boxes
    tensors = SplitKernels(uid="s").tensors
    there = [t for t in tensors if t["stops"][stop]["size"][0]]
    ours = sorted((t["op"], t["channels"], tuple(t["stops"][stop]["kernel"])) for t in there)
    assert ours == sorted((box.op, box.shape[0], box.kernel) for box in boxes)


@pytest.mark.parametrize("stop", EACH)
def test_what_has_not_parted_lies_on_the_face_of_the_one_behind(stop: int) -> None:
    tensors = SplitKernels(uid="s").tensors
    behind = {p: t for t in tensors if t["op"] == "conv" for p in t["parents"]}
    hidden = [i for i, t in enumerate(tensors) if not t["stops"][stop]["size"][0]]
    assert len(hidden) == {0: 4, 1: 3, 2: 3, 3: 0}[stop]
    for i in hidden:
        this, whole = tensors[i]["stops"][stop], behind[i]["stops"][stop]
        assert this["at"][0] == pytest.approx(whole["at"][0] - whole["size"][0] / 2, abs=0.01)
        assert this["at"][1:] == whole["at"][1:]
        assert (this["kernel"], this["window"]) == (whole["kernel"], whole["window"])
        assert this["macs"] == this["params"] == 0, "counted once"


def test_between_two_modules_the_numbers_are_those_of_the_nearest() -> None:
    widget = SplitKernels(0.48, uid="s")
    assert widget.readouts() == SplitKernels(0, uid="s").readouts()
    widget.stop = 0.5
    assert widget.readouts() == SplitKernels(1, uid="s").readouts()
    with pytest.raises(ValueError, match="stop is 4; it must be a number from 0 to 3"):
        widget.stop = 4


def test_the_table_without_a_script_has_all_four() -> None:
    table = SplitKernels(uid="s").fallback_html()
    for stop in EACH:
        assert f"<td>{SplitKernels(stop, uid='s').readouts()['window']}</td>" in table
    assert table.count('<th scope="row">') == len(STOPS)
