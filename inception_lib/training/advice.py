"""What a recipe will not do, in words: constants of a long run seldom suit a short one."""

from __future__ import annotations

from .average import decay_at, horizon
from .recipe import Recipe

__all__ = ["advice", "describe_average"]


def describe_average(decay: float, steps_per_epoch: int) -> str:
    """What a decay means: "0.9999 averages about the last 10,000 steps (12.5 epochs)"."""
    if decay == 0:
        return "0 averages nothing: the network of the last step"
    steps = horizon(decay)
    epochs = steps / steps_per_epoch
    return f"{decay:g} averages about the last {steps:,.0f} steps ({epochs:.3g} epochs)"


def advice(recipe: Recipe, steps_per_epoch: int, world: int = 1) -> list[str]:
    """See ``Recipe.advice``."""
    if steps_per_epoch < 1:
        raise ValueError(f"steps_per_epoch is {steps_per_epoch}: an epoch has at least one step")
    steps = steps_per_epoch * recipe.epochs
    found = []
    if recipe.average and horizon(recipe.average) > steps / 2:
        most = max(0.0, 1 - 10 / steps)
        warmed = horizon(decay_at(recipe.average, steps))
        found.append(
            f"average {describe_average(recipe.average, steps_per_epoch)}, the run has {steps:,}: "
            f"the warm-up alone decides, and averages the last {warmed:,.0f}; "
            + (f"use at most {most:.4g} (a tenth of the run), or 0" if most else "use 0")
        )
    if (
        recipe.schedule == "staircase"
        and recipe.decay_rate ** (recipe.epochs / recipe.decay_epochs) > 0.5
    ):
        found.append(
            f"staircase ×{recipe.decay_rate:g} every {recipe.decay_epochs:g} epochs hardly lowers "
            f"the rate in {recipe.epochs} epochs: use cosine, triangle or shorter stairs"
        )
    micro = recipe.batch / recipe.accumulate / world
    if micro < 16 and not (recipe.freeze_bn or (recipe.sync_bn and micro * world >= 16)):
        found.append(
            f"batch {recipe.batch} in {recipe.accumulate} micro-batches on {world} processes "
            f"leaves {micro:g} images to a batch normalisation: use accumulate "
            f"{max(1, recipe.batch // (32 * world))}, a larger batch, sync_bn or freeze_bn"
        )
    if recipe.label_smoothing == 1:
        found.append(
            "label_smoothing 1: every target is the prior, whatever the label, and nothing is "
            "learnt; use 0.1, as section 7 does"
        )
    if recipe.aux and recipe.aux_weight == 0:
        found.append(
            "aux_weight 0: the auxiliary head costs time and learns nothing; use aux False"
        )
    if not recipe.weights and recipe.train_only:
        found.append(
            f"train_only {recipe.train_only} without weights: the rest stays random; give weights"
        )
    if not recipe.weights and recipe.freeze_bn:
        found.append(
            "freeze_bn without weights: batch normalisation keeps its initial statistics, mean 0 "
            "and variance 1, and normalises nothing; give weights, or freeze_bn False"
        )
    if recipe.optimizer == "adamw" and recipe.eps > 1e-3:
        found.append(f"eps {recipe.eps:g} makes adamw nearly momentum SGD: use 1e-8")
    return found
