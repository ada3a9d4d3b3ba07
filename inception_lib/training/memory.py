"""What to do when a training step does not fit into memory."""

from __future__ import annotations

import math

import torch

from .guards import TooLittleMemory, largest_that_fits
from .state import RunState

__all__ = ["too_little_memory"]


def too_little_memory(run: RunState, reason: str) -> TooLittleMemory:
    """The error that says which batch fits, found by trying smaller ones on this device."""
    recipe, device = run.recipe, run.world.device
    micro = run.loader.micro
    run.optimizer.zero_grad()
    if device.type == "cuda":
        torch.cuda.empty_cache()

    def step(images: int) -> None:
        run.optimizer.zero_grad()
        run.train_mode()
        layout = torch.channels_last if recipe.channels_last else torch.contiguous_format
        shape = (images, 3, recipe.size, recipe.size)
        with run.autocast():
            loss = run.objective(
                torch.zeros(shape, device=device).contiguous(memory_format=layout),
                torch.zeros(images, dtype=torch.int64, device=device),
            )
        loss.backward()
        run.optimizer.step()

    fits = largest_that_fits(step, micro)
    said = f"{micro} images of {recipe.size}×{recipe.size} do not fit into memory ({reason})"
    if not fits:
        return TooLittleMemory(f"{said}, nor do 2: take smaller images or a smaller network")
    share = recipe.batch // run.world.size
    least = math.ceil(share / fits)
    parts = next(d for d in range(least, share + 1) if share % d == 0)
    return TooLittleMemory(
        f"{said}; {fits} were tried and do: keep the batch of {recipe.batch} with "
        f"accumulate={parts}, or use batch={fits * run.world.size}"
    )
