"""Recipes: what one says of a training run, those of this library, and where they differ."""

from .compare import RecipeDifferences, compare_recipes
from .fields import FIELDS, Recipe, field_types
from .tables import RECIPES, SOURCES, get_recipe

__all__ = [
    "FIELDS",
    "RECIPES",
    "SOURCES",
    "Recipe",
    "RecipeDifferences",
    "compare_recipes",
    "field_types",
    "get_recipe",
]
