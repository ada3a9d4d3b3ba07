"""Section 8: what follows from the settings that the paper prints, worked out twice.

Once by the scheduler and the sampler of torch, once by the formula.
"""

from __future__ import annotations

import math

import torch
from torch.optim.lr_scheduler import StepLR
from torch.utils.data import BatchSampler

from .measured import Measured, apart, check

IMAGES = 1_281_167  # ILSVRC 2012, training
REPLICAS, BATCH, EPOCHS = 50, 32, 100
RATE, DECAY, EVERY = 0.045, 0.94, 2


@check
def steps_of_the_training() -> Measured:
    """Steps of one epoch, and of all."""
    batches = len(BatchSampler(range(IMAGES), REPLICAS * BATCH, drop_last=False))
    steps = math.ceil(IMAGES / (REPLICAS * BATCH))
    return apart([batches - steps], f"{batches:,} steps an epoch, {batches * EPOCHS:,} in all")


@check
def last_learning_rate() -> Measured:
    """The learning rate of the last epoch."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=RATE)
    scheduler = StepLR(optimizer, EVERY, DECAY)
    for _ in range(EPOCHS - 1):
        optimizer.step()
        scheduler.step()
    found = float(scheduler.get_last_lr()[0])
    formula = RATE * DECAY ** ((EPOCHS - 1) // EVERY)
    return apart([found - formula], f"{found:.5f} in the last epoch")
