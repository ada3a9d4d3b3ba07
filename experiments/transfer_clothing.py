"""What the trained trunk knows about clothes: a linear classifier on its pooled features.

The authors' trunk looks once at each photograph and at its mirror image; the means over the grid
after one or several modules are the features. Which modules, and how strongly the classifier is
penalised, is chosen on the validation photographs; it is then fitted to training and validation
together, and the test photographs are judged once.
"""

from __future__ import annotations

import itertools
import time

import numpy as np
import torch
from _common import CLOTHES_SOURCE, clothes, linear_classifier, parser, provenance, trunk, write
from torch import Tensor, nn

from inception_lib import Recipe, fuse
from inception_lib.training import Dataset, Loader, get_recipe, open_data
from inception_lib.training.metrics import wilson

SIZE, BATCH = 299, 16
LAYERS = ("Mixed_5d", "Mixed_6e", "Mixed_7a")
CHOICES = (("Mixed_7a",), ("Mixed_6e", "Mixed_7a"), LAYERS)
PENALTIES = (0.003, 0.01, 0.03, 0.1, 0.3)  # scikit-learn's C: the smaller, the stronger


class Pooled(nn.Module):
    """The means over the grid after some modules, N×(sum of their channels)."""

    def __init__(self, network: nn.Module, after: tuple[str, ...]) -> None:
        super().__init__()
        self.names = [name for name, _ in network.spec.stem]
        self.names += [block.name for block in network.spec.blocks]
        self.names = self.names[: self.names.index(after[-1]) + 1]
        self.after = after
        for name in self.names:
            self.add_module(name, getattr(network, name))

    def forward(self, x: Tensor) -> Tensor:
        means = []
        for name in self.names:
            x = getattr(self, name)(x)
            if name in self.after:
                means.append(x.mean((2, 3)))
        return torch.cat(means, 1)


@torch.inference_mode()
def features(
    network: nn.Module, data: Dataset, split: str, recipe: Recipe
) -> dict[str, np.ndarray]:
    """Features of a split's photographs and of their mirror images, 2×N×D, and the labels."""
    source = getattr(data, split)
    loader = Loader(source, recipe, data, train=False, device="cpu")
    found: list[Tensor] = []
    labels: list[Tensor] = []
    for images, given, _ in loader.epoch(0):
        found.append(torch.stack([network(images), network(images.flip(3))]))
        labels.append(given)
    loader.close()
    return {"x": torch.cat(found, 1).numpy(), "y": torch.cat(labels).numpy()}


def columns(widths: dict[str, int], layers: tuple[str, ...]) -> np.ndarray:
    """Which features belong to some of the layers."""
    ends = np.cumsum([0, *widths.values()])
    spans = dict(zip(widths, itertools.pairwise(ends), strict=True))
    return np.concatenate([np.arange(*spans[layer]) for layer in layers])


class Probe:
    """Standardised features, then multinomial logistic regression; both views are averaged."""

    def __init__(self, splits: list[dict[str, np.ndarray]], use: np.ndarray, penalty: float):
        x = np.concatenate([s["x"][..., use].reshape(-1, len(use)) for s in splits])
        y = np.concatenate([np.tile(s["y"], 2) for s in splits])
        self.use = use
        self.model = linear_classifier(penalty)
        self.model.fit(x, y)

    def right(self, split: dict[str, np.ndarray]) -> np.ndarray:
        """Whether each photograph of a split is classified rightly."""
        chances = sum(self.model.predict_proba(view[:, self.use]) for view in split["x"])
        return chances.argmax(1) == split["y"]


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--data", help="a folder with train/, validation/ and test/")
    given = options.parse_args()
    torch.set_num_threads(given.threads)
    folder = clothes(given.data)
    data = open_data(f"imagefolder:{folder}")
    recipe = get_recipe("transfer").replace(
        size=SIZE, batch=BATCH, eval_crop=1.0, precision="fp32", workers=0, cache="none"
    )
    whole = trunk(given.weights)
    widths = {name: getattr(whole, name).out_channels for name in LAYERS}
    network = fuse(Pooled(whole, LAYERS))
    start = time.monotonic()
    splits = {s: features(network, data, s, recipe) for s in ("train", "validation", "test")}
    seconds = time.monotonic() - start
    tried = []
    for layers in CHOICES:
        for penalty in PENALTIES:
            probe = Probe([splits["train"]], columns(widths, layers), penalty)
            top1 = float(probe.right(splits["validation"]).mean())
            tried.append({"layers": layers, "penalty": penalty, "validation_top1": top1})
            print(f"{'+'.join(layers):28} C {penalty:<6} {top1:.4f}", flush=True)
    # Of equal ones the fewest features and the strongest penalty, which come first.
    best = max(tried, key=lambda choice: choice["validation_top1"])
    both = [splits["train"], splits["validation"]]
    probe = Probe(both, columns(widths, best["layers"]), best["penalty"])
    right = probe.right(splits["test"])
    top1, count = float(right.mean()), len(right)
    print(f"test: {top1:.4f} of {count}")
    del given.data
    write(
        "transfer_clothing",
        {
            "provenance": provenance(
                __file__, given, images=CLOTHES_SOURCE, feature_seconds=seconds
            ),
            "tried": tried,
            "chosen": best,
            "test": {"n": count, "top1": top1, "interval95": wilson(int(right.sum()), count)},
        },
    )


if __name__ == "__main__":
    main()
