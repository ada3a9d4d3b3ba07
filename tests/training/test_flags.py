"""Every field as a flag."""

import argparse

import pytest

from inception_lib.training.flags import add_flags, from_flags
from inception_lib.training.recipes import FIELDS, RECIPES, field_types


def parse(text, base="paper"):
    parser = argparse.ArgumentParser(exit_on_error=False)
    add_flags(parser)
    return from_flags(parser.parse_args(text.split()), RECIPES[base])


def written(name, value):
    """The flag that gives ``value``."""
    flag = name.replace("_", "-")
    if isinstance(value, bool):
        return [f"--{flag}" if value else f"--no-{flag}"]
    if isinstance(value, tuple):
        value = ",".join(map(repr, value))
    return [f"--{flag}={value}"]


@pytest.mark.parametrize("base", RECIPES)
@pytest.mark.parametrize("wanted", RECIPES)
def test_flags_turn_any_recipe_into_any_other(base, wanted):
    parser = argparse.ArgumentParser()
    add_flags(parser)
    recipe = RECIPES[wanted]
    words = [word for name in FIELDS for word in written(name, getattr(recipe, name))]
    assert from_flags(parser.parse_args(words), RECIPES[base]) == recipe


def test_no_flag_no_change():
    for name, recipe in RECIPES.items():
        assert parse("", name) == recipe


def test_the_forms():
    recipe = parse("--weight-decay 4e-5 --no-aux --crop-area 0.05,1 --epochs 3 --prior data")
    given = (recipe.weight_decay, recipe.aux, recipe.crop_area, recipe.epochs, recipe.prior)
    assert given == (4e-5, False, (0.05, 1.0), 3, "data")
    assert recipe == RECIPES["paper"].replace(weight_decay=4e-5, aux=False, epochs=3, prior="data")


def test_another_batch_keeps_the_papers_micro_batches():
    assert parse("--batch 64").accumulate == 2


def test_flags_beside_a_programs_own():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data")
    add_flags(parser)
    recipe = from_flags(parser.parse_args(["--data", "digits", "--epochs", "3"]), RECIPES["tiny"])
    assert recipe == RECIPES["tiny"].replace(epochs=3)


def test_the_help_has_every_field(capsys):
    parser = argparse.ArgumentParser()
    add_flags(parser)
    words = " ".join(parser.format_help().split())
    for name in field_types():
        assert f"--{name.replace('_', '-')} " in words
        assert FIELDS[name].metadata["help"] in words


@pytest.mark.parametrize(
    "text", ["--epochs three", "--optimizer adam", "--crop-area 0.5", "--crop-area a,b"]
)
def test_what_cannot_be_read(text):
    with pytest.raises(argparse.ArgumentError):
        parse(text)


def test_what_is_out_of_range():
    with pytest.raises(ValueError, match=r"dropout is 2\.0"):
        parse("--dropout 2")
