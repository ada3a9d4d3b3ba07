"""The unfolded module: its numbers against PyTorch's counter, hand arithmetic and gradients."""

from __future__ import annotations

import json
from base64 import b64decode
from io import BytesIO
from pathlib import Path

import pytest
import torch
from PIL import Image
from torch.utils.flop_counter import FlopCounterMode

from inception_lib.nets import FactorizedModule, GridReduction, InceptionModule, OriginalModule
from inception_lib.nets.layers import Conv, Pool
from inception_lib.viz import UnfoldModule

FACES = Path(__file__).parents[2] / "results" / "module_faces.json"


def counted_by_torch(module: InceptionModule, size: tuple[int, int, int]) -> int:
    counter = FlopCounterMode(display=False)
    with torch.no_grad(), counter:
        module(torch.zeros(1, *size))
    return counter.get_total_flops() // 2


def test_the_module_costs_what_torch_counts() -> None:
    plain = {
        "branch1x1": (Conv(64),),
        "branch3x3": (Conv(128, 3),),
        "branch5x5": (Conv(32, 5),),
        "branch_pool": (Pool("max"), Conv(32)),
    }
    numbers = UnfoldModule().readouts()
    size = (192, 28, 28)
    assert numbers["module"] == counted_by_torch(OriginalModule(192), size)
    assert numbers["plain"] == counted_by_torch(InceptionModule(192, plain), size)


@pytest.mark.parametrize("width", [1, 16, 154, 155, 192])
def test_a_branch_is_linear_in_its_reduction(width: int) -> None:
    numbers = UnfoldModule(reduce_b=width).readouts()
    assert numbers["branch-3"] == 784 * (192 * width + 25 * width * 32)
    without = UnfoldModule(plain_b=True).readouts()["branch-3"]
    assert without == 784 * 25 * 192 * 32
    assert (numbers["branch-3"] <= without) == (width <= 154)


@pytest.mark.parametrize("sheet", [0, 64, 192, 224])
def test_a_sheet_reads_what_its_gradient_reaches(sheet: int) -> None:
    """One sheet a branch; with all weights 1 and no normalisation the gradient misses nothing."""
    numbers = UnfoldModule(sheet=sheet).readouts()
    windows = {0: 1, 64: 3, 192: 5, 224: 3}
    assert numbers["over"] == windows[sheet] ** 2 * 192
    assert numbers["reads"] == {0: 192, 64: 9 * 96, 192: 25 * 16, 224: 192}[sheet]
    if sheet == 224:
        return  # a max pool's gradient reaches one cell only
    module = OriginalModule(192).eval()
    for weight in module.parameters():
        torch.nn.init.ones_(weight)
    x = torch.rand(1, 192, 9, 9, requires_grad=True)
    module(x)[0, sheet, 4, 4].backward()
    assert x.grad is not None
    assert int((x.grad != 0).sum()) == numbers["over"]


def test_the_later_module_has_two_3x3() -> None:
    module = FactorizedModule(192, single_kernel=5)
    widget = UnfoldModule(module, 35, sheet=150)
    assert widget.readouts()["module"] == counted_by_torch(module, (192, 35, 35))
    assert widget.readouts()["over"] == 25 * 192


def test_faces_carry_every_map_of_the_record() -> None:
    record = json.loads(FACES.read_text("utf-8"))
    faces = UnfoldModule(faces=FACES).faces
    assert faces["input"]["shape"] == [192, 35, 35]
    assert faces["output"]["shape"] == [256, 35, 35]
    for name in ("input", "output"):
        picture = Image.open(BytesIO(b64decode(faces[name]["src"].split(",")[1])))
        tile, columns = record[name]["tile"], record[name]["columns"]
        assert picture.size == (tile * columns, tile * record[name]["shape"][0] // columns)


def test_errors_name_value_limit_and_remedy() -> None:
    with pytest.raises(ValueError, match="reduce_b is 193; this module has at most 192"):
        UnfoldModule(reduce_b=193)
    with pytest.raises(ValueError, match="sheet is 256; this module has at most 255"):
        UnfoldModule(sheet=256)
    with pytest.raises(ValueError, match="ModuleDiagram draws the others"):
        UnfoldModule(GridReduction(288))
    lone = InceptionModule(8, {"a": (Conv(4), Conv(8, 3)), "b": (Conv(4),)})
    with pytest.raises(ValueError, match="1 branches of the module begin with a 1×1"):
        UnfoldModule(lone)
