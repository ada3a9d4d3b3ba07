"""Equal transforms: the same function of the image, with less to do.

``fuse(model)`` gives the evaluation form, ``fuse(model, train=True)`` the training form, and
``fusion(fused)`` what was done. ``TRANSFORMS`` lists the transforms with their conditions.
"""

from .build import fuse, fusion
from .registry import TRANSFORMS, Fusion, Step, Transform
from .training import unfuse

__all__ = ["TRANSFORMS", "Fusion", "Step", "Transform", "fuse", "fusion", "unfuse"]
