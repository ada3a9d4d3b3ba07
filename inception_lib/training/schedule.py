"""The learning rate as a function of the step, so that a run resumed anywhere goes on exactly."""

from __future__ import annotations

import math

from .recipes import Recipe

__all__ = ["learning_rate"]


def learning_rate(recipe: Recipe, step: int, steps_per_epoch: int) -> float:
    """The rate of one step, the first being 0.

    The recipe's ``lr`` is the highest. During ``warmup_epochs`` the rate rises in a line; then

    - staircase: × ``decay_rate`` every ``decay_epochs``, counted from the start (section 8: 0.94,
      two epochs; at 801 steps an epoch the last of 80,100 steps has 0.00217);
    - cosine: half a cosine down to nothing;
    - triangle: a line down to nothing;
    - constant.

    Raises
    ------
    ValueError
        If ``step`` is negative or an epoch has no step.
    """
    if step < 0 or steps_per_epoch < 1:
        raise ValueError(
            f"step is {step}, steps_per_epoch {steps_per_epoch}: they must be at least 0 and 1"
        )
    warmup = recipe.warmup_epochs * steps_per_epoch
    rise = min(1.0, (step + 1) / (warmup + 1))
    if recipe.schedule == "staircase":
        stairs = step // (recipe.decay_epochs * steps_per_epoch)
        return recipe.lr * rise * recipe.decay_rate**stairs
    if recipe.schedule == "constant" or step < warmup:
        return recipe.lr * rise
    rest = recipe.epochs * steps_per_epoch - warmup
    done = min(1.0, (step - warmup) / rest) if rest else 1.0
    fall = 1 - done if recipe.schedule == "triangle" else (1 + math.cos(math.pi * done)) / 2
    return recipe.lr * rise * fall
