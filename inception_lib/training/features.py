"""Pooled features: the mean over the grid behind some module of a trained network.

They are computed once over the data, with the network cut off behind that module and fused, so
that what is fitted to them (``training.probe``) takes seconds.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, fx, nn

from inception_lib.graph.fuse import fuse
from inception_lib.graph.mode import in_mode
from inception_lib.nearest import nearest_or_all
from inception_lib.nets.weights import read_notes, read_weights, save_weights

from .attribution import last_grid
from .inference import loader_of

if TYPE_CHECKING:
    from .data import Split
    from .trained import Trained

__all__ = ["Features", "cut", "pooled_features", "read_features", "save_features"]

KEY = "inception_lib.features"


@dataclass(frozen=True, eq=False)
class Features:
    """The features of a split.

    Attributes
    ----------
    x : Tensor
        float32 N×C, in the order of the split; without the images that cannot be read.
    labels : Tensor
        int64 N.
    names : tuple of str
        Of the images.
    """

    x: Tensor
    labels: Tensor
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.labels)


def cut(network: nn.Module, layer: str, images: Tensor | None = None) -> nn.Module:
    """The network as far as a module, and the mean over the grid behind it.

    Parameters
    ----------
    network : nn.Module
        Left as it was.
    layer : str
        A name of ``named_modules()``.
    images : Tensor, optional
        N×C×H×W on which the cut and fused network is compared with the whole one before it is
        used in its place; without them nothing is fused.

    Returns
    -------
    nn.Module
        N×C×H×W → N×features. Fused where ``fuse`` can follow the network; else the network
        itself, stopped behind the module.

    Raises
    ------
    ValueError
        If there is no such module, or its output is neither N×C×H×W nor N×C.
    """
    names = [name for name, _ in network.named_modules() if name]
    if layer not in names:
        raise ValueError(f"the network has no module {layer!r}; {nearest_or_all(layer, names)}")
    stopped = _Stopped(network, layer)
    if images is None:
        return stopped
    with torch.no_grad():
        grid = stopped.behind(images[:1]).ndim == 4
    try:
        made = _traced(network, layer, grid)
        return fuse(made, check=images) if made is not None else stopped
    except Exception:  # whatever torch.fx meets in somebody's network: the slower way does
        return stopped


def pooled_features(
    trained: Trained,
    split: Split,
    layer: str | None = None,
    *,
    device: str | None = None,
    batch: int | None = None,
) -> Features:
    """The pooled features of every image of a split, on the same road as in evaluation.

    Parameters
    ----------
    trained : Trained
    split : Split
    layer : str, optional
        By default the last module with more than one cell, whose mean the classifier reads.
    device : str, optional
        A GPU where there is one.
    batch : int, optional
        Images at once; by default at most 32.
    """
    classes = list(map(str, range(int(split.labels.max()) + 1)))
    loader = loader_of(trained, split, classes, device=device, batch=batch)
    network = trained.network.to(loader.device)
    pooled: nn.Module | None = None
    found: list[Tensor] = []
    rows: list[Tensor] = []
    try:
        with torch.no_grad():
            for images, _, indices in loader.epoch(0):
                if pooled is None:
                    name = last_grid(network, images[:1]) if layer is None else layer
                    pooled = cut(network, name, images[:2])
                found.append(pooled(images).float().cpu())
                rows.append(indices.cpu())
    finally:
        loader.close()
    places = torch.cat(rows)
    return Features(
        torch.cat(found), split.labels[places], tuple(split.names[i] for i in places.tolist())
    )


def save_features(
    path: str | os.PathLike[str], splits: Mapping[str, Features], about: Mapping[str, Any]
) -> None:
    """Write features as a safetensors file.

    For each split ``NAME`` the tensors ``NAME`` (float32 N×C), ``NAME.labels`` (int64 N) and
    ``NAME.names`` (the images' names in UTF-8, one a line, as bytes). ``about`` goes into the
    metadata as JSON, under ``inception_lib.features``; ``classes`` must be in it.
    """
    tensors: dict[str, Tensor] = {}
    for name, features in splits.items():
        text = "\n".join(features.names).encode("utf-8", "surrogateescape")
        tensors[name] = features.x
        tensors[f"{name}.labels"] = features.labels
        tensors[f"{name}.names"] = torch.frombuffer(bytearray(text or b"\n"), dtype=torch.uint8)
    save_weights(tensors, Path(path), **{KEY: json.dumps(dict(about))})


def read_features(path: str | os.PathLike[str]) -> tuple[dict[str, Features], dict[str, Any]]:
    """What ``save_features`` wrote: the splits, and what is known of them.

    Raises
    ------
    FileNotFoundError, ValueError
        If there is no such file, or it holds no features.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"there are no features at {path}: inception features writes them")
    notes = read_notes(path)
    if KEY not in notes:
        raise ValueError(f"{path} holds no features: give what inception features wrote")
    tensors = read_weights(path)
    splits = {}
    for name in (key for key in tensors if "." not in key):
        names = bytes(tensors[f"{name}.names"].tolist()).decode("utf-8", "surrogateescape")
        splits[name] = Features(tensors[name], tensors[f"{name}.labels"], tuple(names.split("\n")))
    return splits, json.loads(notes[KEY])


class _Stop(Exception):
    """What was wanted is there: the rest of the network need not be computed."""


class _Stopped(nn.Module):
    """A network that is stopped behind one of its modules."""

    def __init__(self, network: nn.Module, layer: str) -> None:
        super().__init__()
        self.network, self.layer = network, layer

    def forward(self, images: Tensor) -> Tensor:
        output = self.behind(images)
        return output.mean((2, 3)) if output.ndim == 4 else output

    def behind(self, images: Tensor) -> Tensor:
        """What leaves the module: N×C×H×W or N×C."""
        held: list[Any] = []

        def stop(_: nn.Module, __: Any, output: Any) -> None:
            held.append(output)
            raise _Stop

        handle = self.network.get_submodule(self.layer).register_forward_hook(stop)
        try:
            with in_mode(self.network, False):
                self.network(images)
        except _Stop:
            pass
        finally:
            handle.remove()
        if not held:
            raise ValueError(f"the network does not run its module {self.layer}: name another")
        (output,) = held
        if isinstance(output, Tensor) and output.ndim in (2, 4):
            return output
        what = tuple(output.shape) if isinstance(output, Tensor) else f"a {type(output).__name__}"
        raise ValueError(
            f"the output of {self.layer} is {what}, neither N×C×H×W nor N×C: name another module"
        )


class _Tracer(fx.Tracer):
    """Remembers what leaves one module; ``check_input`` and the like stay calls."""

    def __init__(self, wanted: nn.Module) -> None:
        super().__init__()
        self.wanted, self.found = wanted, None

    def call_module(self, m: nn.Module, forward: Any, args: Any, kwargs: Any) -> Any:
        out = super().call_module(m, forward, args, kwargs)
        if m is self.wanted:
            self.found = out
        return out


def _traced(network: nn.Module, layer: str, grid: bool) -> nn.Module | None:
    """The graph as far as a module, and the mean of a grid; None where torch.fx cannot say it."""
    with in_mode(network, False):
        tracer = _Tracer(network.get_submodule(layer))
        graph = tracer.trace(network)
    if not isinstance(tracer.found, fx.Proxy):
        return None
    (end,) = (node for node in graph.nodes if node.op == "output")
    with graph.inserting_before(end):
        node = tracer.found.node
        end.args = (graph.call_method("mean", (node, (2, 3))) if grid else node,)
    made = fx.GraphModule(network, graph)
    made.graph.eliminate_dead_code()
    made.delete_all_unused_submodules()
    made.recompile()
    return made.eval()
