"""What section 2 says of representations, measured on the trained trunk, layer by layer.

Of three photographs: the share of zeros after ReLU (principle 2), how alike neighbouring cells are
and how many directions hold 90 % of the variance of the channels (principle 3). Of photographs of
clothes: the same directions with more cells to tell them from, and what a linear classifier reads
from the means over the grid (principle 1).

The stem's and the modules' outputs are read where the next operation reads them, behind ReLU. A
correlation is Pearson's between a map and itself some cells further on, over all places of all
photographs: the plain mean over the channels that are not constant, and the mean weighted by their
variance. Energy by parity is the mean square of the cells in even and odd rows and columns (counted
from 0), beside the mean of all: 1 everywhere unless a map alternates.
"""

from __future__ import annotations

import torch
from _common import (
    CLOTHES_SOURCE,
    PHOTOGRAPH_SOURCE,
    clothes,
    linear_classifier,
    parser,
    photographs,
    provenance,
    trunk,
    write,
)
from torch import Tensor

from inception_lib.graph.activations import activations
from inception_lib.nets import Inception
from inception_lib.training import Dataset, Loader, get_recipe, open_data
from inception_lib.training.metrics import wilson

SHARE = 0.9  # of the variance, which the components counted hold
STEPS = {  # rows and columns between the two cells that are compared
    "across": ((0, 1), (0, 2), (0, 3), (0, 4)),
    "down": ((1, 0), (2, 0), (3, 0), (4, 0)),
    "diagonal": ((1, 1), (2, 2)),
}
SPLITS = ("train", "validation", "test")
PENALTIES = (0.003, 0.03, 0.3)  # scikit-learn's C: the smaller, the stronger
SIZE, BATCH = 299, 16


def layers(network: Inception) -> list[str]:
    """The stem's layers, pools included, and the modules, as far as the trained weights go."""
    names = [name for name, _ in network.spec.stem] + [b.name for b in network.spec.blocks]
    return names[: names.index("Mixed_7a") + 1]


def correlation(maps: Tensor, down: int, across: int) -> tuple[float, float]:
    """Of cells with those ``down`` rows below and ``across`` columns beside, N×C×h×w.

    The plain mean over channels, and the one weighted by their variance.
    """
    height, width = maps.shape[2:]
    here = maps[:, :, : height - down, : width - across].double()
    there = maps[:, :, down:, across:].double()
    here, there = (x.transpose(0, 1).flatten(1) for x in (here, there))  # C × pairs
    here, there = (x - x.mean(1, keepdim=True) for x in (here, there))
    norms = (here.square().sum(1) * there.square().sum(1)).sqrt()
    products, alive = (here * there).sum(1), norms > 0
    plain = (products[alive] / norms[alive]).mean()
    return float(plain), float(products.sum() / norms.sum())


def energy_by_parity(maps: Tensor) -> list[list[float]]:
    """Mean square in even and odd rows, of each in even and odd columns, beside that of all."""
    square = maps.double().square().mean((0, 1))
    square = square[: len(square) // 2 * 2, : len(square) // 2 * 2]  # as many odd as even ones
    return [[float(square[i::2, j::2].mean() / square.mean()) for j in (0, 1)] for i in (0, 1)]


class Covariance:
    """Of the channels, gathered batch by batch; C×C in float64."""

    def __init__(self) -> None:
        self.cells, self.sum, self.products = 0, torch.zeros(()), torch.zeros(())

    def add(self, maps: Tensor) -> None:
        """The cells of N×C×h×w."""
        rows = maps.double().transpose(0, 1).flatten(1)  # C × cells
        self.cells += rows.shape[1]
        self.sum = self.sum + rows.sum(1)
        self.products = self.products + rows @ rows.T

    def components(self, share: float = SHARE) -> int:
        """How many principal components hold that share of the variance."""
        mean = self.sum / self.cells
        covariance = self.products / self.cells - mean[:, None] * mean
        kept = torch.linalg.eigvalsh(covariance).flip(0).clamp(min=0).cumsum(0)
        return int((kept < share * kept[-1]).sum()) + 1


def pictured(maps: Tensor) -> dict[str, object]:
    """All that is measured of one layer on the three photographs."""
    found = Covariance()
    found.add(maps)
    plain, weighted = (
        {name: [correlation(maps, *step)[i] for step in steps] for name, steps in STEPS.items()}
        for i in (0, 1)
    )
    return {
        "channels": maps.shape[1],
        "grid": maps.shape[2],
        "zeros": float((maps == 0).double().mean()),
        "correlation": plain,
        "correlation_by_variance": weighted,
        "energy_by_parity": energy_by_parity(maps),
        "cells": found.cells,
        "components": found.components(),
    }


def looked_at(
    network: Inception, names: list[str], data: Dataset
) -> tuple[dict[str, dict[str, Tensor]], dict[str, Tensor], dict[str, Covariance]]:
    """The clothes: means over the grid by split and layer, labels, and the validation's spread."""
    recipe = get_recipe("transfer").replace(
        size=SIZE, batch=BATCH, eval_crop=1.0, precision="fp32", workers=0, cache="none"
    )
    means: dict[str, dict[str, Tensor]] = {}
    labels: dict[str, Tensor] = {}
    spread = {name: Covariance() for name in names}
    for split in SPLITS:
        loader = Loader(getattr(data, split), recipe, data, train=False, device="cpu")
        batches: dict[str, list[Tensor]] = {name: [] for name in names}
        given: list[Tensor] = []
        for images, answers, _ in loader.epoch(0):
            for name, maps in activations(network, images, names).items():
                batches[name].append(maps.mean((2, 3)))
                if split == "validation":
                    spread[name].add(maps)
            given.append(answers)
        loader.close()
        means[split] = {name: torch.cat(found) for name, found in batches.items()}
        labels[split] = torch.cat(given)
        print(f"{split}: {len(labels[split])} photographs", flush=True)
    return means, labels, spread


def probe(means: dict[str, dict[str, Tensor]], labels: dict[str, Tensor], name: str) -> dict:
    """Logistic regression on one layer's means; its penalty is chosen on the validation split."""

    def right(splits: tuple[str, ...], asked: str, penalty: float) -> int:
        model = linear_classifier(penalty)
        model.fit(
            torch.cat([means[s][name] for s in splits]).numpy(),
            torch.cat([labels[s] for s in splits]).numpy(),
        )
        answers = model.predict(means[asked][name].numpy())
        return int((answers == labels[asked].numpy()).sum())

    tried = {penalty: right(("train",), "validation", penalty) for penalty in PENALTIES}
    best = max(tried, key=lambda penalty: tried[penalty])  # of equal ones the strongest
    count, n = right(("train", "validation"), "test", best), len(labels["test"])
    return {"penalty": best, "n": n, "top1": count / n, "interval95": wilson(count, n)}


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--data", help="the clothes: a folder with train/, validation/ and test/")
    given = options.parse_args()
    torch.set_num_threads(given.threads)
    network = trunk(given.weights)
    names = layers(network)
    rows = {name: pictured(x) for name, x in activations(network, photographs(), names).items()}
    means, labels, spread = looked_at(
        network, names, open_data(f"imagefolder:{clothes(given.data)}")
    )
    for name, row in rows.items():
        row["clothes_cells"] = spread[name].cells
        row["clothes_components"] = spread[name].components()
        row["probe"] = probe(means, labels, name)
        near = row["correlation"]["across"]
        print(
            f"{name:14} zeros {row['zeros']:.3f}, first and second neighbour {near[0]:.2f} "
            f"{near[1]:.2f}, components {row['components']} and {row['clothes_components']} of "
            f"{row['channels']}, probe {row['probe']['top1']:.3f}",
            flush=True,
        )
    del given.data
    write(
        "principles",
        {
            "provenance": provenance(
                __file__,
                given,
                images=PHOTOGRAPH_SOURCE,
                clothes=CLOTHES_SOURCE,
                seed="none: nothing is random",
            ),
            "share_of_variance": SHARE,
            "steps": {name: list(map(list, steps)) for name, steps in STEPS.items()},
            "layers": [{"name": name, **row} for name, row in rows.items()],
        },
    )


if __name__ == "__main__":
    main()
