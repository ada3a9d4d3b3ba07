"""The waist that readers draw: the paper's stages, networks from elsewhere, and what is off."""

from __future__ import annotations

import itertools
import math

import pytest
from torch import nn
from torchvision.models import resnet18

from inception_lib.graph import trace
from inception_lib.results import read_results
from inception_lib.viz import DrawTheWaist

# Table 1 and the released code, as height × width × channels.
V3 = [299**2 * 3, 149**2 * 32, 147**2 * 32, 147**2 * 64, 73**2 * 64, 73**2 * 80, 71**2 * 192,
      35**2 * 192, 35**2 * 256, 35**2 * 288, 35**2 * 288, *[17**2 * 768] * 5,
      8**2 * 1280, 8**2 * 2048, 8**2 * 2048, 2048, 1000]  # fmt: skip
VGG = [224**2 * 3, *[224**2 * 64] * 2, 112**2 * 64, *[112**2 * 128] * 2, 56**2 * 128,
       *[56**2 * 256] * 3, 28**2 * 256, *[28**2 * 512] * 3, 14**2 * 512, *[14**2 * 512] * 3,
       7**2 * 512, 4096, 4096, 1000]  # fmt: skip


def test_stages_are_those_of_the_published_tables() -> None:
    widget = DrawTheWaist()
    assert widget.sizes == V3
    widget.network = "vgg16"
    assert widget.sizes == VGG
    labels = [s["label"] for s in widget.profiles["inception_v3"]["stages"]]
    assert labels[:6] == ["image", "1a", "2a", "2b", "pool", "3b"]
    assert labels[-4:] == ["7b", "7c", "mean", "logits"]


def test_nothing_of_the_truth_is_told_before_it_is_asked_for() -> None:
    widget = DrawTheWaist()
    assert widget.readouts() == {"placed": 0, "image": V3[0]}
    assert "<details>" in widget.fallback_html()


def test_a_drawing_is_held_against_the_true_curve() -> None:
    drawn = "inception_v3:," + ",".join(str(2 * size) for size in V3[1:])
    found = DrawTheWaist(drawn=drawn, revealed=True, cut=3).readouts()
    assert found["alive"] == 147**2 * 64
    assert found["rises"] == sum(b > a for a, b in itertools.pairwise(V3)) == 7
    assert found["drawn-rises"] == 7
    assert found["off"] == pytest.approx(2)
    half = "inception_v3:,,345744"  # half of the second, and nothing else
    found = DrawTheWaist(drawn=half, revealed=True, cut=39).readouts()
    assert found["off"] == pytest.approx(2)
    assert (found["alive"], found["drawn-rises"]) == (1000, 0)
    assert math.isclose(float(found["times"]), 1000 / V3[0])


def test_an_opened_cut_says_what_the_records_say() -> None:
    widget = DrawTheWaist(revealed=True, cut=15, inside=True, photo="coffee")
    rows = {row["name"]: row for row in read_results("principles")["layers"]}
    found = widget.readouts()
    assert found["zeros"] == rows["Mixed_6e"]["zeros"]
    assert found["probe"] == rows["Mixed_6e"]["probe"]["top1"]
    assert widget.trunk["maps"]["Mixed_6e"]["photo"] == "coffee"
    names = [stage["name"] for stage in widget.profiles["inception_v3"]["stages"]]
    assert set(widget.trunk["layers"]) <= set(names)
    for state in ({"inside": False}, {"cut": 19}, {"network": "vgg16"}, {"revealed": False}):
        other = DrawTheWaist(**{"revealed": True, "cut": 15, "inside": True, **state})
        assert "zeros" not in other.readouts()


def test_a_drawing_of_another_network_is_not_shown() -> None:
    widget = DrawTheWaist("alexnet", drawn="vgg16:,1000", revealed=True)
    assert "off" not in widget.readouts()
    widget.network = "vgg16"
    assert widget.guesses()[:2] == [None, 1000]


def test_a_network_of_ones_own() -> None:
    widget = DrawTheWaist(resnet18(), size=64, revealed=True)
    assert widget.network == "ResNet"
    # Each of ResNet's four layers halves the grid and doubles the channels.
    assert widget.sizes[3:7] == [16**2 * 64, 8**2 * 128, 4**2 * 256, 2**2 * 512]
    graph = trace(nn.Sequential(*(nn.Conv2d(3, 3, 1) for _ in range(50))), 8)
    with pytest.raises(ValueError, match="51 stages; it must have 3 to 40: gather"):
        DrawTheWaist(graph)


@pytest.mark.parametrize(
    ("state", "words"),
    [({"network": "vgg"}, "network is 'vgg', which is not known: pass one of 'inception_v3'"),
     ({"drawn": "vgg16:-1"}, "drawn is 'vgg16:-1': pass"), ({"cut": -1}, "cut is -1")],
)  # fmt: skip
def test_limits(state: dict, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        DrawTheWaist(**state)
