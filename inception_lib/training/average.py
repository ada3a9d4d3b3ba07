"""The running average of section 8: the network that is evaluated is a mean over recent steps."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

__all__ = ["WeightAverage", "decay_at", "describe_average", "horizon", "unwrap"]


def unwrap(model: nn.Module) -> nn.Module:
    """The network itself, without DistributedDataParallel or ``torch.compile`` around it."""
    while True:
        inner = getattr(model, "_orig_mod", None)  # torch.compile
        if inner is None and isinstance(
            model, (nn.parallel.DistributedDataParallel, nn.DataParallel)
        ):
            inner = model.module
        if not isinstance(inner, nn.Module):
            return model
        model = inner


def horizon(decay: float) -> float:
    """How many steps an average of decay d reaches back: 1/(1 − d), 10,000 for 0.9999.

    The steps it averages are so old in the mean, the newest being 1; the last so many weigh 63 %.
    """
    return 1 / (1 - decay)


def decay_at(decay: float, step: int) -> float:
    """TensorFlow's warm-up: min(d, (1 + n)/(10 + n)) at step n, the first being 1.

    While it rules, the average reaches back over about the last ninth of the run.
    """
    return min(decay, (1 + step) / (10 + step))


def describe_average(decay: float, steps_per_epoch: int) -> str:
    """What a decay means: "0.9999 averages about the last 10,000 steps (12.5 epochs)"."""
    if decay == 0:
        return "0 averages nothing: the network of the last step"
    steps = horizon(decay)
    epochs = steps / steps_per_epoch
    return f"{decay:g} averages about the last {steps:,.0f} steps ({epochs:.3g} epochs)"


def _by_kind(model: nn.Module) -> tuple[list[Tensor], list[Tensor]]:
    """Parameters and statistics to average, and integer buffers to copy."""
    tensors = [*model.parameters(), *model.buffers()]
    return (
        [t.detach() for t in tensors if t.is_floating_point()],
        [t for t in tensors if not t.is_floating_point()],
    )


class WeightAverage:
    """An exponential moving average of weights *and* batch-normalisation statistics.

    Begins as a copy of the network; each update moves it by 1 − d towards the network, with the
    warm-up of ``decay_at``. Counters and other integer buffers are copied. The whole update is one
    fused kernel a device, whatever the number of tensors, and the host waits for nothing.

    Parameters
    ----------
    model : nn.Module
        The network; wrapped by DistributedDataParallel or ``torch.compile`` or not.
    decay : float
        d, in [0, 1). The released code has 0.9999, a horizon of 10,000 steps.

    Attributes
    ----------
    module : nn.Module
        The averaged network, in evaluation mode, without gradients.

    Raises
    ------
    ValueError
        If ``decay`` is outside [0, 1).
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        if not 0 <= decay < 1:
            raise ValueError(
                f"decay is {decay!r}: it must be in [0, 1); the released code has 0.9999"
            )
        self.decay = decay
        self._average = AveragedModel(unwrap(model), use_buffers=True)
        self._average.requires_grad_(False).eval()
        # TensorFlow's average begins with the initial weights, and so at n = 1, where torch's
        # would be a copy of the first update's.
        self._average.n_averaged.fill_(1)

    @property
    def module(self) -> nn.Module:
        return self._average.module

    @property
    def updates(self) -> int:
        """Steps that the average has seen."""
        return int(self._average.n_averaged) - 1

    @torch.no_grad()
    def update(self, model: nn.Module) -> None:
        """Move the average towards ``model`` by one step.

        Done here and not by ``AveragedModel.update_parameters``, which copies its counter to the
        GPU each time: the host would wait for the device at every step.
        """
        step = int(self._average.n_averaged)  # a number of the host
        averages, old = _by_kind(self.module)
        values, new = _by_kind(unwrap(model))
        torch._foreach_lerp_(averages, values, 1 - decay_at(self.decay, step))
        if old:
            torch._foreach_copy_(old, new)
        self._average.n_averaged += 1

    def state_dict(self) -> dict[str, Any]:
        """The averaged tensors and the number of updates."""
        return self._average.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up where ``state_dict`` was written, to the last bit."""
        self._average.load_state_dict(state)
