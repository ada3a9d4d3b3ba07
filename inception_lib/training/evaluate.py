"""How good a network is on images that it has not learnt from.

Class probabilities are averaged, over crops, mirror images and the members of an ensemble, as
GoogLeNet's authors did; the class of the highest average is the prediction.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from .crop_batches import crop_batches
from .crops import Scheme
from .evaluation import Evaluation, Predictions, compare, ensemble

if TYPE_CHECKING:
    from .data import Loader

__all__ = [
    "Evaluation",
    "Predictions",
    "compare",
    "ensemble",
    "evaluate",
    "predict",
    "read_exclusions",
]

DTYPES = {"fp32": None, "bf16": torch.bfloat16, "fp16": torch.float16}
SHOWN = 8  # names in a message


def evaluate(
    model: nn.Module | Sequence[nn.Module],
    loader: Loader,
    *,
    crops: int | Scheme = 1,
    flip: bool = False,
    exclude: Sequence[str] = (),
    precision: str = "fp32",
) -> Evaluation:
    """Judge a network, or several as an ensemble, on the images of a loader.

    Parameters
    ----------
    model : nn.Module or sequence of them
        Left in the mode in which it was. The probabilities of several are averaged.
    loader : Loader
        Made with ``train=False``.
    crops : int or Scheme
        1: the loader's central crop; 12 or 144: see ``training.crops``, from the original images.
    flip : bool
        With one crop: average it with its mirror image. Twelve and more crops are mirrored anyway.
    exclude : sequence of str
        Names of images to leave out, as the split has them or as their last part alone.
    precision : str
        ``"fp32"``, ``"bf16"`` or ``"fp16"``; probabilities are float32 in any case.

    Raises
    ------
    ValueError
        If no image is left, the network's classes are not the data's, or its logits not finite.
    """
    start = time.perf_counter()
    models = [model] if isinstance(model, nn.Module) else list(model)
    options: dict[str, Any] = {"crops": crops, "flip": flip, "exclude": exclude}
    found = ensemble(predict(one, loader, precision=precision, **options) for one in models)
    if not len(found):
        raise ValueError(f"no image of {loader.data.name} is left to evaluate")
    return Evaluation(found, time.perf_counter() - start)


def predict(
    model: nn.Module,
    loader: Loader,
    *,
    crops: int | Scheme = 1,
    flip: bool = False,
    exclude: Sequence[str] = (),
    precision: str = "fp32",
) -> Predictions:
    """The class probabilities of every image; the parameters are those of ``evaluate``.

    Of a loader that is one of several processes', its share of the images.
    """
    if precision not in DTYPES:
        raise ValueError(f"precision is {precision!r}: it is one of {', '.join(DTYPES)}")
    split, classes = loader.split, loader.data.classes
    out, not_found = _find(exclude, split.names)
    keep = torch.ones(len(split), dtype=torch.bool)
    keep[list(out)] = False
    # The sum of each image's probabilities, and the weight of what was summed.
    device = torch.device(loader.device)
    sums = torch.zeros(len(split), len(classes), device=device)
    weights = torch.zeros(len(split), device=device)
    if crops == 1:
        batches = _single(loader, flip)
    else:
        batches = crop_batches(loader, crops, keep.nonzero().flatten().tolist())
    with _evaluating(model), torch.inference_mode():
        for images, indices, weight in batches:
            with torch.autocast(device.type, DTYPES[precision], enabled=precision != "fp32"):
                logits = _logits(model(images))
            if logits.shape[1] != len(classes):
                raise ValueError(
                    f"the network has {logits.shape[1]} classes, {loader.data.name} has "
                    f"{len(classes)}: build it with num_classes={len(classes)}, or load the "
                    "weights that were trained on these data"
                )
            p = logits.float().softmax(1)
            sums.index_add_(0, indices, p * weight[:, None])
            weights.index_add_(0, indices, weight)
    seen = weights.cpu() > 0
    indices = (seen & keep).nonzero().flatten()
    probabilities = (sums / weights.clamp_min(1e-12)[:, None]).cpu()[indices]
    if not bool(probabilities.isfinite().all()):
        bad = int((~probabilities.isfinite().all(1)).sum())
        raise ValueError(
            f"the network's logits are not finite for {bad:,} of {len(indices):,} images: its "
            "weights have diverged, or precision='fp16' is too narrow for it; try 'fp32'"
        )
    return Predictions(
        probabilities,
        split.labels[indices].cpu(),
        indices,
        tuple(split.names[i] for i in indices.tolist()),
        tuple(classes),
        excluded=tuple(split.names[i] for i in sorted(out)),
        not_found=not_found,
        corrupt=tuple(str(one) for one in loader.corrupt),
    )


def read_exclusions(path: str | Path) -> tuple[str, ...]:
    """Names of images, one a line; empty lines and those that begin with # are passed over."""
    lines = (line.strip() for line in Path(path).read_text(encoding="utf-8").splitlines())
    return tuple(line for line in lines if line and not line.startswith("#"))


def _find(exclude: Sequence[str], names: Sequence[str]) -> tuple[set[int], tuple[str, ...]]:
    """The images that are listed, and the listed names that none has."""
    if not exclude:
        return set(), ()
    places: dict[str, list[int]] = {}
    for i, name in enumerate(names):
        for key in {name, Path(name).name}:
            places.setdefault(key, []).append(i)
    found = {i for name in exclude for i in places.get(name, ())}
    lost = tuple(name for name in exclude if name not in places)
    if lost:
        more = f" and {len(lost) - SHOWN} more" if len(lost) > SHOWN else ""
        forms = " or ".join(map(repr, dict.fromkeys((names[0], Path(names[0]).name))))
        warnings.warn(
            f"no image is called {', '.join(lost[:SHOWN])}{more}: names are as {forms}",
            stacklevel=4,
        )
    return found, lost


def _single(loader: Loader, flip: bool) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """The loader's own crop of each image, and its mirror image if asked for."""
    for batch in loader.epoch(0):
        indices = batch.indices.to(batch.images.device)
        weight = torch.ones(len(indices), device=batch.images.device)
        yield batch.images, indices, weight
        if flip:
            yield batch.images.flip(3), indices, weight


def _logits(output: Any) -> Tensor:
    output = getattr(output, "logits", output)
    return output if isinstance(output, Tensor) else output[0]


@contextmanager
def _evaluating(model: nn.Module) -> Iterator[None]:
    """Evaluation mode inside; each module's own mode again behind."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for module, mode in modes:
            module.training = mode
