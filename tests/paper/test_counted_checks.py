"""What the ledger counts on whole networks, against torch's counter and torchvision's layers."""

from __future__ import annotations

import functools
import math

import pytest
import torch
import torchvision
from counts import V3_PARAMS
from torch import nn
from torch.nn.functional import cross_entropy
from torch.utils.data import BatchSampler
from torch.utils.flop_counter import FlopCounterMode

from inception_lib import trace
from inception_lib.nets.build import build
from inception_lib.nets.registry import create, find
from inception_lib.nets.scale import scale
from inception_lib.nets.specs import SPECS
from inception_lib.paper.checks import CHECKS, googlenet, reduction, schedule, smoothing, table1
from inception_lib.paper.tables import TABLE1
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
def macs(name: str, size: int | None = None, **options: object) -> float:
    with torch.device("meta"):
        model = create(name, **options)
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
    """The older ones with the separable first layer that their own papers count."""
    older = network in ("googlenet", "bn_googlenet", "bn_inception")
    options = {"separable_stem": True} if older else {}
    assert found(f"table3_cost_{network}") == pytest.approx(macs(network, **options) / 1e9)
    if older:
        full = CHECKS[f"table3_cost_{network}"]()["full 7×7"]
        assert full == pytest.approx(macs(network) / 1e9)


def test_ratios_of_costs() -> None:
    v2, v3 = macs("inception_v2"), macs("inception_v3")
    googlenet = macs("googlenet", separable_stem=True)
    expected = {
        "inception_v3_macs": v3 / 1e9,
        "v2_in_googlenets": v2 / googlenet,
        "v2_beside_vgg": 100 * macs("inception_v3_table1") / macs("vgg16"),
        "googlenet_beside_vgg": 100 * macs("googlenet") / macs("vgg16"),
        "cost_of_the_factorized_7x7": (v3 - v2) / 1e9,
        "cost_of_v3_in_bn_inceptions": v3 / macs("bn_inception", separable_stem=True),
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
        "prelu_net_in_v3s_params": params("prelu_net_c") / V3_PARAMS,
    }
    assert {name: found(name) for name in expected} == pytest.approx(expected)


def test_doubling() -> None:
    with torch.device("meta"):
        wide = build(scale(SPECS["inception_v3"], 2), aux=False)
    assert found("doubling_macs") == pytest.approx(by_torch(wide, 299) / macs("inception_v3"))
    counted = sum(p.numel() for p in wide.parameters())
    assert found("doubling_params") == pytest.approx(counted / V3_PARAMS)


def test_depth_by_hand() -> None:
    assert found("depth_of_inception_v3") == 5 + 3 * 3 + 3 + 4 * 5 + 4 + 2 * 3 + 1


# -- Table 1 ---------------------------------------------------------------------------------


def printed_rows() -> list[str]:
    return [str(printed) for printed in TABLE1]


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
    assert found("narrowest_of_pool_then_conv") == 50
    assert found("narrowest_side_by_side") == 100
    figure = CHECKS["figure_9_right_beside_left"]()
    assert figure.number == 3
    each = 320 * 640 / 1e6
    assert dict(figure.parts) == pytest.approx(
        {
            "35 to 17": 35**2 / 17**2 - 1,
            "pool first, 1×1": 17**2 * each,
            "conv first, 1×1": 35**2 * each,
            "pool first, 3×3": 9 * 17**2 * each,
            "conv first, 3×3": 9 * 35**2 * each,
            "side by side, 3×3": 9 * 17**2 * each / 2,
        }
    )
    for way, narrowest in (("of_pool_then_conv", 17**2 * 320), ("side_by_side", 17**2 * 640)):
        alive = CHECKS[f"narrowest_{way}"]().parts
        assert alive == {"in": 35**2 * 320, "narrowest": narrowest, "out": 17**2 * 640}


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


def test_the_schedule_is_torchs() -> None:
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.045)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 2, 0.94)
    for epoch in range(100):
        for steps in (801, 40_037):
            rate = learning_rate(get_recipe("paper"), epoch * steps, steps)
            assert rate == pytest.approx(scheduler.get_last_lr()[0])
        optimizer.step()
        scheduler.step()


def test_two_clocks() -> None:
    """As torch's sampler deals the images out, one replica's batch or all of them at a time."""
    steps = CHECKS["steps_of_the_training"]()
    for clock, images in (("", 32), (" together", 1600)):
        batches = len(BatchSampler(range(schedule.IMAGES), images, drop_last=False))
        assert steps[f"epoch{clock}"] == batches
        assert steps[f"all{clock}"] == 100 * batches
        assert steps[f"average{clock}"] == pytest.approx(10_000 / batches)
    assert CHECKS["epochs_of_figure_2"]().number == pytest.approx(3.86e6 / (1_281_167 / 32))


def test_the_smoothed_loss_rises_without_end() -> None:
    logits = torch.zeros(2, 1000, dtype=torch.float64)
    logits[:, 0] = torch.tensor([1000.0, 1001.0])
    losses = cross_entropy(
        logits, torch.zeros(2, dtype=torch.long), label_smoothing=0.1, reduction="none"
    )
    rise = (losses[1] - losses[0]).item()
    assert CHECKS["rise_of_the_smoothed_loss"]().text == f"it rises by {rise:.4f} a unit of the gap"


def test_smoothing_is_torchs() -> None:
    """The library's loss, which the checks ask, beside torch's own."""
    logits, labels = smoothing._logits()
    ours = smoothing._losses(logits, labels, 0.1)
    theirs = cross_entropy(logits, labels, label_smoothing=0.1, reduction="none")
    assert torch.allclose(ours, theirs, rtol=1e-12)


def test_the_best_gap_under_an_entropy_penalty() -> None:
    """Where the slope of (1 − ε) H(q, p) − ε H(p) in the right logit changes its sign."""
    best = CHECKS["best_gap_by_entropy"]()
    for name in ("uniform", "entropy"):
        slopes = []
        for gap in (best[name] - 1e-3, best[name] + 1e-3):
            z = torch.tensor([[gap] + [0.0] * 9], dtype=torch.float64, requires_grad=True)
            p = z.softmax(1)
            second = -p.log().mean() if name == "uniform" else (p * p.log()).sum()
            (0.9 * -p.log()[0, 0] + 0.1 * second).backward()
            slopes.append(z.grad[0, 0].item())
        assert slopes[0] < 0 < slopes[1]
    assert best["uniform"] == pytest.approx(math.log(0.91 / 0.01), abs=1e-4)


# -- sections 2 and 3 ------------------------------------------------------------------------


def test_the_waist_as_torchvision_has_it() -> None:
    """The numbers that each of torchvision's layers and modules writes."""
    with torch.device("meta"):
        model = torchvision.models.get_model("inception_v3", aux_logits=True, init_weights=False)
    names = [*(n for n, _ in SPECS["inception_v3"].stem), "avgpool"]
    names += [
        f"Mixed_{m}" for m in (["5b", "5c", "5d", "6a", "6b", "6c", "6d", "6e", "7a", "7b", "7c"])
    ]
    written = {"image": 3 * 299**2, "logits": 1000}

    def note(name: str, module: nn.Module, inputs: object, output: torch.Tensor) -> None:
        written[name] = output[0].numel()

    for name in names:
        getattr(model, name).register_forward_hook(functools.partial(note, name))
    model.eval()(torch.empty(1, 3, 299, 299, device="meta"))
    waist = CHECKS["rises_of_the_representation"]()
    assert waist.parts == written
    assert waist.number == 7
    assert max(written.values()) == written["Conv2d_2b_3x3"] == 1_382_976


def test_the_necks() -> None:
    """Everything but the last two modules and the classifier lies before 8×8×1280."""
    neck = CHECKS["work_done_before_the_neck"]()
    with torch.device("meta"):
        model = create("inception_v3").eval()
    behind = by_layers(nn.Sequential(model.Mixed_7b, model.Mixed_7c), 1280, 8) + 2048 * 1000
    assert neck["size"] == 8 * 8 * 1280
    assert neck["inception_v3"] == pytest.approx(100 * (1 - behind / macs("inception_v3")))


def by_layers(module: nn.Module, channels: int, side: int) -> float:
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        module.eval()(torch.empty(1, channels, side, side, device="meta"))
    return counter.get_total_flops() / 2


def test_googlenet_without_its_reductions_by_hand() -> None:
    """Each reduced branch of k×k read all channels of the module instead."""
    with torch.device("meta"):
        model = create("googlenet").eval()
    change, side = 0, 28
    reductions = 0
    for name in ("3a", "3b", "4a", "4b", "4c", "4d", "4e", "5a", "5b"):
        side = {"3": 28, "4": 14, "5": 7}[name[0]]
        module = getattr(model, f"inception{name}")
        for branch, k in (("branch3x3", 3), ("branch5x5", 5)):
            first, last = (getattr(module, f"{branch}_{i}").conv for i in (1, 2))
            with_it = first.weight.numel() + last.weight.numel()
            change += side**2 * (k * k * first.in_channels * last.out_channels - with_it)
            reductions += 1
    assert reductions == 18
    measured = CHECKS["saving_of_the_reductions"]()
    once = macs("googlenet")
    assert measured["without"] == pytest.approx((once + change) / 1e9)
    assert measured["times"] == pytest.approx((once + change) / once)
    assert measured.number == pytest.approx(100 * change / (once + change))


def test_module_3a_by_hand() -> None:
    cells = 28 * 28
    parts = CHECKS["saving_of_the_reductions_in_3a"]().parts
    five, five_without = 192 * 16 + 25 * 16 * 32, 25 * 192 * 32
    three, three_without = 192 * 96 + 9 * 96 * 128, 9 * 192 * 128
    rest = 192 * 64 + 192 * 32
    expected = {
        "5×5": five,
        "5×5 without": five_without,
        "3×3": three,
        "3×3 without": three_without,
        "module": five + three + rest,
        "module without": five_without + three_without + rest,
    }
    assert parts == pytest.approx({name: n * cells / 1e6 for name, n in expected.items()})
    widest = CHECKS["widest_reduction_that_saves"]()
    for name, per_channel, without in (
        ("5×5", 192 + 25 * 32, five_without),
        ("3×3", 192 + 9 * 128, three_without),
    ):
        assert widest[name] * per_channel < without <= (widest[name] + 1) * per_channel
    assert (widest["5×5"], widest["3×3"]) == (154, 164)
    assert (widest["5×5 has"], widest["3×3 has"]) == (16, 96)


def test_googlenets_5x5_by_its_own_table() -> None:
    """(read, written, side) of the nine, from Table 1 of GoogLeNet's paper."""
    nine = {
        "3a": (16, 32, 28), "3b": (32, 96, 28), "4a": (16, 48, 14), "4b": (24, 64, 14),
        "4c": (24, 64, 14), "4d": (32, 64, 14), "4e": (32, 128, 14), "5a": (32, 128, 7),
        "5b": (48, 128, 7),
    }  # fmt: skip
    alpha = CHECKS["alpha_in_googlenet"]()
    assert alpha.parts == pytest.approx({m: n / k for m, (k, n, _) in nine.items()})
    assert alpha.number == pytest.approx(sum(n / k for k, n, _ in nine.values()) / 9)
    costs = {m: 25 * k * n * side**2 for m, (k, n, side) in nine.items()}
    pairs = {}
    for m, (k, n, side) in nine.items():
        inside = round(math.sqrt(k * n))
        pairs[m] = 9 * (k * inside + inside * n) * side**2
    saving = CHECKS["saving_of_two_3x3_in_googlenet"]()
    each = [100 * (1 - pairs[m] / costs[m]) for m in nine]
    assert (saving["least"], saving["most"]) == pytest.approx((min(each), max(each)))
    before, after = sum(costs.values()), sum(pairs.values())
    assert saving.number == pytest.approx(100 * (1 - after / before))
    assert saving["network"] == pytest.approx(100 * (before - after) / macs("googlenet"))
    for a in (1, 1.5, 2, 4):  # (√α + α√α) 9/25 of α
        formula = 100 * (1 - 9 * (a**0.5 + a**1.5) / (25 * a))
        assert saving[f"at {a:g}"] == pytest.approx(formula, abs=0.01)
    large = CHECKS["large_filters_beyond_their_share"]()
    assert large["5×5"] == pytest.approx(100 * before / macs("googlenet"))
    seven = 112**2 * 64
    assert large["7×7"] == pytest.approx(100 * 147 * seven / macs("googlenet"))
    assert large["7×7 written"] / large["5×5 written"] == pytest.approx(
        seven / sum(n * side**2 for _, n, side in nine.values())
    )


def test_a_reduction_left_out_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(googlenet, "_is_reduced", lambda layers: False)
    assert CHECKS["saving_of_the_reductions"]().number == 0


def test_sharing_and_free_numbers_by_hand() -> None:
    slid = CHECKS["cost_of_sliding_without_sharing"]()
    assert slid.number == pytest.approx(90 / 25)
    assert slid.parts == pytest.approx({"shared": 18 / 25, "one": 25, "alone": 90})
    free = CHECKS["free_numbers_of_3x3s"]()
    assert free.number == pytest.approx(100 * 27 / 49)
    assert free["k = 9"] == pytest.approx(100 * 36 / 81)


def test_sizes_that_leave_nothing_over() -> None:
    """The sides of torchvision's own outputs, one pixel more and less, at each size."""
    from inception_lib.paper.checks.networks import graph_of
    from inception_lib.paper.checks.wholes import _cut_off

    graph = graph_of("inception_v3")
    fits = [n for n in range(75, 332) if _cut_off(graph, n) == 0]
    assert fits == [n for n in range(75, 332) if n % 32 == 11]
    assert fits == [75, 107, 139, 171, 203, 235, 267, 299, 331]
    # A grid that is cut off gives the same last grid as the next smaller image that fits.
    with torch.device("meta"):
        model = create("inception_v3", aux=False)
    for size in (299, 300, 330, 331):
        last = trace(model, size)["Mixed_7c"].shape[1]
        assert last == (size - 75) // 32 + 1
    measured = CHECKS["pixels_cut_off_at_299"]()
    assert (measured["299"], measured["300"]) == (0, 1)


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
        "printed_share_of_googlenets_ensemble": 100 * 3.58 / 6.67,
        "printed_ensemble_on_validation": 3.46,
        "printed_ensemble_top1": 17.2,
        "images_that_are_not_blacklisted": 48_238,
    }
    assert {name: found(name) for name in expected} == pytest.approx(expected)


# -- section 4 -------------------------------------------------------------------------------


def test_the_side_head_against_torchvisions() -> None:
    with torch.device("meta"):
        model = torchvision.models.get_model("inception_v3", aux_logits=True, init_weights=False)
    seen = {}
    model.AuxLogits.register_forward_pre_hook(lambda _, x: seen.update(read=x[0].shape))
    model.Mixed_7a.register_forward_hook(lambda _, x, out: seen.update(out=out.shape, before=x[0]))
    model(torch.empty(2, 3, 299, 299, device="meta"))
    found = CHECKS["grid_of_the_side_head"]()
    assert tuple(seen["read"][1:]) == (found["channels"], found.number, found.number)
    assert seen["before"].shape == seen["read"]  # the same tensor goes on to the next module
    assert seen["out"][2] == found["next"]
    assert found["params"] == sum(p.numel() for p in model.AuxLogits.parameters()) / 1e6
