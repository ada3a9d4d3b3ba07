"""Label smoothing against torch's and against the identities of section 7; both heads."""

import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from inception_lib import InceptionOutput, LabelSmoothing
from inception_lib.training.losses import TrainingLoss, check_labels, make_prior


@pytest.mark.parametrize("epsilon", [0.0, 0.1, 0.3, 1.0])
def test_equals_torchs_with_gradients(epsilon):
    logits = (torch.randn(16, 1000) * 3).requires_grad_()
    labels = torch.randint(1000, (16,))
    ours = LabelSmoothing(epsilon)(logits, labels)
    (gradient,) = torch.autograd.grad(ours, logits)
    theirs = F.cross_entropy(logits, labels, label_smoothing=epsilon)
    (expected,) = torch.autograd.grad(theirs, logits)
    assert float((ours - theirs).detach().abs()) < 1e-6 * float(theirs.detach())
    assert torch.allclose(gradient, expected, atol=1e-7)


def test_gradient_is_p_minus_q():
    logits = torch.randn(1, 10, dtype=torch.float32, requires_grad=True)
    LabelSmoothing(0.1)(logits, torch.tensor([3])).backward()
    q = torch.full((10,), 0.01)
    q[3] += 0.9
    assert torch.allclose(logits.grad[0], logits.detach().softmax(1)[0] - q, atol=1e-6)
    assert float(logits.grad.abs().max()) <= 1


def test_lowest_loss_is_at_the_finite_gap():
    gap = math.log((0.9 + 0.0001) / 0.0001)
    assert gap == pytest.approx(9.105, abs=5e-4)
    logits = torch.zeros(1, 1000)
    logits[0, 7] = gap
    assert float(LabelSmoothing(0.1)(logits, torch.tensor([7]))) == pytest.approx(1.0148, abs=5e-5)


def test_a_prior_of_ones_own():
    prior = torch.tensor([0.7, 0.2, 0.1])
    logits, labels = torch.randn(4, 3), torch.tensor([0, 1, 2, 2])
    target = 0.8 * F.one_hot(labels, 3) + 0.2 * prior
    expected = -(target * logits.log_softmax(1)).sum(1).mean()
    assert torch.allclose(LabelSmoothing(0.2, prior)(logits, labels), expected, atol=1e-6)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_does_not_overflow(dtype):
    logits = torch.zeros(2, 1000, dtype=dtype)
    logits[:, 0] = 30_000
    loss = LabelSmoothing(0.1)(logits, torch.tensor([0, 1]))
    assert loss.dtype == torch.float32
    assert bool(loss.isfinite())


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_loses_nothing_beyond_the_logits_own_rounding(dtype):
    logits = (torch.randn(16, 1000) * 3).to(dtype)
    labels = torch.randint(1000, (16,))
    expected = F.cross_entropy(logits.double(), labels, label_smoothing=0.1)
    assert float(LabelSmoothing(0.1)(logits, labels)) == pytest.approx(float(expected), rel=1e-6)


@given(
    scale=st.floats(0, 1e4),
    epsilon=st.floats(0, 1),
    classes=st.integers(1, 50),
    seed=st.integers(0, 99),
)
def test_equals_torchs_at_any_size_of_the_logits(scale, epsilon, classes, seed):
    generator = torch.Generator().manual_seed(seed)
    logits = (torch.rand(5, classes, generator=generator) * 2 - 1) * scale
    labels = torch.randint(classes, (5,), generator=generator)
    logits.requires_grad_()
    ours = LabelSmoothing(epsilon)(logits, labels)
    theirs = F.cross_entropy(logits, labels, label_smoothing=epsilon)
    assert torch.allclose(ours, theirs, rtol=1e-6, atol=1e-6)
    (gradient,) = torch.autograd.grad(ours, logits)
    assert float(gradient.abs().max()) <= 1 / 5 + 1e-7  # |p − q| ≤ 1, of a mean over 5


def test_float64_stays_float64():
    logits = torch.randn(3, 7, dtype=torch.float64, requires_grad=True)
    labels = torch.tensor([0, 3, 6])
    loss = LabelSmoothing(0.1)
    assert loss(logits, labels).dtype == torch.float64
    assert torch.autograd.gradcheck(lambda z: loss(z, labels), logits)


@pytest.mark.parametrize("label", [-1, -100, 10, 2**40])
def test_a_label_outside_is_named(label):
    labels = torch.tensor([1, 9, label])
    for check in (
        lambda: LabelSmoothing()(torch.zeros(3, 10), labels),
        lambda: check_labels(labels, 10),
    ):
        with pytest.raises(ValueError, match=rf"label {label} \(number 2 .* 10 classes, 0 to 9"):
            check()


@pytest.mark.parametrize("label", [-1, 10])
def test_where_nothing_may_wait_a_label_outside_makes_the_loss_nan(label):
    """As on a GPU: compiled code does not look either."""
    loss = torch.compile(LabelSmoothing(0.1), backend="eager", fullgraph=True)
    logits = torch.randn(2, 10, requires_grad=True)
    assert bool(loss(logits, torch.tensor([3, label])).isnan())
    assert bool(loss(logits, torch.tensor([3, 9])).isfinite())


def test_the_host_never_waits():
    """A meta tensor has no values: whoever asked for one would fail."""
    logits, labels = torch.zeros(4, 10, device="meta"), torch.zeros(4, dtype=int, device="meta")
    assert TrainingLoss()(InceptionOutput(logits, logits), labels).device.type == "meta"


def outputs(logits, one, two):
    """The same heads, as libraries return them; with how many side heads each has."""
    from torchvision.models.googlenet import GoogLeNetOutputs
    from torchvision.models.inception import InceptionOutputs

    return {
        "tensor": (logits, ()),
        "ours": (InceptionOutput(logits, one), (one,)),
        "ours, two heads": (InceptionOutput(logits, (one, two)), (one, two)),
        "ours, evaluation": (InceptionOutput(logits), ()),
        "torchvision's Inception": (InceptionOutputs(logits, one), (one,)),
        "torchvision's GoogLeNet": (GoogLeNetOutputs(logits, two, one), (one, two)),
        "torchvision's without heads": (GoogLeNetOutputs(logits, None, None), ()),
        "timm's": ((logits, one), (one,)),
        "an object": (type("Output", (), {})(), (one,)),
    }


FORMS = list(outputs(None, None, None))


@pytest.mark.parametrize("form", FORMS)
def test_every_head_counts(form):
    logits, one, two = (torch.randn(6, 20) for _ in range(3))
    labels = torch.randint(20, (6,))
    output, sides = outputs(logits, one, two)[form]
    if form == "an object":
        output.logits, output.aux_logits = logits, one
    expected = F.cross_entropy(logits, labels, label_smoothing=0.1)
    for side in sides:
        expected = expected + 0.3 * F.cross_entropy(side, labels, label_smoothing=0.1)
    assert torch.allclose(TrainingLoss(0.1, 0.3)(output, labels), expected, rtol=1e-6)


def test_a_prior_reaches_both_heads():
    prior = torch.tensor([0.5, 0.25, 0.25])
    logits, labels = torch.randn(4, 3), torch.tensor([0, 1, 2, 2])
    one = LabelSmoothing(0.1, prior)(logits, labels)
    both = TrainingLoss(0.1, 0.4, prior)(InceptionOutput(logits, logits), labels)
    assert torch.allclose(both, 1.4 * one)


def test_priors_by_name(tmp_path):
    labels = torch.tensor([0, 0, 1, 3])
    assert make_prior("", labels, 4) is None
    assert make_prior("data", labels, 4).tolist() == [0.5, 0.25, 0, 0.25]
    path = tmp_path / "prior.txt"
    path.write_text("0.1\n0.2\n0.3\n0.4\n")
    assert torch.allclose(make_prior(str(path), labels, 4), torch.tensor([0.1, 0.2, 0.3, 0.4]))
    with pytest.raises(ValueError, match="has 4 numbers, the data 5 classes"):
        make_prior(str(path), labels, 5)
    path.write_text("0.1 many")
    with pytest.raises(ValueError, match="cannot be read"):
        make_prior(str(path), labels, 4)
    with pytest.raises(ValueError, match="cannot be read"):
        make_prior(str(tmp_path / "absent.txt"), labels, 4)


def test_an_output_without_logits_is_refused():
    with pytest.raises(TypeError, match="returned a dict of scores: it must return logits"):
        TrainingLoss()({"scores": torch.zeros(1, 2)}, torch.tensor([0]))


def test_a_mapping_has_its_heads_by_name():
    from torchvision.models.googlenet import GoogLeNetOutputs

    logits, one, two = torch.randn(3, 2, 4)
    labels = torch.tensor([0, 3])
    loss = TrainingLoss(0.1, 0.3)
    whole = loss(GoogLeNetOutputs(logits, two, one), labels)
    expected = loss(logits, labels) + 0.3 * (loss(one, labels) + loss(two, labels))
    torch.testing.assert_close(whole, expected)
    torch.testing.assert_close(loss({"logits": logits, "aux_logits": [one, two]}, labels), expected)
    side = loss({"out": logits, "aux": one}, labels)  # as torchvision's dicts are
    torch.testing.assert_close(side, loss((logits, one), labels))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: LabelSmoothing(1.5), "epsilon is 1.5"),
        (lambda: LabelSmoothing(float("nan")), "epsilon is nan"),
        (lambda: LabelSmoothing(0.1, torch.tensor([0.5, float("nan")])), "sum nan"),
        (lambda: LabelSmoothing(0.1, torch.tensor([1.5, -0.5])), "one probability a class"),
        (lambda: TrainingLoss(0.1, -0.4), "aux_weight is -0.4"),
        (lambda: LabelSmoothing(0.1, torch.ones(3)), "sum 3.0000"),
        (lambda: LabelSmoothing()(torch.zeros(2, 3, 4), torch.zeros(2)), "must be N×K and N"),
        (
            lambda: LabelSmoothing(0.1, torch.ones(2) / 2)(torch.zeros(1, 3), torch.tensor([0])),
            "prior has 2 classes, logits have 3",
        ),
    ],
)
def test_refuses(call, words):
    with pytest.raises(ValueError, match=words):
        call()
