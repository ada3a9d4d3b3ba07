"""How deep a network is, by rules that are stated, and the hunt for the paper's "42 layers".

Papers count by rules of their own. GoogLeNet's says 22 layers "when counting only layers with
parameters", 27 with pools; the longest path gives both. Section 6 of our paper says 42 and gives
no rule.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from types import MappingProxyType

from .nodes import Graph, Node
from .ops import POINTWISE

__all__ = ["RULES", "DepthRow", "Rule", "depth", "depth_table", "every_rule"]


@dataclass(frozen=True)
class Rule:
    """What counts as a layer, and along which path.

    Attributes
    ----------
    longest : bool
        Count along the longest path from the image to the logits; otherwise along the shortest.
    pools : bool
        Whether pools count one each, beside convolutions and fully connected layers.
    pairs : bool
        Whether a 1×n and the n×1 that reads it (or the reverse) count one together, as the n×n
        that they stand for.
    module : int or None
        Layers that each Inception module and grid reduction counts; None counts inside them.
    linear : bool
        Whether fully connected layers count.
    """

    longest: bool = True
    pools: bool = False
    pairs: bool = False
    module: int | None = None
    linear: bool = True

    def __str__(self) -> str:
        parts = [f"{'longest' if self.longest else 'shortest'} path"]
        if self.module is not None:
            parts.append(f"{self.module} a module")
        if self.pairs:
            parts.append("1×n with n×1 as one")
        if self.pools:
            parts.append("pools counted")
        if not self.linear:
            parts.append("fully connected layers not counted")
        return ", ".join(parts)


RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "longest": Rule(),
        "longest_pools": Rule(pools=True),
        "pairs": Rule(pairs=True),
        "pairs_pools": Rule(pairs=True, pools=True),
        "module_1": Rule(module=1),
        "module_2": Rule(module=2),
        "module_3": Rule(module=3),
        "module_2_pools": Rule(module=2, pools=True),
        "module_3_pools": Rule(module=3, pools=True),
        "shortest": Rule(longest=False),
        "shortest_pools": Rule(longest=False, pools=True),
    }
)

_POOLS = frozenset(["max_pool", "avg_pool", "adaptive_max_pool", "adaptive_avg_pool"])


def every_rule() -> tuple[Rule, ...]:
    """All combinations of a rule's settings, with modules as 1 to 4 layers or counted inside."""
    flags = (False, True)
    return tuple(
        Rule(longest, pools, pairs, module, linear)
        for longest, pools, pairs, module, linear in product(
            flags, flags, flags, (None, 1, 2, 3, 4), flags
        )
        # Nothing is left of these two settings where modules are not looked into.
        if module is None or (longest and not pairs)
    )


def depth(graph: Graph, rule: Rule | str = "longest") -> int:
    """The number of layers from the image to the logits.

    Parameters
    ----------
    graph : Graph
        From ``trace``; ``depth(trace(inception_v3(), 299))`` is 48.
    rule : Rule or str
        What counts; a string is a key of ``RULES``.

    Raises
    ------
    ValueError
        If no rule has that name.
    """
    if isinstance(rule, str):
        if rule not in RULES:
            raise ValueError(f"no rule is called {rule!r}: known are {', '.join(RULES)}")
        rule = RULES[rule]
    insides = _module_nodes(graph) if rule.module is not None else {}
    seconds = _second_of_pairs(graph) if rule.pairs else frozenset[str]()
    farthest = max if rule.longest else min
    depths: dict[str, int] = {}
    for node in graph:
        if node.op == "parameter":
            continue
        before = [depths[parent] for parent in node.parents if parent in depths]
        if node.name in insides:
            own = (rule.module or 0) if insides[node.name] else 0
        else:
            own = 0 if node.name in seconds else _own(node, rule)
        depths[node.name] = farthest(before, default=0) + own
    return depths[graph.outputs[0]]


def _own(node: Node, rule: Rule) -> int:
    if node.op in _POOLS:
        return int(rule.pools and node.kernel != (1, 1))  # a pool of one cell is none
    return int(node.op == "conv" or (node.op == "linear" and rule.linear))


def _module_nodes(graph: Graph) -> dict[str, bool]:
    """The nodes inside outermost modules of branches; True for the one that makes the output."""
    ends = {
        path: name
        for path, name in graph.containers.items()
        if path and graph[name].op == "concat" and _has_weights(graph, path)
    }
    outermost = [path for path in ends if not any(path.startswith(f"{other}.") for other in ends)]
    return {
        node.name: node.name == ends[path]
        for path in outermost
        for node in graph
        if node.name.startswith(f"{path}.")
    }


def _has_weights(graph: Graph, path: str) -> bool:
    return any(node.op == "conv" and node.name.startswith(f"{path}.") for node in graph)


def _second_of_pairs(graph: Graph) -> frozenset[str]:
    """Convolutions 1×n or n×1 that complete the one before them to n×n."""
    seconds: set[str] = set()
    for node in graph:
        if node.op != "conv" or node.kernel[0] == node.kernel[1]:
            continue
        before = graph[node.parents[0]]
        while before.op in POINTWISE and len(before.parents) == 1:
            before = graph[before.parents[0]]
        if before.kernel == node.kernel[::-1] and before.name not in seconds:
            seconds.add(node.name)
    return frozenset(seconds)


@dataclass(frozen=True)
class DepthRow:
    """The depths of one network.

    Attributes
    ----------
    network : str
        The name that it was given.
    depths : mapping of str to int
        By the name of the rule.
    """

    network: str
    depths: Mapping[str, int]


def depth_table(graphs: Mapping[str, Graph]) -> tuple[DepthRow, ...]:
    """The depth of several networks by each of ``RULES``.

    Parameters
    ----------
    graphs : mapping of str to Graph
        From ``trace``, by the name that the row is to have.
    """
    return tuple(
        DepthRow(name, MappingProxyType({rule: depth(graph, rule) for rule in RULES}))
        for name, graph in graphs.items()
    )
