"""The recorder of training runs: on a run made here, and on what it must refuse."""

import argparse
import json
import shlex
import shutil
import sys

import pytest

for package in ("sklearn", "safetensors", "matplotlib"):
    pytest.importorskip(package)
common = pytest.importorskip("_common")

import record_run  # noqa: E402
from _repeat import named, train_command, without_path  # noqa: E402

from inception_lib import cli  # noqa: E402
from inception_lib.training.engine import Trainer  # noqa: E402
from inception_lib.training.flags import add_flags, from_flags  # noqa: E402
from inception_lib.training.recipes import RECIPES  # noqa: E402

SMALL = ("recipe.json", "metrics.csv", "finished.json")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """One epoch of the network for 8 pixels, and what the command line says of the test split."""
    folder = tmp_path_factory.mktemp("runs") / "run"
    recipe = RECIPES["tiny"].replace(epochs=1, batch=128, seed=3)
    Trainer(recipe, "digits", out=folder, device="cpu", quiet=True).fit()
    return folder


@pytest.fixture(scope="module")
def judged(run):
    """The file that ``inception evaluate … --json > test.json`` leaves."""
    file = run.parent / "test.json"
    with pytest.MonkeyPatch.context() as patch, file.open("w") as out:
        patch.setattr(sys, "stdout", out)
        arguments = ["evaluate", str(run), "--split", "test", "--json", "--device", "cpu"]
        assert cli.main(arguments) == 0
    return file


@pytest.fixture
def carried(run, tmp_path):
    """The small files alone, elsewhere."""
    elsewhere = tmp_path / "carried"
    elsewhere.mkdir()
    for name in SMALL:
        shutil.copy(run / name, elsewhere)
    return elsewhere


@pytest.fixture
def record(monkeypatch, tmp_path):
    """Give the command; returns what it wrote."""

    def give(*arguments, name="mine"):
        monkeypatch.setattr(common, "RESULTS", tmp_path / "results")
        words = ["record_run.py", *map(str, arguments), "--name", name, "--machine", "a CPU"]
        monkeypatch.setattr(sys, "argv", words)
        record_run.main()
        return json.loads((tmp_path / f"results/training/{name}.json").read_text("utf-8"))

    return give


def change(file, **changes):
    file.write_text(json.dumps({**json.loads(file.read_text("utf-8")), **changes}), "utf-8")


def test_small_files_are_enough(run, judged, carried, record, tmp_path):
    found = record(carried, "--evaluation", judged, "--note", "for a test")
    evaluation = json.loads(judged.read_text("utf-8"))
    finished = json.loads((run / "finished.json").read_text("utf-8"))
    (one,) = found["runs"]
    assert one["command"] == (
        "inception train --recipe tiny --data digits --epochs 1 --batch 128 --warmup-epochs 0.2 "
        "--seed 3 --out RUN"
    )
    assert one["test"]["top1"] == pytest.approx(evaluation["top1"], abs=1e-4)
    assert one["test"]["interval95"] == pytest.approx(evaluation["interval95"], abs=1e-4)
    assert one["validation"]["final"]["top1"] == pytest.approx(finished["top1"], abs=1e-4)
    assert one["curve"][-1][:2] == [1, finished["steps"]]
    assert found["note"] == "for a test"
    assert found["provenance"]["machine"] == "a CPU"
    assert str(tmp_path) not in json.dumps(found)
    assert (tmp_path / "results/training/mine.png").stat().st_size < 150_000


@pytest.mark.parametrize("data", [(), ("--data", "digits")], ids=str)
def test_judging_here_gives_the_same(data, run, judged, carried, record):
    assert record(run, *data) == record(carried, "--evaluation", judged)


def test_what_is_refused(run, judged, carried, record, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no weights.*give --evaluation"):
        record(carried)
    with pytest.raises(SystemExit):
        record(carried, "--evaluation", judged, name="../mine")
    with pytest.raises(SystemExit):
        record(carried, "--evaluation", judged, judged)
    with pytest.raises(ValueError, match="path of a machine, /home/me/"):
        record(carried, "--evaluation", judged, "--note", "see /home/me/runs/1")

    other = tmp_path / "other.json"
    shutil.copy(judged, other)
    change(other, split="validation")
    with pytest.raises(ValueError, match="on the validation split: give one"):
        record(carried, "--evaluation", other)
    change(other, split="test", classes=["cat", "dog"])
    with pytest.raises(ValueError, match="other classes"):
        record(carried, "--evaluation", other)

    change(carried / "finished.json", top1=0.5)
    with pytest.raises(ValueError, match="files of two runs"):
        record(carried, "--evaluation", judged)
    (carried / "finished.json").unlink()
    with pytest.raises(FileNotFoundError, match="a run that has finished"):
        record(carried, "--evaluation", judged)


def test_a_network_that_is_not_here_has_no_count_of_operations(judged, carried, record):
    assert record(carried, "--evaluation", judged)["runs"][0]["training_flop"] > 0
    about = json.loads((carried / "recipe.json").read_text("utf-8"))
    about["recipe"]["network"] = "nowhere.at.all:network"
    change(carried / "recipe.json", **about)
    assert record(carried, "--evaluation", judged)["runs"][0]["training_flop"] is None


def test_runs_recorded_together_differ_in_their_seed_alone(run, judged, carried, record):
    about = json.loads((carried / "recipe.json").read_text("utf-8"))
    about["recipe"]["seed"] = about["data"]["options"]["seed"] = 4
    change(carried / "recipe.json", **about)
    found = record(run, carried, "--evaluation", judged, judged)
    assert [one["seed"] for one in found["runs"]] == [3, 4]
    assert found["over_seeds"]["test_top1"]["sd"] == 0

    about["recipe"]["lr"] = 0.2
    change(carried / "recipe.json", **about)
    with pytest.raises(ValueError, match="differ in their recipe"):
        record(run, carried, "--evaluation", judged, judged)


def test_images_of_the_readers_own_are_described_without_their_path(judged, carried, record):
    about = json.loads((carried / "recipe.json").read_text("utf-8"))
    about["data"] |= {"name": "imagefolder:/data/my/digits", "notes": ["/data/my/digits is odd"]}
    change(carried / "recipe.json", **about)
    with pytest.raises(ValueError, match="--images WORDS"):
        record(carried, "--evaluation", judged)
    found = record(carried, "--evaluation", judged, "--images", "scanned digits")
    assert found["data"]["what"] == "scanned digits"
    assert found["data"]["notes"] == ["digits is odd"]
    assert "--data imagefolder:digits" in found["runs"][0]["command"]


CHANGES = (
    {},
    {"epochs": 20},
    {"epochs": 20, "warmup_epochs": 2.0},  # what the warm-up was, which would follow
    {"batch": 64, "accumulate": 1, "crop_area": (0.2, 1.0), "aux": False, "compile": True},
    {"name": "mine", "lr": 0.025, "train_only": "fc,Mixed_7c", "weights": "torchvision"},
)


@pytest.mark.parametrize("changes", CHANGES, ids=str)
@pytest.mark.parametrize("name", RECIPES)
def test_the_command_says_every_change(name, changes):
    recipe = RECIPES[name].replace(seed=5, **changes)
    data = {"name": "cifar10", "options": {"validation": 0.2}}
    words = shlex.split(train_command(recipe, data))
    parser = argparse.ArgumentParser(allow_abbrev=False)
    for flag in ("--recipe", "--data", "--validation", "--out"):
        parser.add_argument(flag)
    add_flags(parser)
    given = parser.parse_args(words[2:])
    assert given.recipe == named(recipe)[0] == name
    assert from_flags(given, RECIPES[name]) == recipe
    assert (given.data, given.validation, given.out) == ("cifar10", "0.2", "RUN")


def test_a_split_by_another_seed_has_no_command():
    recipe = RECIPES["tiny"].replace(seed=5)
    assert "--seed 5" in train_command(recipe, {"name": "digits", "options": {"seed": 5}})
    with pytest.raises(ValueError, match="the seed of digits was 0, that of the recipe 5"):
        train_command(recipe, {"name": "digits", "options": {}})


def test_paths_are_left_out():
    assert without_path("imagefolder:/data/photos/small") == "imagefolder:small"
    assert without_path("/w/trunk.safetensors") == "trunk.safetensors"
    assert without_path("shapes:500") == "shapes:500"
    assert without_path("my.nets:tall") == "my.nets:tall"
    for text, local in (("at /tmp/x/y", True), ("images/s", False), ("https://a.b/c/d", False)):
        assert bool(record_run.PATH.search(text)) is local
