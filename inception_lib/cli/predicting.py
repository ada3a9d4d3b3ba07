"""``inception predict``: what a trained network says of images."""

from __future__ import annotations

import argparse
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .opening import NETWORK_HELP, add_network, add_views, new_files, open_network, views_of
from .tables import add_forms, emit, json_text, print_rows

if TYPE_CHECKING:
    from ..training.evaluate import Predictions
    from ..training.trained import Trained

__all__ = ["add_commands"]

MOST_SHOWN = 60  # pictures of a sheet
AT_ONCE = 16  # pictures whose heat maps are computed together


def add_commands(commands: Any) -> None:
    """Add the command to argparse's subparsers."""
    command = commands.add_parser(
        "predict",
        help="the likeliest classes of images, with probabilities, and what mattered",
        epilog="Files that cannot be read are named and passed over; the exit code is then 1. The "
        "heat map is HiResCAM (equal to Grad-CAM where a mean over the grid ends the network, as "
        "in every Inception). Its limits: it is as coarse as the network's last grid (8×8 for "
        "Inception-v3); a cell may have seen the whole image; it says where the evidence for the "
        "likeliest class lay, not what it was; and each map is scaled to its own largest cell.",
        allow_abbrev=False,
    )
    command.add_argument("network_or_run", metavar="RUN|NET", help=NETWORK_HELP)
    command.add_argument("images", metavar="IMAGE", nargs="+", help="files, folders or patterns")
    command.add_argument("--top", type=int, default=5, metavar="K", help="classes (default: 5)")
    add_views(command)
    command.add_argument(
        "--show", metavar="SHEET", help=f"write a sheet of up to {MOST_SHOWN} pictures (.png …)"
    )
    command.add_argument("--overwrite", action="store_true", help="replace a sheet that is there")
    add_network(command)
    command.add_argument("--batch", type=int, metavar="N", help="images at once (default: 32)")
    add_forms(command, "one row a class of an image")
    command.set_defaults(run=_predict)


def _predict(options: argparse.Namespace) -> int:
    from ..training.inference import find_images, predict, top_classes

    if options.top < 1:
        raise ValueError(f"--top is {options.top}: give at least 1")
    if options.batch is not None and options.batch < 1:
        raise ValueError(f"--batch is {options.batch}: give at least 1")
    if options.show is not None:
        new_files([Path(options.show)], options.overwrite)
    files = find_images(options.images)
    trained = open_network(options.network_or_run, options)
    with warnings.catch_warnings():
        # Each file that cannot be read is named below, and not the first few alone.
        warnings.filterwarnings("ignore", message="unreadable image skipped")
        found = predict(
            trained,
            files,
            **views_of(options),
            device=options.device,
            batch=options.batch,
        )
    tops = top_classes(found, options.top)
    _print(options, found, tops)
    sys.stdout.flush()
    if options.show is not None and len(found):
        _sheet(options, trained, files, found, tops)
    for words in found.corrupt:
        print(f"inception: passed over: {words}", file=sys.stderr)
    return 1 if found.corrupt else 0


def _print(
    options: argparse.Namespace, found: Predictions, tops: list[list[tuple[str, float]]]
) -> None:
    if options.json:
        images = [
            {"image": name, "classes": [{"class": c, "probability": p} for c, p in top]}
            for name, top in zip(found.names, tops, strict=True)
        ]
        head = {"network": options.network_or_run, **views_of(options)}
        print(json_text({**head, "images": images, "unreadable": list(found.corrupt)}))
        return
    if options.csv:
        rows = [
            {"image": name, "rank": rank, "class": c, "probability": p}
            for name, top in zip(found.names, tops, strict=True)
            for rank, (c, p) in enumerate(top, start=1)
        ]
        if rows:
            emit(options, {}, rows)
        else:
            print("image,rank,class,probability")
        return
    print_rows(
        [
            {"image": name if rank == 0 else "", "%": f"{100 * p:.2f}", "class": c}
            for name, top in zip(found.names, tops, strict=True)
            for rank, (c, p) in enumerate(top)
        ]
    )


def _sheet(
    options: argparse.Namespace,
    trained: Trained,
    files: list[str],
    found: Predictions,
    tops: list[list[tuple[str, float]]],
) -> None:
    import torch

    from ..training.attribution import hires_cam
    from ..training.inference import show
    from ..training.plot import save_figure
    from ..training.sheet import Tile, draw_sheet

    count = min(MOST_SHOWN, len(found))
    pictures = show(trained.preprocess, files, found.indices[:count].tolist())
    device = next(trained.network.parameters()).device
    maps = []
    for part in range(0, count, AT_ONCE):
        images = trained.preprocess.normalise(pictures[part : part + AT_ONCE]).to(device)
        chosen = found.probabilities[part : part + AT_ONCE][: len(images)].argmax(1)
        maps.append(hires_cam(trained.network, images, chosen))
    tiles = [
        Tile(picture, name, top[:5], heat)
        for picture, name, top, heat in zip(
            pictures, found.names[:count], tops[:count], torch.cat(maps), strict=True
        )
    ]
    title = "picture, where the evidence for the likeliest class lay (HiResCAM), classes"
    save_figure(draw_sheet(tiles, title), Path(options.show))
    rest = "" if count == len(found) else f": the first {count} of {len(found):,}"
    print(f"inception: note: {options.show} shows {count} pictures{rest}", file=sys.stderr)
