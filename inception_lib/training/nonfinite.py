"""What to do when a loss, a gradient or a weight is not finite."""

from __future__ import annotations

import torch

from .folder import RunFolder
from .guards import NonFiniteError
from .state import RunState

__all__ = ["non_finite_step", "non_finite_weights"]


def non_finite_step(run: RunState, folder: RunFolder, place: int) -> NonFiniteError:
    """The error of micro-batch ``place``, whose images are saved: ``nonfinite.pt``."""
    parts = run.recipe.accumulate
    rest, part = divmod(place, parts)
    step, rank = divmod(rest, run.world.size)
    saved = ""
    if run.world.rank == 0 and folder.path is not None:
        # Data is a function of the step: the batch is made again, not kept.
        batches = run.training_loader(rank).epoch(*divmod(step, run.loader.steps))
        batch = [next(batches) for _ in range(part + 1)][-1]
        path = folder.path / "nonfinite.pt"
        torch.save(
            {
                "step": step + 1,
                "indices": batch.indices.cpu(),
                "images": batch.images.cpu(),
                "labels": batch.labels.cpu(),
            },
            path,
        )
        saved = f"; its images are in {path}"
    return NonFiniteError(
        f"loss or gradient is not finite in step {step + 1:,} (epoch "
        f"{step // run.loader.steps + 1}, micro-batch {part + 1} of {parts} on process "
        f"{rank}){saved}. {_remedy(run, folder)}"
    )


def non_finite_weights(run: RunState, folder: RunFolder, name: str) -> NonFiniteError:
    """The error of a tensor that an update has spoilt, though the loss before it was finite."""
    return NonFiniteError(
        f"{name} is not finite after step {run.step:,}, though the loss was: nothing is saved of "
        f"it. {_remedy(run, folder)}"
    )


def _remedy(run: RunState, folder: RunFolder) -> str:
    recipe = run.recipe
    words = f"Lower the learning rate (lr was {recipe.lr:g}), lengthen warmup_epochs (was "
    words += f"{recipe.warmup_epochs:g}), or clip (clip_norm was {recipe.clip_norm:g})"
    if recipe.precision == "fp16":
        words += ", or use precision bf16"
    kept = folder.checkpoints.paths() if folder.checkpoints is not None else []
    if kept:
        words += f", in a new folder. The last good checkpoint is {kept[-1]}"
    return words
