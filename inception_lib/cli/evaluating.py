"""``inception evaluate``: judge trained networks, one by one and together."""

from __future__ import annotations

import argparse
import dataclasses
import math
import sys
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .opening import add_views, open_data_of, views_of
from .tables import add_forms, emit, json_text, print_rows
from .training import DATA_HELP, base_recipe

if TYPE_CHECKING:
    from ..training.data import Dataset, Loader, Preprocess, Split
    from ..training.evaluate import Evaluation
    from ..training.metrics import Paired
    from ..training.recipes import Recipe
    from ..training.trained import Trained

__all__ = ["add_commands"]

MOST = 256  # images at once, where no batch is given: a training batch may be larger than one GPU


def add_commands(commands: Any) -> None:
    """Add the command to argparse's subparsers."""
    command = commands.add_parser(
        "evaluate",
        help="accuracy, calibration and mistakes of trained networks, alone and as an ensemble",
        allow_abbrev=False,
    )
    command.add_argument(
        "networks",
        metavar="RUN|WEIGHTS",
        nargs="+",
        help="a run's folder, a checkpoint, or a file of weights; several make an ensemble",
    )
    command.add_argument("--data", metavar="SPEC", help=f"{DATA_HELP} (default: the run's own)")
    command.add_argument(
        "--split",
        choices=("train", "validation", "test"),
        help="(default: validation, of a folder without it test; of a folder of classes all its "
        "images. What is chosen on the test split is no test any more)",
    )
    add_views(command)
    command.add_argument("--exclude", metavar="FILE", help="images to leave out, one name a line")
    command.add_argument("--recipe", metavar="NAME", help="of a file of weights outside any run")
    for flag, kind, words in (
        (
            "network",
            str,
            "of a file of weights: a name, or package.module:callable; a run's own code is "
            "imported only if it is named here",
        ),
        ("eval-size", int, "side of the evaluation images, pixels"),
        ("eval-crop", float, "central share of each side that is kept, with one crop"),
        ("batch", int, "images at once"),
        ("precision", str, "fp32, bf16 or fp16 (default: fp32)"),
    ):
        command.add_argument(f"--{flag}", type=kind, metavar="VALUE", help=words)
    command.add_argument("--device", help="cpu, cuda … (default: a GPU where there is one)")
    command.add_argument("--mistakes", type=int, default=0, metavar="N", help="show the surest N")
    command.add_argument(
        "--report",
        metavar="DIR",
        help="write every image's answer, confusion and calibration as pictures, and a sheet of "
        "the surest mistakes; nothing is written over",
    )
    add_forms(command, "one row a class")
    command.set_defaults(run=_evaluate)


def _evaluate(options: argparse.Namespace) -> None:
    from ..training.distributed import pick_device
    from ..training.evaluate import Evaluation, compare, ensemble, evaluate, read_exclusions
    from ..training.trained import load_trained

    if options.report is not None:
        from ..training.report import check_report

        check_report(options.report)  # before the work
    device = pick_device(options.device)
    exclude = read_exclusions(options.exclude) if options.exclude else ()
    base, data, split, name = _open(options)
    if options.data is not None:
        _say_notes(data, len(split), name)
    members: dict[str, Evaluation] = {}
    views: list[Preprocess] = []
    for path in dict.fromkeys(options.networks):
        known = None if _says_itself(path, options) else base
        trained = load_trained(
            path, recipe=known, classes=len(data.classes), network=options.network
        )
        loader = _loader(trained, data, split, options, device)
        views.append(loader.preprocess)
        members[path] = evaluate(
            trained.network.to(device),
            loader,
            **views_of(options),
            exclude=exclude,
            precision=options.precision or "fp32",
        )
        loader.close()
        exclude = members[path].predictions.excluded  # names not found are told of once
    first, *rest = members.values()
    found = first
    if rest:
        seconds = sum(one.seconds for one in members.values())
        found = Evaluation(ensemble([one.predictions for one in members.values()]), seconds)
    pairs = [(a, b, compare(members[a], members[b])) for a, b in combinations(members, 2)]
    if options.report is not None:
        from ..training.report import write_report

        for file in write_report(found, split, views[0], options.report):
            print(f"inception: note: wrote {file}", file=sys.stderr)
    not_found = list(first.predictions.not_found)
    if options.json:
        head = {"data": data.name, "split": name, **views_of(options)}
        head |= {"networks": list(members), **found.to_dict()}
        head |= {"not_found": not_found, "members": [_brief(n, m) for n, m in members.items()]}
        head["paired"] = [{"first": a, "second": b, **vars(pair)} for a, b, pair in pairs]
        print(json_text(head))
    elif options.csv:
        emit(options, {}, found.to_dict()["per_class"])
    else:
        _print(options, data, name, members, found, pairs)


def _open(options: argparse.Namespace) -> tuple[Recipe, Dataset, Split, str]:
    """A recipe for files that lie in no run's folder; the images to judge on, and their name."""
    from ..training.config import read_config
    from ..training.data import open_to_judge
    from ..training.folder import load_run
    from ..training.trained import run_of

    for path in map(Path, options.networks):
        if not path.exists():
            raise FileNotFoundError(f"no run and no weights at {path}: give a folder or a file")
    base, before = base_recipe(options.recipe, None)
    if options.network is not None:
        base = base.replace(network=options.network)
    recipe = base
    run = next(filter(None, map(run_of, options.networks)), None)
    if run is not None:
        recipe, before = load_run(run)
    elif options.data is None or not (
        options.recipe or options.network or _says_itself(options.networks[0], options)
    ):
        raise ValueError(
            f"{options.networks[0]} lies in no run's folder: give --data SPEC and --recipe NAME, "
            "or --network NAME"
        )
    choices = {"seed": recipe.seed, "size": recipe.size}
    if options.data is not None:
        classes = None if before is None else before["classes"]
        if run is None and _says_itself(options.networks[0], options):
            config = read_config(options.networks[0])
            classes = None if config is None else config.classes
        return base, *open_to_judge(options.data, classes=classes, split=options.split, **choices)
    assert run is not None
    data = open_data_of(run)
    name = options.split or "validation"
    if name not in data.splits:
        splits = ", ".join(data.splits)
        raise ValueError(f"{data.name} has no {name} images: its splits are {splits}")
    return base, data, data.splits[name], name


def _says_itself(path: str, options: argparse.Namespace) -> bool:
    """Whether a file of weights outside any run holds what else a recipe must say."""
    from ..training.config import read_config
    from ..training.trained import run_of

    if options.recipe is not None or (options.network is not None and ":" not in options.network):
        return False
    return run_of(path) is None and Path(path).is_file() and read_config(path) is not None


def _say_notes(data: Dataset, count: int, name: str) -> None:
    """What was decided about the images, and how many of them are judged."""
    for note in data.notes:
        print(f"inception: note: {note}", file=sys.stderr)
    words = "images" if name == "all" else f"{name} images"
    print(f"inception: note: judged are all {count:,} {words} of {data.name}", file=sys.stderr)


def _loader(
    trained: Trained, data: Dataset, split: Split, options: argparse.Namespace, device: Any
) -> Loader:
    """The images as this network wants them: its size, its crop, its mean and deviation."""
    from ..training.data import Loader

    if trained.data is not None:
        theirs = tuple(trained.data["classes"])
        if theirs != data.classes:
            raise ValueError(
                f"{trained.path} learnt {len(theirs)} classes ({_some(theirs)}), {data.name} has "
                f"{len(data.classes)} ({_some(data.classes)}): give data with the same classes"
            )
        red, green, blue = trained.data["mean"]
        r, g, b = trained.data["std"]
        data = dataclasses.replace(data, mean=(red, green, blue), std=(r, g, b))
    changes = {"eval_size": options.eval_size, "eval_crop": options.eval_crop}
    changes |= {"batch": options.batch}
    recipe = trained.recipe.replace(
        accumulate=1,
        **{"batch": min(trained.recipe.batch, MOST), **_given(changes)},
    )
    return Loader(split, recipe, data, train=False, device=device)


def _given(changes: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in changes.items() if value is not None}


def _some(names: tuple[str, ...]) -> str:
    return ", ".join(names[:3]) + (" …" if len(names) > 3 else "")


def _brief(name: str, found: Evaluation) -> dict[str, Any]:
    row = {"network": name, "n": found.n, "top1": found.top1, "top5": found.top5}
    return {**row, "loss": found.loss, "ece": found.ece}


def _print(
    options: argparse.Namespace,
    data: Dataset,
    name: str,
    members: dict[str, Evaluation],
    found: Evaluation,
    pairs: list[tuple[str, str, Paired]],
) -> None:
    print_rows(
        [
            {
                "class": row.name,
                "images": row.images,
                "error %": _percent(1 - row.recall),
                "taken for it": row.predicted,
                "precision %": _percent(row.precision),
                "most often taken for": f"{row.mistaken_for} ({row.times})" if row.times else "–",
            }
            for row in found.per_class
        ]
    )
    for wrong in found.mistakes[: options.mistakes]:
        print(
            f"{wrong.image}: {wrong.label} ({wrong.probability_of_label:.3f}) taken for "
            f"{wrong.predicted} ({wrong.probability:.3f})"
        )
    if len(members) > 1:
        print()
        rows = {**members, "ensemble": found}
        print_rows([{"network": name, **_scores(one)} for name, one in rows.items()])
    for a, b, pair in pairs:
        low, high = (100 * end for end in pair.interval95)
        print(
            f"{a} less {b}: top-1 {100 * pair.difference:+.2f} points [{low:+.2f}, {high:+.2f}]; "
            f"right alone {pair.only_first:,} and {pair.only_second:,}, p = {pair.p_value:.2g}"
        )
    p = found.predictions
    print()
    views = f"{options.crops} crop{'s' * (options.crops > 1)}" + ", flipped" * options.flip
    views += f", moved by {options.shift} px" if options.shift else ""
    low, high = (100 * (1 - end) for end in reversed(found.interval95))
    print(f"{found.n:,} images of {data.name}, {name}, {views}:")
    print(
        f"top-1 error {100 * (1 - found.top1):.2f} % (95 %: {low:.2f} to {high:.2f}), top-5 error "
        f"{100 * (1 - found.top5):.2f} %, loss {found.loss:.4f} nats, calibration error (ECE) "
        f"{100 * found.ece:.2f} %, {found.seconds:.1f} s"
    )
    for names, words in ((p.excluded, "left out as listed"), (p.corrupt, "could not be read")):
        if names:
            print(f"{len(names):,} {words}: {', '.join(names[:5])}{' …' * (len(names) > 5)}")


def _scores(found: Evaluation) -> dict[str, str]:
    return {
        "top-1 error %": _percent(1 - found.top1),
        "top-5 error %": _percent(1 - found.top5),
        "loss": f"{found.loss:.4f}",
        "ECE %": _percent(found.ece),
    }


def _percent(share: float) -> str:
    return "–" if math.isnan(share) else f"{100 * share:.2f}"
