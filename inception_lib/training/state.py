"""Everything that a run consists of: put together from a recipe, saved, and put back."""

from __future__ import annotations

import inspect
import math
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn

from inception_lib.graph.fuse import fuse
from inception_lib.nets.registry import create, find
from inception_lib.nets.weights import load_weights

from .average import WeightAverage
from .data import Dataset, Loader, Split
from .distributed import World
from .losses import TrainingLoss, make_prior
from .optim import freeze, is_trained, make_optimizer
from .precision import autocast
from .recipes import Recipe
from .speed import training_flop

__all__ = ["Objective", "RunState", "make_network", "network_options"]

PROGRESS = ("step", "closed", "scores", "best_top1", "best_step", "seconds")


class Objective(nn.Module):
    """The loss as a function of images and labels: what is compiled, and wrapped for many GPUs."""

    def __init__(self, network: nn.Module, loss: nn.Module) -> None:
        super().__init__()
        self.network, self.loss = network, loss

    def forward(self, images: Tensor, labels: Tensor) -> Tensor:
        return self.loss(self.network(images), labels)


def make_network(recipe: Recipe, classes: int) -> nn.Module:
    """The recipe's network with its starting weights, in training mode, on the CPU.

    Raises
    ------
    ValueError
        If the network is unknown, or ``train_only`` names nothing in it.
    """
    torch.manual_seed(recipe.seed)
    network = create(recipe.network, **network_options(recipe, classes))
    if recipe.weights:
        load_weights(network, recipe.weights)
    freeze(network, recipe.train_only)
    return network.train()


def network_options(recipe: Recipe, classes: int) -> dict[str, Any]:
    """What ``create`` is asked for beside the network's name."""
    options: dict[str, Any] = {"num_classes": classes}
    if ":" not in recipe.network:  # one's own is asked for its classes alone
        takes = inspect.signature(find(recipe.network).make).parameters
        wanted = {"aux": recipe.aux, "dropout": recipe.dropout}
        options |= {name: value for name, value in wanted.items() if name in takes}
    return options


class RunState:
    """The parts of a run, and how far it is.

    Attributes
    ----------
    step : int
        Updates done.
    closed : int
        The step at which the last finished epoch was evaluated and saved.
    scores : dict
        ``top1``, ``top5`` and ``loss`` of the last evaluation.
    best_top1, best_step : float, int
        The best validation top-1 so far, and after which step.
    seconds : float
        Wall time until the last checkpoint.
    """

    def __init__(self, recipe: Recipe, data: Dataset, world: World) -> None:
        self.recipe, self.data, self.world = recipe, data, world
        self.step = self.closed = self.best_step = 0
        self.scores = dict.fromkeys(("top1", "top5", "loss"), math.nan)
        self.best_top1 = math.nan
        self.seconds = 0.0
        device = world.device
        network = make_network(recipe, len(data.classes))
        if recipe.sync_bn:
            network = world.convert_sync_batchnorm(network)
        if recipe.fuse:
            network = fuse(network, train=True)
        layout = torch.channels_last if recipe.channels_last else torch.contiguous_format
        self.network = network.to(device).to(memory_format=layout)
        assert data.train is not None
        prior = make_prior(recipe.prior, data.train.labels, len(data.classes))
        loss = TrainingLoss(recipe.label_smoothing, recipe.aux_weight, prior)
        self.objective = Objective(self.network, loss.to(device))
        self.optimizer = make_optimizer(self.network, recipe)
        self.trained = [p for group in self.optimizer.param_groups for p in group["params"]]
        self.average = WeightAverage(self.network, recipe.average) if recipe.average else None
        self.scaler = torch.amp.GradScaler(device.type, enabled=recipe.precision == "fp16")
        self.loader = self.training_loader(world.rank)
        self.validation: Loader | None = None
        if data.validation is not None:
            self.validation = self._make_loader(data.validation, world.rank, train=False)
        self.steps = recipe.epochs * self.loader.steps
        self.parallel = world.data_parallel(self.objective)
        if recipe.compile:
            self.parallel.compile()

    def _make_loader(self, split: Split, rank: int, train: bool) -> Loader:
        device, size = self.world.device, self.world.size
        return Loader(
            split, self.recipe, self.data, train=train, device=device, rank=rank, world=size
        )

    def training_loader(self, rank: int) -> Loader:
        """The training images of a process."""
        assert self.data.train is not None
        return self._make_loader(self.data.train, rank, train=True)

    def close(self) -> None:
        """Stop what decodes images."""
        self.loader.close()
        if self.validation is not None:
            self.validation.close()

    @cached_property
    def flop(self) -> int:
        """Of a training step for one image; 0 where the network cannot be traced."""
        try:
            return training_flop(self.network, self.recipe.size)
        except ValueError:  # a TraceError: a network of the user's own may branch on its values
            return 0

    @property
    def epoch(self) -> int:
        """The running epoch, from 0."""
        return self.step // self.loader.steps

    @property
    def epoch_is_over(self) -> bool:
        """Whether an epoch has ended that was not evaluated and saved yet."""
        return self.step % self.loader.steps == 0 and self.step > self.closed

    @property
    def evaluated_network(self) -> nn.Module:
        """The network that validation judges: of averaged weights where there is an average."""
        return self.network if self.average is None else self.average.module

    def judged(self, scores: dict[str, float]) -> bool:
        """Note an evaluation; whether its top-1 is the best so far."""
        self.scores = scores
        best = not scores["top1"] <= self.best_top1  # the first is compared with NaN
        if best:
            self.best_top1, self.best_step = scores["top1"], self.step
        return best

    def train_mode(self) -> None:
        """Training mode, with batch normalisation's statistics at rest where nothing learns.

        That is everywhere if the recipe says so, and else in what ``train_only`` leaves out: a
        frozen trunk whose running statistics moved would be another trunk.
        """
        self.objective.train()
        for name, module in self.network.named_modules():
            if isinstance(module, nn.modules.batchnorm._BatchNorm) and (
                self.recipe.freeze_bn or not self._learns(name, module)
            ):
                module.eval()

    def _learns(self, name: str, module: nn.Module) -> bool:
        """Whether a layer is among what is trained; by its name if it has no parameters."""
        parameters = list(module.parameters())
        if parameters:
            return any(p.requires_grad for p in parameters)
        return is_trained(name, self.recipe.train_only)

    def micro_batch(self, part: int) -> int:
        """A number for micro-batch ``part`` of the running step, of all steps and processes.

        It is the same however the batch is shared between processes and accumulation.
        """
        parts = self.recipe.accumulate
        return (self.step * self.world.size + self.world.rank) * parts + part

    def seed(self, place: int) -> None:
        """Begin the generators (dropout) anew for a micro-batch: nothing of them need be saved."""
        torch.manual_seed((self.recipe.seed * 0x9E3779B97F4A7C15 + place) % 2**63)

    def autocast(self) -> torch.autocast:
        """The precision of the forward pass."""
        return autocast(self.world.device.type, self.recipe.precision)

    def state_dict(self) -> dict[str, Any]:
        """All that a resumed run needs; data order, augmentation and dropout follow from step."""
        return {
            "epoch": self.epoch,
            **{name: getattr(self, name) for name in PROGRESS},
            "recipe": self.recipe.to_dict(),
            "classes": list(self.data.classes),
            "network": self.network.state_dict(),
            "average": None if self.average is None else self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "scaler": self.scaler.state_dict(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Put back what ``state_dict`` gave."""
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])
        if self.average is not None:
            self.average.load_state_dict(state["average"])
        if self.scaler.is_enabled():
            self.scaler.load_state_dict(state["scaler"])
        for name in PROGRESS:
            setattr(self, name, state[name])
