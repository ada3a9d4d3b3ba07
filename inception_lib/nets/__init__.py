"""What a network is: layers, the modules of the figures, heads, specs, weights."""

from .build import Inception, build, inception_v3
from .heads import AuxiliaryHead, InceptionOutput
from .layers import Conv, ConvBNReLU, Fan, Pool, conv_stack
from .modules import (
    AsymmetricModule,
    ExpandedModule,
    FactorizedModule,
    GridReduction,
    InceptionModule,
    OriginalModule,
)
from .spec import SPECS, Block, Departure, Spec, get_spec
from .weights import WeightsError, load_weights

__all__ = [
    "SPECS",
    "AsymmetricModule",
    "AuxiliaryHead",
    "Block",
    "Conv",
    "ConvBNReLU",
    "Departure",
    "ExpandedModule",
    "FactorizedModule",
    "Fan",
    "GridReduction",
    "Inception",
    "InceptionModule",
    "InceptionOutput",
    "OriginalModule",
    "Pool",
    "Spec",
    "WeightsError",
    "build",
    "conv_stack",
    "get_spec",
    "inception_v3",
    "load_weights",
]
