"""Features behind any module, against the network's own hooks; and a classifier on them."""

import csv
import io
import json

import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from torch import nn

from inception_lib import create, load_trained
from inception_lib.cli import main
from inception_lib.nets.weights import read_weights
from inception_lib.training import open_data, pooled_features, read_features, save_features
from inception_lib.training.features import Features, _Stopped, cut
from inception_lib.training.probe import Probe, fit_linear, probe


def said(capsys, *arguments):
    status = main([str(argument) for argument in arguments])
    out, err = capsys.readouterr()
    return status, out, err


@pytest.fixture(scope="module")
def network():
    return create("inception_tiny_32", num_classes=5).eval()


@pytest.fixture(scope="module")
def features(digits_run, tmp_path_factory):
    out = tmp_path_factory.mktemp("features") / "f.safetensors"
    assert main(["features", str(digits_run), "-o", str(out), "--device", "cpu"]) == 0
    return out


@pytest.mark.parametrize(
    "layer", ["Conv2d_2a_3x3", "Mixed_5b.branch3x3dbl_2", "Mixed_6a", "Mixed_7b", "avgpool", "fc"]
)
def test_the_means_behind_any_module(network, layer):
    images, held = torch.randn(3, 3, 32, 32), []
    handle = network.get_submodule(layer).register_forward_hook(lambda _, __, out: held.append(out))
    with torch.no_grad():
        network(images)
        handle.remove()
        own = held[0].mean((2, 3)) if held[0].ndim == 4 else held[0]
        plain, fused = cut(network, layer), cut(network, layer, images)
        assert isinstance(plain, _Stopped)
        assert not isinstance(fused, _Stopped)
        assert torch.equal(plain(images), own)
        torch.testing.assert_close(
            fused(images), own, rtol=1e-3, atol=1e-4 * float(own.abs().max())
        )


class Branching(nn.Module):
    """A network that torch.fx cannot follow, and that is costly behind what is wanted."""

    def __init__(self):
        super().__init__()
        self.conv, self.late, self.unused = nn.Conv2d(3, 4, 3), nn.ReLU(), nn.ReLU()
        self.runs = 0

    def forward(self, x):
        x = self.conv(x)
        if x.sum() > 0:
            x = x + 1
        self.runs += 1
        return self.late(x).flatten(2)


def test_what_cannot_be_traced_is_stopped_and_costs_no_more():
    network, images = Branching(), torch.randn(2, 3, 6, 6)
    found = cut(network, "conv", images)
    assert isinstance(found, _Stopped)
    torch.testing.assert_close(found(images), network.conv(images).mean((2, 3)))
    assert network.runs == 0  # never came past the module
    assert network.training
    with pytest.raises(ValueError, match="does not run its module unused"):
        cut(network, "unused", images)
    with pytest.raises(ValueError, match="no module 'cnv'; near it: conv"):
        cut(network, "cnv")


def test_features_of_a_split(digits_run, features, capsys):
    trained, data = load_trained(digits_run), open_data("digits")
    splits, about = read_features(features)
    assert {name: len(one) for name, one in splits.items()} == {
        "train": 1259, "validation": 179, "test": 359
    }  # fmt: skip
    assert (about["node"], about["data"], len(about["classes"])) == ("Mixed_7b", "digits", 10)
    held = splits["validation"]
    assert held.names == data.validation.names
    assert torch.equal(held.labels, data.validation.labels)
    images = trained.preprocess(data.validation.images)
    with torch.inference_mode():
        own = trained.network.forward_features(images)[0].mean((2, 3))
    torch.testing.assert_close(held.x, own, rtol=1e-3, atol=1e-4)
    some = pooled_features(trained, data.validation, "Mixed_6a", device="cpu", batch=50)
    assert some.x.shape == (179, trained.network.Mixed_6a.out_channels)


def test_names_of_any_kind_come_back(tmp_path):
    x = torch.randn(2, 3)
    names = ("a/größe.jpg", "b/\udcff.png")
    save_features(
        tmp_path / "f", {"train": Features(x, torch.tensor([0, 1]), names)}, {"node": "n"}
    )
    splits, about = read_features(tmp_path / "f")
    assert (splits["train"].names, about) == (names, {"node": "n"})
    assert torch.equal(splits["train"].x, x)
    with pytest.raises(FileNotFoundError, match="no features at"):
        read_features(tmp_path / "none")


def test_the_classifier_is_scikit_learn_s():
    generator = torch.Generator().manual_seed(1)
    labels = torch.randint(4, (300,), generator=generator)
    x = torch.randn(300, 12, generator=generator) * torch.arange(1, 13) + labels[:, None]
    x[:, 3] = 5.0  # never moves
    for penalty in (0.3, 0.01):
        ours = fit_linear(x, labels, 4, penalty)
        scaler = StandardScaler().fit(x)
        theirs = LogisticRegression(C=1 / (penalty * 300), tol=1e-10, max_iter=5000)
        theirs.fit(scaler.transform(x), labels)
        expected = torch.from_numpy(theirs.predict_proba(scaler.transform(x))).float()
        torch.testing.assert_close(ours(x).softmax(1), expected, rtol=0, atol=1e-4)
        warm = fit_linear(x, labels, 4, penalty, start=fit_linear(x, labels, 4, 3.0))
        torch.testing.assert_close(warm(x), ours(x), rtol=1e-3, atol=1e-3)
    with pytest.raises(ValueError, match=r"penalty is 0: it must be above 0"):
        fit_linear(x, labels, 4, 0)


def test_the_penalty_is_chosen_on_validation_alone():
    """Test labels that are noise change nothing but the test score."""
    generator = torch.Generator().manual_seed(0)

    def split(n):
        labels = torch.randint(3, (n,), generator=generator)
        x = torch.randn(n, 40, generator=generator)
        x[:, 0] += 2 * labels
        return Features(x, labels, tuple(map(str, range(n))))

    splits = {"train": split(60), "validation": split(90), "test": split(80)}
    found = probe(splits, 3)
    assert isinstance(found, Probe)
    best = max(score.top1 for _, _, score in found.tried)
    assert found.validation.top1 == best
    assert 0.00032 < found.penalty < 3
    logits = found.classifier(splits["test"].x)
    assert found.test.top1 == float((logits.argmax(1) == splits["test"].labels).float().mean())
    low, high = found.test.interval95
    assert low < found.test.top1 < high
    shuffled = Features(splits["test"].x, splits["test"].labels.flip(0), splits["test"].names)
    other = probe({**splits, "test": shuffled}, 3)
    assert (other.penalty, other.validation) == (found.penalty, found.validation)
    assert torch.equal(other.classifier.weight, found.classifier.weight)
    assert probe({k: splits[k] for k in ("train", "validation")}, 3).test is None
    with pytest.raises(ValueError, match="the features have train, and no validation"):
        probe({"train": splits["train"]}, 3)


def test_the_commands(features, tmp_path, capsys):
    head = tmp_path / "fc.safetensors"
    status, out, _ = said(capsys, "probe", features, "--json", "-o", head)
    found = json.loads(out)
    assert status == 0
    assert found["test"]["n"] == 359
    assert 0.8 < found["test"]["top1"] < 1
    tensors, (splits, _about) = read_weights(head), read_features(features)
    logits = splits["test"].x @ tensors["fc.weight"].T + tensors["fc.bias"]
    right = (logits.argmax(1) == splits["test"].labels).double().mean()
    assert float(right) == pytest.approx(found["test"]["top1"])


def test_a_probe_in_words_and_rows(tmp_path, capsys):
    labels = torch.arange(40) % 2
    x = torch.randn(40, 3) + 2 * labels[:, None]

    def held():
        return Features(x.clone(), labels.clone(), tuple(map(str, range(40))))

    about = {"network": "net", "node": "last", "data": "made", "classes": ["a", "b"]}
    save_features(tmp_path / "f", {"train": held(), "validation": held()}, about)
    status, out, _ = said(capsys, "probe", tmp_path / "f")
    assert status == 0
    assert out.count(" *") == 2  # the row that was chosen, and what the star says
    assert "net behind last, made; * chosen on validation:" in out
    assert "there are no test images" in out.splitlines()[-1]
    splits = {name: held() for name in ("train", "validation", "test")}
    save_features(tmp_path / "f", splits, about)
    _, out, _ = said(capsys, "probe", tmp_path / "f")
    assert "of 40 images; read once" in out.splitlines()[-1]
    _, out, _ = said(capsys, "probe", tmp_path / "f", "--csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    found = probe(splits, 2)
    losses = [score.loss for _, _, score in found.tried]
    assert [float(row["validation_loss"]) for row in rows] == pytest.approx(losses)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("features RUN -o OUT --node Mixed_9z", "no module 'Mixed_9z'; near it: Mixed_"),
        ("features inception_tiny_8 -o OUT", "is no run with data of its own: give --data"),
        ("features RUN -o OUT --batch 0", "--batch is 0"),
        ("features RUN -o FEATURES", "is there already: give another name, or --overwrite"),
        ("probe /none", "no features at /none"),
        ("probe WEIGHTS", "holds no features: give what inception features wrote"),
    ],
)
def test_refusals(digits_run, features, tmp_path, arguments, words, capsys):
    places = {"RUN": digits_run, "FEATURES": features, "OUT": tmp_path / "out.safetensors"}
    places["WEIGHTS"] = digits_run / "weights.safetensors"
    status, out, err = said(capsys, *(places.get(w, w) for w in arguments.split()))
    assert (status, out) == (2, "")
    assert words in err.splitlines()[-1]
