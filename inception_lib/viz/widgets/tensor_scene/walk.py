"""The steps of a walk through a network: which tensors each looks at, and from where."""

from __future__ import annotations

from typing import Any

from inception_lib.viz.widgets.tensor_scene.layout import Block, Scene

__all__ = ["walk"]

# What an Inception-v3 has to show, if it has it: step, first and last block.
INCEPTION = (
    ("stem", "input", "maxpool2"),
    ("module", "Mixed_5b", "Mixed_5b"),
    ("reduction", "Mixed_6a", "Mixed_6a"),
    ("factorized", "Mixed_6b", "Mixed_6b"),
    ("auxiliary", "Mixed_6e", "AuxLogits"),
    ("expanded", "Mixed_7b", "Mixed_7b"),
    ("classifier", "avgpool", "fc"),
)
# Yaw and pitch in degrees: from the left, from above.
WHOLE, NEAR = (34, 27), (36, 24)


def walk(scene: Scene) -> list[dict[str, Any]]:
    """Steps as plain data: id, name, first and last box, yaw and pitch.

    An Inception-v3 has those that the paper's sections tell of; any other network has one for each
    row of its scene.
    """
    last = max(block.last for block in scene.blocks)
    steps = [_step("whole", scene.model, 0, last, WHOLE)]
    blocks = {block.name: block for block in scene.blocks}
    if "Mixed_5b" in blocks and "Mixed_7b" in blocks:
        return steps + [
            _step(name, "", _first(name, blocks[first]), blocks[end].last, NEAR)
            for name, first, end in INCEPTION
            if first in blocks and end in blocks
        ]
    rows: dict[int, list[Block]] = {}
    for block in scene.blocks:
        if block.at and not block.side:
            rows.setdefault(block.row[0], []).append(block)
    ordered = list(rows.values())
    if len(ordered) == 1:
        return steps
    ends = [row[0].first - 1 for row in ordered[1:]] + [ordered[-1][-1].last]
    for n, (row, end) in enumerate(zip(ordered, ends, strict=True), start=1):
        grid = scene.boxes[row[-1].last].shape[1:]
        steps.append(_step(f"row-{n}", f"{grid[0]}×{grid[1]}", row[0].first, end, NEAR))
    return steps


def _first(step: str, block: Block) -> int:
    """The head beside the trunk is shown with the tensor that it reads, the last of its block."""
    return block.last if step == "auxiliary" else block.first


def _step(name: str, words: str, first: int, last: int, look: tuple[int, int]) -> dict[str, Any]:
    return {"id": name, "name": words, "first": first, "last": last, "look": list(look)}
