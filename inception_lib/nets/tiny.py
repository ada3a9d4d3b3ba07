"""``tiny`` by the path under which it was first published; it is written in ``specs/tiny.py``."""

from .specs.tiny import tiny

__all__ = ["tiny"]
