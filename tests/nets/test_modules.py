"""The modules of the figures, alone and with free widths."""

import pytest
import torch

from inception_lib import (
    AsymmetricModule,
    AuxiliaryHead,
    ExpandedModule,
    FactorizedModule,
    GridReduction,
    OriginalModule,
    TraceError,
    cost,
    trace,
)
from inception_lib.nets import Pool, conv_stack
from inception_lib.nets.modules import SequentialReduction
from inception_lib.nets.spec import Head

CASES = [
    (OriginalModule, "Figure 4", 192, {}, 256),
    (OriginalModule, "Figure 4", 7, {"branch1x1": 3, "branch3x3": (2, 5), "branch5x5": (1, 4)}, 44),
    (FactorizedModule, "Figure 5", 192, {}, 256),
    (FactorizedModule, "Figure 5", 5, {"branch3x3dbl": (2, 3), "branch_pool": 1}, 132),
    (AsymmetricModule, "Figure 6", 768, {}, 768),
    (AsymmetricModule, "Figure 6", 9, {"n": 3, "branch1x1": 4, "branch_nxn": (2, 6)}, 394),
    (ExpandedModule, "Figure 7", 1280, {}, 2048),
    (ExpandedModule, "Figure 7", 11, {"branch3x3": (3, 2), "branch3x3dbl": (3, 4, 5)}, 526),
]


@pytest.mark.parametrize(("kind", "figure", "width", "options", "out"), CASES)
def test_keeps_the_grid_and_concatenates(kind, figure, width, options, out):
    module = kind(width, **options).eval()
    assert module.figure == figure
    assert module.out_channels == out
    y = module(torch.rand(2, width, 9, 8))
    assert y.shape == (2, out, 9, 8)
    assert trace(module, (9, 8)).nodes[-1].shape == (out, 9, 8)


@pytest.mark.parametrize(
    ("options", "out"),
    [
        ({}, 288 + 384 + 96),
        ({"branch3x3": (8, 16), "branch3x3dbl": None}, 288 + 16),
        ({"branch3x3": (192, 320), "branch3x3dbl": None, "branch7x7x3": (192, 192)}, 288 + 512),
    ],
)
def test_grid_reduction_halves_the_grid_and_keeps_every_input_channel(options, out):
    module = GridReduction(288, **options).eval()
    assert module.figure == "Figure 10"
    assert module(torch.rand(1, 288, 35, 35)).shape == (1, out, 17, 17)


def test_grid_reduction_can_be_padded():
    module = GridReduction(8, 4, (2, 3), padding="same").eval()
    assert module(torch.rand(1, 8, 32, 32)).shape == (1, 15, 16, 16)
    assert module(torch.rand(1, 8, 17, 17)).shape == (1, 15, 9, 9)


def test_asymmetric_module_can_keep_its_square_kernels():
    """Section 3.2: a 7×7 and two, for 1×7, 7×1 and twice that; n/2 times the cost."""
    square = AsymmetricModule(768, asymmetric=False)
    assert square.out_channels == AsymmetricModule(768).out_channels
    kernels = [n.kernel for n in trace(square, 17) if n.op == "conv"]
    assert kernels == [(1, 1), (1, 1), (7, 7), (1, 1), (7, 7), (7, 7), (1, 1)]
    whole, pair = (
        sum(trace(module, 17)[f"branch7x7_{i}.conv"].macs for i in steps)
        for module, steps in (
            (AsymmetricModule(768, branch_nxn=(192, 192), asymmetric=False), (2,)),
            (AsymmetricModule(768, branch_nxn=(192, 192)), (2, 3)),
        )
    )
    assert whole / pair == 7 / 2


@pytest.mark.parametrize(("order", "grid"), [("pool_first", 17), ("conv_first", 35)])
def test_sequential_reduction_is_figure_9(order, grid):
    """Pooling behind the convolutions leaves them four times the cells: 35² / 17² here."""
    module = SequentialReduction(320, 640, 320, order=order).eval()
    assert module.figure == "Figure 9"
    assert module(torch.rand(1, 320, 35, 35)).shape == (1, 640, 17, 17)
    assert cost(trace(module, 35)).macs == grid**2 * (320 * 320 + 9 * 320 * 640)


def test_branches_are_independent():
    """A branch's output does not change when another branch's weights do."""
    module = FactorizedModule(8, 2, (2, 3), (2, 4), 5).eval()
    x = torch.rand(1, 8, 7, 7)
    before = module(x).detach()
    torch.nn.init.normal_(module.branch3x3dbl_2.conv.weight)
    changed = (module(x) - before).abs().sum((0, 2, 3)) > 0
    assert changed.tolist() == [False] * 5 + [True] * 4 + [False] * 5


def test_auxiliary_head_reads_the_17_grid():
    head = AuxiliaryHead(768).eval()
    assert head.figure == "Figure 8"
    assert head(torch.rand(2, 768, 17, 17)).shape == (2, 1000)
    assert head.input_needed() == (17, 17)
    assert cost(trace(head, (768, 17, 17))).macs == 5_683_200


@pytest.mark.parametrize(
    ("head", "least", "macs"),
    [
        (Head(), 17, 5_683_200),
        (Head(batch_norm="none"), 17, 5_683_200),
        (Head((64, 256), 5, 3, 4), 14, 64 * 768 * 16 + 16 * 64 * 256 + 256_000),
        (Head((8, 16), 2, 2, 2), 4, 8 * 768 * 4 + 4 * 8 * 16 + 16_000),
    ],
)
def test_auxiliary_head_follows_its_description(head, least, macs):
    module = AuxiliaryHead(768, head=head).eval()
    assert module.input_needed() == (least, least)
    assert cost(trace(module, (768, least, least))).macs == macs
    with pytest.raises(TraceError):
        trace(module, (768, least - 1, least))


def test_conv_stack_is_the_mini_network_of_figure_1():
    five, two_threes = conv_stack((8, 8), [5]), conv_stack((8, 8, 8), [3, 3])
    x = torch.rand(1, 8, 12, 12)
    assert five(x).shape == two_threes(x).shape == x.shape
    assert cost(trace(two_threes, 12)).params / cost(trace(five, 12)).params == 18 / 25
    assert conv_stack((4, 4, 4), [2, (1, 3)], relu=False)(x[:, :4]).shape == (1, 4, 12, 12)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: FactorizedModule(0), "in_channels is 0"),
        (lambda: OriginalModule(8, branch1x1=-1), "width of a convolution is -1"),
        (lambda: AsymmetricModule(8, n=4), r"kernel is \(1, 4\).*odd"),
        (lambda: ExpandedModule(8, pool="mean"), "pool is 'mean'"),
        (lambda: conv_stack((8, 8), [3, 3]), "2 widths for 2 kernels"),
        (lambda: conv_stack((8, 0), [3]), "width is 0"),
        (lambda: conv_stack((8, 8), [(3, 1, 1)]), r"kernel is \(3, 1, 1\)"),
    ],
)
def test_refuses_impossible_modules(call, words):
    with pytest.raises(ValueError, match=words):
        call()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("median",), "kind is 'median': a pool is 'max' or 'avg'"),
        (("max", 0), "kernel of a pool is 0: a side is an integer >= 1"),
        (("avg", 3, -1), "stride of a pool is -1: a step is an integer >= 1"),
        (("avg", 3, 1, "full"), "padding is 'full': it is 'same' or 'valid'"),
    ],
)
def test_a_pool_that_is_none(arguments, words):
    with pytest.raises(ValueError, match=words):
        Pool(*arguments)
