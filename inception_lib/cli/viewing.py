"""``inception view``: one page, opened from disk, with a network in space and all that it costs."""

from __future__ import annotations

import argparse
import html
from pathlib import Path
from typing import Any

from ..graph import Field, Graph, ReceptiveFields, TraceError, cost, receptive_field, trace
from ..nets.registry import NETWORKS, create, own_size
from ..nets.weights import load_weights
from .networks import NAMES, size_of

__all__ = ["add_commands"]


def add_commands(commands: Any) -> None:
    """Add the command to argparse's subparsers."""
    words = (_view.__doc__ or "").partition("\n")[0]
    command = commands.add_parser("view", help=words)
    command.add_argument("network", metavar="NET", help=NAMES)
    command.add_argument("-o", "--output", metavar="PAGE", required=True, help="HTML file to write")
    command.add_argument(
        "--size", type=size_of, metavar="N|HxW", help="of the image (default: the network's own)"
    )
    command.add_argument("--train", action="store_true", help="in training, with auxiliary heads")
    command.add_argument(
        "--image", metavar="FILE", help="run the network on it, and show what its tensors hold"
    )
    command.add_argument("--weights", metavar="FILE", help="trained weights to run it with")
    command.set_defaults(run=_view)


def _view(options: argparse.Namespace) -> None:
    """a page with the network in space, its cost and its receptive fields"""
    from ..viz import TensorScene, to_page

    model = create(options.network)
    if options.weights:
        load_weights(model, options.weights)
    model.eval()
    size = own_size(options.network, model) if options.size is None else options.size
    name = NETWORKS[options.network].title if options.network in NETWORKS else options.network
    failure: TraceError | None = None
    try:
        graph = trace(model, size, train=options.train)
    except TraceError as error:
        if error.graph is None:
            raise
        graph, failure = error.graph, error
    if options.image and not failure:
        scene = TensorScene(model, size, train=options.train, image=options.image, uid="network")
    else:
        scene = TensorScene(graph, photos=("astronaut",), uid="network")
    shape = "×".join(map(str, graph.input.shape[1:]))
    path = Path(options.output)
    to_page(scene, path, f"{name} at {shape}", below=_failed(failure) + _table(graph))
    if failure:
        raise TraceError(f"{failure} ({path} shows the network up to there)")
    print(f"{path}: {path.stat().st_size / 1000:.0f} kB, {len(graph)} nodes")


def _failed(failure: TraceError | None) -> str:
    if failure is None:
        return ""
    words = html.escape(str(failure).rstrip(".!"))
    if failure.layer and failure.layer not in str(failure):
        layer = html.escape(failure.layer)
        words += f". The first layer that cannot take it is <code>{layer}</code>"
    return f"<p><strong>The network ends here:</strong> {words}.</p>\n"


def _field(name: str, graph: Graph, fields: ReceptiveFields) -> Field | None:
    try:
        return fields[name] if name in graph else None
    except (KeyError, ValueError):  # a parameter; branches of different strides, attention …
        return None


def _table(graph: Graph) -> str:
    """Shapes, costs and receptive fields, module by module."""
    found, fields = cost(graph), receptive_field(graph)
    rows = []
    for row in found.by_module().rows:
        seen = _field(row.name, graph, fields)
        share = f"{100 * row.macs / found.macs:.1f} %" if found.macs else ""
        cells = [
            "×".join(map(str, (*row.shape[1:], *row.shape[:1]))),
            f"{row.params:,}",
            f"{row.macs:,}",
            share,
            "×".join(map(str, seen.size)) if seen else "not one window",
            "×".join(map(str, seen.stride)) if seen else "",
        ]
        body = "".join(f"<td>{cell}</td>" for cell in cells)
        rows.append(f'<tr><th scope="row">{html.escape(row.name)}</th>{body}</tr>')
    heads = ("module", "output", "parameters", "multiply-adds", "share", "receptive field", "step")
    head = "".join(f'<th scope="col">{words}</th>' for words in heads)
    return (
        '<table class="cost">\n<caption>Module by module, for one image. A multiply-add is one of '
        "a convolution, a linear layer or a matrix product; the receptive field is in pixels of the"
        f" image.</caption>\n<thead><tr>{head}</tr></thead>\n<tbody>\n"
        + "\n".join(rows)
        + f'\n</tbody>\n<tfoot><tr><th scope="row">total</th><td></td><td>{found.params:,}</td>'
        f"<td>{found.macs:,}</td><td></td><td></td><td></td></tr></tfoot>\n</table>\n"
    )
