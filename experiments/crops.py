"""Section 10: 1, 12 and 144 crops of photographs, and how many are needed if one stops when sure.

The authors' trunk and a linear classifier on its pooled Mixed_7a features, fitted to the training
photographs of clothes (the middle square and its mirror image; its penalty chosen on validation).
Each test photograph is then looked at through all different crops of GoogLeNet's scheme, and the
probabilities are averaged, once for all and once crop by crop in random orders, until the mean is
sure enough.
"""

from __future__ import annotations

import time

import numpy as np
import torch
from _common import CLOTHES_SOURCE, clothes, linear_classifier, parser, provenance, trunk, write
from torch import Tensor, nn

from inception_lib import fuse
from inception_lib.training import Split, open_data
from inception_lib.training.crops import Box, View, views
from inception_lib.training.data.resized_crop import resized_crop
from inception_lib.training.metrics import wilson

SIZE, BATCH = 171, 16  # a third of the cost of 299; the photographs' short side is 128
PENALTIES = (0.003, 0.01, 0.03, 0.1, 0.3)
SURE = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 0.999, 0.9999)
ORDERS = 50
SOURCE = CLOTHES_SOURCE.partition(", enlarged")[0]


class Pooled(nn.Module):
    """The means over the grid after Mixed_7a, N×1280."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        names = [name for name, _ in network.spec.stem]
        names += [block.name for block in network.spec.blocks]
        self.layers = nn.Sequential(
            *(getattr(network, name) for name in names[: names.index("Mixed_7a") + 1])
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x).mean((2, 3))


def middle(height: int, width: int) -> list[View]:
    """The whole middle square, and its mirror image."""
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    box = Box(top, left, top + side, left + side)
    return [View(box, flip, 1) for flip in (False, True)]


@torch.inference_mode()
def features(network: nn.Module, pixels: Tensor, crops: list[View]) -> np.ndarray:
    """Features of some crops of one photograph, uint8 3×H×W → V×1280."""
    cut = []
    for box, flip, _ in crops:
        where = (box.top, box.left, box.bottom - box.top, box.right - box.left)
        crop = resized_crop(pixels, where, "bilinear", SIZE)
        cut.append(crop.flip(-1) if flip else crop)
    x = (torch.stack(cut).float() - 127.5) / 127.5
    x = x.bfloat16().contiguous(memory_format=torch.channels_last)
    return torch.cat([network(part) for part in x.split(BATCH)]).float().numpy()


def squares(network: nn.Module, split: Split) -> tuple[np.ndarray, np.ndarray]:
    """Features of all middle squares and their mirror images, N×2×1280, and the labels N."""
    found = []
    for index in range(len(split)):
        pixels = split.open(index).pixels()
        found.append(features(network, pixels, middle(*pixels.shape[-2:])))
    return np.stack(found), split.labels.numpy()


def fitted(train: tuple[np.ndarray, np.ndarray], penalty: float):
    """Standardised features, then multinomial logistic regression."""
    x, y = train
    return linear_classifier(penalty).fit(x.reshape(-1, x.shape[-1]), np.repeat(y, x.shape[1]))


class Looks:
    """Probabilities of one photograph's crops, and what their mean says on the way.

    Attributes
    ----------
    chances : ndarray
        V×10, a row a different crop.
    weights : ndarray
        V, in how many of the 144 each stands.
    twelve : ndarray
        V, the same of the 12; 0 where it is not among them.
    first : int
        The row of the middle square.
    """

    def __init__(self, chances: np.ndarray, size: tuple[int, int]) -> None:
        self.chances = chances
        crops = views(*size, 144)
        self.weights = np.array([view.weight for view in crops], float)
        of_twelve = {view[:2]: view.weight for view in views(*size, 12)}
        self.twelve = np.array([of_twelve.get(view[:2], 0) for view in crops], float)
        self.first = [view[:2] for view in crops].index(middle(*size)[0][:2])

    def answer(self, crops: int) -> int:
        """The class that the mean over 1, 12 or 144 crops finds."""
        if crops == 1:
            return int(self.chances[self.first].argmax())
        weights = self.twelve if crops == 12 else self.weights
        return int((weights @ self.chances).argmax())

    def on_the_way(self, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Answer and its mean probability after each crop: the middle one, then a random order."""
        rest = np.delete(np.arange(len(self.chances)), self.first)
        order = np.concatenate([[self.first], generator.permutation(rest)])
        weights = self.weights[order]
        sums = np.cumsum(weights[:, None] * self.chances[order], 0)
        means = sums / np.cumsum(weights)[:, None]
        return means.argmax(1), means.max(1)


def stopping(looks: list[Looks], labels: np.ndarray) -> tuple[list[dict], list[dict], list[int]]:
    """What stopping at each threshold costs and errs, the error after k crops, when it settled."""
    most = max(len(one.chances) for one in looks)
    errors = np.zeros(most)
    rows = {sure: [0, 0, 0] for sure in SURE}  # crops, errors, photographs of one crop
    settled: list[int] = []
    for order in range(ORDERS):
        generator = np.random.default_rng(order)
        for one, label in zip(looks, labels, strict=True):
            answers, chances = one.on_the_way(generator)
            wrong = answers != label
            errors += np.concatenate([wrong, np.full(most - len(wrong), wrong[-1])])
            if order == 0:
                other = np.flatnonzero(answers != answers[-1])
                settled.append(int(other[-1]) + 2 if len(other) else 1)
            for sure, row in rows.items():
                enough = np.flatnonzero(chances >= sure)
                stop = int(enough[0]) if len(enough) else len(answers) - 1
                row[0] += stop + 1
                row[1] += int(wrong[stop])
                row[2] += stop == 0
    count = ORDERS * len(looks)
    table = [
        {
            "sure": sure,
            "crops": row[0] / count,
            "error": 100 * row[1] / count,
            "one_crop": 100 * row[2] / count,
        }
        for sure, row in rows.items()
    ]
    curve = [{"crops": k + 1, "error": 100 * errors[k] / count} for k in range(most)]
    return table, curve, settled


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--data", help="a folder with train/, validation/ and test/")
    given = options.parse_args()
    torch.set_num_threads(given.threads)
    data = open_data(f"imagefolder:{clothes(given.data)}")
    network = fuse(Pooled(trunk(given.weights)).eval())
    network = network.bfloat16().to(memory_format=torch.channels_last)
    start = time.monotonic()
    train, validation = (squares(network, split) for split in (data.train, data.validation))
    tried = []
    for penalty in PENALTIES:
        model = fitted(train, penalty)
        right = float((model.predict(validation[0][:, 0]) == validation[1]).mean())
        tried.append({"penalty": penalty, "validation_top1": right})
        print(f"C {penalty:<6} {right:.4f}", flush=True)
    best = max(tried, key=lambda choice: choice["validation_top1"])  # the strongest of equal ones
    model = fitted(train, best["penalty"])
    looks, labels = [], data.test.labels.numpy()
    for index in range(len(data.test)):
        pixels = data.test.open(index).pixels()
        size = (int(pixels.shape[-2]), int(pixels.shape[-1]))
        found = features(network, pixels, views(*size, 144))
        looks.append(Looks(model.predict_proba(found), size))
        if index % 50 == 0:
            print(f"{index} of {len(labels)}, {time.monotonic() - start:.0f} s", flush=True)
    right = {n: np.array([one.answer(n) for one in looks]) == labels for n in (1, 12, 144)}
    table, curve, settled = stopping(looks, labels)
    del given.data
    write(
        "crops",
        {
            "provenance": provenance(__file__, given, images=SOURCE),
            "size": SIZE,
            "tried": tried,
            "chosen": best,
            "crops": [
                {
                    "crops": n,
                    "passes": float(np.mean([_passes(one, n) for one in looks])),
                    "error": 100 * float(1 - hits.mean()),
                    "interval95": [100 * (1 - end) for end in wilson(int(hits.sum()), len(hits))][
                        ::-1
                    ],
                }
                for n, hits in right.items()
            ],
            "pairs": [
                {
                    "fewer": a,
                    "more": b,
                    "mended": int((right[b] & ~right[a]).sum()),
                    "spoiled": int((right[a] & ~right[b]).sum()),
                }
                for a, b in ((1, 12), (12, 144), (1, 144))
            ],
            "right": {str(n): "".join(str(int(hit)) for hit in hits) for n, hits in right.items()},
            "different": [len(one.chances) for one in looks],
            "settled": settled,
            "stopping": {"orders": ORDERS, "table": table, "curve": curve},
        },
    )


def _passes(one: Looks, crops: int) -> int:
    """How often the network runs for that many crops: those that are the same once."""
    return {1: 1, 12: int((one.twelve > 0).sum()), 144: len(one.chances)}[crops]


if __name__ == "__main__":
    main()
