"""What a network is: layers, the modules of the figures, heads, specs, weights."""

from .branches import InceptionModule
from .build import Inception, build, inception_v3
from .heads import AuxiliaryHead, InceptionOutput
from .inputs import IMAGENET_MEAN, IMAGENET_STD
from .layers import Conv, ConvBNReLU, Fan, Pool, conv_stack
from .modules import (
    AsymmetricModule,
    ExpandedModule,
    FactorizedModule,
    GridReduction,
    OriginalModule,
    SequentialReduction,
)
from .published import PUBLISHED, Published
from .registry import NETWORKS, Network, create
from .scale import scale
from .spec import Block, Departure, Head, Spec
from .specs import SPECS, get_spec
from .specs.ladder import Rung, ladder
from .tiny import tiny
from .weights import WeightsError, load_weights, read_notes, read_weights, save_weights

__all__ = [
    "IMAGENET_MEAN",
    "IMAGENET_STD",
    "NETWORKS",
    "PUBLISHED",
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
    "Head",
    "Inception",
    "InceptionModule",
    "InceptionOutput",
    "Network",
    "OriginalModule",
    "Pool",
    "Published",
    "Rung",
    "SequentialReduction",
    "Spec",
    "WeightsError",
    "build",
    "conv_stack",
    "create",
    "get_spec",
    "inception_v3",
    "ladder",
    "load_weights",
    "read_notes",
    "read_weights",
    "save_weights",
    "scale",
    "tiny",
]
