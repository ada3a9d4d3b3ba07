"""PlaceTheHead: its prices against networks that are built with the head there."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from inception_lib import cost, trace
from inception_lib.nets import build
from inception_lib.nets.specs import get_spec
from inception_lib.viz import PlaceTheHead

NAMES = ["Mixed_5b", "Mixed_5c", "Mixed_5d", *(f"Mixed_6{letter}" for letter in "abcde")]


@pytest.mark.parametrize("place", [1, 7])
def test_the_price_is_what_training_costs_above_evaluation(place: int) -> None:
    spec = replace(get_spec("inception_v3"), aux_after=NAMES[place])
    with torch.device("meta"):
        network = build(spec)
    training, evaluation = (cost(trace(network, 299, train=mode)) for mode in (True, False))
    numbers = PlaceTheHead(place, uid="p").readouts()
    assert numbers["params"] == training.params - evaluation.params
    assert numbers["macs"] == training.macs - evaluation.macs
    assert numbers["params-share"] == numbers["params"] / evaluation.params


def test_the_side_loss_reaches_what_stands_before_the_head() -> None:
    network = build("inception_v3", num_classes=7)
    network.AuxLogits(network_before(network)).sum().backward()
    reached = sum(
        p.numel()
        for name, p in network.named_parameters()
        if p.grad is not None and not name.startswith("AuxLogits")
    )
    whole = sum(p.numel() for p in build("inception_v3", aux=False).parameters())
    assert PlaceTheHead(uid="p").readouts()["reached"] == pytest.approx(reached / whole, rel=1e-6)


def network_before(network: torch.nn.Module) -> torch.Tensor:
    """What the head reads of two small images; the head itself takes a larger grid."""
    seen = []
    hook = network.Mixed_6e.register_forward_hook(lambda *given: seen.append(given[2]))
    network.eval()(torch.zeros(2, 3, 139, 139))
    hook.remove()
    return seen[0].mean((2, 3), keepdim=True).expand(-1, -1, 17, 17)


def test_places_are_in_order_of_the_network() -> None:
    widget = PlaceTheHead(0, uid="p")
    assert [module["name"] for module in widget.network["modules"]][:8] == NAMES
    befores = [place["before"] for place in widget.network["places"]]
    assert befores == sorted(befores)
    with pytest.raises(ValueError, match=r"^place is 8; .* pass "):
        PlaceTheHead(8)
