"""Section 10 at small scale: several networks times several crops, and how often two disagree.

Reads the base's finished runs in the queue's folder (``run_queue.py``): networks of one recipe
whose seeds drew their images and weights apart. An image's 32×32 pixels hold nine crops of 30×30,
a pixel apart, each mirrored or not; as in the paper, probabilities are averaged over crops and
over networks.
"""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import torch
from _common import REPOSITORY, parser, provenance, write
from _images import CLASSES, SOURCE, cifar10, reduced
from _measures import forward
from _trial import Run, Trial
from torch import Tensor, nn

from inception_lib.paper.verdict import LOOKS
from inception_lib.training.trained import load_trained

BASE = Trial("designs.networks:base")
MODELS = (1, 2, 3, 4)
SHIFTS = (0, -1, 1)
VIEWS = [(right, down, flip) for right in SHIFTS for down in SHIFTS for flip in (False, True)]
CROPS = (1, 2, len(VIEWS))  # the first; it and its mirror image; all
EVERY = 2  # of the 10,000 test images: every second


def chances(network: nn.Module, images: Tensor) -> Tensor:
    """Mean probabilities over the first 1, 2 and 18 views: 3×N×10."""
    total = torch.zeros(len(images), len(CLASSES))
    found = []
    for count, (right, down, flip) in enumerate(VIEWS, 1):
        view = reduced(images, 15, right, down)
        total += forward(network, view.flip(-1) if flip else view)[0].softmax(1)
        if count in CROPS:
            found.append(total / count)
    return torch.stack(found)


def main() -> None:
    options = parser(__doc__, weights=False)
    options.add_argument("--runs", type=Path, help="folder of the queue's runs (default: runs/)")
    given = options.parse_args()
    torch.set_num_threads(given.threads)
    runs = given.runs or REPOSITORY / "runs"
    del given.runs
    found = [run for seed in range(LOOKS[-1]) if (run := Run(BASE, seed, runs)).finished]
    groups = len(found) // MODELS[-1]
    if not groups:
        raise SystemExit(f"{len(found)} networks are trained: run the queue until four are")
    held = cifar10(runs / "images")
    images, labels = held["test"][::EVERY], held["test_labels"][::EVERY]
    members = []
    for run in found:
        network = load_trained(run.folder / "run", network=BASE.network).network
        members.append(chances(network, images))
        print(f"seed {run.seed}", flush=True)
    every = torch.stack(members)  # networks × crops × N × 10

    def error(mean: Tensor) -> float:
        return 100 * float((mean.argmax(-1) != labels).double().mean())

    table = [
        {
            "models": models,
            "crops": crops,
            "errors": [error(every[4 * g : 4 * g + models, at].mean(0)) for g in range(groups)],
        }
        for models in MODELS
        for at, crops in enumerate(CROPS)
    ]
    answers = every[:, 0].argmax(-1)  # networks × N
    apart = [100 * float((a != b).double().mean()) for a, b in combinations(answers, 2)]
    one, many = (every[:, at].argmax(-1) for at in (0, len(CROPS) - 1))
    write(
        "ensembles",
        {
            "provenance": provenance(__file__, given, images=SOURCE),
            "images": len(labels),
            "seeds": [run.seed for run in found],
            "table": table,
            "single": [error(member) for member in every[:, 0]],
            "disagree": {
                "networks": sum(apart) / len(apart),
                "least": min(apart),
                "most": max(apart),
                "crops": 100 * float((one != many).double().mean()),
            },
        },
    )


if __name__ == "__main__":
    main()
