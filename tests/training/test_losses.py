"""Label smoothing against torch's and against the identities of section 7."""

import math

import pytest
import torch
import torch.nn.functional as F

from inception_lib import LabelSmoothing


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


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: LabelSmoothing(1.5), "epsilon is 1.5"),
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
