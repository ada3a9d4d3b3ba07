"""Which values a node really reads, where memory is written over in place.

``y = x[:, 1:]; y += z`` changes ``x`` too: who reads ``x`` afterwards reads ``z``, and no edge of
the traced graph says so.
"""

from __future__ import annotations

from .in_place import HANDS_BACK
from .nodes import Graph, Node
from .ops import is_pointwise

__all__ = ["values_read"]


def values_read(graph: Graph) -> tuple[dict[str, tuple[str, ...]], dict[str, str]]:
    """The parents of each node by the values that they hold when it runs.

    Returns
    -------
    parents : dict of str to tuple of str
        A tensor that was written over as a whole is replaced by the node that did so.
    stale : dict of str to str
        Nodes that read a tensor of which a part, or another view, was written over with values
        from elsewhere: what they read is not in the graph. The sentence says which.
    """
    images: set[str] = {graph.input.name}
    plain: set[str] = set()  # nodes that hold all numbers of their memory, in order
    sharing: dict[str, list[str]] = {}
    now: dict[str, str] = {}
    lost: dict[str, str] = {}
    parents: dict[str, tuple[str, ...]] = {}
    stale: dict[str, str] = {}
    for node in graph:
        parents[node.name] = tuple(now.get(p, p) for p in node.parents)
        reason = next((lost[p] for p in node.parents if p in lost), None)
        if reason is not None:
            stale[node.name] = reason
        if any(p in images for p in parents[node.name]):
            images.add(node.name)
        if not node.memory:
            continue
        before = sharing.setdefault(node.memory, [])
        if node.rewrites:
            _write(graph, node, before, images, plain, now, lost)
        same = node.name == node.memory or (
            (node.op in HANDS_BACK or node.rewrites)
            and any(p in plain for p in node.parents if graph[p].memory == node.memory)
        )
        if same:
            plain.add(node.name)
        before.append(node.name)
    return parents, stale


def _write(
    graph: Graph,
    node: Node,
    before: list[str],
    images: set[str],
    plain: set[str],
    now: dict[str, str],
    lost: dict[str, str],
) -> None:
    """Note what a node that writes over memory does to all that lie there."""
    target = next((p for p in node.parents if graph[p].memory == node.memory), None)
    if target is None:
        return
    others = [p for p in node.parents if p in images and now.get(p, p) != now.get(target, target)]
    # Each number made of itself alone: what the other views see stays what it was.
    alone = is_pointwise(node.op) and not others
    for name in before:
        same = now.get(name, name) == now.get(target, target)
        if same or (name in plain and target in plain):
            now[name] = node.name
        elif not alone:
            lost[name] = f"a part of {name} is written over by {node.name} ({node.op})"
