"""Speeds, memory and times by block, against what is known of small networks."""

import csv
import io
import json
import time

import pytest
import torch
from torch import nn

from inception_lib import create, trace
from inception_lib.cli import main
from inception_lib.graph import peak_memory
from inception_lib.training import bench, time_by_block
from inception_lib.training.speed import peak_flops, training_flop
from inception_lib.training.timing import interleave, spread


class Slow(torch.autograd.Function):
    """Adds nothing, and takes its time."""

    @staticmethod
    def forward(ctx, x, ahead, back):
        ctx.back = back
        time.sleep(ahead)
        return x.clone()

    @staticmethod
    def backward(ctx, gradient):
        time.sleep(ctx.back)
        return gradient, None, None


class Waits(nn.Module):
    def __init__(self, ahead, back):
        super().__init__()
        self.ahead, self.back = ahead, back
        self.weight = nn.Parameter(torch.ones(()))

    def forward(self, x):
        return Slow.apply(x * self.weight, self.ahead, self.back)


def waits():
    body = nn.Sequential()
    body.add_module("first", Waits(0.02, 0.05))
    body.add_module("second", Waits(0.04, 0.01))
    body.add_module("flat", nn.Flatten())
    return nn.Sequential(body)


def test_the_time_goes_where_it_is_spent():
    network, start = waits().train(), time.perf_counter()
    rows = time_by_block(network, torch.ones(2, 3, 2, 2), train=True, rounds=1)
    took = 1000 * (time.perf_counter() - start)
    assert [row.name for row in rows] == ["0.first", "0.second", "0.flat", "(rest)"]
    found = {row.name: (row.forward.median, row.backward.median) for row in rows}
    for name, ahead, back in (("0.first", 20, 50), ("0.second", 40, 10)):
        assert found[name][0] >= ahead, name
        assert found[name][1] >= back, name
    # Each moment counts once; the round that is thrown away slept for as long.
    assert sum(map(sum, found.values())) <= took - 120
    assert network.training
    assert all(p.grad is None for p in network.parameters())
    rows = time_by_block(network, torch.ones(2, 3, 2, 2), rounds=1)
    assert all(row.backward is None for row in rows)
    assert sum(row.forward.median for row in rows) >= 60


def test_a_side_head_is_a_block_of_its_own():
    network = create("inception_tiny_8", num_classes=3)
    rows = time_by_block(network, torch.randn(4, 3, 8, 8), train=True, rounds=1)
    names = [row.name for row in rows]
    assert names.index("Mixed_6b") < names.index("AuxLogits") < names.index("Mixed_7a")
    assert all(row.backward.median > 0 for row in rows if row.name != "dropout")


def test_rates_shares_and_memory():
    network = create("inception_tiny_8", num_classes=3).train()
    before = {name: value.clone() for name, value in network.named_parameters()}
    found = {(one.mode, one.form): one for one in bench(network, 8, batch=4, rounds=3)}
    assert list(found) == [
        ("inference", "plain"), ("inference", "fused"), ("training", "plain"), ("training", "fused")
    ]  # fmt: skip
    assert network.training
    assert all(torch.equal(value, before[name]) for name, value in network.named_parameters())
    for (mode, _), one in found.items():
        rate = one.images_per_second
        assert 0 < rate.least <= rate.lower <= rate.median <= rate.upper <= rate.most
        if mode == "training":
            share = rate.median * training_flop(network, 8) / peak_flops("cpu")
            assert one.mfu == pytest.approx(share)
    plain, step = found["inference", "plain"], found["training", "plain"]
    assert 0 < plain.memory < step.memory


def test_memory_is_what_the_graph_counts():
    """Of convolutions in a row, as Python holds them: an independent count, to the byte."""
    network = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Conv2d(8, 4, 3), nn.Flatten(),
                            nn.Linear(4 * 64, 2))  # fmt: skip
    (plain, *_) = bench(network, 12, batch=2, rounds=1, training=False, channels_last=False)
    counted = peak_memory(trace(network, 12), images=2, held="call").bytes
    image = 2 * 3 * 12 * 12 * 4  # was there before
    assert plain.memory == counted - image


def test_what_cannot_be_traced_is_timed_plain():
    class Branching(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(3, 2, 1)

        def forward(self, x):
            x = self.conv(x).mean((2, 3))
            return x if float(x.sum()) > 0 else -x

    (one,) = bench(Branching(), 4, rounds=1, training=False)
    assert (one.form, one.mfu) == ("plain", None)
    with pytest.raises(ValueError, match="batch is 0: give at least 1"):
        bench(nn.Flatten(), 4, batch=0)


def test_forms_take_turns():
    turns = []
    seconds = interleave({name: lambda n=name: turns.append(n) for name in "ab"}, 2, warmup=1)
    assert "".join(turns) == "ba" + "ab" + "ba"
    assert [len(one) for one in seconds.values()] == [2, 2]
    assert vars(spread([4.0, 1.0, 2.0, 3.0, 5.0])) == {
        "median": 3, "lower": 2, "upper": 4, "least": 1, "most": 5
    }  # fmt: skip


def test_the_command(capsys):
    given = ["bench", "inception_tiny_8", "--rounds", "2", "--batch", "2", "--device", "cpu"]
    assert main([*given, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [row["form"] for row in found["forms"]] == ["plain", "fused"] * 2
    assert (found["size"], found["batch"]) == (8, 2)
    assert found["blocks"][-1]["block"] == "(rest)"
    assert main([*given, "--no-train", "--csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["mode"] for row in rows] == ["inference"] * 2
    assert main(given) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["mode", "form", "images/s", "MFU", "%", "MB"]
    assert "medians of 2 rounds [quartiles]" in lines[-1]
    shares = [float(line.split()[-1]) for line in lines if line.startswith(("Mixed", "Conv"))]
    assert 0 < sum(shares) <= 100


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("inception_tiny_8 --rounds 0", "rounds is 0: give at least 1"),
        ("inception_tiny_8 --batch 0", "--batch is 0: give at least 1"),
        ("inception_tiny_8 --threads 0", "--threads is 0: give at least 1"),
        ("inception_v9", "no network is called 'inception_v9'"),
        ("inception_v3 --size 20", "the network needs at least 75×75"),
        ("inception_tiny_8 --device gpu", "give cpu, cuda or cuda:1"),
    ],
)
def test_refusals(arguments, words, capsys):
    assert main(["bench", *arguments.split()]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert words in line


def test_the_mode_of_every_part_is_put_back():
    network = create("inception_tiny_8").train()
    network.Mixed_5b.eval()
    modes = [module.training for module in network.modules()]
    time_by_block(network, torch.randn(2, 3, 8, 8), rounds=1)
    bench(network, 8, rounds=1, training=False)
    assert [module.training for module in network.modules()] == modes
