"""The way round for networks whose forward ``torch.fx`` cannot follow: ``torch.export``.

Export runs the model's Python on tensors without values, so that branches on shapes are taken as
they fall at that size. It gives a graph of torch's own operations; the paths of the modules that
called them are kept beside, and with them the names that tracing by ``torch.fx`` would have given.
"""

from __future__ import annotations

import logging
from collections import Counter

import torch
from torch import Tensor, fx, nn

__all__ = ["export_trace"]


def export_trace(
    twin: nn.Module, images: Tensor
) -> tuple[fx.GraphModule, dict[str, str], dict[str, str], dict[str, str]]:
    """A graph of torch's operations for a model on the meta device.

    Parameters
    ----------
    twin : torch.nn.Module
        On the meta device, in the mode to be traced.
    images : Tensor
        N×C×H×W, on the meta device.

    Returns
    -------
    traced : torch.fx.GraphModule
    owners : dict of str to str
        By node of ``traced``: the path of the module whose forward called it.
    leaves : dict of str to str
        By node: the path of the module, where the node is all that the module does.
    outputs : dict of str to str
        By module: the node that makes its output.
    """
    log = logging.getLogger("torch.fx.experimental.symbolic_shapes")
    level = log.level
    log.setLevel(logging.CRITICAL)  # what fails is raised, and need not be logged besides
    try:
        traced = torch.export.export(twin, (images,), strict=False).module()
    finally:
        log.setLevel(level)
    for n in list(traced.graph.nodes):
        if n.op == "call_module":  # checks of the input that newer versions put in
            traced.graph.erase_node(n)
    owners: dict[str, str] = {}
    outputs: dict[str, str] = {}
    calls: dict[str, str] = {}  # node -> the call of a module that it belongs to
    operations = [n for n in traced.graph.nodes if n.op == "call_function"]
    for n in operations:
        stack = n.meta.get("nn_module_stack") or {}
        paths = [path for path, _ in stack.values()]
        owners[n.name] = paths[-1] if paths else ""
        calls[n.name] = next(reversed(stack), "")
        # The later wins; of the count of batches nobody reads the result.
        outputs |= {path: n.name for path in paths if path and n.users}
    alone = Counter(calls[n.name] for n in operations if n.users)
    leaves = {
        n.name: owners[n.name]
        for n in operations
        if alone[calls[n.name]] == 1 and n.users and _is_leaf(twin, owners[n.name])
    }
    return traced, owners, leaves, outputs


def _is_leaf(twin: nn.Module, path: str) -> bool:
    """Whether ``torch.fx`` would call the module rather than look into it."""
    module = twin.get_submodule(path)
    return not list(module.children()) and type(module).__module__.startswith("torch.nn")
