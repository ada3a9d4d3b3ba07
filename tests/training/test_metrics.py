"""Numbers about predictions, against scikit-learn, SciPy and counting by hand."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix, top_k_accuracy_score

from inception_lib.training import metrics


def draw(n=400, classes=7, seed=0):
    generator = torch.Generator().manual_seed(seed)
    scores = torch.randn(n, classes, generator=generator)
    return scores.softmax(1), torch.randint(classes, (n,), generator=generator)


def test_confusion_is_scikit_learns():
    scores, labels = draw()
    ours = metrics.confusion(labels, scores.argmax(1), 7)
    assert ours.tolist() == confusion_matrix(labels, scores.argmax(1), labels=range(7)).tolist()


def test_a_label_outside_the_classes_is_named():
    with pytest.raises(ValueError, match="a label is 9, and there are 3 classes"):
        metrics.confusion(torch.tensor([0, 9]), torch.tensor([0, 1]), 3)
    with pytest.raises(ValueError, match="a prediction is -1"):
        metrics.confusion(torch.tensor([0, 1]), torch.tensor([0, -1]), 3)


@pytest.mark.parametrize("k", [1, 2, 5])
def test_hits_are_scikit_learns(k):
    scores, labels = draw()
    ours = metrics.hits(scores, labels, k).double().mean().item()
    theirs = top_k_accuracy_score(labels, scores, k=k, labels=range(7))
    assert ours == pytest.approx(theirs, abs=1e-12)


def test_five_of_three_classes():
    scores, labels = draw(classes=3)
    assert metrics.hits(scores, labels, 5).all()


def test_equal_scores_do_not_make_a_hit_of_everything():
    assert metrics.hits(torch.zeros(4, 10), torch.tensor([0, 4, 5, 9]), 5).tolist() == [
        True,
        True,
        False,
        False,
    ]


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 500), st.data())
def test_wilson_is_scipys(n, data):
    from scipy.stats import binomtest

    right = data.draw(st.integers(0, n))
    theirs = binomtest(right, n).proportion_ci(0.95, method="wilson")
    assert metrics.wilson(right, n) == pytest.approx((theirs.low, theirs.high), abs=1e-9)


def test_wilson_of_nothing_knows_nothing():
    assert metrics.wilson(0, 0) == (0, 1)
    with pytest.raises(ValueError, match="3 right of 2"):
        metrics.wilson(3, 2)


def slow_ece(confidence, right, bins):
    """The definition, one prediction at a time."""
    inside = [[] for _ in range(bins)]
    for sure, good in zip(confidence.double().tolist(), right.tolist(), strict=True):
        inside[max(0, math.ceil(sure * bins) - 1)].append((sure, good))
    total = 0.0
    for members in filter(None, inside):
        gap = sum(good for _, good in members) - sum(sure for sure, _ in members)
        total += abs(gap)
    return total / len(confidence)


@pytest.mark.parametrize("bins", [1, 10, 15])
@pytest.mark.parametrize("seed", range(3))
def test_ece_is_its_definition(bins, seed):
    scores, labels = draw(seed=seed)
    confidence, predicted = scores.max(1)
    right = predicted == labels
    expected = slow_ece(confidence, right, bins)
    assert metrics.ece(confidence, right, bins) == pytest.approx(expected, abs=1e-12)


def test_ece_where_the_answer_is_known():
    certain = torch.ones(10)
    assert metrics.ece(certain, torch.ones(10, dtype=torch.bool)) == 0
    assert metrics.ece(certain, torch.arange(10) < 7) == pytest.approx(0.3)
    assert metrics.ece(torch.empty(0), torch.empty(0)) == 0
    table = metrics.calibration(torch.tensor([0.0, 0.25, 0.2500001, 1.0]), torch.ones(4), 4)
    assert [row.n for row in table] == [2, 1, 0, 1]  # (low, high], and 0 in the first


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 30), st.integers(0, 30), st.integers(1, 30), st.integers(0, 30))
def test_paired_is_scipys_binomial_test(b, c, both, neither):
    from scipy.stats import binomtest

    first = torch.tensor([1] * b + [0] * c + [1] * both + [0] * neither, dtype=torch.bool)
    second = torch.tensor([0] * b + [1] * c + [1] * both + [0] * neither, dtype=torch.bool)
    found = metrics.paired(first, second)
    assert (found.only_first, found.only_second, found.both, found.neither) == (b, c, both, neither)
    if b + c:
        assert found.p_value == pytest.approx(binomtest(b, b + c).pvalue, rel=1e-9)
    gaps = first.double() - second.double()
    error = gaps.std(correction=0) / math.sqrt(len(gaps))
    assert found.standard_error == pytest.approx(error.item(), abs=1e-12)
    assert found.difference == pytest.approx(gaps.mean().item(), abs=1e-12)


def test_paired_wants_the_same_images():
    with pytest.raises(ValueError, match="over the same images"):
        metrics.paired(torch.ones(3), torch.ones(4))
