"""Inception-v3's numbers, which many tests ask for: each stands here alone.

Multiply-adds are those of convolutions and linear layers for one image of 299×299, as torch's
FlopCounterMode has them, halved; parameters are those of torchvision's network.
"""

V3_MACS = 5_713_216_096
V3_PARAMS = 23_834_568
V3_AUX_MACS = 5_718_899_296  # in training, with the auxiliary head
V3_AUX_PARAMS = 27_161_264
V3_STEP_MACS = 17_137_516_224  # of one training step, forward and backward
