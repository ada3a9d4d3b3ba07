"""The networks that the paper compares itself with."""

from .branched import Branched, SideHead, bn_googlenet, bn_inception, googlenet
from .plain import Plain, SpatialPyramid, alexnet, prelu_net, vgg16, vgg19

__all__ = [
    "Branched",
    "Plain",
    "SideHead",
    "SpatialPyramid",
    "alexnet",
    "bn_googlenet",
    "bn_inception",
    "googlenet",
    "prelu_net",
    "vgg16",
    "vgg19",
]
