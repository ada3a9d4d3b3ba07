"""Milliseconds that each block of Inception-v3 takes on a CPU, in inference and in training.

Noise images of 299×299, weights at random (no time depends on their values), 32-bit floats, stored
as the recipes store them (channels last). Both passes take turns, so that whatever else the machine
does disturbs both. Of each block stand the median over the rounds, and the least: what the block
takes when nothing disturbs it. Each least is a block's own, so together they are a little less than
any one pass took.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Any

import torch
from _common import parser, provenance, write

from inception_lib import inception_v3
from inception_lib.training import time_by_block
from inception_lib.training.bench import BlockTime
from inception_lib.training.timing import Spread

SIZE = 299


def by_round(times: Sequence[Sequence[BlockTime]], way: str) -> list[list[float]]:
    """Milliseconds of each block, a list over the rounds; ``way`` is forward or backward."""
    return [
        [spread.median for row in rows if isinstance(spread := getattr(row, way), Spread)]
        for rows in zip(*times, strict=True)
    ]


def summed(names: Sequence[str], ways: dict[str, list[list[float]]]) -> list[dict[str, Any]]:
    """A row a block: least and median of each way, milliseconds an image."""
    return [
        {"name": name}
        | {
            way: {
                "least": min(rounds[place]),
                "median": median(rounds[place]),
            }
            for way, rounds in ways.items()
        }
        for place, name in enumerate(names)
    ]


def main() -> None:
    """Measure, and write ``results/time_by_block.json``."""
    options = parser(__doc__, weights=False)
    options.add_argument("--batch", type=int, default=4, help="images at once (default 4)")
    options.add_argument("--rounds", type=int, default=40, help="timed passes (default 40)")
    given = options.parse_args()
    torch.set_num_threads(given.threads)
    torch.manual_seed(0)
    network = inception_v3().to(memory_format=torch.channels_last)
    images = torch.randn(given.batch, 3, SIZE, SIZE).contiguous(memory_format=torch.channels_last)
    passes: dict[bool, list[list[BlockTime]]] = {False: [], True: []}
    for _ in range(given.rounds):
        for train, rows in passes.items():
            # Each call throws its first pass away.
            rows.append(time_by_block(network, images, train=train, rounds=1))
    found = {}
    for train, rows in passes.items():
        ways = {
            way: [[ms / given.batch for ms in block] for block in by_round(rows, way)]
            for way in (("forward", "backward") if train else ("forward",))
        }
        found["training" if train else "inference"] = {
            "blocks": summed([row.name for row in rows[0]], ways),
            "whole": {
                name: pick(
                    [sum(one) for one in zip(*(b for w in ways.values() for b in w), strict=True)]
                )
                for name, pick in (("least", min), ("median", median))
            },
        }
    write(
        "time_by_block",
        {
            "provenance": provenance(__file__, given),
            "what": "milliseconds an image, by block: the least and the median of the rounds; "
            "whole: of the passes",
            "size": SIZE,
            "batch": given.batch,
            "rounds": given.rounds,
            "dtype": "float32",
            "layout": "channels last",
            **found,
        },
    )


if __name__ == "__main__":
    main()
