"""The windows of GoogLeNet's first module, against what a gradient reaches."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from inception_lib.nets import create
from inception_lib.viz import SizesAtOnce


def reached(branch: str, row: int, column: int) -> tuple[int, int, int, int]:
    """First and last row and column of the image with a gradient, from one cell of a branch.

    Weights are positive and pools are means, so that nothing cancels and nothing is skipped.
    """
    net = create("googlenet", aux=False).double().eval()
    for weight in net.parameters():
        nn.init.constant_(weight, 1e-2)
    for name in ("maxpool1", "maxpool2"):
        setattr(net, name, nn.AvgPool2d(3, 2, ceil_mode=True, count_include_pad=False))
    x = torch.ones(1, 3, 224, 224, dtype=torch.double, requires_grad=True)
    y: Tensor = x
    for name in ("conv1", "maxpool1", "conv2", "conv3", "maxpool2"):
        y = getattr(net, name)(y)
    module = net.get_submodule("inception3a")
    for name in (
        ("branch1x1",)
        if branch == "1×1"
        else (f"branch{branch[0]}x{branch[0]}_1", f"branch{branch[0]}x{branch[0]}_2")
    ):
        y = module.get_submodule(name)(y)
    y[0, 0, row, column].backward()
    assert x.grad is not None
    rows, columns = (x.grad[0].abs().sum((0, dim)).nonzero().flatten() for dim in (2, 1))
    return int(rows[0]), int(rows[-1]), int(columns[0]), int(columns[-1])


def test_windows_are_those_that_a_gradient_reaches() -> None:
    widget = SizesAtOnce(row=10, column=20)
    for window in widget.windows:
        first = [window["first"] + widget.grid["stride"] * cell for cell in (10, 20)]
        ends = [max(0, first[0]), first[0] + window["side"] - 1]
        ends += [first[1], min(223, first[1] + window["side"] - 1)]
        assert reached(window["name"], 10, 20) == tuple(ends), window["name"]
    assert list(widget.readouts().values()) == [11, 21, 27, 43, 59]


def test_an_unknown_photograph_is_named() -> None:
    with pytest.raises(ValueError, match=r"photo is 'dog'.*pass one of 'astronaut'"):
        SizesAtOnce("dog")
