"""The recipes: what the paper and its code say, sources, limits, advice."""

import json
import re

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from inception_lib.nets import build
from inception_lib.training.average import describe_average
from inception_lib.training.optim import make_optimizer
from inception_lib.training.recipes import (
    FIELDS,
    RECIPES,
    SOURCES,
    Recipe,
    compare_recipes,
    field_types,
    get_recipe,
)
from inception_lib.training.schedule import learning_rate

SOURCE = re.compile(r"section [1-9]|released code|mindcv: \w|our choice(: \w|$)")


def test_their_names():
    assert list(RECIPES) == ["paper", "released", "mindcv", "modern", "transfer", "tiny"]
    assert all(get_recipe(name).name == name for name in RECIPES)
    with pytest.raises(ValueError, match="'best': known are paper, released"):
        get_recipe("best")


@pytest.mark.parametrize("name", RECIPES)
def test_every_value_has_a_source(name):
    assert SOURCES[name].keys() == FIELDS.keys()
    for field, source in SOURCES[name].items():
        assert SOURCE.match(source), f"{field}: {source}"
        assert source != "our choice" or field == "name", f"{field} needs a reason"


@pytest.mark.parametrize("name", RECIPES)
def test_the_network_takes_the_images(name):
    """At the recipe's own size, with the head that it asks for."""
    recipe = RECIPES[name]
    with torch.device("meta"):
        network = build(recipe.network, num_classes=7, aux=recipe.aux).train()
        output = network(torch.zeros(2, 3, recipe.size, recipe.size))
    assert output.logits.shape == (2, 7)
    assert (output.aux_logits is not None) == recipe.aux


def test_every_field_is_explained():
    for name, about in FIELDS.items():
        assert len(about.metadata["help"]) > 5, name
    assert set(field_types().values()) == {int, float, bool, str, tuple[float, float]}


SECTION_8 = {
    "batch": 50 * 32,
    "accumulate": 50,
    "epochs": 100,
    "optimizer": "rmsprop_tf",
    "rho": 0.9,
    "eps": 1.0,
    "lr": 0.045,
    "schedule": "staircase",
    "decay_rate": 0.94,
    "decay_epochs": 2.0,
    "clip_norm": 2.0,
    "label_smoothing": 0.1,
    "size": 299,
}


def test_section_8_to_the_letter():
    paper = RECIPES["paper"].to_dict()
    assert {key: paper[key] for key in SECTION_8} == SECTION_8
    for key in SECTION_8:
        assert SOURCES["paper"][key].startswith("section"), key
    # What section 8 does not speak of is off, where off is possible.
    for key in ("momentum", "weight_decay", "warmup_epochs"):
        assert paper[key] == 0
    assert paper["average"] > 0


def test_what_the_released_code_did_otherwise():
    paper, released = RECIPES["paper"].to_dict(), RECIPES["released"].to_dict()
    other = {key: value for key, value in released.items() if value != paper[key]}
    assert other == {"name": "released", "momentum": 0.9, "weight_decay": 4e-5, "clip_norm": 0.0}
    assert (released["aux_weight"], released["average"], released["dropout"]) == (0.4, 0.9999, 0.2)
    colours = [released[key] for key in ("brightness", "saturation", "contrast", "hue")]
    assert colours == [32 / 255, 0.5, 0.5, 0.2]
    assert (released["crop_area"], released["crop_ratio"]) == ([0.05, 1.0], [3 / 4, 4 / 3])


# mindspore-lab/mindcv, configs/inceptionv3/inception_v3_ascend.yaml: fields as they are there.
MINDCV_YAML = {
    "image_resize": 299,
    "batch_size": 32,  # of each of 8 devices, by the README
    "scale": [0.08, 1.0],
    "crop_pct": 0.875,
    "epoch_size": 200,
    "aux_factor": 0.1,
    "label_smoothing": 0.1,
    "lr": 0.045,
    "min_lr": 0.0,
    "decay_epochs": 195,
    "warmup_epochs": 5,
    "momentum": 0.9,
    "weight_decay": 4e-5,
    "use_nesterov": False,
}


def test_mindcvs_as_its_file_has_it():
    recipe, yaml = RECIPES["mindcv"], MINDCV_YAML
    assert (recipe.size, recipe.eval_crop) == (yaml["image_resize"], yaml["crop_pct"])
    assert recipe.batch == 8 * yaml["batch_size"]
    assert recipe.batch // recipe.accumulate == yaml["batch_size"]
    assert list(recipe.crop_area) == yaml["scale"]
    assert (recipe.epochs, recipe.warmup_epochs) == (yaml["epoch_size"], yaml["warmup_epochs"])
    assert (recipe.aux, recipe.aux_weight) == (True, yaml["aux_factor"])
    assert (recipe.optimizer, recipe.nesterov) == ("sgd", yaml["use_nesterov"])
    for name in ("label_smoothing", "lr", "momentum", "weight_decay"):
        assert getattr(recipe, name) == yaml[name], name
    # Its cosine: highest after the warm-up, half of that in the middle of the rest, then nothing.
    steps = 1_281_167 // recipe.batch
    rates = [learning_rate(recipe, round(e * steps), steps) for e in (5, 5 + 195 / 2, 200)]
    assert rates == pytest.approx([yaml["lr"], yaml["lr"] / 2, yaml["min_lr"]], rel=1e-3)


def test_plain_values_are_the_papers_in_one_micro_batch():
    assert Recipe() == RECIPES["paper"].replace(accumulate=1, name="paper")


# -- reading, writing, changing

VALUES = {int: st.integers(1, 64), bool: st.booleans(), float: st.floats(0.01, 0.5)}
NUMBERS = {
    name: VALUES[kind]
    for name, kind in field_types().items()
    if kind in VALUES and name not in ("accumulate", "warmup_epochs", "momentum")
}


@given(name=st.sampled_from(list(RECIPES)), changes=st.fixed_dictionaries({}, optional=NUMBERS))
def test_goes_through_json_unchanged(name, changes):
    recipe = RECIPES[name].replace(warmup_epochs=0, **changes)
    assert Recipe.from_dict(json.loads(json.dumps(recipe.to_dict()))) == recipe
    assert all(getattr(recipe, key) == value for key, value in changes.items())


@given(name=st.sampled_from(list(RECIPES)), batch=st.integers(1, 4096))
def test_another_batch_keeps_the_micro_batches_as_small(name, batch):
    recipe, changed = RECIPES[name], RECIPES[name].replace(batch=batch)
    assert changed.batch == batch
    if recipe.accumulate == 1:
        assert changed.accumulate == 1
    else:
        assert batch % changed.accumulate == 0
        assert batch // changed.accumulate <= recipe.batch // recipe.accumulate


@given(name=st.sampled_from(list(RECIPES)), epochs=st.integers(1, 500))
def test_another_length_keeps_the_share_of_the_warm_up(name, epochs):
    recipe, changed = RECIPES[name], RECIPES[name].replace(epochs=epochs)
    share = recipe.warmup_epochs / recipe.epochs
    assert changed.warmup_epochs == pytest.approx(share * epochs)
    assert recipe.replace(epochs=epochs, warmup_epochs=0.5).warmup_epochs == 0.5


def test_batches_that_come_up():
    paper = RECIPES["paper"]
    assert [paper.replace(batch=n).accumulate for n in (8, 32, 64, 256, 1600)] == [1, 1, 2, 8, 50]
    assert paper.replace(batch=64, accumulate=4).accumulate == 4


def test_numbers_are_taken_as_the_field_means_them():
    recipe = Recipe(lr=1, epochs=3.0, crop_area=[0.5, 1])
    assert isinstance(recipe.lr, float)
    assert isinstance(recipe.epochs, int)
    assert recipe.crop_area == (0.5, 1.0)
    assert hash(recipe) == hash(recipe.replace())


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"dropout": 1.0}, "dropout is 1.0: it must be at least 0 and below 1"),
        ({"lr": 0}, "lr is 0.0: it must be above 0"),
        ({"lr": float("nan")}, "lr is nan: it must be finite"),
        ({"eps": float("inf")}, "eps is inf: it must be finite"),
        ({"average": 1.0}, "average is 1.0"),
        ({"hue": 0.6}, "hue is 0.6: it must be at least 0 and at most 0.5"),
        ({"epochs": 0}, "epochs is 0: it must be at least 1"),
        ({"batch": 0}, "batch is 0: it must be at least 1"),
        ({"seed": -1}, "seed is -1"),
        ({"crop_area": (0.0, 1.0)}, "crop_area is 0.0: it must be above 0"),
        ({"crop_area": (0.5, 0.1)}, "crop_area is 0.5 to 0.1: give the smaller one first"),
        ({"optimizer": "adam"}, "choose one of rmsprop_tf, rmsprop, sgd, adamw"),
        ({"precision": "fp8"}, "choose one of fp32, bf16, fp16"),
        ({"name": ""}, "must not be empty"),
        ({"batch": 100, "accumulate": 3}, "use batch 99, or accumulate 4"),
        ({"batch": 2, "accumulate": 3}, "use batch 3, or accumulate 2"),
        ({"warmup_epochs": 101}, "warmup_epochs is 101, the run has 100 epochs"),
        ({"optimizer": "sgd", "nesterov": True}, "give momentum 0.9, or nesterov False"),
        ({"weight_deacy": 1e-4}, "did you mean weight_decay?"),
        ({"xyzzy": 1}, "fields are name, network"),
    ],
)
def test_a_wrong_value_is_refused(changes, words):
    for make in (RECIPES["paper"].replace, lambda **c: Recipe.from_dict(c)):
        with pytest.raises(ValueError, match=re.escape(words)):
            make(**changes)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"epochs": "3"}, "epochs is '3': it must be a whole number"),
        ({"epochs": 2.5}, "epochs is 2.5: it must be a whole number"),
        ({"epochs": float("inf")}, "must be a whole number"),
        ({"epochs": True}, "must be a whole number"),
        ({"aux": 1}, "aux is 1: it must be True or False"),
        ({"lr": None}, "lr is None: it must be a number"),
        ({"network": 3}, "must be text"),
        ({"crop_area": 0.5}, "must be two numbers"),
        ({"crop_area": (0.1, 0.2, 0.3)}, "must be two numbers"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused(changes, words):
    with pytest.raises(TypeError, match=re.escape(words)):
        RECIPES["paper"].replace(**changes)


# -- side by side


def test_side_by_side_are_the_fields_that_differ():
    found = compare_recipes("paper", "released")
    assert found.fields == ("momentum", "weight_decay", "clip_norm")
    assert found.to_rows()[0] == {"field": "momentum", "values": [0.0, 0.9]}
    assert compare_recipes("tiny", RECIPES["tiny"].replace(name="copy")).fields == ()


def test_what_a_recipe_does_not_use_is_left_blank():
    """Trained or not, ε beside plain momentum changes nothing: values there are no difference."""
    rows = {r["field"]: r["values"] for r in compare_recipes("paper", "mindcv").to_rows()}
    assert rows["eps"] == [1.0, None]
    assert rows["decay_rate"] == [0.94, None]
    assert rows["nesterov"] == [None, False]
    plain = RECIPES["mindcv"]
    assert compare_recipes(plain, plain.replace(eps=0.5, rho=0.1, decay_rate=0.5)).fields == ()
    assert compare_recipes(plain, plain.replace(augment="flip")).fields == (
        "augment", "crop_area", "crop_ratio", "brightness", "saturation", "contrast", "hue"
    )  # fmt: skip


@pytest.mark.parametrize("optimizer", ["rmsprop_tf", "rmsprop", "sgd", "adamw"])
def test_what_is_left_blank_the_optimizer_never_sees(optimizer):
    recipe = Recipe(optimizer=optimizer, momentum=0.9)
    layer = torch.nn.Linear(1, 1)
    changed = {"rho": 0.5, "eps": 0.25, "nesterov": True}
    for name, value in changed.items():
        other = recipe.replace(**{name: value})
        before, after = (make_optimizer(layer, r).defaults for r in (recipe, other))
        assert (before != after) == (name in compare_recipes(recipe, other).fields), name


def test_the_table_is_narrow_and_names_its_sources():
    found = compare_recipes("paper", "released", "mindcv")
    lines = repr(found).splitlines()
    assert lines[0].split() == ["paper", "released", "mindcv"]
    assert len(lines) == 1 + len(found.fields)
    assert max(map(len, lines)) <= 72
    html = found._repr_html_()
    assert html.count("<tr>") == len(lines)
    assert '<td title="section 8: ε = 1.0">1</td>' in html
    changed = compare_recipes("paper", RECIPES["paper"].replace(lr=0.1))._repr_html_()
    assert '<td title="section 8">0.045</td><td title="given here">0.1</td>' in changed


@pytest.mark.parametrize("given", [(), ("paper",), ("paper", "best")])
def test_two_known_recipes_are_compared(given):
    with pytest.raises(ValueError, match=r"give at least 2|known are paper"):
        compare_recipes(*given)


# -- advice

STEPS = {"paper": 801, "released": 801, "mindcv": 5004, "modern": 98, "transfer": 40, "tiny": 20}


@pytest.mark.parametrize("name", RECIPES)
def test_the_recipes_need_no_advice_where_they_belong(name):
    assert RECIPES[name].advice(STEPS[name]) == []


def test_what_a_decay_means():
    assert describe_average(0.9999, 801) == (
        "0.9999 averages about the last 10,000 steps (12.5 epochs)"
    )
    assert describe_average(0.0, 10).startswith("0 averages nothing")


def test_an_average_too_long_for_the_run():
    recipe = RECIPES["modern"].replace(average=0.9999)
    (words,) = recipe.advice(100)
    assert "10,000 steps (100 epochs), the run has 3,000" in words
    assert "averages the last 334" in words  # 1 / (1 − 3001/3010)
    remedy = float(re.search(r"use at most ([\d.]+)", words)[1])
    assert recipe.replace(average=remedy).advice(100) == []
    # Of a run of ten steps no average is a tenth.
    (words,) = recipe.replace(epochs=1).advice(10)
    assert words.endswith("; use 0")
    assert recipe.replace(epochs=1, average=0).advice(10) == []


@pytest.mark.parametrize(
    ("name", "changes", "world", "words"),
    [
        ("paper", {"epochs": 10, "average": 0}, 1, "hardly lowers the rate in 10 epochs"),
        ("paper", {}, 8, "leaves 4 images to a batch normalisation: use accumulate 6,"),
        ("modern", {"batch": 8}, 1, "leaves 8 images"),
        ("modern", {"batch": 64}, 8, "leaves 8 images"),
        ("modern", {"aux_weight": 0}, 1, "use aux False"),
        ("modern", {"train_only": "fc"}, 1, "give weights"),
        ("modern", {"label_smoothing": 1.0}, 1, "nothing is learnt; use 0.1"),
        ("modern", {"freeze_bn": True}, 1, "normalises nothing"),
        ("paper", {"optimizer": "adamw"}, 1, "use 1e-8"),
    ],
)
def test_advice(name, changes, world, words):
    (found,) = RECIPES[name].replace(**changes).advice(801, world)
    assert words in found


def test_synchronized_statistics_count_all_processes():
    assert RECIPES["modern"].replace(batch=64, sync_bn=True).advice(100, 8) == []


def test_an_epoch_has_a_step():
    with pytest.raises(ValueError, match="steps_per_epoch is 0"):
        RECIPES["paper"].advice(0)
