"""Stages of networks: layers and modules, as their authors' tables list them."""

from __future__ import annotations

from torch import nn
from torchvision.models import densenet121, resnet50

from inception_lib.graph import cuts, stages, trace
from inception_lib.nets import create


def test_the_released_network() -> None:
    graph = trace(create("inception_v3"), 299, train=False)
    found = stages(graph)
    alive = {cut.after: cut.size for cut in cuts(graph)}
    assert (found[0].name, found[0].size) == ("image", 299 * 299 * 3)
    assert (found[-1].name, found[-1].shape) == ("fc", (1000,))
    for stage in found[1:-1]:
        assert stage.size == alive[graph[stage.name].name]
    assert [s.name for s in found if s.op == "module"] == [
        f"Mixed_{x}" for x in ("5b", "5c", "5d", "6a", "6b", "6c", "6d", "6e", "7a", "7b", "7c")
    ]


def test_networks_from_elsewhere() -> None:
    """Tables 1 of He et al. (2016) and of Huang et al. (2017), by their outputs."""
    sizes = [s.size for s in stages(trace(resnet50(), 224, train=False))]
    sides, widths = (112, 56, 56, 28, 14, 7), (64, 64, 256, 512, 1024, 2048)
    grids = [side * side * width for side, width in zip(sides, widths, strict=True)]
    assert sizes == [150528, *grids, 2048, 1000]
    dense = stages(trace(densenet121(), 224, train=False))
    assert [s.shape[0] for s in dense[3:10]] == [256, 128, 512, 256, 1024, 512, 1024]


def test_what_leaves_as_many_numbers_belongs_to_the_stage_before() -> None:
    body = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten())
    found = stages(trace(nn.Sequential(body, nn.Linear(144, 5)), 8, train=False))
    assert [(s.name, s.op, s.shape) for s in found] == [
        ("image", "input", (3, 8, 8)), ("0.0", "conv", (4, 6, 6)), ("1", "linear", (5,)),
    ]  # fmt: skip


def test_two_branches_are_alive_together() -> None:
    class Skip(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.second = nn.Conv2d(3, 3, 3, padding=1), nn.Conv2d(3, 3, 3, padding=1)

        def forward(self, x):
            return self.second(self.first(x)) + x

    found = stages(trace(Skip(), 8, train=False))
    assert [s.size for s in found] == [192, 384, 384, 192], "the image is still needed for the sum"
