"""Inception-v3 against torchvision's, number by number."""

import time

import pytest
import torch
import torchvision
from counts import V3_AUX_PARAMS, V3_PARAMS

from inception_lib import build, inception_v3


def count(model):
    return sum(p.numel() for p in model.parameters())


def test_parameter_counts():
    assert count(inception_v3(aux=True)) == V3_AUX_PARAMS
    assert count(inception_v3(aux=False)) == V3_PARAMS


def test_builds_in_under_a_second():
    """Of one processor's time, so that neighbours on the machine do not count."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    seconds = []
    for _ in range(3):
        start = time.process_time()
        inception_v3()
        seconds.append(time.process_time() - start)
    torch.set_num_threads(threads)
    assert min(seconds) < 1


@pytest.fixture(scope="module")
def twins():
    """Ours and torchvision's with the same weights, their statistics away from 0 and 1."""
    torch.manual_seed(0)
    theirs = torchvision.models.Inception3(init_weights=False, dropout=0.0)
    for module in theirs.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)
            torch.nn.init.uniform_(module.weight, 0.8, 1.2)
            torch.nn.init.normal_(module.bias, 0, 0.1)
    ours = inception_v3(dropout=0.0)
    ours.load_state_dict(theirs.state_dict())  # strict: every name and shape, unchanged
    return ours, theirs


@pytest.mark.parametrize(
    ("dtype", "tolerance"), [(torch.float64, 1e-10), (torch.float32, 1e-5)], ids=str
)
@pytest.mark.parametrize("train", [False, True], ids=["evaluation", "training"])
def test_equals_torchvision(twins, dtype, tolerance, train):
    ours, theirs = (model.to(dtype).train(train) for model in twins)
    saved = {key: value.clone() for key, value in theirs.state_dict().items()}
    x = torch.rand(2, 3, 299, 299, dtype=dtype) * 2 - 1
    with torch.no_grad():
        mine, reference = ours(x), theirs(x)
    logits, aux = (reference.logits, reference.aux_logits) if train else (reference, None)
    assert relative(mine.logits, logits) <= tolerance
    if train:
        assert relative(mine.aux_logits, aux) <= tolerance
    else:
        assert mine.aux_logits is None
    if train:  # running statistics moved alike
        after = theirs.state_dict()
        for key, value in ours.state_dict().items():
            assert torch.allclose(value, after[key], rtol=1e-4, atol=1e-5), key
        ours.load_state_dict(saved)
        theirs.load_state_dict(saved)


def test_auxiliary_head_alone_equals_torchvision_in_evaluation(twins):
    ours, theirs = (model.to(torch.float64).eval() for model in twins)
    x = torch.rand(2, 768, 17, 17, dtype=torch.float64)
    with torch.no_grad():
        assert relative(ours.AuxLogits(x), theirs.AuxLogits(x)) <= 1e-10


def relative(a, b):
    return float((a - b).abs().max() / b.abs().max())


def test_average_pools_can_leave_the_padding_out():
    x = torch.ones(1, 192, 35, 35)
    corner = {}
    for include in (True, False):
        pool = inception_v3(aux=False, count_include_pad=include).Mixed_5b.pool
        corner[include] = float(pool(x)[0, 0, 0, 0])
    assert corner == {True: pytest.approx(4 / 9), False: 1.0}


def test_initialisation_is_cut_at_two_standard_deviations():
    weight = inception_v3(aux=False).Mixed_7c.branch3x3_1.conv.weight.detach()
    assert float(weight.abs().max()) <= 0.2 + 1e-6
    assert float(weight.std()) == pytest.approx(0.088, rel=0.01)  # 0.1 before the cut


def test_smallest_inputs_follow_from_the_spec():
    model = inception_v3()
    assert model.smallest_input() == (75, 75)
    assert model.smallest_input(with_aux=True) == (299, 299)
    with torch.no_grad():
        assert model.eval()(torch.rand(1, 3, 75, 75)).logits.shape == (1, 1000)
        with pytest.raises(ValueError, match="74×75; the network needs at least 75×75: enlarge"):
            model(torch.rand(1, 3, 74, 75))
    with pytest.raises(ValueError, match="128×128; training with the auxiliary head needs at leas"):
        model.train()(torch.rand(2, 3, 128, 128))


def test_refuses_a_batch_of_one_in_training():
    """Batch normalisation would see one value a channel, of the head at 299 and of 7c at 75."""
    model = inception_v3()
    with pytest.raises(ValueError, match=r"one image of 299×299 in training: .*least 347×347"):
        model(torch.rand(1, 3, 299, 299))
    with pytest.raises(ValueError, match=r"one image of 75×75 in training: .*least 107×107"):
        inception_v3(aux=False)(torch.rand(1, 3, 75, 75))


@pytest.mark.parametrize(
    ("bad", "error", "words"),
    [
        (torch.rand(1, 1, 299, 299), ValueError, "N×3×H×W"),
        (torch.rand(3, 299, 299), ValueError, "add the batch dimension"),
        (torch.zeros(1, 3, 299, 299, dtype=torch.uint8), TypeError, "floating-point images"),
    ],
    ids=["grey", "no batch", "bytes"],
)
def test_refuses_what_is_not_a_batch_of_images(bad, error, words):
    with pytest.raises(error, match=words):
        inception_v3().eval()(bad)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"num_classes": 0}, "num_classes is 0"),
        ({"dropout": 1.0}, "dropout is 1.0"),
        ({"dropout": -0.1}, "dropout is -0.1"),
    ],
)
def test_refuses_impossible_settings(settings, words):
    with pytest.raises(ValueError, match=words):
        inception_v3(**settings)


def test_unknown_specs_are_named_with_those_there_are():
    with pytest.raises(ValueError, match=r"no network is called 'inception_v9': known are.*_v3"):
        build("inception_v9")


@pytest.mark.parametrize("mode", ["eval", "train"])
def test_torchinfo_reads_the_output(mode):
    torchinfo = pytest.importorskip("torchinfo")
    found = torchinfo.summary(inception_v3(), (2, 3, 299, 299), mode=mode, verbose=0)
    assert found.total_params == V3_AUX_PARAMS


def test_export_and_symbolic_trace_keep_the_output():
    model = inception_v3(aux=False).eval()
    x = torch.rand(2, 3, 107, 107)
    with torch.no_grad():
        expected = model(x).logits
        exported = torch.export.export(model, (x,)).module()(x)
        traced = torch.fx.symbolic_trace(model)(x)
    for got in (exported, traced):
        assert got.aux_logits is None
        assert relative(got.logits, expected) < 1e-5
