"""``inception train | recipe | plot``: run a recipe, look at one, look at runs."""

from __future__ import annotations

import argparse
import contextlib
import math
import os
import sys
from pathlib import Path
from typing import Any

from ..training.flags import add_flags, from_flags
from ..training.recipes import RECIPES, SOURCES, Recipe, get_recipe
from .tables import add_forms, emit, json_text, print_rows

__all__ = ["add_commands", "base_recipe"]

DEFAULT_RECIPE, DEFAULT_DATA = "tiny", "shapes"
DATA_HELP = (
    "imagefolder:PATH, cifar10[:PATH], fashionmnist[:PATH], imagenette[:PATH], digits, shapes[:N]"
)


def add_commands(commands: Any) -> None:
    """Add the commands to argparse's subparsers."""
    train = commands.add_parser(
        "train",
        help="train a network by a recipe; the same command resumes what was interrupted",
        allow_abbrev=False,
    )
    _add_base(train)
    train.add_argument("--data", metavar="SPEC", help=f"{DATA_HELP} (default: {DEFAULT_DATA})")
    train.add_argument(
        "--validation", metavar="split|test|SHARE", help="what to validate on, where data leave it"
    )
    train.add_argument("--out", metavar="DIR", help="the run's folder; without one nothing is kept")
    train.add_argument("--device", help="cpu, cuda, cuda:1 … (default: a GPU where there is one)")
    train.add_argument("--quiet", action="store_true", help="no bar, no notes")
    train.add_argument("--json", action="store_true", help="the result as one JSON object")
    train.add_argument("--list", action="store_true", help="list the recipes, and train nothing")
    add_flags(train)
    train.set_defaults(run=_train)

    recipe = commands.add_parser(
        "recipe", help="a recipe's values and where each comes from", allow_abbrev=False
    )
    recipe.add_argument("recipe", metavar="NAME", nargs="?", help=f"{', '.join(RECIPES)}")
    recipe.add_argument("--from", dest="source", metavar="RUN", help="the recipe of a run's folder")
    add_forms(recipe)
    add_flags(recipe)
    recipe.set_defaults(run=_recipe)

    plot = commands.add_parser("plot", help="curves of one run, or of several to compare")
    plot.add_argument("runs", metavar="RUN", nargs="+", help="folders of runs")
    plot.add_argument("-o", "--out", metavar="FILE", help=".png, .svg or .pdf")
    plot.set_defaults(run=_plot)


def _add_base(parser: argparse.ArgumentParser) -> None:
    base = parser.add_mutually_exclusive_group()
    base.add_argument(
        "--recipe", metavar="NAME", help=f"{', '.join(RECIPES)} (default: {DEFAULT_RECIPE})"
    )
    base.add_argument("--from", dest="source", metavar="RUN", help="repeat a run: recipe and data")


def base_recipe(name: str | None, run: str | None) -> tuple[Recipe, dict[str, Any] | None]:
    """The recipe that flags then change, and the data of the run it is from."""
    if run is not None:
        from ..training.folder import load_run

        return load_run(run)
    return get_recipe(name or DEFAULT_RECIPE), None


def _train(options: argparse.Namespace) -> None:
    if options.list:
        _list()
        return
    from ..training.data import open_data
    from ..training.engine import Trainer
    from ..training.trained import allow_code

    base, before = base_recipe(options.recipe, options.source)
    recipe = from_flags(options, base)
    if options.source is not None:
        allow_code(Path(options.source), recipe.network, getattr(options, "network", None))
    spec, choices = options.data or DEFAULT_DATA, {"seed": recipe.seed, "size": recipe.size}
    if options.data is None and before is not None:  # the same images, split as they were
        spec, choices = before["name"], choices | before["options"]
    if options.validation is not None:
        choices["validation"] = options.validation
    data = open_data(spec, **choices)
    first = os.environ.get("RANK", "0") == "0"  # torchrun starts several
    if first and not options.quiet:
        for note in data.notes:
            print(f"inception: note: {note}", file=sys.stderr)
        if options.out is None:
            print("inception: note: nothing is kept of this run: give --out DIR", file=sys.stderr)
    # With --json stdout is for the result alone.
    aside = contextlib.redirect_stdout(sys.stderr) if options.json else contextlib.nullcontext()
    with aside:
        result = Trainer(
            recipe, data, out=options.out, device=options.device, quiet=options.quiet
        ).fit()
    if not first:
        return
    if options.json:
        print(json_text(result.to_dict()))
    elif not options.quiet:
        print(_words(result))


def _words(result: Any) -> str:
    from ..training.log import rate_words

    words = f"{result.steps:,} steps, {result.epochs:,} epochs, {result.seconds:,.0f} s"
    if not math.isnan(result.images_per_second):
        words += f", {rate_words(result.images_per_second)} images/s"
    if not math.isnan(result.top1):
        words += (
            f"; validation error {100 * (1 - result.top1):.2f} % (top-1), "
            f"{100 * (1 - result.top5):.2f} % (top-5)"
        )
    return words + (f"; all of it in {result.out}" if result.out is not None else "")


def _recipe(options: argparse.Namespace) -> None:
    if options.recipe is None and options.source is None:
        _list()
        return
    if options.recipe is not None and options.source is not None:
        raise ValueError("give the NAME of a recipe, or --from RUN, not both")
    base, _ = base_recipe(options.recipe, options.source)
    recipe = from_flags(options, base)
    origin = RECIPES.get(base.name)
    rows = []
    for field, value in recipe.to_dict().items():
        source = SOURCES.get(base.name, {}).get(field, "")
        if origin is None or value != origin.to_dict()[field]:
            source = "given here" if value != base.to_dict()[field] else f"the run {options.source}"
        shown = ",".join(map(str, value)) if isinstance(value, list) else value
        rows.append({"field": field, "value": shown, "source": source})
    if options.json or options.csv:
        emit(options, {"name": recipe.name}, rows)
        return
    wide = [max(len(str(row[key])) for row in rows) for key in ("field", "value")]
    for row in rows:
        value = str(row["value"]) if row["value"] != "" else "–"
        print(f"{row['field']:{wide[0]}}  {value:{wide[1]}}  {row['source']}")


def _list() -> None:
    print_rows(
        [
            {
                "recipe": name,
                "network": recipe.network,
                "size": recipe.size,
                "epochs": recipe.epochs,
                "batch": recipe.batch,
                "optimizer": recipe.optimizer,
                "schedule": recipe.schedule,
                "precision": recipe.precision,
            }
            for name, recipe in RECIPES.items()
        ]
    )
    print("inception recipe NAME shows every field of one, and where its value comes from.")


def _plot(options: argparse.Namespace) -> None:
    from ..training.plot import plot_runs

    print(plot_runs(options.runs, options.out))
