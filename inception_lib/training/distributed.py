"""One process, or many that ``torchrun`` started: who am I, and what do the others say?"""

from __future__ import annotations

import inspect
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

__all__ = ["DeviceError", "World", "joined", "pick_device"]

PATIENCE = timedelta(minutes=60)  # the others wait while the first process evaluates


# PyTorch's name of the same switch, old and new.
_KNOWN = inspect.signature(DistributedDataParallel.__init__).parameters
_BUFFERS = "forward_sync_buffers" if "forward_sync_buffers" in _KNOWN else "broadcast_buffers"


class DeviceError(RuntimeError):
    """A device that is not there, or that cannot do what was asked."""


def pick_device(wanted: str | None, local_rank: int = 0) -> torch.device:
    """The device of a process: as wanted, else its own GPU, else the CPU.

    Raises
    ------
    DeviceError
        If the wanted GPU is not there, or the name is none of a device.
    """
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    try:
        device = torch.device(wanted or ("cuda" if count else "cpu"))
    except RuntimeError as error:
        raise DeviceError(
            f"device is {wanted!r}, which PyTorch does not know: give cpu, cuda or cuda:1"
        ) from error
    if device.type == "cuda":
        device = torch.device("cuda", local_rank if device.index is None else device.index)
        if device.index >= count:
            raise DeviceError(
                f"device is {str(device)!r}, and PyTorch {torch.__version__} sees {count} GPUs "
                "here: use device='cpu', start fewer processes, or install a driver and a build "
                "of PyTorch that know the GPU"
            )
    return device


@dataclass(frozen=True)
class World:
    """The processes that train together; one alone unless ``torchrun`` started more.

    Attributes
    ----------
    device : torch.device
        That of this process.
    rank, size : int
        This process's number, and how many there are. Only rank 0 writes files.
    """

    device: torch.device
    rank: int = 0
    size: int = 1
    _words: Any = field(default=None, repr=False)  # a group that speaks without the GPU

    @property
    def first(self) -> bool:
        """Whether this is the process that writes."""
        return self.rank == 0

    def wrap(self, objective: nn.Module) -> nn.Module:
        """Let the gradients of all processes be averaged while they are computed.

        Buffers are left apart: only the first process's statistics are ever saved or evaluated.
        """
        if self.size == 1:
            return objective
        options: dict[str, Any] = {"gradient_as_bucket_view": True, _BUFFERS: False}
        if self.device.type == "cuda":
            options["device_ids"] = [self.device.index]
        return DistributedDataParallel(objective, **options)

    def synchronized(self, network: nn.Module) -> nn.Module:
        """``network`` with batch normalisation over the images of all processes.

        Raises
        ------
        DeviceError
            On the CPU, where PyTorch has none.
        """
        if self.size == 1:
            return network
        if self.device.type != "cuda":
            raise DeviceError(
                "sync_bn is True on the CPU, and SyncBatchNorm works on GPUs alone: use "
                "sync_bn=False (each process then normalises its own images)"
            )
        return nn.SyncBatchNorm.convert_sync_batchnorm(network)

    def apart(self, module: nn.Module, last: bool) -> AbstractContextManager[Any]:
        """The context of a micro-batch: gradients are exchanged after the last one alone."""
        if isinstance(module, DistributedDataParallel) and not last:
            return module.no_sync()
        return nullcontext()

    def mean(self, value: Tensor) -> Tensor:
        """The mean of ``value`` over the processes, without waiting for the device."""
        if self.size > 1:
            value = value.clone()
            dist.all_reduce(value)
            value /= self.size
        return value

    def least(self, value: int) -> int:
        """The smallest of the processes' numbers."""
        if self.size == 1:
            return value
        number = torch.tensor(value)
        dist.all_reduce(number, dist.ReduceOp.MIN, group=self._words)
        return int(number)

    def any(self, flag: bool) -> bool:
        """Whether any process says yes. All must ask; the GPU is not waited for."""
        return self.least(-int(flag)) < 0

    def gather(self, value: Any) -> list[Any]:
        """What every process says, by rank; for the first process alone, the others get nothing."""
        if self.size == 1:
            return [value]
        said = [None] * self.size if self.first else None
        dist.gather_object(value, said, dst=0, group=self._words)
        return said or []

    def share_buffers(self, module: nn.Module) -> None:
        """Give all processes the first one's batch-normalisation statistics."""
        if self.size > 1:
            for buffer in module.buffers():
                dist.broadcast(buffer, src=0)

    def tell(self, value: Any) -> Any:
        """What the first process says; the others wait for it."""
        if self.size == 1:
            return value
        said = [value]
        dist.broadcast_object_list(said, src=0, group=self._words)
        return said[0]


def _meeting_place() -> tuple[dist.Store, int, int]:
    """Where the processes of this attempt find one another; this one's rank; their number.

    torchrun's store outlives its restarts, and in it the addresses of processes that are gone
    (pytorch#135712). On one machine the attempts are told apart by their count; on several each
    has a count of its own: there set TORCH_DISABLE_SHARE_RDZV_TCP_STORE=1.
    """
    store, rank, size = next(dist.rendezvous("env://", timeout=PATIENCE))
    if os.environ.get("GROUP_WORLD_SIZE") == "1":
        attempt = os.environ.get("TORCHELASTIC_RESTART_COUNT", "0")
        store = dist.PrefixStore(f"attempt {attempt}", store)
    return store, rank, size


@contextmanager
def joined(device: str | None = None) -> Iterator[World]:
    """Join the processes that ``torchrun`` started, with NCCL on GPUs and gloo on CPUs.

    A group that the caller has set up already is used and left alone.
    """
    local = int(os.environ.get("LOCAL_RANK", 0))
    ours = not dist.is_initialized() and int(os.environ.get("WORLD_SIZE", 1)) > 1
    if not ours and not dist.is_initialized():
        yield World(pick_device(device))
        return
    mine = pick_device(device, local)
    if mine.type == "cuda":
        torch.cuda.set_device(mine)
    if ours:
        backend = "nccl" if mine.type == "cuda" else "gloo"
        store, rank, size = _meeting_place()
        dist.init_process_group(backend, store=store, rank=rank, world_size=size, timeout=PATIENCE)
    words = dist.new_group(backend="gloo", timeout=PATIENCE)
    leave = ours
    try:
        yield World(mine, dist.get_rank(), dist.get_world_size(), words)
    except Exception:
        leave = False  # the others may wait in an exchange: to wait for them would hang
        raise
    finally:
        if leave:
            dist.destroy_process_group()
