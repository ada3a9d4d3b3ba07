"""What the ledger counts on whole networks, against torch's counter and torchvision's layers."""

from __future__ import annotations

import functools
import math

import pytest
import torch
import torchvision
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from inception_lib.nets.build import build
from inception_lib.nets.registry import create, find
from inception_lib.nets.scale import scale
from inception_lib.nets.spec import SPECS
from inception_lib.paper import ledger
from inception_lib.paper.checks import CHECKS, reduction, schedule, smoothing, table1
from inception_lib.training.recipes import get_recipe
from inception_lib.training.schedule import learning_rate


def found(name: str) -> float:
    return CHECKS[name]().number


def by_torch(model: nn.Module, size: int) -> float:
    """Multiply-adds as torch counts them: two operations each."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model.eval()(torch.empty(1, 3, size, size, device="meta"))
    return counter.get_total_flops() / 2


@functools.lru_cache(maxsize=32)
def macs(name: str, size: int | None = None) -> float:
    with torch.device("meta"):
        model = create(name)
    return by_torch(model, size or find(name).size)


@functools.lru_cache(maxsize=8)
def params(name: str) -> int:
    """Parameters in evaluation."""
    with torch.device("meta"):
        model = create(name)
    return sum(p.numel() for n, p in model.named_parameters() if not n.lower().startswith("aux"))


@pytest.mark.parametrize(
    "network",
    [
        "googlenet",
        "bn_googlenet",
        "bn_inception",
        "inception_v2",
        "inception_v2_factorized_7x7",
        "inception_v3",
    ],
)
def test_costs_of_table_3_as_torch_counts_them(network: str) -> None:
    assert found(f"table3_cost_{network}") == pytest.approx(macs(network) / 1e9, abs=1e-9)


def test_ratios_of_costs() -> None:
    v2, v3 = macs("inception_v2"), macs("inception_v3")
    expected = {
        "inception_v3_macs": v3 / 1e9,
        "v2_in_googlenets": v2 / macs("googlenet"),
        "v2_beside_vgg": 100 * v2 / macs("vgg16"),
        "cost_of_the_factorized_7x7": (v3 - v2) / 1e9,
        "cost_of_v3_in_bn_inceptions": v3 / macs("bn_inception"),
        "prelu_net_in_v3s_macs": macs("prelu_net_c") / v3,
        "cheaper_at_151": 0,
        "cheaper_at_79": 100 * (1 - macs("inception_v3_79") / v3),
        "cost_of_naive_shrinking": v3 / macs("inception_v3", 79),
        "cost_of_the_pool": 100 * 73 * 73 * 64 * 9 / v3,
    }
    assert {name: found(name) for name in expected} == pytest.approx(expected)
    assert macs("inception_v3_151") == v3


def test_parameters() -> None:
    vgg = sum(p.numel() for p in torchvision.models.get_model("vgg16").parameters())
    expected = {
        "params_alexnet": 60.965224,  # as Caffe's bvlc_alexnet
        "params_googlenet": params("googlenet") / 1e6,
        "params_inception_v3": 23.834568,
        "params_of_alexnet_in_googlenets": 60_965_224 / params("googlenet"),
        "params_of_vgg_in_alexnets": vgg / 60_965_224,
        "prelu_net_in_v3s_params": params("prelu_net_c") / 23_834_568,
    }
    assert {name: found(name) for name in expected} == pytest.approx(expected)


def test_doubling() -> None:
    with torch.device("meta"):
        wide = build(scale(SPECS["inception_v3"], 2), aux=False)
    assert found("doubling_macs") == pytest.approx(by_torch(wide, 299) / macs("inception_v3"))
    counted = sum(p.numel() for p in wide.parameters())
    assert found("doubling_params") == pytest.approx(counted / 23_834_568)


def test_depth_by_hand() -> None:
    assert found("depth_of_inception_v3") == 5 + 3 * 3 + 3 + 4 * 5 + 4 + 2 * 3 + 1


# -- Table 1 ---------------------------------------------------------------------------------


def printed_rows() -> list[str]:
    return [r.paper_text for r in ledger() if r.id.startswith("table-1-row-")]


def test_table_1_to_the_letter_has_every_row_as_printed() -> None:
    """But for the padding of its seventh, without which the eighth would read 33×33."""
    built = list(table1.table("inception_v3_table1"))
    assert built[6] == "conv padded 3×3/1 on 35×35×192"
    assert [row for i, row in enumerate(built) if i != 6] == [
        row for i, row in enumerate(printed_rows()) if i != 6
    ]
    assert built[6].replace("padded ", "") == printed_rows()[6]


def test_released_rows_are_those_of_torchvision() -> None:
    """What each layer of torchvision's network reads, and its kernel and stride."""
    with torch.device("meta"):
        model = torchvision.models.get_model("inception_v3", aux_logits=True, init_weights=False)
    stem = [name for name, _ in SPECS["inception_v3"].stem]
    names = [*stem, "Mixed_5b", "Mixed_6b", "Mixed_7b", "avgpool", "fc"]
    reads: dict[str, tuple[int, ...]] = {}

    def note(name: str, module: nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
        reads[name] = (*inputs[0].shape[1:], 1, 1)[:3]

    for name in names:
        getattr(model, name).register_forward_pre_hook(functools.partial(note, name))
    model.eval()(torch.empty(1, 3, 299, 299, device="meta"))
    for name, row in zip(names, table1.table("inception_v3"), strict=False):
        channels, height, width = reads[name]
        assert row.endswith(f" on {height}×{width}×{channels}")
        layer = getattr(getattr(model, name), "conv", getattr(model, name))
        if name.startswith("Conv"):
            (k, _), (s, _) = layer.kernel_size, layer.stride
            assert row.startswith("conv padded" if layer.padding[0] else f"conv {k}×{k}/{s}")
        if name.startswith("maxpool"):
            assert row.startswith(f"pool {layer.kernel_size}×{layer.kernel_size}/{layer.stride} ")


def test_grids_of_the_stem_as_printed() -> None:
    """n cells, kernel k, stride s, padding p: (n + 2p − k) // s + 1 come out."""
    side, fits = 299, 0
    layers = [(3, 2, 0), (3, 1, 0), (3, 1, 1), (3, 2, 0), (3, 1, 0), (3, 2, 0), (3, 1, 0)]
    for (kernel, stride, padding), printed in zip(layers, table1.PRINTED, strict=True):
        side = (side + 2 * padding - kernel) // stride + 1
        fits += side == printed
    assert (fits, side) == (6, 33)
    assert found("rows_of_the_stem_that_fit") == 6


# -- sections 5, 7, 8 ------------------------------------------------------------------------


def test_grid_reduction_by_hand() -> None:
    assert found("saving_of_pool_then_conv") == 75
    assert found("macs_side_by_side") == 50
    assert found("figure_9_right_beside_left") == pytest.approx(35**2 / 17**2 - 1)
    assert found("narrowest_of_pool_then_conv") == 50
    assert found("narrowest_side_by_side") == 100


@pytest.mark.parametrize("name", ["macs_of_conv_then_pool", "macs_of_pool_then_conv"])
def test_a_wrong_formula_is_seen(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real = reduction._macs
    monkeypatch.setattr(reduction, "_macs", lambda *args: real(*args) + 1)
    measured = CHECKS[name]()
    assert measured.number > 1e-7
    assert measured.text.startswith("apart by ")


def test_a_wrong_target_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smoothing, "_smoothed", lambda labels: torch.full((1, 1000), 1e-3))
    assert CHECKS["gradient_of_the_loss"]().number > 0.8


def test_the_best_gap_by_closed_form() -> None:
    right, rest = 0.9 + 1e-4, 1e-4
    entropy = -right * math.log(right) - 999 * rest * math.log(rest)
    expected = f"{math.log(9001):.3f}, where the loss is {entropy:.4f}"
    assert CHECKS["best_gap_of_logits"]().text == expected


def test_the_schedule_is_that_of_the_recipe() -> None:
    paper = get_recipe("paper")
    assert paper.epochs == schedule.EPOCHS
    last = learning_rate(paper, 80_099, 801)
    assert CHECKS["last_learning_rate"]().text == f"{last:.5f} in the last epoch"


# -- arithmetic on the printed tables --------------------------------------------------------


def test_arithmetic_on_the_tables_by_hand() -> None:
    expected = {
        "printed_cost_of_v2_in_googlenets": 3.8 / 1.5,
        "printed_gain_of_smoothing_top1": 23.1 - 22.8,
        "printed_gain_of_smoothing_top5": 6.3 - 6.1,
        "printed_gain_of_bn_auxiliary": 21.6 - 21.2,
        "printed_cost_of_v3_in_bn_inceptions": 4.8 / 2,
        "printed_cut_of_prelu_top1": 100 * (1 - 18.77 / 21.59),
        "printed_cut_of_prelu_top5": 100 * (1 - 4.2 / 5.71),
        "printed_cut_of_ensembles": 100 * (1 - 3.58 / 4.94),
    }
    assert {name: found(name) for name in expected} == pytest.approx(expected)
