"""The queue of small trainings: its designs, and a smoke run on images of noise."""

import fcntl
import importlib
import json
import math
import time
from dataclasses import replace

import pytest
import torch

run_queue = pytest.importorskip("run_queue")

from _images import CLASSES, SIDES, Images, draw, reduced  # noqa: E402
from designs.networks import base  # noqa: E402

from inception_lib.paper.verdict import LOOKS, verdict  # noqa: E402

DESIGNS = run_queue.designs()


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A folder of runs whose CIFAR-10 is noise, 20 images of each class a split."""
    folder = tmp_path_factory.mktemp("runs")
    (folder / "images").mkdir()
    noise = torch.Generator().manual_seed(0)
    held = {}
    for split in ("train", "test"):
        shape = (200, 3, 32, 32)
        held[split] = torch.randint(0, 256, shape, generator=noise, dtype=torch.uint8)
        held[f"{split}_labels"] = torch.arange(10).repeat_interleave(20)
    torch.save(held, folder / "images" / "cifar10.pt")
    clothes = {}
    for split, count in (("train", 40), ("validation", 20), ("test", 20)):
        shape = (count, 3, 15, 15)
        clothes[split] = torch.randint(0, 256, shape, generator=noise, dtype=torch.uint8)
        clothes[f"{split}_labels"] = torch.arange(10).repeat(count // 10)
    torch.save(clothes, folder / "images" / "clothes15.pt")
    return folder


@pytest.fixture(scope="module")
def smoked(runs):
    """The queue of one experiment after its smoke run."""
    torch.set_num_threads(1)
    queue = run_queue.Queue(run_queue.designs(["grid_reduction"]), runs, smoke=True)
    assert queue.work(time.monotonic() + 600) == 3
    return queue


def test_every_run_is_finished_and_none_is_run_twice(smoked):
    assert next(smoked.waiting(), None) is None
    assert smoked.work(time.monotonic() + 600) == 0
    assert "3 runs done" in smoked.outlook()
    assert "parallel                  1 seeds" in smoked.status()


def test_record_of_a_smoke_run(smoked):
    (design,) = smoked.designs.values()
    record = json.loads(json.dumps(smoked.record(design)))
    assert {run["variant"] for run in record["runs"]} == set(design.variants)
    for run in record["runs"]:
        assert run["diverged"] is None
        assert 0 <= run["final"]["error"] <= 100
        assert 0 <= run["final"]["changed"] <= 100
        assert [len(row) for row in run["curve"]] == [len(record["curve_columns"])]
    for one in design.comparisons:
        assert verdict(record, one.claim).pairs == 1


def test_a_shared_run_is_measured_for_all_that_share_it(smoked):
    run = smoked.run(DESIGNS["grid_reduction"].variants["parallel"], 0)
    assert run.folder == smoked.run(DESIGNS["auxiliary"].variants["none"], 0).folder
    also = ("gaps", "features", "confidence", "clusters", "transfer", "gradients")
    assert set(run.measures) == {"end", "shift", *also}
    gaps, features, confidence, clusters, transfer, gradients = map(run.found, also)
    assert sum(gaps["gap_counts"]) == 50
    assert sum(gaps["training_gap_counts"]) == 70
    assert len(features["weights"]) == len(features["test"]) == 3
    assert sum(images for images, _, _ in confidence["bins"]) == 50
    right = sum(images * share for images, _, share in confidence["bins"]) / 50
    assert right == pytest.approx(1 - run.found("end")["error"] / 100)
    assert clusters["training_within_over_between"] > 0
    assert 0 <= transfer["transfer_error"] <= 100
    assert gradients["after"] == [0, 1]
    assert "side" not in gradients
    assert all(norm > 0 for row in gradients["main"] for norm in row)


def test_what_another_queue_has_is_passed_over(smoked):
    run = smoked.run(DESIGNS["grid_reduction"].variants["parallel"], 1)
    run.folder.mkdir(parents=True)
    with (run.folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        run.carry_out()
    assert not run.finished


def test_a_run_that_diverges_guesses(smoked, runs):
    trial = smoked._sized(DESIGNS["width_depth"].variants["small"])
    wild = replace(trial, recipe=(*trial.recipe, ("lr", 1e30), ("epochs", 3)))
    run = run_queue.Run(wild, 0, runs)
    run.carry_out()
    assert run.finished
    assert "not finite" in run.found("about")["diverged"]
    assert run_queue.final(run)["error"] == 90


def test_images_of_a_seed(runs):
    first, again, other = (draw(runs / "images", Images(train=70, test=50, curve=10), s)
                           for s in (0, 0, 1))  # fmt: skip
    assert torch.equal(first.train.images, again.train.images)
    assert not torch.equal(first.train.images, other.train.images)
    assert torch.equal(first.test.images, other.test.images)
    assert first.train.labels.bincount().tolist() == [7] * 10
    assert first.train.images.shape == (70, 3, 15, 15)


def test_wrong_labels_are_as_many_as_asked_for(runs):
    clean, noisy = (draw(runs / "images", Images(train=200, test=50, curve=10, wrong=w), 0)
                    for w in (0, 0.2))  # fmt: skip
    assert int((clean.train.labels != noisy.train.labels).sum()) == 40
    assert torch.equal(clean.train.images, noisy.train.images)
    assert set(noisy.train.labels.tolist()) <= set(range(len(CLASSES)))


def test_reduced_images_are_means_and_a_shift_is_one_pixel():
    image = torch.randint(0, 256, (1, 3, 32, 32), dtype=torch.uint8)
    for side in SIDES:
        assert reduced(image, side).shape[-1] == side
    left, right = reduced(image, 15, -1), reduced(image, 15, 1)
    assert torch.equal(left[..., 1:], right[..., :-1])
    with pytest.raises(ValueError, match="side is 16"):
        reduced(image, 16, 1)
    with pytest.raises(ValueError, match="side is 17"):
        Images(side=17)


def test_tensors_of_one_name_begin_alike_in_pairs():
    torch.manual_seed(3)
    first = base(10)
    torch.manual_seed(3)
    torch.rand(5)  # what was drawn in between changes nothing
    other = importlib.import_module("designs.grid_reduction").pool_first(10)
    common = [
        name
        for name, tensor in first.state_dict().items()
        if name in other.state_dict() and tensor.shape == other.state_dict()[name].shape
    ]
    assert "fc.weight" in common
    assert "Mixed_5b.branch1x1.conv.weight" in common
    for name in common:
        assert torch.equal(first.state_dict()[name], other.state_dict()[name]), name
    torch.manual_seed(4)
    assert not torch.equal(base(10).fc.weight, first.fc.weight)
    weight = first.Mixed_7b.branch1x1.conv.weight
    assert float(weight.detach().std()) == pytest.approx(math.sqrt(2 / weight[0].numel()), rel=0.05)


@pytest.mark.parametrize("name", DESIGNS)
def test_design_compares_what_it_has_at_costs_that_are_written_down(name):
    design = DESIGNS[name]
    assert design.name == name
    assert set(design.first) <= set(design.variants)
    assert len({trial.key for trial in design.variants.values()}) == len(design.variants)
    claims = [one.claim for one in design.comparisons]
    assert len(set(claims)) == len(claims)
    macs = {variant: trial.budget()["macs"] for variant, trial in design.variants.items()}
    for one in design.comparisons:
        assert one.expected or one.margin > 0
        if not one.second:  # two readings of one run
            continue
        apart = abs(macs[one.first] / macs[one.second] - 1)
        assert apart < 0.03 or one.claim in UNEQUAL, f"{one.claim}: {apart:.1%}"


# What the two 3×3 save is the claim; what shrinking alone loses is the question.
UNEQUAL = {"relu-or-5x5", "resolution-naive"}


def test_five_seeds_of_what_is_named_first_come_first(runs):
    queue = run_queue.Queue(run_queue.designs(["label_smoothing"]), runs)
    waiting = list(queue.waiting())
    design = DESIGNS["label_smoothing"]
    first = [(run.trial, run.seed) for run in waiting[: len(design.first) * LOOKS[0]]]
    assert first == [(design.variants[v], s) for s in range(LOOKS[0]) for v in design.first]


def test_counts_and_bins_of_several_runs_are_pooled():
    one, other = [[2, 0.5, 1.0], [0, 0.0, 0.0]], [[6, 0.7, 0.5], [0, 0.0, 0.0]]
    assert run_queue._together([[1, 2], [3, 4]]) == [4, 6]
    (first, empty) = run_queue._together([one, other])
    assert first == pytest.approx([8, 0.65, 0.625])
    assert empty == [0, 0, 0]
