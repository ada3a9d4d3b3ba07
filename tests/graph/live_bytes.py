"""Measurements that know nothing of the library: what torch's operations hold and move."""

import weakref

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


def tensors(*trees):
    return [t for t in tree_leaves(trees) if isinstance(t, torch.Tensor)]


class LiveBytes(TorchDispatchMode):
    """Bytes of the storages that were made here and that somebody still holds.

    Storages of ``ignored`` tensors (parameters, buffers) do not count.
    """

    def __init__(self, ignored=()):
        super().__init__()
        self.ignored = list(ignored)
        self._ids = {t.untyped_storage()._cdata for t in self.ignored}
        self._live = {}
        self.total = self.peak = 0

    def watch(self, tensor):
        storage = tensor.untyped_storage()
        key = storage._cdata
        if key in self._live or key in self._ids:
            return
        self._live[key] = storage.nbytes()
        self.total += storage.nbytes()
        self.peak = max(self.peak, self.total)
        weakref.finalize(storage, self._forget, key)

    def _forget(self, key):
        self.total -= self._live.pop(key)

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        out = function(*args, **(kwargs or {}))
        for tensor in tensors(out):
            self.watch(tensor)
        return out


class MovedBytes(TorchDispatchMode):
    """Bytes of each operation's operands and results, once each; views move nothing."""

    def __init__(self):
        super().__init__()
        self.by_op = {}

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        given = tensors(args, kwargs)
        out = function(*args, **(kwargs or {}))
        if not function.is_view and "detach" not in function.__name__:
            unique = {id(t): t for t in given}
            moved = sum(t.numel() * t.element_size() for t in [*unique.values(), *tensors(out)])
            name = function.overloadpacket.__name__
            self.by_op[name] = self.by_op.get(name, 0) + moved
        return out


def run_freeing(traced, image):
    """Run a ``torch.fx`` graph node by node; each value is let go once nothing needs it.

    ``image`` is a list of one tensor, which is emptied, so that nobody holds the image.
    """
    values = {}
    last = {parent: n for n in traced.graph.nodes for parent in n.all_input_nodes}
    modules = dict(traced.named_modules())
    for n in traced.graph.nodes:
        if n.op == "placeholder":
            values[n] = image.pop()
        elif n.op == "get_attr":
            owner, _, leaf = n.target.rpartition(".")
            values[n] = getattr(modules[owner], leaf)
        elif n.op != "output":
            args, kwargs = torch.fx.node.map_arg((n.args, n.kwargs), values.get)
            if n.op == "call_module":
                values[n] = modules[n.target](*args, **kwargs)
            elif n.op == "call_method":
                values[n] = getattr(args[0], n.target)(*args[1:], **kwargs)
            else:
                values[n] = n.target(*args, **kwargs)
            del args, kwargs
        for parent in n.all_input_nodes:
            if last[parent] is n and n.op != "output":
                del values[parent]
