"""Which cells of every tensor a picked cell sees, and which cells see it.

The same rule as the library's receptive field, kept at every tensor on the way and cut at its
border: cells that padding adds see nothing. Where branches meet, a window is the hull of theirs.
"""

from __future__ import annotations

import math

from inception_lib.viz.widgets.tensor_scene.layout import Box, Scene

__all__ = ["Window", "reached", "seen"]

Window = tuple[int, int, int, int]
"""First and last row, first and last column."""


def seen(scene: Scene, picked: int, cell: tuple[int, int]) -> dict[int, Window]:
    """Windows on the tensors that a cell is computed from, by box; itself included.

    A tensor from which it is not known what is read is left out, and all before it.
    """
    found: dict[int, Window] = {picked: (cell[0], cell[0], cell[1], cell[1])}
    unknown: set[int] = set()
    for i in range(picked, -1, -1):
        box = scene.boxes[i]
        if i in unknown or (i in found and box.reach == ""):
            unknown.update(box.parents)
            continue
        if i not in found:
            continue
        for parent in box.parents:
            window = _read(box, scene.boxes[parent], found[i])
            if window is not None:
                found[parent] = _hull(found.get(parent, window), window)
    return {i: window for i, window in found.items() if i not in unknown}


def reached(scene: Scene, picked: int, cell: tuple[int, int]) -> dict[int, Window]:
    """Windows on the tensors that depend on a cell, by box; itself included."""
    found: dict[int, Window] = {picked: (cell[0], cell[0], cell[1], cell[1])}
    for i in range(picked + 1, len(scene.boxes)):
        box = scene.boxes[i]
        for parent in box.parents:
            if parent not in found:
                continue
            window = _written(box, scene.boxes[parent], found[parent])
            if window is not None:
                found[i] = _hull(found.get(i, window), window)
    return found


def _hull(a: Window, b: Window) -> Window:
    return min(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), max(a[3], b[3])


def _read(box: Box, parent: Box, window: Window) -> Window | None:
    """What a window of a tensor reads of one of its parents."""
    rows, columns = parent.shape[1:]
    if box.reach == "all" or (rows, columns) == (1, 1):
        return (0, rows - 1, 0, columns - 1)
    if isinstance(box.reach, str):
        return window
    spans = []
    for axis, side in ((0, rows), (1, columns)):
        kernel, stride, padding, dilation = box.reach[axis::2]
        first = stride * window[2 * axis] - padding
        last = stride * window[2 * axis + 1] - padding + dilation * (kernel - 1)
        spans += [max(first, 0), min(last, side - 1)]
        if spans[-2] > spans[-1]:
            return None  # padding alone
    return (spans[0], spans[1], spans[2], spans[3])


def _written(box: Box, parent: Box, window: Window) -> Window | None:
    """Which cells of a tensor a window of one of its parents goes into."""
    rows, columns = box.shape[1:]
    if box.reach == "":
        return None
    if box.reach == "all" or parent.shape[1:] == (1, 1):
        return (0, rows - 1, 0, columns - 1)
    if isinstance(box.reach, str):
        return window
    spans = []
    for axis, side in ((0, rows), (1, columns)):
        kernel, stride, padding, dilation = box.reach[axis::2]
        first = math.ceil((window[2 * axis] + padding - dilation * (kernel - 1)) / stride)
        last = (window[2 * axis + 1] + padding) // stride
        spans += [max(first, 0), min(last, side - 1)]
        if spans[-2] > spans[-1]:
            return None  # a pixel that no window reaches
    return (spans[0], spans[1], spans[2], spans[3])
