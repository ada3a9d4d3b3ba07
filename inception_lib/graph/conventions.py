"""Why counters of multiply-adds disagree: what each of four tools counts, term by term.

The tools agree on what convolutions, linear layers and matrix products cost. They differ in the
rest, and each gives the sum as one number, so that Inception-v3 has four:

========== =============== =======================================================================
tool       at 299×299      beyond the products
========== =============== =======================================================================
torch      5,713,216,096   nothing (``torch.utils.flop_counter``, halved)
torchinfo  5,713,251,528   each parameter of other layers once, biases of convolutions by the cell
fvcore     5,731,282,144   2 an element of batch normalisation, 1 an input of adaptive mean pooling
ptflops    5,747,660,552   2 an element of batch normalisation, biases, 1 an element that a ReLU
                           writes or a pool reads, the last two twice where they are modules
========== =============== =======================================================================

The rules hold for networks of convolutions, pools, normalisation and linear layers in evaluation;
for attention and other leaf functions the tools have rules of their own, which are not here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from .nodes import Graph, Node

__all__ = ["CONVENTIONS", "Convention", "count", "count_terms"]

Rule = Callable[[Graph, Node], int]


@dataclass(frozen=True)
class Convention:
    """What one tool counts as a multiply-add.

    Attributes
    ----------
    name : str
    words : str
        One line for the foot of a table.
    terms : mapping of str to function
        By name of the term: what a node (of a graph) adds to it.
    """

    name: str
    words: str
    terms: Mapping[str, Rule]

    def of(self, graph: Graph, node: Node) -> int:
        """What one node counts."""
        return sum(rule(graph, node) for rule in self.terms.values())


def count(graph: Graph, convention: str = "torch") -> int:
    """The multiply-adds of a graph as one of ``CONVENTIONS`` counts them, for one image."""
    return sum(count_terms(graph, convention).values())


def count_terms(graph: Graph, convention: str) -> dict[str, int]:
    """The same by term: what the number is made of.

    Parameters
    ----------
    graph : Graph
        From ``trace``, in evaluation.
    convention : str
        ``"torch"``, ``"torchinfo"``, ``"fvcore"`` or ``"ptflops"``.

    Raises
    ------
    ValueError
        If the convention is none of these, or the graph is of the training mode.
    """
    if graph.train:
        raise ValueError("the conventions describe evaluation: trace with train=False")
    chosen = find(convention)
    return {name: sum(rule(graph, node) for node in graph) for name, rule in chosen.terms.items()}


def find(convention: str) -> Convention:
    """A convention by name."""
    if convention not in CONVENTIONS:
        raise ValueError(f"convention is {convention!r}: there are {', '.join(CONVENTIONS)}")
    return CONVENTIONS[convention]


_POOLS = ("max_pool", "avg_pool", "adaptive_avg_pool", "adaptive_max_pool")
_NORMS = ("batch_norm", "instance_norm", "group_norm", "layer_norm")


def _products(graph: Graph, node: Node) -> int:
    return node.macs


def _biases(graph: Graph, node: Node) -> int:
    """One an output, of layers that have a bias."""
    return node.size if node.op in ("conv", "linear") and node.biases else 0


def _parameters(graph: Graph, node: Node) -> int:
    """Each parameter once for a layer that is neither a convolution nor linear."""
    plain = node.op in ("conv", "linear") or node.call != "module"
    return 0 if plain else node.weights


def _scaled(graph: Graph, node: Node) -> int:
    """Batch normalisation in evaluation: a multiplication, and one more with a scale."""
    return node.size * (2 if node.weights else 1) if node.op == "batch_norm" else 0


def _normalised(graph: Graph, node: Node) -> int:
    return node.size * (2 if node.weights else 1) if node.op in _NORMS else 0


def _read(graph: Graph, node: Node) -> int:
    return graph[node.parents[0]].size


def _adaptive(graph: Graph, node: Node) -> int:
    """Numbers that adaptive mean pooling reads."""
    found = node.op == "adaptive_avg_pool" or (node.op == "avg_pool" and node.axes == (1, 2))
    return _read(graph, node) if found else 0


def _rectified(graph: Graph, node: Node) -> int:
    """Numbers that a ReLU writes, as a module or as ``F.relu``; methods escape the tool."""
    found = node.op in ("relu", "relu6", "gelu", "elu", "prelu") and node.call != "method"
    return node.size if found else 0


def _pooled(graph: Graph, node: Node) -> int:
    """Numbers that a pool reads."""
    return _read(graph, node) if node.op in _POOLS else 0


def _again(graph: Graph, node: Node) -> int:
    """The module's hook counts it, and the function that the module calls counts it too."""
    twice = _rectified(graph, node) + _pooled(graph, node)
    return twice if node.call == "module" else 0


CONVENTIONS: Mapping[str, Convention] = MappingProxyType(
    {
        convention.name: convention
        for convention in (
            Convention(
                "torch",
                "multiply-adds of convolutions, linear layers and matrix products, one image",
                {"products": _products},
            ),
            Convention(
                "torchinfo",
                "as torchinfo counts: products, biases, and each parameter of other layers once",
                {"products": _products, "biases": _biases, "parameters of others": _parameters},
            ),
            Convention(
                "fvcore",
                "as fvcore counts: products, batch normalisation, adaptive mean pooling",
                {
                    "products": _products,
                    "batch normalisation": _scaled,
                    "adaptive pooling": _adaptive,
                },
            ),
            Convention(
                "ptflops",
                "as ptflops counts: products, biases, normalisation, ReLU and pooling, the last "
                "two twice where they are modules",
                {
                    "products": _products,
                    "biases": _biases,
                    "normalisation": _normalised,
                    "ReLU": _rectified,
                    "pooling": _pooled,
                    "ReLU and pooling again": _again,
                },
            ),
        )
    }
)
