"""The budgets of networks, layer by layer, against the modules' own weights and shapes."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from inception_lib.nets import create
from inception_lib.viz import NetworkPlane, ThreeBudgets


class Tiny(nn.Sequential):
    """Four kinds of layer, one of them normalised."""

    def __init__(self) -> None:
        super().__init__(
            nn.Conv2d(3, 8, 3, bias=False),
            nn.BatchNorm2d(8),
            nn.Conv2d(8, 4, 1),
            nn.Conv2d(4, 6, (1, 3)),
            nn.Flatten(),
            nn.Linear(6 * 6 * 4, 5),
        )


def test_layers_add_up_to_the_network() -> None:
    tiny = Tiny().eval()
    widget = ThreeBudgets({"Tiny": tiny}, size=8)
    layers = widget.networks[0]["layers"]
    assert [layer["kind"] for layer in layers] == ["kxk", "1x1", "factorized", "linear"]
    assert layers[0]["params"] == 8 * 27 + 16  # with its normalisation
    written: list[int] = []
    for module in tiny:
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            module.register_forward_hook(lambda _m, _i, out: written.append(out.numel()))
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        tiny(torch.zeros(1, 3, 8, 8))
    numbers = widget.readouts()
    assert [layer["activations"] for layer in layers] == written
    assert numbers["activations"] == sum(written)
    assert numbers["macs"] == counter.get_total_flops() // 2
    assert numbers["params"] == sum(p.numel() for p in tiny.parameters())


@pytest.mark.parametrize(("index", "name"), [(0, "alexnet"), (2, "googlenet")])
def test_the_books_networks_have_their_weights(index: int, name: str) -> None:
    with torch.device("meta"):
        net = create(name, **({"aux": False} if name == "googlenet" else {}))
    numbers = ThreeBudgets(network=index).readouts()
    assert numbers["params"] == sum(p.numel() for p in net.parameters())
    kinds = (nn.Conv2d, nn.Linear)
    assert numbers["layers"] == sum(isinstance(m, kinds) for m in net.modules())


def test_most_of_vgg_is_its_first_fully_connected_layer() -> None:
    numbers = ThreeBudgets(network=1, layer=13).readouts()
    assert numbers["layer-params"] == (25088 * 4096 + 4096) / 138_357_544
    assert numbers["layer-macs"] == 25088 * 4096 / 15_470_264_320


def test_a_layer_beyond_the_last_is_the_last() -> None:
    assert ThreeBudgets(network=0, layer=90).readouts()["layer"] == 8


def test_ratios_on_the_plane() -> None:
    numbers = NetworkPlane({"Tiny": Tiny(), "Twice": nn.Sequential(nn.Conv2d(3, 8, 3))}, size=8)
    ratio = numbers.readouts()
    assert ratio["times-params"] == ratio["params"] / (8 * 27 + 8)
    assert ratio["times-macs"] == ratio["macs"] / (8 * 27 * 36)
    assert NetworkPlane(first=1, second=0).readouts()["times-params"] == 138_357_544 / 60_965_224


def test_errors_name_the_remedy() -> None:
    with pytest.raises(ValueError, match="at least two, by their labels"):
        NetworkPlane({"one": Tiny()}, size=8)
    with pytest.raises(ValueError, match="networks is empty"):
        ThreeBudgets({})
    with pytest.raises(ValueError, match="network is 5; the last one is 4"):
        ThreeBudgets(network=5)
    with pytest.raises(ValueError, match="second is 9; there are 5 networks"):
        NetworkPlane(second=9)
