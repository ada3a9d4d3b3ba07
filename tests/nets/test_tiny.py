"""Small networks: each switch does what it says, at the same cost, and everything learns."""

import itertools

import pytest
import torch

from inception_lib import cost, trace
from inception_lib.nets.build import build
from inception_lib.nets.specs import SPECS
from inception_lib.nets.tiny import tiny


def graph_of(spec, train=False):
    with torch.device("meta"):
        model = build(spec)
    return trace(model, spec.size, train=train)


def test_size_and_grids_of_the_default():
    for name, size in (("inception_tiny_32", 32), ("inception_tiny_64", 64)):
        assert SPECS[name] == tiny(size)
        graph = graph_of(SPECS[name])
        found = cost(graph)
        assert 1e6 < found.params < 3e6
        assert 150e6 < found.macs < 300e6
        grids = {graph[f"{name}.concat"].shape[1:] for name in ("Mixed_5b", "Mixed_5c")}
        assert grids == {(32, 32)}
        assert graph["Mixed_6c.concat"].shape[1:] == (16, 16)
        assert graph["Mixed_7b.concat"].shape[1:] == (8, 8)
    digits = graph_of(SPECS["inception_tiny_8"])
    assert 20e3 < cost(digits).params < 65e3
    assert digits["Mixed_7b.concat"].shape[1:] == (2, 2)


ON_OFF = list(
    itertools.product(
        (True, False), (True, False), (True, False), ("parallel", "pool_first", "conv_first")
    )
)


@pytest.mark.parametrize("size", [8, 32])
def test_all_switches_together_keep_the_cost(size):
    plain = cost(graph_of(tiny(size))).macs
    for factorized, asymmetric, expanded, reduction in ON_OFF[:: 1 if size == 8 else 5]:
        spec = tiny(
            size,
            factorized=factorized,
            asymmetric=asymmetric,
            expanded=expanded,
            reduction=reduction,
        )
        graph = graph_of(spec)
        within = 0.02 if size == 32 else 0.06
        assert cost(graph).macs == pytest.approx(plain, rel=within), spec.name
        assert graph["avgpool"].shape == (160 if size == 8 else 640, 1, 1)


def kernels(graph, module):
    return {n.kernel for n in graph if n.op == "conv" and n.name.startswith(module)}


@pytest.mark.parametrize(("size", "n"), [(8, 3), (32, 7)])
def test_each_switch_changes_its_own_modules(size, n):
    on = graph_of(tiny(size))
    assert kernels(on, "Mixed_5") == {(1, 1), (3, 3)}
    assert kernels(on, "Mixed_6b") == {(1, 1), (1, n), (n, 1)}
    assert kernels(on, "Mixed_7b") == {(1, 1), (3, 3), (1, 3), (3, 1)}

    whole = graph_of(tiny(size, factorized=False))
    assert kernels(whole, "Mixed_5") == {(1, 1), (3, 3), (5, 5)}
    square = graph_of(tiny(size, asymmetric=False))
    assert kernels(square, "Mixed_6b") == {(1, 1), (n, n)}
    narrow = graph_of(tiny(size, expanded=False))
    assert kernels(narrow, "Mixed_7b") == {(1, 1), (3, 3)}
    touched = {"Mixed_5": whole, "Mixed_6b": square, "Mixed_7b": narrow}
    for module, graph in touched.items():
        for other in set(touched) - {module}:
            assert kernels(graph, other) == kernels(on, other)


def test_reductions_are_the_figures():
    """Figure 10 has the pool in parallel, Figure 9 before or behind the convolutions."""
    parallel = graph_of(tiny(32))
    pool = parallel["Mixed_6a.pool"]
    assert pool.parents == ("Mixed_5c.concat",)
    assert pool.name in parallel["Mixed_6a.concat"].parents
    for order, grid in (("pool_first", 16), ("conv_first", 32)):
        graph = graph_of(tiny(32, reduction=order))
        convs = [n for n in graph if n.op == "conv" and n.name.startswith("Mixed_6a")]
        assert {n.shape[1:] for n in convs} == {(grid, grid)}
        first = next(n for n in graph if n.name.startswith("Mixed_6a"))
        assert (first.op == "max_pool") == (order == "pool_first")
        last = [n for n in graph if n.name.startswith("Mixed_6a")][-1]
        assert last.shape == parallel["Mixed_6a.concat"].shape


def test_head_can_be_plain_or_absent():
    def head(**settings):
        graph = graph_of(tiny(32, **settings), train=True)
        return [n.op for n in graph if n.name.startswith("AuxLogits")]

    normed = ["avg_pool", *["conv", "batch_norm", "relu"] * 2]
    assert head()[:7] == normed
    assert head(aux_batch_norm=False)[:5] == ["avg_pool", *["conv", "relu"] * 2]
    assert head(aux=False) == []
    assert tiny(32, aux=False).aux_after is None


SWITCHES = [
    {},
    {"factorized": False},
    {"asymmetric": False},
    {"expanded": False},
    {"reduction": "pool_first"},
    {"reduction": "conv_first"},
    {"aux_batch_norm": False},
    {"aux": False},
    {"width": 0.5},
    {"in_channels": 1},
]
EACH = [
    *((size, switch) for size in (8, 32) for switch in SWITCHES),
    *((size, {"early_pool": True}) for size in (16, 32, 128)),
]


@pytest.mark.parametrize(("size", "switch"), EACH, ids=str)
def test_one_step_reaches_every_parameter(size, switch):
    spec = tiny(size, **switch)
    model = build(spec, dropout=0.0).train()
    x = torch.rand(8, spec.in_channels, size, size) * 2 - 1
    labels = torch.arange(8)
    output = model(x)
    loss = torch.nn.functional.cross_entropy(output.logits, labels)
    if spec.aux_after:
        loss = loss + 0.4 * torch.nn.functional.cross_entropy(output.aux_logits, labels)
    loss.backward()
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    torch.optim.SGD(model.parameters(), lr=0.1).step()
    for name, p in model.named_parameters():
        assert p.grad is not None, name
        assert p.grad.isfinite().all(), name
        assert not torch.equal(p, before[name]), name


def test_learns_handwritten_digits_in_seconds():
    """Real ones: scikit-learn's 1,797 pictures of 8×8."""
    datasets = pytest.importorskip("sklearn.datasets")
    images, labels = (torch.tensor(a) for a in datasets.load_digits(return_X_y=True))
    images = (images.float() / 8 - 1).view(-1, 1, 8, 8)
    order = torch.randperm(len(images))
    train, test = order[:1437], order[1437:]
    model = build(tiny(8, in_channels=1), dropout=0.2).train()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, nesterov=True)
    steps = 5 * (len(train) // 64)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.1, steps)
    for step in range(steps):
        pick = train[torch.randint(len(train), (64,))]
        output = model(images[pick])
        loss = torch.nn.functional.cross_entropy(output.logits, labels[pick])
        loss = loss + 0.4 * torch.nn.functional.cross_entropy(output.aux_logits, labels[pick])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step + 1 < steps:
            schedule.step()
    with torch.no_grad():
        right = model.eval()(images[test]).logits.argmax(1) == labels[test]
    assert right.float().mean() > 0.95


@pytest.mark.parametrize(
    "settings",
    [{}, {"expanded": False}, {"width": 0.5}, {"early_pool": True, "width": 1.5}, {"width": 2.3}],
    ids=str,
)
def test_the_departures_say_the_widest_grid(settings):
    spec = tiny(32, **settings)
    said = next(d.here for d in spec.departures if d.where == "widths")
    widest = max(n.shape[0] for n in graph_of(spec) if n.op == "concat")
    assert said == f"up to {widest}"


def test_names_say_what_is_off():
    assert tiny(32).name == "inception_tiny_32"
    assert tiny(64, factorized=False, aux=False).name == "inception_tiny_64_5x5_no_aux"
    assert tiny(8, asymmetric=False, width=2).name == "inception_tiny_8_3x3_x2"
    assert tiny(32, early_pool=True, asymmetric=False).name == "inception_tiny_32_pooled_7x7"
    assert tiny(32, name="mine").name == "mine"


def test_odd_and_larger_sizes():
    for size, grids in ((28, (28, 14, 7)), (100, (25, 13, 7)), (128, (32, 16, 8)), (9, (9, 5, 3))):
        graph = graph_of(tiny(size), train=True)
        ends = ("Mixed_5b.concat", "Mixed_6b.concat", "Mixed_7b.concat")
        assert tuple(graph[name].shape[1] for name in ends) == grids


def test_an_early_pool_halves_every_grid():
    for size, grids in ((16, (8, 4, 2)), (32, (16, 8, 4)), (64, (16, 8, 4)), (33, (9, 5, 3))):
        graph = graph_of(tiny(size, early_pool=True), train=True)
        ends = ("Mixed_5b.concat", "Mixed_6b.concat", "Mixed_7b.concat")
        assert tuple(graph[name].shape[1] for name in ends) == grids
    plain, pooled = (cost(graph_of(tiny(32, early_pool=on))).macs for on in (False, True))
    assert 5 < plain / pooled < 6


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"size": 7}, "size is 7: 8 to 128 pixels"),
        ({"size": 299}, "size is 299.*use inception_v3"),
        ({"size": 15, "early_pool": True}, "size is 15: with early_pool 16 pixels or more"),
        ({"width": 0}, "width is 0"),
        ({"width": float("nan")}, "width is nan"),
        ({"reduction": "pool"}, "reduction is 'pool'"),
        ({"in_channels": 0}, "in_channels of inception_tiny is 0"),
    ],
)
def test_refuses_impossible_settings(settings, words):
    with pytest.raises(ValueError, match=words):
        tiny(**settings)
