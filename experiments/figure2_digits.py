"""Figure 2 in small: a ReLU between two 3×3, or none? On scikit-learn's handwritten digits.

Three networks that differ in one place, a window of 5×5: one 5×5; two 3×3 with the first one
linear; two 3×3 with a ReLU between. Same widths, same recipe, same images and order within a
seed. All three are trained without and with batch normalisation after each convolution, since
section 3.1 expects the gain "especially" with it. This asks whether the effect shows on a task
that anyone can repeat in minutes, not whether the paper is right.
"""

from __future__ import annotations

from statistics import mean, stdev

import torch
from _common import digits, parser, provenance, write
from torch import Tensor, nn

from inception_lib import LabelSmoothing, cost, trace
from inception_lib.nets import conv_stack

WIDTH, TRAINED_ON, BATCH, RATE = 16, 600, 50, 3e-3
EPOCHS = (3, 10, 30)  # early, middle, late
VARIANTS = {
    "one 5×5": ([5], True),
    "two 3×3, first linear": ([3, 3], False),
    "two 3×3, ReLU between": ([3, 3], True),
}
PAIRS = (
    ("two 3×3, first linear", "two 3×3, ReLU between"),
    ("one 5×5", "two 3×3, ReLU between"),
    ("one 5×5", "two 3×3, first linear"),
)


def network(kernels: list[int], relu_between: bool, normalised: bool) -> nn.Sequential:
    """3×3 to 16 channels, the part in question, halving, 3×3, average, classifier."""
    part = conv_stack([WIDTH] * (len(kernels) + 1), kernels, relu=relu_between)
    layers = [
        *conv_stack((1, WIDTH), [3]),
        *(part if relu_between else [*part, nn.ReLU()]),  # after the last convolution always
        nn.MaxPool2d(2),
        *conv_stack((WIDTH, 2 * WIDTH), [3]),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(2 * WIDTH, 10),
    ]
    if normalised:
        places = [i for i, layer in enumerate(layers) if isinstance(layer, nn.Conv2d)]
        for i in reversed(places):
            layers.insert(i + 1, nn.BatchNorm2d(layers[i].out_channels))
    return nn.Sequential(*layers)


def train(variant: str, norm: bool, seed: int, images: Tensor, labels: Tensor) -> list[float]:
    """Test error (%) after each of ``EPOCHS``."""
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(seed))
    learn, test = order[:TRAINED_ON], order[TRAINED_ON:]
    torch.manual_seed(seed)
    model, loss = network(*VARIANTS[variant], norm), LabelSmoothing(0.1)
    adam = torch.optim.Adam(model.parameters(), RATE)
    shuffle = torch.Generator().manual_seed(seed)
    errors = []
    for epoch in range(1, max(EPOCHS) + 1):
        model.train()
        for batch in learn[torch.randperm(TRAINED_ON, generator=shuffle)].split(BATCH):
            adam.zero_grad()
            loss(model(images[batch]), labels[batch]).backward()
            adam.step()
        if epoch in EPOCHS:
            model.eval()
            with torch.no_grad():
                wrong = model(images[test]).argmax(1) != labels[test]
            errors.append(100 * float(wrong.double().mean()))
    return errors


def interval(differences: list[float]) -> dict[str, object]:
    """Mean of paired differences with its 95 % interval (Student's t), and what it says."""
    from scipy.stats import t

    n, centre = len(differences), mean(differences)
    half = float(t.ppf(0.975, n - 1)) * stdev(differences) / n**0.5
    verdict = "open" if abs(centre) <= half else "first worse" if centre > 0 else "first better"
    return {"mean": centre, "interval": [centre - half, centre + half], "verdict": verdict}


def compare(norm: bool, seeds: int, images: Tensor, labels: Tensor) -> dict[str, object]:
    """Every variant on every seed: errors, spreads and paired differences by epoch."""
    runs = {v: [train(v, norm, s, images, labels) for s in range(seeds)] for v in VARIANTS}
    variants, pairs = [], []
    print("with batch normalisation" if norm else "without batch normalisation")
    for name, errors in runs.items():
        by_epoch = list(zip(*errors, strict=True))
        measured = cost(trace(network(*VARIANTS[name], norm), (1, 8, 8)))
        row = {"name": name, "macs": measured.macs, "params": measured.params}
        row |= {"mean": [mean(e) for e in by_epoch], "std": [stdev(e) for e in by_epoch]}
        variants.append(row | {"last": [e[-1] for e in errors]})
        shown = [f"{m:.2f} ± {s:.2f}" for m, s in zip(row["mean"], row["std"], strict=True)]
        print(f"  {name}: {shown}")
    for first, second in PAIRS:
        paired = list(zip(runs[first], runs[second], strict=True))
        found = [interval([a[i] - b[i] for a, b in paired]) for i in range(len(EPOCHS))]
        pairs.append({"first": first, "second": second, "by_epoch": found})
        shown = [f"{d['mean']:+.2f}: {d['verdict']}" for d in found]
        print(f"  {first} − {second}: {shown}", flush=True)
    return {"variants": variants, "paired_differences": pairs}


def main() -> None:
    """Both comparisons."""
    options = parser(__doc__, weights=False)
    options.add_argument("--seeds", type=int, default=20)
    options = options.parse_args()
    torch.set_num_threads(options.threads)
    images, labels = digits()
    recipe = {"width": WIDTH, "train": TRAINED_ON, "test": len(images) - TRAINED_ON, "batch": BATCH,
              "rate": RATE, "optimiser": "Adam", "loss": "label smoothing 0.1"}  # fmt: skip
    result = {
        "provenance": provenance(__file__, options, images="scikit-learn's digits: 1,797 of 8×8"),
        "unit": "test error, %",
        "seed": "draws the split, the initial weights and the order of the batches",
        "difference": "first minus second within a seed, mean and 95 % interval (Student's t)",
        "epochs": list(EPOCHS),
        "recipe": recipe,
    }
    for name, norm in (("without_batch_norm", False), ("with_batch_norm", True)):
        result[name] = compare(norm, options.seeds, images, labels)
    write("figure2_digits", result)


if __name__ == "__main__":
    main()
