"""MillisecondsByBlock: the record's times, torch's count of multiply-adds, a reader's own rows."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from inception_lib import inception_v3
from inception_lib.results import read_results
from inception_lib.training import time_by_block
from inception_lib.training.bench import BlockTime
from inception_lib.training.timing import spread
from inception_lib.viz import MillisecondsByBlock

RECORD = read_results("time_by_block")


def rows(mode: str) -> dict[str, dict]:
    """The book's blocks by name."""
    blocks = MillisecondsByBlock(uid="m").blocks
    return {block["name"]: block[mode] for block in blocks if mode in block}


@pytest.mark.parametrize("mode", ["training", "inference"])
def test_times_are_the_records(mode: str) -> None:
    """All of them, small blocks too; and nearly those of the quickest whole pass."""
    least = {
        row["name"]: sum(row[way]["least"] for way in ("forward", "backward") if way in row)
        for row in RECORD[mode]["blocks"]
    }
    found = rows(mode)
    for name, row in found.items():
        if name != "others":
            assert row["ms"] == pytest.approx(least[name], rel=1e-4), name
    whole = MillisecondsByBlock(mode=mode, uid="m").readouts()["whole-ms"]
    assert whole == pytest.approx(sum(least.values()), rel=1e-6)
    assert 0.85 * RECORD[mode]["whole"]["least"] < whole <= RECORD[mode]["whole"]["least"]
    assert least.keys() - found.keys() == {"avgpool", "dropout", "(rest)"}


def test_multiply_adds_are_torchs() -> None:
    """In inference all; in training thrice that, but for the image, which needs no gradient."""
    with torch.device("meta"):
        network, image = inception_v3().eval(), torch.zeros(1, 3, 299, 299)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(image)
    counts = {
        name.rpartition(".")[2]: sum(by.values()) // 2
        for name, by in counter.get_flop_counts().items()
        if name.count(".") == 1
    }
    inference, training = rows("inference"), rows("training")
    assert sum(row["macs"] for row in inference.values()) == 5_713_216_096
    for name, macs in counts.items():
        if macs:
            assert inference[name]["macs"] == macs, name
            ways = 2 if name == "Conv2d_1a_3x3" else 3
            assert training[name]["macs"] == ways * macs, name
    assert "AuxLogits" not in inference
    assert training["AuxLogits"]["macs"] > 0


def test_what_the_record_shows() -> None:
    """Nearly all of the time follows the arithmetic; blocks of few multiply-adds a byte do not."""
    widget = MillisecondsByBlock(uid="m")
    for mode in ("training", "inference"):
        widget.mode = mode
        ratios = {}
        for place, block in enumerate(widget.blocks):
            widget.block = place
            numbers = widget.readouts()
            if "ratio" in numbers:
                ratios[block["name"]] = (numbers["intensity"], numbers["ratio"])
        assert all(0.8 < ratio < 1.2 for few, ratio in ratios.values() if few > 10)
        dear = {name for name, (_, ratio) in ratios.items() if ratio > 1.5}
        assert dear == {name for name, (few, _) in ratios.items() if few < 4}
        assert dear - {"AuxLogits"} == {"Conv2d_1a_3x3", "Conv2d_3b_1x1", "fc"}
        assert ("AuxLogits" in dear) == (mode == "training")


def small() -> nn.Module:
    network = nn.Sequential()
    network.add_module("wide", nn.Conv2d(3, 8, 3, bias=False))
    network.add_module("relu", nn.ReLU())
    network.add_module("narrow", nn.Conv2d(8, 2, 1, bias=False))
    return network


def timed(name: str, ahead: list[float], back: list[float] | None = None) -> BlockTime:
    return BlockTime(name, spread(ahead), None if back is None else spread(back))


def test_a_readers_own_measurement() -> None:
    """Milliseconds of a batch of two, the least of three rounds; counts by hand."""
    measured = [
        timed("wide", [9.0, 6.0, 8.0], [20.0, 14.0, 30.0]),
        timed("relu", [2.0, 3.0, 4.0], [2.0, 3.0, 4.0]),
        timed("narrow", [4.0, 4.0, 4.0], [12.0, 12.0, 13.0]),
        timed("(rest)", [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]),
    ]
    widget = MillisecondsByBlock(measured, small(), size=6, images=2, uid="m")
    assert widget.limits["mode"]["names"] == ["training"]
    found = {block["name"]: block["training"] for block in widget.blocks}
    assert {name: row["ms"] for name, row in found.items()} == {
        "wide": 10, "relu": 2, "narrow": 8, "others": 0
    }  # fmt: skip
    # 4×4 cells; the first convolution's input needs no gradient.
    assert found["wide"]["macs"] == 2 * 16 * 27 * 8
    assert found["narrow"]["macs"] == 3 * 16 * 8 * 2
    numbers = widget.readouts()
    share = 6912 / (6912 + 768)
    assert numbers["ratio"] == pytest.approx(0.5 / share)
    with pytest.raises(ValueError, match="mode is 'inference', which is not measured"):
        widget.mode = "inference"
    with pytest.raises(ValueError, match="block is 4; the last one is 3"):
        widget.block = 4
    ahead = [timed(row.name, [row.forward.least]) for row in measured]
    alone = MillisecondsByBlock(ahead, small(), size=6, images=2, uid="m")
    assert alone.mode == "inference"
    # Read 3×6×6 of each image, write 8×4×4, and for both images the 216 weights once.
    assert alone.blocks[0]["inference"]["bytes"] == 4 * (108 + 128) + 4 * 216 / 2


def test_it_takes_what_time_by_block_gives() -> None:
    network = small()
    measured = time_by_block(network, torch.randn(2, 3, 6, 6), rounds=1)
    widget = MillisecondsByBlock(measured, network, size=6, images=2, uid="m")
    total = sum(row.forward.least for row in measured) / 2
    assert widget.readouts()["whole-ms"] == pytest.approx(total, rel=1e-4)


@pytest.mark.parametrize(
    ("given", "words"),
    [({"images": 0}, "images is 0: give"), ({"measured": []}, "measured is empty: give")],
)
def test_what_cannot_be_a_measurement(given: dict, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        MillisecondsByBlock(**given)
