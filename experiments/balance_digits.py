"""Principle 4 in small: width against depth at equal cost, on scikit-learn's handwritten digits.

Networks of 3×3 convolutions in a row, each with batch normalisation and a ReLU, then the mean over
the grid and a linear layer. For each budget of multiply-adds and each depth the width is the widest
that the budget allows. Each is trained at two learning rates and three seeds on the same images; of
the rates the one counts whose mean error on the validation images is lower.
"""

from __future__ import annotations

from statistics import mean

import torch
from _common import digits, parser, provenance, write
from torch import Tensor, nn

from inception_lib import cost, trace

BUDGETS = (250_000, 1_000_000, 4_000_000)  # multiply-adds of an image
DEPTHS = (2, 3, 5, 8, 13)
RATES = (3e-3, 1e-2)
SEEDS = range(3)
LEARN, VALIDATE, EPOCHS, BATCH = 1000, 300, 12, 50


def network(depth: int, width: int) -> nn.Sequential:
    """``depth`` convolutions of ``width`` channels for images of one channel, and a classifier."""
    layers: list[nn.Module] = []
    for i in range(depth):
        layers += [nn.Conv2d(width if i else 1, width, 3, padding=1, bias=False)]
        layers += [nn.BatchNorm2d(width), nn.ReLU()]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, 10))


def macs(depth: int, width: int) -> int:
    """Multiply-adds for one image of 8×8."""
    with torch.device("meta"):
        return cost(trace(network(depth, width), (1, 8, 8))).macs


def widest(depth: int, budget: int) -> int:
    """The most channels at which a network of that depth stays within the budget."""
    width = 1
    while macs(depth, width + 1) <= budget:
        width += 1
    return width


def train(
    depth: int, width: int, rate: float, seed: int, images: Tensor, labels: Tensor
) -> tuple[float, float]:
    """Share of wrong answers on the validation and on the test images."""
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(0))
    learn, check, test = order.tensor_split([LEARN, LEARN + VALIDATE])
    torch.manual_seed(seed)
    model = network(depth, width)
    adam = torch.optim.AdamW(model.parameters(), rate)
    steps = EPOCHS * LEARN // BATCH
    schedule = torch.optim.lr_scheduler.OneCycleLR(adam, rate, total_steps=steps)
    for _ in range(EPOCHS):
        for batch in learn[torch.randperm(LEARN)].split(BATCH):
            adam.zero_grad()
            nn.functional.cross_entropy(model(images[batch]), labels[batch]).backward()
            adam.step()
            schedule.step()
    model.eval()
    with torch.no_grad():
        wrong = [(model(images[part]).argmax(1) != labels[part]).float() for part in (check, test)]
    return float(wrong[0].mean()), float(wrong[1].mean())


def main() -> None:
    given = parser(__doc__, weights=False).parse_args()
    torch.set_num_threads(given.threads)
    images, labels = digits()
    rows = []
    for budget in BUDGETS:
        for depth in DEPTHS:
            width = widest(depth, budget)
            tried = {}
            for rate in RATES:
                runs = [train(depth, width, rate, seed, images, labels) for seed in SEEDS]
                tried[rate] = (mean(run[0] for run in runs), [run[1] for run in runs])
            rate = min(tried, key=lambda r: tried[r][0])
            row = {"budget": budget, "depth": depth, "width": width, "macs": macs(depth, width)}
            rows.append({**row, "rate": rate, "errors": tried[rate][1]})
            print(f"{budget:,} depth {depth} width {width}: {mean(tried[rate][1]):.2%}", flush=True)
    write(
        "balance_digits",
        {
            "provenance": provenance(
                __file__,
                given,
                images="scikit-learn's 1,797 handwritten digits of 8×8 pixels",
                seed="0, 1 and 2 for the weights and the order; one division of the images",
            ),
            "learn": LEARN,
            "validate": VALIDATE,
            "test": len(images) - LEARN - VALIDATE,
            "epochs": EPOCHS,
            "rates": list(RATES),
            "networks": rows,
        },
    )


if __name__ == "__main__":
    main()
