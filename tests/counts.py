"""Inception-v3's numbers, which many tests ask for, and torch's own count of a training step.

Multiply-adds are those of convolutions and linear layers for one image of 299×299, as torch's
FlopCounterMode has them, halved; parameters are those of torchvision's network.
"""

import torch
from torch.utils.flop_counter import FlopCounterMode

V3_MACS = 5_713_216_096
V3_PARAMS = 23_834_568
V3_AUX_MACS = 5_718_899_296  # in training, with the auxiliary head
V3_AUX_PARAMS = 27_161_264
V3_STEP_MACS = 17_137_516_224  # of one training step, forward and backward


def step_flop(model, size):
    """What torch counts of a step, forward and backward, for one image; of two, since a batch of
    one has no statistics on a grid of one cell."""
    device = next(model.parameters()).device
    with FlopCounterMode(display=False) as counter:
        outputs = model(torch.randn(2, 3, size, size, device=device))
        outputs = outputs if isinstance(outputs, tuple) else (outputs,)
        sum(output.sum() for output in outputs if output is not None).backward()
    return counter.get_total_flops() // 2
