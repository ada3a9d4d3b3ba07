"""Recipes: what one says of a training run, and the five of this library, value by value."""

from .fields import FIELDS, Recipe, field_types
from .tables import RECIPES, SOURCES, get_recipe

__all__ = ["FIELDS", "RECIPES", "SOURCES", "Recipe", "field_types", "get_recipe"]
