"""What a recipe is: one flat, frozen record that says everything about a training run."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, get_type_hints

from inception_lib.nearest import close_names

from ..average import decay_at, describe_average, horizon

__all__ = ["FIELDS", "Recipe", "field_types"]


def say(
    default: Any,
    help: str,
    *,
    least: float | None = None,
    above: float | None = None,
    most: float | None = None,
    below: float | None = None,
    choices: tuple[str, ...] = (),
) -> Any:
    """A field with its meaning and its limits: least ≤ value ≤ most, above < value < below."""
    limits = {"least": least, "above": above, "most": most, "below": below}
    return field(
        default=default,
        metadata={
            "help": help,
            "limits": {k: v for k, v in limits.items() if v is not None},
            "choices": choices,
        },
    )


@dataclass(frozen=True)
class Recipe:
    """How a network is trained: every constant of section 8, and every one it leaves unsaid.

    The defaults are those of the ``paper`` recipe, in one micro-batch. Each field is a flag
    of the command line; its meaning is in ``FIELDS[name].metadata["help"]``, where its value comes
    from in ``SOURCES[recipe][name]``.

    Raises
    ------
    ValueError, TypeError
        If a value is out of range, or of the wrong type; the message names value, limit, remedy.
    """

    name: str = say("paper", "what the recipe is called")
    # the network
    network: str = say("inception_v3", "a network's name, or package.module:callable")
    aux: bool = say(True, "build the auxiliary head of section 4")
    size: int = say(299, "side of the training images, pixels", least=1)
    eval_size: int = say(0, "side of the evaluation images, pixels; 0: as size", least=0)
    dropout: float = say(0.2, "share of the pooled features dropped in training", least=0, below=1)
    weights: str = say("", "weights to start from: a file, torchvision, or nothing")
    train_only: str = say("", "prefixes of the parameters that are trained, with commas (fc)")
    freeze_bn: bool = say(False, "keep batch normalisation in evaluation mode throughout")
    fuse: bool = say(False, "train the mathematically equal, fused form of the network")
    # the run
    epochs: int = say(100, "passes over the training images", least=1)
    batch: int = say(1600, "images a step, over all processes and micro-batches", least=1)
    accumulate: int = say(1, "micro-batches a step on each process", least=1)
    seed: int = say(0, "of the weights, the order of the images and their augmentation", least=0)
    # the update
    optimizer: str = say(
        "rmsprop_tf", "the rule of the update", choices=("rmsprop_tf", "rmsprop", "sgd", "adamw")
    )
    lr: float = say(0.045, "learning rate, at its highest", above=0)
    momentum: float = say(0.0, "of the update; adamw: decay of the mean", least=0, below=1)
    rho: float = say(0.9, "decay of the mean square (rmsprop, adamw)", least=0, below=1)
    eps: float = say(1.0, "added to the mean square, or to its root (rmsprop, adamw)", above=0)
    nesterov: bool = say(False, "look one step ahead (sgd)")
    weight_decay: float = say(0.0, "L2 penalty on convolution and linear weights only", least=0)
    schedule: str = say(
        "staircase",
        "course of the learning rate",
        choices=("staircase", "cosine", "triangle", "constant"),
    )
    decay_rate: float = say(0.94, "factor of each stair (staircase)", above=0, most=1)
    decay_epochs: float = say(2.0, "epochs a stair lasts (staircase)", above=0)
    warmup_epochs: float = say(0.0, "epochs in which the rate rises from nothing", least=0)
    clip_norm: float = say(2.0, "limit of the gradient's global norm; 0: none", least=0)
    # the loss
    label_smoothing: float = say(0.1, "share of the target given to the prior", least=0, most=1)
    aux_weight: float = say(0.4, "weight of each auxiliary loss", least=0)
    prior: str = say("", "u(k): nothing (uniform), data (frequencies), or a file of probabilities")
    average: float = say(0.9999, "decay of the average of weights; 0: none", least=0, below=1)
    # the images
    augment: str = say(
        "paper", "augmentation", choices=("none", "flip", "shift", "cutout", "paper")
    )
    crop_area: tuple[float, float] = say((0.05, 1.0), "share of the image's area", above=0, most=1)
    crop_ratio: tuple[float, float] = say((3 / 4, 4 / 3), "width over height of crops", above=0)
    brightness: float = say(32 / 255, "shift of the brightness, at most", least=0, most=1)
    saturation: float = say(0.5, "factor within 1 ± this", least=0, most=1)
    contrast: float = say(0.5, "factor within 1 ± this", least=0, most=1)
    hue: float = say(0.2, "turn of the hue, share of the circle, at most", least=0, most=0.5)
    eval_crop: float = say(0.875, "central share of each side, in evaluation", above=0, most=1)
    # the machine
    precision: str = say("fp32", "of activations", choices=("fp32", "bf16", "fp16"))
    channels_last: bool = say(True, "store images as N, H, W, C")
    compile: bool = say(False, "use torch.compile")
    sync_bn: bool = say(False, "normalise over the batches of all processes")
    workers: int = say(8, "processes that decode images; 0: in the main one", least=0)
    cache: str = say("auto", "where decoded images stay", choices=("auto", "device", "none"))
    # what is kept
    keep: int = say(2, "checkpoints kept beside the best", least=1)
    save_steps: int = say(0, "steps between checkpoints; 0: at the ends of epochs", least=0)
    eval_epochs: int = say(1, "epochs between evaluations", least=1)
    max_corrupt: float = say(0.01, "share of unreadable images that is borne", least=0, most=1)

    def __post_init__(self) -> None:
        for name, kind in field_types().items():
            object.__setattr__(self, name, _typed(name, kind, getattr(self, name)))
        self.validate()

    def validate(self) -> None:
        """Check every value against its limits, and those that must agree with one another."""
        for name, about in FIELDS.items():
            value = getattr(self, name)
            for one in value if isinstance(value, tuple) else (value,):
                _check_limits(name, one, about.metadata["limits"])
            choices = about.metadata["choices"]
            if choices and value not in choices:
                raise ValueError(f"{name} is {value!r}: choose one of {', '.join(choices)}")
        if not self.name or not self.network:
            raise ValueError("name and network must not be empty")
        if self.batch % self.accumulate:
            raise ValueError(
                f"batch is {self.batch}, accumulate {self.accumulate}: micro-batches must be "
                f"equal; use batch {max(1, self.batch // self.accumulate) * self.accumulate}, "
                f"or accumulate {_divisor(self.batch, self.accumulate)}"
            )
        for name in ("crop_area", "crop_ratio"):
            low, high = getattr(self, name)
            if low > high:
                raise ValueError(f"{name} is {low:g} to {high:g}: give the smaller one first")
        if self.warmup_epochs > self.epochs:
            raise ValueError(
                f"warmup_epochs is {self.warmup_epochs:g}, the run has {self.epochs} epochs: "
                "shorten the warm-up, or train for longer"
            )
        if self.optimizer == "sgd" and self.nesterov and self.momentum == 0:
            raise ValueError(
                "nesterov looks ahead along the momentum, which is 0: give momentum 0.9, "
                "or nesterov False"
            )

    def replace(self, **changes: Any) -> Recipe:
        """The recipe with some fields changed, and two that follow where they are not given.

        ``warmup_epochs`` keeps its share of the run when ``epochs`` changes. A recipe that
        accumulates keeps its micro-batches no larger than they were when ``batch`` changes: the
        paper's 1600 are 50 times 32, and 64 are 2 times.
        """
        _known(changes)
        if "epochs" in changes and "warmup_epochs" not in changes and self.warmup_epochs:
            epochs = _typed("epochs", int, changes["epochs"])
            changes["warmup_epochs"] = self.warmup_epochs * max(0, epochs) / self.epochs
        if "batch" in changes and "accumulate" not in changes and self.accumulate > 1:
            batch = _typed("batch", int, changes["batch"])
            changes["accumulate"] = _divisor(batch, -(-batch * self.accumulate // self.batch))
        return dataclasses.replace(self, **changes)

    def to_dict(self) -> dict[str, Any]:
        """Every field, as JSON can hold it."""
        values = dataclasses.asdict(self)
        return {k: list(v) if isinstance(v, tuple) else v for k, v in values.items()}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Recipe:
        """The recipe that ``to_dict`` gave; fields left out have their defaults."""
        _known(values)
        return cls(**values)

    def advice(self, steps_per_epoch: int, world: int = 1) -> list[str]:
        """What in this recipe will not do what it seems to, in a run of that many steps.

        Parameters
        ----------
        steps_per_epoch : int
            Optimizer steps an epoch.
        world : int
            Processes that share the batch.

        Returns
        -------
        list of str
            One sentence a finding, each with its remedy; empty where there is nothing to say.

        Raises
        ------
        ValueError
            If an epoch has no step.
        """
        if steps_per_epoch < 1:
            raise ValueError(
                f"steps_per_epoch is {steps_per_epoch}: an epoch has at least one step"
            )
        steps = steps_per_epoch * self.epochs
        found = []
        if self.average and horizon(self.average) > steps / 2:
            most = max(0.0, 1 - 10 / steps)
            warmed = horizon(decay_at(self.average, steps))
            reach = describe_average(self.average, steps_per_epoch)
            found.append(
                f"average {reach}, the run has {steps:,}: the warm-up alone decides, and "
                f"averages the last {warmed:,.0f}; "
                + (f"use at most {most:.4g} (a tenth of the run), or 0" if most else "use 0")
            )
        if (
            self.schedule == "staircase"
            and self.decay_rate ** (self.epochs / self.decay_epochs) > 0.5
        ):
            found.append(
                f"staircase ×{self.decay_rate:g} every {self.decay_epochs:g} epochs hardly lowers "
                f"the rate in {self.epochs} epochs: use cosine, triangle or shorter stairs"
            )
        micro = self.batch / self.accumulate / world
        if micro < 16 and not (self.freeze_bn or (self.sync_bn and micro * world >= 16)):
            found.append(
                f"batch {self.batch} in {self.accumulate} micro-batches on {world} processes "
                f"leaves {micro:g} images to a batch normalisation: use accumulate "
                f"{max(1, self.batch // (32 * world))}, a larger batch, sync_bn or freeze_bn"
            )
        if self.label_smoothing == 1:
            found.append(
                "label_smoothing 1: every target is the prior, whatever the label, and nothing is "
                "learnt; use 0.1, as section 7 does"
            )
        if self.aux and self.aux_weight == 0:
            found.append(
                "aux_weight 0: the auxiliary head costs time and learns nothing; use aux False"
            )
        if not self.weights and self.train_only:
            found.append(
                f"train_only {self.train_only} without weights: the rest stays random; give weights"
            )
        if not self.weights and self.freeze_bn:
            found.append(
                "freeze_bn without weights: batch normalisation keeps its initial statistics, mean "
                "0 and variance 1, and normalises nothing; give weights, or freeze_bn False"
            )
        if self.optimizer == "adamw" and self.eps > 1e-3:
            found.append(f"eps {self.eps:g} makes adamw nearly momentum SGD: use 1e-8")
        return found


FIELDS: Mapping[str, dataclasses.Field[Any]] = {f.name: f for f in dataclasses.fields(Recipe)}


@lru_cache(maxsize=1)
def field_types() -> dict[str, Any]:
    """The type of each field: int, float, bool, str, or tuple[float, float]."""
    return get_type_hints(Recipe)


def _typed(name: str, kind: Any, value: Any) -> Any:
    """``value`` as the field's type: 1 serves as 1.0 and [a, b] as (a, b), nothing else."""
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if kind is float and number:
        return float(value)
    if kind is int and number and value == int(value if math.isfinite(value) else 0):
        return int(value)
    if kind in (bool, str) and isinstance(value, kind):
        return value
    if kind == tuple[float, float] and isinstance(value, (tuple, list)) and len(value) == 2:
        return _typed(name, float, value[0]), _typed(name, float, value[1])
    wanted = {bool: "True or False", str: "text", int: "a whole number", float: "a number"}
    raise TypeError(f"{name} is {value!r}: it must be {wanted.get(kind, 'two numbers')}")


def _check_limits(name: str, value: Any, limits: Mapping[str, float]) -> None:
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{name} is {value!r}: it must be finite")
    holds = {
        "least": (lambda limit: value >= limit, "at least"),
        "above": (lambda limit: value > limit, "above"),
        "most": (lambda limit: value <= limit, "at most"),
        "below": (lambda limit: value < limit, "below"),
    }
    if not all(holds[kind][0](limit) for kind, limit in limits.items()):
        words = " and ".join(f"{holds[kind][1]} {limit:g}" for kind, limit in limits.items())
        raise ValueError(
            f"{name} is {value!r}: it must be {words} ({FIELDS[name].metadata['help']})"
        )


def _known(values: Mapping[str, Any]) -> None:
    for name in values:
        if name not in FIELDS:
            near = close_names(str(name), FIELDS, most=1)
            hint = f"did you mean {near[0]}?" if near else f"fields are {', '.join(FIELDS)}"
            raise ValueError(f"a recipe has no field {name!r}: {hint}")


def _divisor(number: int, least: int) -> int:
    """The smallest divisor of ``number`` that is at least ``least`` (``number`` at most)."""
    return next((d for d in range(max(1, least), number) if number % d == 0), max(1, number))
