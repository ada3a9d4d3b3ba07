"""How a network learns."""

from .losses import LabelSmoothing

__all__ = ["LabelSmoothing"]
