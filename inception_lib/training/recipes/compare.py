"""Recipes side by side: the fields in which they differ, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any

from .fields import FIELDS, Recipe
from .tables import RECIPES, SOURCES, get_recipe

__all__ = ["RecipeDifferences", "compare_recipes"]

# A field that does nothing unless another one has one of these values.
NEEDS: dict[str, tuple[str, tuple[Any, ...]]] = {
    "rho": ("optimizer", ("rmsprop_tf", "rmsprop", "adamw")),
    "eps": ("optimizer", ("rmsprop_tf", "rmsprop", "adamw")),
    "nesterov": ("optimizer", ("sgd",)),
    "decay_rate": ("schedule", ("staircase",)),
    "decay_epochs": ("schedule", ("staircase",)),
    "aux_weight": ("aux", (True,)),
    **dict.fromkeys(
        ("crop_area", "crop_ratio", "brightness", "saturation", "contrast", "hue"),
        ("augment", ("paper",)),
    ),
}
UNUSED = "–"


@dataclass(frozen=True)
class RecipeDifferences:
    """Where recipes differ, as text and, in a notebook, as a table; see ``compare_recipes``.

    Attributes
    ----------
    recipes : tuple of Recipe
        In the order of the columns.
    fields : tuple of str
        Those in which they differ, in the order of a recipe.
    """

    recipes: tuple[Recipe, ...]
    fields: tuple[str, ...]

    def to_rows(self) -> list[dict[str, Any]]:
        """A mapping a field: ``field``, and ``values`` in the order of the recipes.

        A value that its recipe does not use is None: RMSProp's ε beside plain momentum.
        """
        return [
            {"field": name, "values": [_used(recipe, name) for recipe in self.recipes]}
            for name in self.fields
        ]

    def __repr__(self) -> str:
        table = [["", *(recipe.name for recipe in self.recipes)]]
        table += [[row["field"], *map(_words, row["values"])] for row in self.to_rows()]
        wide = [max(map(len, column)) for column in zip(*table, strict=True)]
        return "\n".join(
            "  ".join(f"{cell:{width}}" for cell, width in zip(row, wide, strict=True)).rstrip()
            for row in table
        )

    def _repr_html_(self) -> str:
        heads = "".join(f'<th scope="col">{escape(recipe.name)}</th>' for recipe in self.recipes)
        lines = []
        for row in self.to_rows():
            about = escape(FIELDS[row["field"]].metadata["help"])
            cells = "".join(
                f'<td title="{escape(_source(recipe, row["field"]))}">{escape(_words(value))}</td>'
                for recipe, value in zip(self.recipes, row["values"], strict=True)
            )
            lines.append(
                f'<tr><th scope="row" title="{about}">{escape(row["field"])}</th>{cells}</tr>'
            )
        return (
            '<table class="recipes">\n<caption>The fields in which the recipes differ. '
            f"{UNUSED}: not used by that recipe.</caption>\n"
            f"<thead><tr><td></td>{heads}</tr></thead>\n<tbody>\n"
            + "\n".join(lines)
            + "\n</tbody>\n</table>"
        )


def compare_recipes(*recipes: Recipe | str) -> RecipeDifferences:
    """Recipes side by side, by the fields in which they differ.

    Parameters
    ----------
    recipes : Recipe or str
        Two or more; a string is the name of one of ``RECIPES``.

    Returns
    -------
    RecipeDifferences
        Its ``repr`` is a table of text; a notebook shows it as one whose cells name, under the
        pointer, where their values come from.

    Raises
    ------
    ValueError
        If there are fewer than two, or a name is not known.

    Examples
    --------
    >>> compare_recipes("paper", "released")
                  paper  released
    momentum      0      0.9
    weight_decay  0      4e-05
    clip_norm     2      0
    """
    if len(recipes) < 2:
        raise ValueError(f"{len(recipes)} recipe(s) to compare: give at least 2")
    found = tuple(get_recipe(one) if isinstance(one, str) else one for one in recipes)
    differ = tuple(
        name
        for name in FIELDS
        if name != "name" and len({_used(recipe, name) for recipe in found}) > 1
    )
    return RecipeDifferences(found, differ)


def _used(recipe: Recipe, name: str) -> Any:
    """A field's value; None where it does nothing."""
    other, values = NEEDS.get(name, ("name", (recipe.name,)))
    return getattr(recipe, name) if getattr(recipe, other) in values else None


def _words(value: Any) -> str:
    if value is None:
        return UNUSED
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return " to ".join(map(_words, value))
    return (f"{value:.4g}" if isinstance(value, float) else str(value)) or "none"


def _source(recipe: Recipe, name: str) -> str:
    """Where a value comes from, as far as its recipe is one of the library's."""
    known = RECIPES.get(recipe.name)
    if known is None or getattr(known, name) != getattr(recipe, name):
        return "given here"
    return SOURCES[recipe.name][name]
