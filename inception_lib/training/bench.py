"""How fast a network is on this machine, in inference and in training, and where the time goes."""

from __future__ import annotations

import time
import weakref
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from inception_lib.graph import TraceError, cost, trace
from inception_lib.graph.fuse import fuse
from inception_lib.graph.mode import in_mode

from .losses import TrainingLoss
from .outputs import logits_of
from .speed import peak_flops, training_flop
from .timing import Spread, interleave, spread

__all__ = ["BlockTime", "FormSpeed", "bench", "time_by_block"]


@dataclass(frozen=True)
class FormSpeed:
    """One form of a network, in inference or in training.

    Attributes
    ----------
    mode : str
        ``"inference"``, or ``"training"``: forward, loss of all heads, backward, one step of SGD.
    form : str
        ``"plain"``, ``"fused"`` or ``"compiled"``.
    images_per_second : Spread
        Over the rounds.
    mfu : float or None
        Share of the machine's peak: the median rate times the FLOP of the plain network (two a
        multiply-add), by what one large matrix product reaches. None where the FLOP is unknown.
    memory : int or None
        Most bytes at once beside the parameters. On a GPU as its allocator says; on a CPU all
        tensors that are alive, without the kernels' workspaces, and None of compiled code.
    """

    mode: str
    form: str
    images_per_second: Spread
    mfu: float | None
    memory: int | None


@dataclass(frozen=True)
class BlockTime:
    """One block's share of the time.

    Attributes
    ----------
    name : str
        Of the module; ``"(rest)"`` is what runs outside: the loss, and what no module holds.
    forward : Spread
        Milliseconds from the end of the block before to its own end.
    backward : Spread or None
        Milliseconds of its backward pass, in training.
    """

    name: str
    forward: Spread
    backward: Spread | None


def bench(
    network: nn.Module,
    size: int,
    *,
    batch: int = 4,
    device: torch.device | str = "cpu",
    rounds: int = 5,
    compiled: bool = False,
    training: bool = True,
    channels_last: bool = True,
) -> list[FormSpeed]:
    """Time a network plain, fused and, if asked for, compiled; the forms take turns.

    Parameters
    ----------
    network : nn.Module
        Left as it was, but on the device.
    size, batch : int
        Side of the images, and how many at once; they are noise.
    rounds : int
        Timed ones, after one that is thrown away.
    compiled : bool
        Compile it too, which takes minutes.
    training : bool
        Time training steps too.
    channels_last : bool
        How images and weights are stored, in all forms.

    Returns
    -------
    list of FormSpeed
        Inference first. Without the fused form where ``fuse`` cannot follow the network.
    """
    for name, value in (("size", size), ("batch", batch), ("rounds", rounds)):
        if value < 1:
            raise ValueError(f"{name} is {value}: give at least 1")
    device = torch.device(device)
    layout = torch.channels_last if channels_last else torch.contiguous_format
    network = network.to(device).to(memory_format=layout)
    images = torch.randn(batch, 3, size, size, device=device).contiguous(memory_format=layout)
    calls: dict[tuple[str, str], Callable[[], Any]] = {}
    with in_mode(network, False), torch.no_grad():
        classes = logits_of(network(images[:1])).shape[1]
    for form, made in _forms(network, False, compiled).items():
        calls["inference", form] = _inference(made, images)
    if training:
        labels = torch.arange(batch, device=device) % classes
        for form, made in _forms(network, True, compiled).items():
            calls["training", form] = _training(made.to(memory_format=layout), images, labels)
    wait = torch.cuda.synchronize if device.type == "cuda" else _nothing
    named = {" ".join(key): call for key, call in calls.items()}
    seconds = interleave(named, rounds, warmup=1, synchronize=wait)
    memory = {key: _most_bytes(call, device, key[1]) for key, call in calls.items()}
    flop, peak = _flop(network, size), peak_flops(str(device))
    found = []
    for mode, form in calls:
        rates = spread([batch / s for s in seconds[f"{mode} {form}"]])
        used = flop.get(mode)
        mfu = None if not used else rates.median * used / peak
        found.append(FormSpeed(mode, form, rates, mfu, memory[mode, form]))
    return found


def time_by_block(
    network: nn.Module,
    images: Tensor,
    *,
    train: bool = False,
    rounds: int = 3,
    loss: Callable[[Any], Tensor] | None = None,
) -> list[BlockTime]:
    """How long each block of a network takes, forward and, in training, backward.

    Blocks are the modules directly below the network (below its only child where it has one), in
    the order in which they run. What runs between two blocks counts to the later one.

    Parameters
    ----------
    network : nn.Module
        Its parameters' gradients are emptied; its mode is put back.
    images : Tensor
        N×C×H×W on its device.
    train : bool
        In training mode, with the backward pass.
    rounds : int
        Timed ones, after one that is thrown away.
    loss : callable, optional
        Scalar of the network's output; by default ``TrainingLoss`` of all heads, for labels 0.

    Returns
    -------
    list of BlockTime
        The last is ``"(rest)"``. Their medians add up to about one pass.
    """
    labels = torch.zeros(len(images), dtype=torch.int64, device=images.device)
    objective = loss or (lambda output: TrainingLoss()(output, labels))
    forward: dict[str, list[float]] = {}
    backward: dict[str, list[float]] = {}
    with in_mode(network, train):
        for turn in range(-1, rounds):
            ahead, back = _one_pass(network, images, objective if train else None)
            if turn >= 0:
                for all_, one in ((forward, ahead), (backward, back)):
                    for name, took in one.items():
                        all_.setdefault(name, []).append(1000 * took)
    network.zero_grad(set_to_none=True)
    names = [name for name in forward if name != REST] + [REST]
    return [
        BlockTime(name, spread(forward[name]), spread(backward.get(name, [0.0])) if train else None)
        for name in names
    ]


REST = "(rest)"


def _one_pass(
    network: nn.Module, images: Tensor, objective: Callable[[Any], Tensor] | None
) -> tuple[dict[str, float], dict[str, float]]:
    """Seconds of each block, forward and backward."""
    wait = torch.cuda.synchronize if images.device.type == "cuda" else _nothing

    def now() -> float:
        wait()
        return time.perf_counter()

    ends: list[tuple[str, float]] = []
    starts: list[tuple[str, float]] = []  # of backward passes

    def watch(name: str) -> Callable[..., None]:
        def hook(_: nn.Module, __: Any, output: Any) -> None:
            ends.append((name, now()))
            tensor = next((t for t in tree_leaves(output) if isinstance(t, Tensor)), None)
            if objective is not None and tensor is not None and tensor.requires_grad:
                tensor.register_hook(lambda _: starts.append((name, now())))

        return hook

    handles = [module.register_forward_hook(watch(name)) for name, module in _blocks(network)]
    try:
        begin = now()
        with torch.set_grad_enabled(objective is not None):
            output = network(images)
            over = now()
            forward = _between(begin, [(end, name) for name, end in ends], over)
            if objective is None:
                return forward, {}
            value = objective(output)
            lost = now() - over
            forward[REST] += lost
            begin = now()
            value.backward()
            done = now()
    finally:
        for handle in handles:
            handle.remove()
    # A block's backward pass begins when its output's gradient is there, and ends when that of
    # the block before is.
    backward: dict[str, float] = {REST: (starts[0][1] if starts else done) - begin}
    for (name, start), (_, end) in zip(starts, [*starts[1:], ("", done)], strict=True):
        backward[name] = backward.get(name, 0.0) + end - start
    return forward, backward


def _between(begin: float, ends: list[tuple[float, str]], over: float) -> dict[str, float]:
    found: dict[str, float] = {}
    for end, name in ends:
        found[name] = found.get(name, 0.0) + end - begin
        begin = end
    found[REST] = over - begin
    return found


def _blocks(network: nn.Module) -> list[tuple[str, nn.Module]]:
    prefix, children = "", list(network.named_children())
    while len(children) == 1 and list(children[0][1].children()):
        prefix += f"{children[0][0]}."
        children = list(children[0][1].named_children())
    return [(prefix + name, child) for name, child in children]


def _forms(network: nn.Module, train: bool, compiled: bool) -> dict[str, nn.Module]:
    forms: dict[str, nn.Module] = {"plain": network}
    with suppress(TraceError, ValueError):  # no form of its own: then there is none to time
        forms["fused"] = fuse(network, train=train)
    if compiled:
        forms["compiled"] = torch.compile(network)  # type: ignore[assignment]
    return forms


def _inference(network: nn.Module, images: Tensor) -> Callable[[], Any]:
    def call() -> Any:
        with in_mode(network, False), torch.inference_mode():
            return network(images)

    return call


def _training(network: nn.Module, images: Tensor, labels: Tensor) -> Callable[[], Any]:
    loss = TrainingLoss()
    parameters = [p for p in network.parameters() if p.requires_grad]
    # A rate of nothing: the arithmetic of a step, and weights that stay as they are.
    optimizer = torch.optim.SGD(parameters, lr=0.0)

    def call() -> Any:
        with in_mode(network, True):
            loss(network(images), labels).backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)

    return call


def _flop(network: nn.Module, size: int) -> Mapping[str, float]:
    """Of one image, by mode; nothing where the network cannot be traced."""
    try:
        return {
            "inference": 2 * cost(trace(network, size)).macs,
            "training": training_flop(network, size),
        }
    except TraceError:
        return {}


def _most_bytes(call: Callable[[], Any], device: torch.device, form: str) -> int | None:
    """Of one call that is not the first, beside what is there before it."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
        before = torch.cuda.memory_allocated(device)
        call()
        torch.cuda.synchronize(device)
        return torch.cuda.max_memory_allocated(device) - before
    if form == "compiled":
        return None
    with _LiveBytes() as live:
        call()
    return live.peak


class _LiveBytes(TorchDispatchMode):
    """Bytes of the storages that were made here and that somebody still holds."""

    def __init__(self) -> None:
        super().__init__()
        self._sizes: dict[int, int] = {}
        self.total = self.peak = 0

    def __torch_dispatch__(
        self, function: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        given = {self._key(t) for t in tree_leaves((args, kwargs)) if isinstance(t, Tensor)}
        out = function(*args, **(kwargs or {}))
        for tensor in tree_leaves(out):
            # What was given and not made here (weights, the images) was there before. oneDNN's
            # packed weights have no storage to be asked for: they are a copy of parameters.
            made = isinstance(tensor, Tensor) and tensor.layout == torch.strided
            if made and self._key(tensor) not in given:
                self._add(tensor.untyped_storage())
        return out

    @staticmethod
    def _key(tensor: Tensor) -> int:
        return tensor.untyped_storage()._cdata if tensor.layout == torch.strided else id(tensor)

    def _add(self, storage: Any) -> None:
        key = storage._cdata
        if key not in self._sizes:
            self._sizes[key] = storage.nbytes()
            self.total += storage.nbytes()
            self.peak = max(self.peak, self.total)
            weakref.finalize(storage, self._forget, key)

    def _forget(self, key: int) -> None:
        self.total -= self._sizes.pop(key)


def _nothing() -> None:
    """A CPU is done when a call returns."""
