"""The recorded training runs: each whole, coherent, and repeatable from what it says."""

import argparse
import json
import math
import shlex
from itertools import pairwise

import pytest
import torch
from counts import step_flop

common = pytest.importorskip("_common")

from inception_lib.training.flags import add_flags, from_flags  # noqa: E402
from inception_lib.training.metrics import wilson  # noqa: E402
from inception_lib.training.recipes import RECIPES, Recipe  # noqa: E402
from inception_lib.training.state import make_network  # noqa: E402

FOLDER = common.RESULTS / "training"
FILES = sorted(FOLDER.glob("*.json"))
ROUNDED = 2e-4  # of shares stored with four digits


def load(path):
    return json.loads(path.read_text(encoding="utf-8"))


RUNS = [
    pytest.param(load(path), run, id=f"{path.stem}-{run['seed']}")
    for path in FILES
    for run in load(path)["runs"]
]


def test_each_has_its_curves_and_no_more():
    assert {path.stem for path in FILES} == {path.stem for path in FOLDER.glob("*.png")}
    assert {path.suffix for path in FOLDER.iterdir()} == {".json", ".png"}
    for picture in FOLDER.glob("*.png"):
        assert picture.stat().st_size < 150_000
        assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(("whole", "run"), RUNS)
def test_the_command_gives_the_recipe_again(whole, run):
    parser = argparse.ArgumentParser(allow_abbrev=False)
    for flag in ("--recipe", "--data", "--validation", "--out"):
        parser.add_argument(flag)
    add_flags(parser)
    words = shlex.split(run["command"])
    assert words[:2] == ["inception", "train"]
    given = parser.parse_args(words[2:])
    about = whole["recipe"]
    assert (given.recipe, given.data) == (about["name"], whole["data"]["spec"])
    found = from_flags(given, RECIPES[about["name"]]).to_dict()
    assert found["seed"] == run["seed"]
    for field, value in about["resolved"].items():
        same = pytest.approx(value, rel=1e-3) if isinstance(value, (float, list)) else value
        assert found[field] == same, f"{about['name']} has changed since: its {field}"
    plain = RECIPES[about["name"]].to_dict()
    assert set(about["changes"]) >= {f for f in about["resolved"] if plain[f] != found[f]}


@pytest.mark.parametrize(("whole", "run"), RUNS)
def test_validation_is_the_end_of_the_curve(whole, run):
    assert whole["curve_columns"][:2] == ["epoch", "step"]
    steps = [point[1] for point in run["curve"]]
    assert all(a < b for a, b in pairwise(steps))
    assert steps[-1] == run["steps"]
    assert run["curve"][-1][0] == run["epochs"]
    seen = run["validation"]
    if seen is None:
        assert "validation" not in whole["data"]["images"]
        return
    assert seen["n"] == whole["data"]["images"]["validation"]
    error = whole["curve_columns"].index("validation_error")
    assert 1 - run["curve"][-1][error] == pytest.approx(seen["final"]["top1"], abs=ROUNDED)
    least = min(point[error] for point in run["curve"])
    assert 1 - least == pytest.approx(seen["best"]["top1"], abs=ROUNDED)
    for one in (seen["final"], seen["best"]):
        assert 0 <= one["top1"] <= one["top5"] <= 1
        right = one["top1"] * seen["n"]
        assert abs(right - round(right)) <= ROUNDED * seen["n"]
        assert one["loss"] > 0


@pytest.mark.parametrize(("whole", "run"), RUNS)
def test_test_figures_agree_with_one_another(whole, run):
    test = run["test"]
    if test is None:
        assert "test" not in whole["data"]["images"]
        return
    assert "--split test" in test["command"]
    assert sum(test["images"].values()) == test["n"]
    assert len(test["images"]) == whole["data"]["classes"]
    if "--data" not in test["command"]:
        assert test["n"] + test["left_out"] == whole["data"]["images"]["test"]
    right = sum(n * (test["recall"][name] or 0) for name, n in test["images"].items())
    assert right / test["n"] == pytest.approx(test["top1"], abs=ROUNDED)
    low, high = test["interval95"]
    assert low < test["top1"] < high or test["top1"] in (0, 1)
    assert (low, high) == pytest.approx(wilson(round(right), test["n"]), abs=ROUNDED)
    assert test["top1"] <= test["top5"] <= 1
    assert 0 <= test["ece"] < 1


@pytest.mark.parametrize(("whole", "run"), RUNS)
def test_speed_is_that_of_the_run(whole, run):
    trained = run["epochs"] * whole["data"]["images"]["train"]
    # Evaluations, saving and the start come on top of the steps.
    assert run["speed"]["images_per_second"] * run["seconds"] > 0.7 * trained
    assert 0 <= run["speed"]["waiting"] <= 1
    assert run["speed"]["memory_gib"] > 0


@pytest.mark.parametrize(("whole", "run"), RUNS)
def test_operations_are_those_that_torch_counts(whole, run):
    recipe = Recipe(**whole["recipe"]["resolved"] | {"weights": ""})
    with torch.device("meta"):
        network = make_network(recipe, whole["data"]["classes"])
    counted = step_flop(network, recipe.size) * run["steps"] * recipe.batch
    assert run["training_flop"] == counted


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_several_seeds_are_summed_up(path):
    whole = load(path)
    seeds = [run["seed"] for run in whole["runs"]]
    assert len(set(seeds)) == len(seeds)
    assert ("over_seeds" in whole) == (len(seeds) > 1)
    if len(seeds) > 1 and "test_top1" in whole["over_seeds"]:
        tops = [run["test"]["top1"] for run in whole["runs"]]
        mean = sum(tops) / len(tops)
        spread = math.sqrt(sum((top - mean) ** 2 for top in tops) / (len(tops) - 1))
        found = whole["over_seeds"]["test_top1"]
        assert found["mean"] == pytest.approx(mean, abs=ROUNDED)
        assert found["sd"] == pytest.approx(spread, abs=ROUNDED)
        assert found["least"] == min(tops)


def test_tiny_learns_digits_in_a_minute():
    whole = load(FOLDER / "tiny_digits.json")
    assert len(whole["runs"]) == 3
    for run in whole["runs"]:
        assert run["test"]["top1"] >= 0.97
        assert run["seconds"] < 60
