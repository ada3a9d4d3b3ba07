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

Each tool has a rule for some operations and passes over the others, at its own level: torchinfo
sees modules, fvcore the operations of ``torch.jit.trace``, ptflops modules and the functions of
``torch.nn.functional`` that it replaces. What it does on an operation is told here where it was
tried against the tool; a graph with an operation of which it was not is refused, by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from .nodes import Graph, Node
from .ops import CONVOLUTIONS

__all__ = ["CONVENTIONS", "Convention", "count", "count_terms"]

Rule = Callable[[Graph, Node], int]
Doubt = Callable[[Graph, Node], bool]


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
    doubts : function
        Whether it is not known what the tool does on a node.
    """

    name: str
    words: str
    terms: Mapping[str, Rule]
    doubts: Doubt

    def of(self, graph: Graph, node: Node) -> int:
        """What one node counts."""
        return sum(rule(graph, node) for rule in self.terms.values())

    def check(self, graph: Graph) -> None:
        """Raise a ValueError if the tool's rule for some node is not known here."""
        for node in graph:
            if node.call and self.doubts(graph, node):
                raise ValueError(
                    f"how {self.name} counts {node.name} ({node.target}) is not known here: "
                    f'count by convention="torch", or run {self.name} itself'
                )


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
        If the convention is none of these, the graph is of the training mode, or it holds an
        operation for which the tool's rule is not known.
    """
    if graph.train:
        raise ValueError("the conventions describe evaluation: trace with train=False")
    chosen = find(convention)
    chosen.check(graph)
    return {name: sum(rule(graph, node) for node in graph) for name, rule in chosen.terms.items()}


def find(convention: str) -> Convention:
    """A convention by name."""
    if convention not in CONVENTIONS:
        raise ValueError(f"convention is {convention!r}: there are {', '.join(CONVENTIONS)}")
    return CONVENTIONS[convention]


_NORMS = ("batch_norm", "instance_norm", "group_norm", "layer_norm")


def _products(graph: Graph, node: Node) -> int:
    return node.macs


def _never(graph: Graph, node: Node) -> bool:
    return False


def _by_layer(node: Node) -> bool:
    """Whether a node is a convolution or linear layer, as a module of torch's."""
    known = node.op == "linear" or node.op in CONVOLUTIONS
    return known and node.call == "module" and node.target.startswith("torch.nn.modules.")


def _normed(node: Node) -> int:
    """Numbers that a normalisation writes."""
    return node.size if node.op in _NORMS else 0


# -- torchinfo: every parameter called a weight or a bias, by the cell for convolutions -----------


def _info_products(graph: Graph, node: Node) -> int:
    return (node.weights - node.biases) * _info_cells(node) if _by_layer(node) else 0


def _info_biases(graph: Graph, node: Node) -> int:
    return node.biases * _info_cells(node) if _by_layer(node) else 0


def _info_cells(node: Node) -> int:
    """Cells of a convolution's output; a linear layer counts once, however many it works on."""
    return node.size // node.shape[0] if node.op in CONVOLUTIONS else 1


def _info_others(graph: Graph, node: Node) -> int:
    """Each parameter once for a layer that is neither a convolution nor linear."""
    return node.weights if node.call == "module" and not _by_layer(node) else 0


def _info_doubts(graph: Graph, node: Node) -> bool:
    if node.target.startswith("aten."):
        return True
    if node.call == "module":
        return bool(node.macs or node.uncounted) and not _by_layer(node)
    # A parameter that a module reads by itself counts if it is the module's whole, a leaf of it.
    names = [p.rpartition(".")[2] for p in node.parents if graph[p].op == "parameter"]
    return any("weight" in name or "bias" in name for name in names)


# -- fvcore: the operations that torch.jit.trace finds ---------------------------------------------

_JIT_PRODUCTS = frozenset(["linear", "matmul", "mm", "bmm", *CONVOLUTIONS])
_JIT_PASSES = frozenset(["scaled_dot_product_attention"])  # without a rule there: counts nothing
_JIT_RESIZES = ("upsample", "interpolate", "grid_sample", "affine_grid")


def _jit_products(graph: Graph, node: Node) -> int:
    return node.macs if node.op in _JIT_PRODUCTS else 0


def _jit_norms(graph: Graph, node: Node) -> int:
    """Two a number with a scale, else one; those that measure their input five and four."""
    measured = 0 if node.op == "batch_norm" and node.buffers else 3
    return _normed(node) * (measured + (2 if node.weights else 1))


def _jit_adaptive(graph: Graph, node: Node) -> int:
    """Numbers that adaptive mean pooling reads."""
    found = node.op == "adaptive_avg_pool" or (node.op == "avg_pool" and node.axes == (1, 2))
    return graph[node.parents[0]].size if found else 0


def _jit_doubts(graph: Graph, node: Node) -> bool:
    # Of convolutions whose padding is a word the tool counts nothing.
    if node.op.startswith(_JIT_RESIZES) or node.uncounted or "padding" in node.target:
        return True
    if node.op in ("matmul", "mm") and _by_vector(graph, node):
        return True
    if node.op in _NORMS and node.call == "function" and not node.target.startswith("aten."):
        return any(graph[parent].op == "parameter" for parent in node.parents)
    return bool(node.macs) and node.op not in _JIT_PRODUCTS | _JIT_PASSES


def _by_vector(graph: Graph, node: Node) -> bool:
    """Whether a tensor is multiplied by something that is, or may be, a single vector."""
    return len(graph[node.parents[-1]].shape) < 2


# -- ptflops: modules of known classes, and functions of torch.nn.functional ----------------------

_AXES = ("1d", "2d", "3d")
_POOLS = frozenset(
    f"{kind}{axes}"
    for kind in ("MaxPool", "AvgPool", "AdaptiveMaxPool", "AdaptiveAvgPool")
    for axes in _AXES
)
_HOOKED = frozenset(["ReLU", "PReLU", "ELU", "LeakyReLU", "ReLU6", "GELU"])
# Modules whose forward calls a function that is counted: beside the module's own hook, if any.
_CALLS = frozenset(["ReLU", "PReLU", "ELU", "GELU", "SiLU", "Softmax", "Softmax2d"])
_COUNTED = frozenset(
    [
        *(f"torch.nn.functional.{name}" for name in ("relu", "elu", "relu6", "silu", "softmax")),
        "torch._C._nn.gelu",
        *(f"torch._C._nn.avg_pool{axes}" for axes in ("2d", "3d")),
        *(f"torch.nn.functional.max_pool{axes}" for axes in _AXES),
        *(f"torch.nn.functional.adaptive_max_pool{axes}" for axes in _AXES),
        *(f"torch.nn.functional.adaptive_avg_pool{axes}" for axes in ("2d", "3d")),
    ]
)
# Functions of two names (``F.prelu`` is ``torch.prelu``), of which the tool sees only one.
_TWO_NAMES = frozenset(["torch.prelu", "torch.avg_pool1d", "torch.adaptive_avg_pool1d"])
_MULTIPLIED = frozenset(
    [f"torch.{home}{name}" for home in ("", "Tensor.") for name in ("matmul", "mm", "bmm")]
)
_ELEMENTWISE = frozenset([f"torch.{home}{k}" for home in ("", "Tensor.") for k in ("add", "mul")])
_SCALED = frozenset(
    [f"{kind}Norm{axes}" for kind in ("Batch", "Instance") for axes in _AXES] + ["GroupNorm"]
)
# Of torch's modules, those that are neither here nor above are tried by the tests: nothing counts.
_PASSED = frozenset(
    [
        *("Identity", "Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "AlphaDropout"),
        *("Flatten", "Unflatten", "ZeroPad2d", "ReflectionPad2d", "ReplicationPad2d"),
        *("ConstantPad2d", "PixelShuffle", "PixelUnshuffle", "ChannelShuffle"),
        *("Sigmoid", "Tanh", "Hardswish", "Hardsigmoid", "Hardtanh", "Softplus", "Mish"),
        *("SELU", "CELU", "Softsign", "LogSoftmax"),
    ]
)


def _kind(node: Node) -> str:
    """The class of a module of torch's; empty for another's, and for functions."""
    home, _, kind = node.target.rpartition(".")
    return kind if node.call == "module" and home.startswith("torch.nn.modules.") else ""


def _read(graph: Graph, node: Node) -> int:
    return graph[node.parents[0]].size


def _flops_products(graph: Graph, node: Node) -> int:
    """Layers, and products called by name: not those of ``@`` and of functional layers."""
    return node.macs if _by_layer(node) or node.target in _MULTIPLIED else 0


def _flops_biases(graph: Graph, node: Node) -> int:
    """One an output, of layers that have a bias."""
    return node.size if _by_layer(node) and node.biases else 0


def _flops_norms(graph: Graph, node: Node) -> int:
    """Two a number with a scale, else one; one for layer normalisation."""
    kind = _kind(node)
    scaled = kind in _SCALED and node.weights
    return _read(graph, node) * (2 if scaled else 1) if kind in _SCALED | {"LayerNorm"} else 0


def _flops_rectified(graph: Graph, node: Node) -> int:
    """Numbers that a ReLU (or its like) writes, as a module or by name; methods escape the tool."""
    pool = "pool" in node.target
    return node.size if _kind(node) in _HOOKED or (node.target in _COUNTED and not pool) else 0


def _flops_pooled(graph: Graph, node: Node) -> int:
    """Numbers that a pool reads."""
    pool = "pool" in node.target
    return _read(graph, node) if _kind(node) in _POOLS or (node.target in _COUNTED and pool) else 0


def _flops_again(graph: Graph, node: Node) -> int:
    """The module's hook counts it, and the function that the module calls counts it too."""
    return _read(graph, node) if _kind(node) in _CALLS | _POOLS else 0


def _flops_elementwise(graph: Graph, node: Node) -> int:
    """Sums and products called by name, not by ``+`` and ``*``."""
    return node.size if node.target in _ELEMENTWISE else 0


def _flops_doubts(graph: Graph, node: Node) -> bool:
    if node.target.startswith("aten.") or node.uncounted:
        return True
    if node.call == "module":
        tried = _HOOKED | _CALLS | _POOLS | _SCALED | _PASSED | {"LayerNorm"}
        return not _by_layer(node) and _kind(node) not in tried
    if node.target in _TWO_NAMES or node.op in ("interpolate", "upsample", "addmm", "baddbmm"):
        return True
    if node.target in _MULTIPLIED:
        return _by_vector(graph, node)
    # A function of someone's own may call what the tool counts.
    return bool(node.macs) and not node.target.startswith(("torch.", "_operator."))


CONVENTIONS: Mapping[str, Convention] = MappingProxyType(
    {
        convention.name: convention
        for convention in (
            Convention(
                "torch",
                "multiply-adds of convolutions, linear layers and matrix products, one image",
                {"products": _products},
                _never,
            ),
            Convention(
                "torchinfo",
                "as torchinfo counts: products, biases, and each parameter of other layers once",
                {
                    "products": _info_products,
                    "biases": _info_biases,
                    "parameters of others": _info_others,
                },
                _info_doubts,
            ),
            Convention(
                "fvcore",
                "as fvcore counts: products, normalisation, adaptive mean pooling",
                {
                    "products": _jit_products,
                    "batch normalisation": _jit_norms,
                    "adaptive pooling": _jit_adaptive,
                },
                _jit_doubts,
            ),
            Convention(
                "ptflops",
                "as ptflops counts: products, biases, normalisation, ReLU and pooling, the last "
                "two twice where they are modules",
                {
                    "products": _flops_products,
                    "biases": _flops_biases,
                    "normalisation": _flops_norms,
                    "ReLU": _flops_rectified,
                    "pooling": _flops_pooled,
                    "ReLU and pooling again": _flops_again,
                    "elementwise": _flops_elementwise,
                },
                _flops_doubts,
            ),
        )
    }
)
