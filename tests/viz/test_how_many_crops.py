"""HowManyCrops: the scheme against GoogLeNet's words, the record against itself, the cost."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from inception_lib.nets import build
from inception_lib.results import read_results
from inception_lib.training.crops import boxes
from inception_lib.viz import HowManyCrops

CROPS = boxes(224, 299, 144)


def widget(**state: int) -> HowManyCrops:
    return HowManyCrops(CROPS, uid="h", **state)


def test_whole_squares_stand_once_a_scale_and_all_else_once() -> None:
    assert [widget(pick=pick).readouts()["times"] for pick in (22, 23, 0, 143)] == [4, 4, 1, 4]
    # GoogLeNet, section 7: 4 scales of 3 squares of 6 views and their mirror images.
    assert widget().readouts()["different"] == 144 - 3 * 3 * 2


def test_the_sums_over_photographs_agree_with_the_record() -> None:
    record = read_results("crops")
    last = widget(stop=len(record["stopping"]["table"]) - 1).readouts()
    assert last["photographs"] == len(record["right"]["144"])
    assert last["passes"] == pytest.approx(
        sum(record["different"]) / len(record["different"]), abs=0.05
    )
    assert 1 < last["crops"] < last["passes"]
    # Whoever is never unsure stops with the answer of all crops.
    wrong = record["right"]["144"].count("0") / len(record["right"]["144"])
    assert last["error"] == pytest.approx(wrong, abs=1e-4)
    curve = widget().measured["curve"]
    assert curve[-1] / 100 == pytest.approx(wrong, abs=1e-4)
    assert curve[0] / 100 == pytest.approx(
        record["right"]["1"].count("0") / len(record["right"]["1"]), abs=1e-4
    )


def test_a_crop_costs_what_torch_counts() -> None:
    with torch.device("meta"):
        network = build("inception_v3", aux=False).eval()
        names = [name for name, _ in network.named_children()]
        read = nn.Sequential(
            *(getattr(network, name) for name in names[: names.index("Mixed_7a") + 1])
        )
        size = read_results("crops")["size"]
        with FlopCounterMode(display=False) as counter:
            read(torch.zeros(1, 3, size, size))
    measured = widget().measured
    assert measured["macs"] == counter.get_total_flops() // 2
    assert widget(stop=2).readouts()["macs"] == measured["table"][2]["crops"] * measured["macs"]


def test_what_it_refuses() -> None:
    with pytest.raises(ValueError, match=r"^there are 143 crops; .* pass boxes"):
        HowManyCrops(CROPS[:-1])
    with pytest.raises(ValueError, match=r"^the crops reach 300×400"):
        HowManyCrops(boxes(300, 400, 144))
    with pytest.raises(ValueError, match=r"^pick is 144; the last one is 143"):
        widget(pick=144)
