"""Section 8: what follows from the settings that the paper prints.

Once by the library's own recipe and schedule, once by the formula. Two clocks fit the text: Figure
2 counts to 3.86 million and Figure 8 says "each with batch size 32", so that an iteration is one
replica's batch; the code released later has all replicas' images in one step.
"""

from __future__ import annotations

from inception_lib.training.average import horizon
from inception_lib.training.recipes import get_recipe
from inception_lib.training.schedule import learning_rate

from .measured import Measured, apart, check

IMAGES = 1_281_167  # ILSVRC 2012, training
REPLICAS, BATCH, EPOCHS = 50, 32, 100
RATE, DECAY, EVERY = 0.045, 0.94, 2
FIGURE_2 = 3.86e6


def _steps(images: int) -> int:
    """Steps of one epoch, the last of them smaller."""
    return -(-IMAGES // images)


@check
def steps_of_the_training() -> Measured:
    """Steps of one epoch by both clocks; apart by how far the recipe is from the settings.

    Parts: steps of an ``epoch`` and in ``all``, of one replica's batch and, ``together``, of all
    replicas'; the epochs that an average of 0.9999 reaches back by each (``average``).
    """
    recipe = get_recipe("paper")
    differences = [
        recipe.epochs - EPOCHS,
        recipe.batch - REPLICAS * BATCH,
        recipe.batch / recipe.accumulate - BATCH,
    ]
    parts = {}
    for clock, images in (("", BATCH), (" together", recipe.batch)):
        parts[f"epoch{clock}"] = float(_steps(images))
        parts[f"all{clock}"] = float(_steps(images) * recipe.epochs)
        parts[f"average{clock}"] = horizon(recipe.average) / _steps(images)
    text = (
        f"{parts['epoch']:,.0f} steps an epoch, one of each replica's batches, or "
        f"{parts['epoch together']:,.0f} of all replicas' together"
    )
    return Measured(apart(differences).value, text=text, parts=parts)


@check
def epochs_of_figure_2() -> Measured:
    """Epochs that 3.86 million batches of 32 are; part: if each were of all replicas' images."""
    return Measured(
        FIGURE_2 * BATCH / IMAGES, parts={"together": FIGURE_2 * BATCH * REPLICAS / IMAGES}
    )


@check
def last_learning_rate() -> Measured:
    """The learning rate of the last epoch, the same by either clock."""
    recipe = get_recipe("paper")
    formula = RATE * DECAY ** ((EPOCHS - 1) // EVERY)
    found = [
        learning_rate(recipe, recipe.epochs * steps - 1, steps)
        for steps in (_steps(BATCH), _steps(REPLICAS * BATCH))
    ]
    return apart([rate - formula for rate in found], f"{found[0]:.5f} in the last epoch")
