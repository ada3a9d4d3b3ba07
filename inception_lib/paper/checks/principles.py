"""Section 2: the four principles, as far as a graph or a recorded experiment can tell."""

from __future__ import annotations

import itertools

from inception_lib.graph import bottleneck, stages
from inception_lib.results import read_results

from .measured import Measured, check
from .networks import budget, graph_of

NETWORK = "inception_v3"
OTHERS = ("alexnet", "vgg16", "googlenet", "bn_inception")


@check
def rises_of_the_representation() -> Measured:
    """How often more numbers are alive behind a stage than before it; parts by stage."""
    *before, logits = stages(graph_of(NETWORK))
    found = {stage.name: stage.size for stage in before} | {"logits": logits.size}
    rises = sum(after > before for before, after in itertools.pairwise(found.values()))
    most = max(found, key=lambda name: found[name])
    text = f"rises {rises} times, up to {found[most]:,} numbers after {most}"
    parts = {name: float(size) for name, size in found.items()}
    return Measured(rises, text=text, parts=parts)


@check
def work_done_before_the_neck() -> Measured:
    """Percent of Inception-v3's multiply-adds before its narrowest cut ahead of the classifier.

    Parts: the same of other networks; ``size`` and ``relative``, the numbers alive there, and how
    many times the image's they are.
    """
    parts = {}
    for name in (NETWORK, *OTHERS):
        graph = graph_of(name)
        neck = bottleneck(graph)
        end = [node.name for node in graph].index(neck.after)
        macs = sum(node.macs for node in graph.nodes[: end + 1])
        parts[name] = 100 * macs / budget(name).macs
        if name == NETWORK:
            parts |= {"size": float(neck.size), "relative": neck.relative}
            text = f"{neck.size:,} numbers after {neck.after.partition('.')[0]}, "
    return Measured(parts[NETWORK], text=f"{text}{parts[NETWORK]:.0f} % of the way", parts=parts)


# -- of the trained trunk, as recorded -------------------------------------------------------


def _layers() -> dict[str, dict]:
    return {layer["name"]: layer for layer in read_results("principles")["layers"]}


@check
def zeros_after_relu() -> Measured:
    """Percent of zeros in the trained trunk's outputs on three photographs; parts by layer."""
    parts = {name: 100 * layer["zeros"] for name, layer in _layers().items()}
    first, last = "Conv2d_1a_3x3", "Mixed_6e"
    text = f"zeros after ReLU: {parts[first]:.0f} % at the first layer, {parts[last]:.0f} % at 6e"
    return Measured((parts[first], parts["Mixed_5d"], parts[last]), text=text, parts=parts)


@check
def likeness_of_neighbours() -> Measured:
    """Correlation of neighbouring cells in the trained trunk, and how few components it takes.

    Parts by layer: the correlation with the next cell of the row (``"Mixed_5b"``) and the second
    (``"Mixed_5b second"``), on three photographs; and the components that hold 90 % of the
    variance (``"Mixed_5b components"``), on 341, since three have too few cells for deep layers.
    """
    parts: dict[str, float] = {}
    layers = _layers()
    for name, layer in layers.items():
        near = layer["correlation"]["across"]
        parts |= {name: near[0], f"{name} second": near[1]}
        parts[f"{name} components"] = float(layer["clothes_components"])
    text = (
        f"neighbours correlate by {parts['Conv2d_1a_3x3']:.2f} at the first layer, "
        f"{parts['Mixed_5b']:.2f} at 5b, {parts['Mixed_6e']:.2f} at 6e; "
        f"{parts['maxpool2 components']:.0f} components of {layers['maxpool2']['channels']} "
        "hold 90 % of the variance before 5b"
    )
    series = tuple(parts[name] for name in layers)
    return Measured(series, text=text, parts=parts)
