"""What is measured of a trained network at the end of a run, beside its curve."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from _common import linear_classifier
from _images import CLOTHES_SPLITS, cifar10, clothes15, reduced
from torch import Tensor, nn

from inception_lib.training.data import Dataset
from inception_lib.training.data.resized_crop import resized_crop
from inception_lib.training.evaluate import Evaluation, Predictions
from inception_lib.training.metrics import calibration
from inception_lib.training.recipes import Recipe

SHIFTED = 4000  # test images, at equal distances among all


@dataclass(frozen=True)
class Subject:
    """A trained network (averaged weights, in evaluation) with its images, recipe and folders."""

    network: nn.Module
    data: Dataset
    recipe: Recipe
    runs: Path
    folder: Path


MEASURES: dict[str, Callable[[Subject], dict[str, Any]]] = {}


def measure(function: Callable[[Subject], dict[str, Any]]) -> Callable[[Subject], dict[str, Any]]:
    """Enter a measure under its name."""
    MEASURES[function.__name__] = function
    return function


def scaled(images: Tensor) -> Tensor:
    """uint8 as the trainer shows it to the network: [-1, 1], channels last."""
    return ((images.float() - 127.5) / 127.5).contiguous(memory_format=torch.channels_last)


@torch.inference_mode()
def forward(network: nn.Module, images: Tensor) -> tuple[Tensor, Tensor]:
    """Logits N×K and the classifier's input N×D of uint8 images."""
    seen: list[Tensor] = []
    classifier = network.get_submodule("fc")
    hook = classifier.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    try:
        outputs = [network(scaled(part)) for part in images.split(500)]
    finally:
        hook.remove()
    return torch.cat([getattr(out, "logits", out) for out in outputs]), torch.cat(seen)


def judged(logits: Tensor, labels: Tensor, classes: tuple[str, ...]) -> Evaluation:
    """As the library judges."""
    places = torch.arange(len(labels))
    names = tuple(map(str, range(len(labels))))
    return Evaluation(Predictions(logits.softmax(1), labels, places, names, classes))


@measure
def end(of: Subject) -> dict[str, Any]:
    """Error (%), loss (nats) and calibration error (%) on all test images; training error, loss."""
    assert of.data.test is not None
    assert of.data.test.images is not None
    assert of.data.train is not None
    assert of.data.train.images is not None
    found = {}
    for split, source in (("", of.data.test), ("training_", of.data.train)):
        one = judged(forward(of.network, source.images)[0], source.labels, of.data.classes)
        found |= {f"{split}error": 100 * (1 - one.top1), f"{split}loss": one.loss}
        if not split:
            found["ece"] = 100 * one.ece
    return found


@measure
def shift(of: Subject) -> dict[str, Any]:
    """How much answers and features change when the image moves by one pixel.

    The crop of 30×30 of the 32×32 moves by two of its pixels, which are one of the network's
    15: to the right and down. ``changed`` is the share of images (%) whose answer changes,
    ``moved`` the root mean square change of the classifier's input over its own deviation.
    """
    held = cifar10(of.runs / "images")
    assert of.data.test is not None
    images = held["test"][:: -(-len(held["test"]) // min(SHIFTED, len(of.data.test)))]
    before = [forward(of.network, reduced(images, 15, -1, -1))]
    changed, moved = [], []
    for right, down in ((1, -1), (-1, 1)):
        logits, features = forward(of.network, reduced(images, 15, right, down))
        changed.append(float((logits.argmax(1) != before[0][0].argmax(1)).double().mean()))
        spread = before[0][1].var(0).sum()
        moved.append(float(((features - before[0][1]) ** 2).sum(1).mean().div(spread).sqrt()))
    return {"changed": 50 * sum(changed), "moved": sum(moved) / 2}


EDGES = (
    -10.0,
    25.0,
    35,
)  # of the histograms of gaps: low, high, bins; the ends take what is beyond
COVERAGE = 0.8  # share of the images that are answered, the surest
SHOWN = ((0, 1, 2), 40)  # classes and images of each in a scatter, of either split


@measure
def gaps(of: Subject) -> dict[str, Any]:
    """How far the logits run apart, and whether their order says how sure to be.

    ``gap``: the largest logit of a test image less the mean of the others. ``training_gap``: the
    label's logit of a training image less the mean of the others, of which section 7 gives the
    optimum. Histograms of both. ``error_when_sure``: error (%) on the surest 80 % of the test
    images; ``area``: the mean of that error over all shares, which random order leaves at the
    whole error.
    """
    assert of.data.test is not None
    assert of.data.test.images is not None
    assert of.data.train is not None
    assert of.data.train.images is not None
    logits, _ = forward(of.network, of.data.test.images)
    learnt, _ = forward(of.network, of.data.train.images)
    largest = _above_others(logits, logits.argmax(1))
    labelled = _above_others(learnt, of.data.train.labels)
    order = logits.softmax(1).amax(1).argsort(descending=True, stable=True)
    wrong = (logits.argmax(1) != of.data.test.labels)[order].double()
    risk = wrong.cumsum(0) / torch.arange(1, len(wrong) + 1)
    return {
        "gap": float(largest.mean()),
        "training_gap": float(labelled.mean()),
        "error_when_sure": 100 * float(risk[round(COVERAGE * len(risk)) - 1]),
        "area": 100 * float(risk.mean()),
        "gap_counts": _counts(largest),
        "training_gap_counts": _counts(labelled),
    }


def _above_others(logits: Tensor, places: Tensor) -> Tensor:
    """One logit of each row, less the mean of the others."""
    chosen = logits.gather(1, places[:, None])[:, 0]
    return chosen - (logits.sum(1) - chosen) / (logits.shape[1] - 1)


def _counts(values: Tensor) -> list[int]:
    low, high, bins = EDGES
    inside = values.double().clamp(low, high)
    return [int(n) for n in torch.histc(inside, bins, low, high)]


@measure
def features(of: Subject) -> dict[str, Any]:
    """The classifier's input of three classes on the plane through their weights, for a scatter.

    Of each class the first 40 test images and the first 40 training images; coordinates in an
    orthonormal basis of the plane, the first weight at the origin's right. And over all ten
    classes the ratio of the spread within to the spread between: trace of one covariance over the
    other, on the test images.
    """
    classes, count = SHOWN
    rows = of.network.get_submodule("fc").weight.detach()[list(classes)]
    basis = torch.linalg.qr((rows[1:] - rows[0]).T).Q  # D×2
    centre = rows.mean(0)
    found: dict[str, Any] = {"weights": ((rows - centre) @ basis).tolist()}
    for split, source in (("test", of.data.test), ("training", of.data.train)):
        assert source is not None
        assert source.images is not None
        places = torch.cat([(source.labels == k).nonzero()[:count, 0] for k in classes])
        seen = forward(of.network, source.images[places])[1]
        flat = ((seen - seen.mean(0)) @ basis).tolist()
        found[split] = [flat[i * count : (i + 1) * count] for i in range(len(classes))]
    assert of.data.test is not None
    assert of.data.test.images is not None
    seen, labels = forward(of.network, of.data.test.images)[1], of.data.test.labels
    found["within_over_between"] = _spread(seen, labels)
    return found


@measure
def confidence(of: Subject) -> dict[str, Any]:
    """Whether answers are right as often as they are sure.

    ``bins``: the 15 rows of the calibration error on the test images, each images, mean
    confidence, share that is right.
    """
    assert of.data.test is not None
    assert of.data.test.images is not None
    logits, labels = forward(of.network, of.data.test.images)[0], of.data.test.labels
    sure, right = logits.softmax(1).amax(1), logits.argmax(1) == labels
    return {"bins": [[b.n, b.confidence, b.accuracy] for b in calibration(sure, right)]}


@measure
def clusters(of: Subject) -> dict[str, Any]:
    """How tight the classes lie among the images that were learnt.

    ``training_within_over_between``: spread of the classifier's input within the classes over that
    between them, as ``features`` has it of the test images, here of the training images.
    """
    assert of.data.train is not None
    assert of.data.train.images is not None
    seen = forward(of.network, of.data.train.images)[1]
    return {"training_within_over_between": _spread(seen, of.data.train.labels)}


def _spread(seen: Tensor, labels: Tensor) -> float:
    """Trace of the covariance of N×D within the classes over that of the classes' means."""
    means = torch.stack([seen[labels == k].mean(0) for k in range(int(labels.max()) + 1)])
    within = (seen - means[labels]).square().sum(1).mean()
    between = (means - means.mean(0)).square().sum(1).mean()
    return float(within / between)


PENALTIES = (0.003, 0.03, 0.3)  # scikit-learn's C: the smaller, the stronger


@measure
def transfer(of: Subject) -> dict[str, Any]:
    """What the features are worth for other classes: ``transfer_error`` (%), on clothes.

    The classifier's input, with the network frozen, standardised; multinomial logistic regression,
    its penalty the best of three on the validation photographs, fitted to these and the training
    photographs; judged on the test photographs.
    """
    held = clothes15(of.runs / "images")
    seen = {name: forward(of.network, held[name])[1].numpy() for name in CLOTHES_SPLITS}
    labels = {name: held[f"{name}_labels"].numpy() for name in CLOTHES_SPLITS}

    def error(penalty: float, learn: tuple[str, ...], judge: str) -> float:
        probe = linear_classifier(penalty, 1000)
        probe.fit(
            np.concatenate([seen[name] for name in learn]),
            np.concatenate([labels[name] for name in learn]),
        )
        return 100 * (1 - float(probe.score(seen[judge], labels[judge])))

    best = min(PENALTIES, key=lambda penalty: error(penalty, ("train",), "validation"))
    return {"transfer_error": error(best, ("train", "validation"), "test")}


BLOCKS = ("Conv2d_1a_3x3", "Conv2d_2a_3x3", "Mixed_5b", "Mixed_6a", "Mixed_6b")
AFTER = (0, 1, 2, 4, 8, 12)  # epochs
BATCH = 200


@measure
def gradients(of: Subject) -> dict[str, Any]:
    """The norm of the gradient in each part that both losses reach, by epoch and by loss.

    Of 200 training images as one batch, in training mode, as the recipe weighs the losses; the
    side loss is the sum over the heads, and its rows are missing where there is none. ``cosine``
    is that of the angle between the two gradients.
    """
    from inception_lib.training.checkpoint import load_checkpoint
    from inception_lib.training.losses import LabelSmoothing
    from inception_lib.training.state import make_network

    train = of.data.train
    assert train is not None
    assert train.images is not None
    places = torch.arange(0, len(train), max(1, len(train) // BATCH))[:BATCH]
    images, labels = scaled(train.images[places]), train.labels[places]
    loss = LabelSmoothing(of.recipe.label_smoothing)
    steps = len(train) // of.recipe.batch
    network = make_network(of.recipe, len(of.data.classes))
    parts = {name: list(network.get_submodule(name).parameters()) for name in BLOCKS}
    every = [p for part in parts.values() for p in part]
    rows: dict[str, list[list[float]]] = {"main": [], "side": [], "cosine": []}
    after = [epoch for epoch in AFTER if epoch <= of.recipe.epochs]
    for epoch in after:
        if epoch:
            state = load_checkpoint(of.folder / "checkpoints" / _checkpoint(epoch * steps))
            network.load_state_dict(state["network"])
        network.train()
        out = network(images)
        losses = {"main": loss(out.logits, labels)}
        if out.aux_logits is not None:
            sides = out.aux_logits if isinstance(out.aux_logits, tuple) else (out.aux_logits,)
            losses["side"] = of.recipe.aux_weight * sum(loss(side, labels) for side in sides)
        grads = {}
        for name, value in losses.items():
            found = torch.autograd.grad(value, every, retain_graph=True, allow_unused=True)
            # A part behind the side head learns nothing from it.
            flat = iter(
                torch.zeros_like(p) if g is None else g for p, g in zip(every, found, strict=True)
            )
            grads[name] = [
                torch.cat([next(flat).flatten() for _ in part]) for part in parts.values()
            ]
            rows[name].append([float(g.norm()) for g in grads[name]])
        if "side" in grads:
            pairs = zip(grads["main"], grads["side"], strict=True)
            rows["cosine"].append([float(torch.cosine_similarity(a, b, 0)) for a, b in pairs])
    return {"blocks": list(BLOCKS), "after": after} | {k: v for k, v in rows.items() if v}


def _checkpoint(step: int) -> str:
    return f"step-{step:08d}.pt"


@measure
def raw(of: Subject) -> dict[str, Any]:
    """What the average of weights wins: the error (%) without it, less the error with it.

    Both of the last step of one run, on all test images; the weights without it have their own
    statistics of batch normalisation.
    """
    from inception_lib.training.checkpoint import load_checkpoint
    from inception_lib.training.state import make_network

    assert of.data.test is not None
    assert of.data.test.images is not None
    steps = len(of.data.train or ()) // of.recipe.batch * of.recipe.epochs
    state = load_checkpoint(of.folder / "checkpoints" / _checkpoint(steps))
    last = make_network(of.recipe, len(of.data.classes))
    last.load_state_dict(state["network"])
    images, labels, classes = of.data.test.images, of.data.test.labels, of.data.classes
    with_it, without = (
        100 * (1 - judged(forward(network, images)[0], labels, classes).top1)
        for network in (of.network, last.eval())
    )
    return {"raw_error": without, "average_gain": without - with_it}


TESTED_AT = (8, 12, 16, 20, 24, 28, 32)  # pixels


@measure
def sizes(of: Subject) -> dict[str, Any]:
    """The error (%) on all test images reduced to other sides than those learnt from.

    Reduced by the mean over what a pixel covers, which for 8 and 16 pixels is what training does.
    """
    held = cifar10(of.runs / "images")
    assert of.data.test is not None
    images, labels = held["test"], held["test_labels"]
    if len(of.data.test) < len(images):  # a few steps only, to see that all runs
        few = torch.arange(0, len(images), len(images) // len(of.data.test))
        images, labels = images[few], labels[few]
    errors = []
    for side in TESTED_AT:
        shown = resized_crop(images, (0, 0, 32, 32), "area", side)
        logits = forward(of.network, shown)[0]
        errors.append(100 * (1 - judged(logits, labels, of.data.classes).top1))
    return {"sides": list(TESTED_AT), "errors": errors}
