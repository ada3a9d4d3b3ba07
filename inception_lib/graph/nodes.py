"""The graph of a network: its operations, who reads whom, and how to find them by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ..nearest import nearest

__all__ = ["Graph", "Node"]


@dataclass(frozen=True)
class Node:
    """One operation of a network.

    Attributes
    ----------
    name : str
        Path of the module (``"Mixed_5b.branch1x1.conv"``); a function is named after the module
        that calls it (``"Mixed_5b.concat"``); later calls of the same module get ``#2``, ``#3``.
    op : str
        ``"conv"``, ``"linear"``, ``"batch_norm"``, ``"relu"``, ``"max_pool"``, ``"avg_pool"``,
        ``"concat"``, ``"add"``, ``"input"`` …
    parents : tuple of str
        The nodes whose outputs it reads.
    shape : tuple of int
        Of its output, without the batch: (channels, height, width) for images.
    kernel, stride, padding, dilation : tuple of int
        (height, width), for convolutions and pools; empty otherwise. ``padding`` is that on the
        top and on the left.
    groups : int
        Of a convolution.
    params : int
        Trainable numbers. A module that is called again counts them once.
    macs : int
        Multiply-adds of convolutions, linear layers and matrix products, for one image.
    module : str
        Path of the module that contains it.
    call : str
        What was called: ``"module"``, ``"function"`` or ``"method"``; empty for the image and for
        parameters.
    memory : str
        The node in whose memory the output lies: its own name where it is written anew, an
        earlier one's where it is a view of that output or was written over it in place.
    rewrites : bool
        Whether it writes over what it read, as ``ReLU(inplace=True)`` does.
    weights, biases, buffers : int
        Numbers that it reads besides its parents: parameters (biases included; again at each call
        of a module), the biases among them, and running statistics.
    axes : tuple of int
        The axes, without the batch, that it permutes, reduces, normalises, joins, drops, or pools
        adaptively.
    padding_mode : str
        What stands in the padding: ``"zeros"`` (or another constant), ``"reflect"``,
        ``"replicate"`` or ``"circular"``.
    uncounted : str
        An operation of torch inside it that multiplies and is not in ``macs``, since neither this
        library nor torch's counter has a formula for it (``"aten::mv"``); empty where all is.
    target : str
        What was called, by its full name (``"torch.nn.modules.conv.Conv2d"``), with a padding that
        is a word; two graphs are equal whatever it is.
    """

    name: str
    op: str
    parents: tuple[str, ...]
    shape: tuple[int, ...]
    kernel: tuple[int, ...] = ()
    stride: tuple[int, ...] = ()
    padding: tuple[int, ...] = ()
    dilation: tuple[int, ...] = ()
    groups: int = 1
    params: int = 0
    macs: int = 0
    module: str = ""
    call: str = ""
    memory: str = ""
    rewrites: bool = False
    weights: int = 0
    biases: int = 0
    buffers: int = 0
    axes: tuple[int, ...] = ()
    padding_mode: str = "zeros"
    uncounted: str = ""
    target: str = field(default="", compare=False)

    @property
    def size(self) -> int:
        """Numbers in the output, for one image."""
        product = 1
        for side in self.shape:
            product *= side
        return product


@dataclass(frozen=True)
class Graph:
    """An immutable directed acyclic graph of a network's operations, in order of execution.

    ``graph["Mixed_5b"]`` is the node that makes that module's output; iterating gives the nodes;
    ``len(graph)`` counts them.
    """

    model: str
    train: bool
    nodes: tuple[Node, ...]
    outputs: tuple[str, ...]
    containers: Mapping[str, str] = field(repr=False)
    _index: dict[str, Node] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_index", {node.name: node for node in self.nodes})

    def __getitem__(self, name: str) -> Node:
        found = self._index.get(name) or self._index.get(self.containers.get(name, ""))
        if found is None:
            hint = nearest(name, [*self._index, *self.containers])
            raise KeyError(f"no node or module is called {name!r} in {self.model}{hint}")
        return found

    def __contains__(self, name: object) -> bool:
        return name in self._index or name in self.containers

    def __iter__(self) -> Iterator[Node]:
        return iter(self.nodes)

    def __len__(self) -> int:
        return len(self.nodes)

    @property
    def input(self) -> Node:
        """The image."""
        return self.nodes[0]

    def __repr__(self) -> str:
        mode = "training" if self.train else "evaluation"
        return (
            f"Graph({self.model}, {mode}, input {'×'.join(map(str, self.input.shape))}, "
            f"{len(self)} nodes)"
        )
