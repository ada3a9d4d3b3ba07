"""One process, or many that ``torchrun`` started: rank, world size, collective operations."""

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

__all__ = ["DeviceError", "World", "pick_device", "process_group"]

TIMEOUT = timedelta(minutes=60)  # the others wait while rank 0 writes


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
    _gloo: Any = field(default=None, repr=False)  # a group for objects, which needs no GPU

    def data_parallel(self, objective: nn.Module) -> nn.Module:
        """``objective`` in DistributedDataParallel, which averages gradients over the processes.

        Buffers are left apart: only the statistics of rank 0 are ever saved or evaluated.
        """
        if self.size == 1:
            return objective
        options: dict[str, Any] = {"gradient_as_bucket_view": True, _BUFFERS: False}
        if self.device.type == "cuda":
            options["device_ids"] = [self.device.index]
        return DistributedDataParallel(objective, **options)

    def convert_sync_batchnorm(self, network: nn.Module) -> nn.Module:
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

    def no_sync(self, module: nn.Module, unless: bool) -> AbstractContextManager[Any]:
        """The context of a micro-batch: gradients are reduced in the last alone (``unless``)."""
        if isinstance(module, DistributedDataParallel) and not unless:
            return module.no_sync()
        return nullcontext()

    def all_reduce_mean(self, value: Tensor) -> Tensor:
        """The mean of ``value`` over the processes, without waiting for the device."""
        if self.size > 1:
            value = value.clone()
            dist.all_reduce(value)
            value /= self.size
        return value

    def all_reduce_min(self, value: int) -> int:
        """The smallest of the processes' numbers; the GPU is not waited for."""
        if self.size == 1:
            return value
        number = torch.tensor(value)
        dist.all_reduce(number, dist.ReduceOp.MIN, group=self._gloo)
        return int(number)

    def all_reduce_any(self, flag: bool) -> bool:
        """Whether the flag is set on any process; the GPU is not waited for."""
        return self.all_reduce_min(-int(flag)) < 0

    def gather_object(self, value: Any) -> list[Any]:
        """The objects of all processes by rank, on rank 0; an empty list on the others."""
        if self.size == 1:
            return [value]
        objects = [None] * self.size if self.rank == 0 else None
        dist.gather_object(value, objects, dst=0, group=self._gloo)
        return objects or []

    def broadcast_buffers(self, module: nn.Module) -> None:
        """Give all processes the batch-normalisation statistics of rank 0."""
        if self.size > 1:
            for buffer in module.buffers():
                dist.broadcast(buffer, src=0)

    def broadcast_object(self, value: Any) -> Any:
        """The object of rank 0; the others wait for it."""
        if self.size == 1:
            return value
        objects = [value]
        dist.broadcast_object_list(objects, src=0, group=self._gloo)
        return objects[0]


def _rendezvous() -> tuple[dist.Store, int, int]:
    """Where the processes of this attempt find one another; this one's rank; their number.

    torchrun's store outlives its restarts, and in it the addresses of processes that are gone
    (pytorch#135712). On one machine the attempts are told apart by their count; on several each
    has a count of its own: there set TORCH_DISABLE_SHARE_RDZV_TCP_STORE=1.
    """
    store, rank, size = next(dist.rendezvous("env://", timeout=TIMEOUT))
    if os.environ.get("GROUP_WORLD_SIZE") == "1":
        attempt = os.environ.get("TORCHELASTIC_RESTART_COUNT", "0")
        store = dist.PrefixStore(f"attempt {attempt}", store)
    return store, rank, size


@contextmanager
def process_group(device: str | None = None) -> Iterator[World]:
    """The group of the processes that ``torchrun`` started, by NCCL on GPUs and gloo on CPUs.

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
        store, rank, size = _rendezvous()
        dist.init_process_group(backend, store=store, rank=rank, world_size=size, timeout=TIMEOUT)
    gloo = dist.new_group(backend="gloo", timeout=TIMEOUT)
    leave = ours
    try:
        yield World(mine, dist.get_rank(), dist.get_world_size(), gloo)
    except Exception:
        leave = False  # the others may wait in an exchange: to wait for them would hang
        raise
    finally:
        if leave:
            dist.destroy_process_group()
