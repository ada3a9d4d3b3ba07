"""Evaluation against torch, scikit-learn and doing each crop by itself."""

import json
import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from sklearn.metrics import precision_score, recall_score, top_k_accuracy_score
from torch import nn
from torchvision.transforms.v2 import functional as T

from inception_lib.nets import InceptionOutput
from inception_lib.training.crops import Scheme, boxes
from inception_lib.training.data import Dataset, Loader, Split
from inception_lib.training.evaluate import (
    Evaluation,
    compare,
    ensemble,
    evaluate,
    predict,
    read_exclusions,
)
from inception_lib.training.recipes import RECIPES

SIZE, CLASSES = 12, 7
RECIPE = RECIPES["tiny"].replace(
    size=SIZE, batch=16, eval_crop=0.75, workers=2, cache="none", max_corrupt=0.2
)


class Net(nn.Module):
    """Sees where things are, so that crops and mirror images differ."""

    def __init__(self, classes=CLASSES, seed=0):
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        self.dropout = nn.Dropout(0.5)
        self.fc = nn.Linear(3 * 16, classes)
        self.fc.weight.data = torch.randn(classes, 48, generator=generator)
        self.fc.bias.data.zero_()

    def forward(self, x):
        x = F.adaptive_avg_pool2d(x, 4).flatten(1)
        return InceptionOutput(self.fc(self.dropout(x)), None)


def make(n=40, height=30, width=41, classes=CLASSES, seed=1):
    generator = torch.Generator().manual_seed(seed)
    coarse = torch.rand(n, 3, 5, 6, generator=generator)
    images = (F.interpolate(coarse, (height, width), mode="bicubic").clamp(0, 1) * 255).byte()
    labels = torch.randint(classes, (n,), generator=generator)
    source = Split(labels, tuple(f"a/{i}.png" for i in range(n)), images)
    names = tuple(f"class {k}" for k in range(classes))
    return Dataset("made", names, test=source)


def loader(data, recipe=RECIPE, **options):
    return Loader(data.test, recipe, data, train=False, device="cpu", **options)


def normal(images):
    return images.float() / 127.5 - 1


def probabilities(net, inputs):
    with torch.no_grad():
        return net.eval()(inputs).logits.softmax(1)


@pytest.fixture(scope="module")
def data():
    return make()


@pytest.fixture(scope="module")
def central(data):
    """Each image's central crop, by torchvision."""
    h, w = round(0.75 * 30), round(0.75 * 41)
    top, left = (30 - h) // 2, (41 - w) // 2
    return normal(T.resized_crop(data.test.images, top, left, h, w, [SIZE, SIZE], antialias=True))


def test_a_single_crop(data, central):
    net, labels = Net(), data.test.labels
    found = evaluate(net, loader(data))
    expected = probabilities(net, central)
    torch.testing.assert_close(found.predictions.probabilities, expected, atol=1e-6, rtol=0)
    assert found.n == 40
    assert found.loss == pytest.approx(F.nll_loss(expected.log(), labels).item(), abs=1e-6)
    for k, value in ((1, found.top1), (5, found.top5)):
        theirs = top_k_accuracy_score(labels, expected, k=k, labels=range(CLASSES))
        assert value == pytest.approx(theirs, abs=1e-12)
    low, high = found.interval95
    assert low < found.top1 < high
    assert found.confusion.sum() == 40
    assert found.confusion.diag().sum() == found.right.sum()
    options = {"labels": range(CLASSES), "average": None, "zero_division": math.nan}
    recalls = recall_score(labels, found.predicted, **options)
    precisions = precision_score(labels, found.predicted, **options)
    assert [r.recall for r in found.per_class] == pytest.approx(recalls, nan_ok=True)
    assert [r.precision for r in found.per_class] == pytest.approx(precisions, nan_ok=True)
    assert len(found.mistakes) == 40 - int(found.right.sum())
    sure = [wrong.probability for wrong in found.mistakes]
    assert sure == sorted(sure, reverse=True)
    assert all(wrong.probability >= wrong.probability_of_label for wrong in found.mistakes)


def test_mirror_images_are_averaged_as_probabilities(data, central):
    net = Net()
    found = evaluate(net, loader(data), flip=True)
    expected = (probabilities(net, central) + probabilities(net, central.flip(3))) / 2
    torch.testing.assert_close(found.predictions.probabilities, expected, atol=1e-6, rtol=0)


@pytest.mark.parametrize("flip", [False, True])
def test_moved_images_are_averaged_with_the_still_one(data, central, flip):
    """Against NumPy's reflection, which repeats no border either."""
    net = Net()
    found = evaluate(net, loader(data), shift=2, flip=flip)
    wide = torch.from_numpy(np.pad(central.numpy(), ((0, 0), (0, 0), (2, 2), (2, 2)), "reflect"))
    corners = [(0, 0), (0, 4), (4, 0), (4, 4)]
    views = [central, *(wide[:, :, y : y + SIZE, x : x + SIZE] for y, x in corners)]
    views += [view.flip(3) for view in views] if flip else []
    expected = torch.stack([probabilities(net, view) for view in views]).mean(0)
    torch.testing.assert_close(found.predictions.probabilities, expected, atol=1e-6, rtol=0)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"shift": -1}, "shift is -1: it is a number of pixels, 0 to"),
        ({"shift": SIZE}, f"shift is {SIZE}.*0 to {SIZE - 1}"),
        ({"shift": 1.5}, "shift is 1.5"),
        ({"shift": 2, "crops": 12}, "shift is 2: it moves the one crop; leave out crops=12"),
    ],
)
def test_impossible_shifts_are_refused(data, options, words):
    with pytest.raises(ValueError, match=words):
        evaluate(Net(), loader(data), **options)


@pytest.mark.parametrize("crops", [12, 144, Scheme((1.3, 2.0), 3)])
def test_many_crops_are_each_crop_by_itself(crops):
    data, net = make(n=3), Net()
    found = evaluate(net, loader(data), crops=crops)
    for image, mean in zip(data.test.images, found.predictions.probabilities, strict=True):
        views = []
        for box, flip in boxes(30, 41, crops):  # every one of them, twice what is twice
            part = image[:, box.top : box.bottom, box.left : box.right]
            part = T.resize(part, [SIZE, SIZE], antialias=True)
            views.append(part.flip(-1) if flip else part)
        expected = probabilities(net, normal(torch.stack(views))).mean(0)
        torch.testing.assert_close(mean, expected, atol=2e-6, rtol=0)


def test_files_give_what_their_pixels_give_and_damaged_ones_are_named(tmp_path):
    data = make(n=6)
    files = []
    for i, image in enumerate(data.test.images):
        files.append(str(tmp_path / f"{i}.png"))
        T.to_pil_image(image).save(files[-1])
    source = Split(data.test.labels, data.test.names, files=tuple(files))
    on_disk = Dataset("files", data.classes, test=source)
    net = Net()
    for crops in (1, 12):
        pixels = evaluate(net, loader(data), crops=crops).predictions.probabilities
        read = evaluate(net, loader(on_disk), crops=crops).predictions.probabilities
        torch.testing.assert_close(read, pixels, atol=1e-6, rtol=0)
    (tmp_path / "4.png").write_bytes((tmp_path / "4.png").read_bytes()[:100])
    with pytest.warns(UserWarning, match="a/4.png"):
        found = evaluate(net, loader(on_disk), crops=12)
    assert found.n == 5
    assert 4 not in found.predictions.indices.tolist()
    (said,) = found.predictions.corrupt
    assert said.startswith("a/4.png: ")
    with pytest.warns(UserWarning, match="a/4.png"):
        single = evaluate(net, loader(on_disk))
    assert single.n == 5
    assert len(single.predictions.corrupt) == 1
    (tmp_path / "2.png").write_bytes(b"")
    refused = pytest.raises(ValueError, match=r"more than max_corrupt = 20\.0%")
    with pytest.warns(UserWarning, match="unreadable image skipped"), refused:
        evaluate(net, loader(on_disk), crops=12)


def test_two_processes_have_every_image_once(data):
    net = Net()
    whole = predict(net, loader(data))
    for crops in (1, 12):
        shares = [predict(net, loader(data, rank=r, world=2), crops=crops) for r in (0, 1)]
        together = torch.cat([share.indices for share in shares])
        assert sorted(together.tolist()) == whole.indices.tolist()
        assert all(len(share) == 20 for share in shares)


def test_excluded_images(data, tmp_path):
    listed = tmp_path / "list.txt"
    listed.write_text("# twice in the training set\na/3.png\n\n7.png\nb/8.png\nnone.png\n")
    names = read_exclusions(listed)
    assert names == ("a/3.png", "7.png", "b/8.png", "none.png")
    for crops in (1, 12):
        with pytest.warns(UserWarning, match=r"no image is called b/8.png, none.png"):
            found = evaluate(Net(), loader(data), crops=crops, exclude=names)
        assert found.n == 38
        assert found.predictions.excluded == ("a/3.png", "a/7.png")
        assert found.predictions.not_found == ("b/8.png", "none.png")
        assert not {3, 7} & set(found.predictions.indices.tolist())
    with pytest.raises(ValueError, match="no image of made is left"):
        evaluate(Net(), loader(data), exclude=data.test.names)


def test_an_ensemble_averages_probabilities(data, central):
    nets = [Net(seed=s) for s in range(3)]
    found = evaluate(nets, loader(data))
    expected = torch.stack([probabilities(net, central) for net in nets]).mean(0)
    torch.testing.assert_close(found.predictions.probabilities, expected, atol=1e-6, rtol=0)
    one = predict(nets[0], loader(data))
    with pytest.raises(ValueError, match="the same images and classes"):
        ensemble([one, predict(nets[1], loader(data), exclude=["a/1.png"])])
    with pytest.raises(ValueError, match="at least one"):
        ensemble([])


def test_two_networks_on_the_images_that_both_judged(data):
    a = evaluate(Net(seed=0), loader(data))
    b = evaluate(Net(seed=1), loader(data), exclude=["a/0.png", "a/5.png"])
    found = compare(a, b)
    kept = [i for i in range(40) if i not in (0, 5)]
    assert found.n == 38
    difference = (a.right[kept].sum() - b.right.sum()).item() / 38
    assert found.difference == pytest.approx(difference)
    assert compare(a, a).difference == 0
    renamed = Split(data.test.labels, tuple(f"b/{i}" for i in range(40)), data.test.images)
    c = evaluate(Net(), loader(Dataset("other", data.classes, test=renamed)))
    with pytest.raises(ValueError, match="different images"):
        compare(a, c)


def test_every_module_keeps_its_mode(data):
    net = Net().train()
    net.dropout.eval()
    before = [p.clone() for p in net.parameters()]
    first = evaluate(net, loader(data))
    assert net.training
    assert not net.dropout.training
    assert first.predictions.probabilities.equal(
        evaluate(net, loader(data)).predictions.probabilities
    )
    assert all(torch.equal(a, b) for a, b in zip(before, net.parameters(), strict=True))


def test_three_classes_and_a_class_without_images():
    data = make(n=12, classes=3)
    labels = data.test.labels.clamp(max=1)
    source = Split(labels, data.test.names, data.test.images)
    found = evaluate(Net(3), loader(Dataset("three", data.classes, test=source)))
    assert found.top5 == 1
    assert math.isnan(found.per_class[2].recall)
    stored = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert stored["per_class"][2]["recall"] is None
    assert stored["top1"] == found.top1
    assert len(stored["mistakes"]) == len(found.mistakes)
    assert "12 images: top-1" in repr(found)


def test_half_precision_is_near(data):
    net = Net()
    full, half = (evaluate(net, loader(data), precision=p) for p in ("fp32", "bf16"))
    gap = (full.predictions.probabilities - half.predictions.probabilities).abs().max()
    assert 0 < gap < 0.05
    assert half.predictions.probabilities.dtype == torch.float32


def test_refusals(data):
    with pytest.raises(ValueError, match=r"9 classes, made has 7: build it with num_classes=7"):
        evaluate(Net(9), loader(data))
    with pytest.raises(ValueError, match="'fp8'"):
        evaluate(Net(), loader(data), precision="fp8")
    with pytest.raises(ValueError, match="crops is 13"):
        evaluate(Net(), loader(data), crops=13)
    net = Net()
    net.fc.weight.data.fill_(math.nan)
    with pytest.raises(ValueError, match="not finite for 40 of 40 images"):
        evaluate(net, loader(data))


def test_a_tensor_or_a_tuple_serves_as_output(data):
    class Plain(Net):
        def forward(self, x):
            return super().forward(x).logits

    class Pair(Net):
        def forward(self, x):
            return super().forward(x).logits, None

    expected = evaluate(Net(), loader(data)).top1
    assert evaluate(Plain(), loader(data)).top1 == evaluate(Pair(), loader(data)).top1 == expected
    assert isinstance(evaluate(Plain(), loader(data)), Evaluation)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("crops", [1, 12])
def test_a_gpu_judges_as_the_cpu_does(data, crops):
    net = Net()
    here = evaluate(net, loader(data), crops=crops)
    there = Loader(data.test, RECIPE, data, train=False, device="cuda")
    found = evaluate(net.cuda(), there, crops=crops)
    # The pixels are the same; a GPU's sums are not.
    gap = (here.predictions.probabilities - found.predictions.probabilities).abs()
    assert gap.max() < 1e-4
    assert found.predictions.probabilities.device.type == "cpu"
