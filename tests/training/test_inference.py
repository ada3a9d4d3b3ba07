"""Answers for images that nobody has labelled, against evaluation and the network itself."""

import json

import pytest
import torch
from PIL import Image
from safetensors import safe_open

from inception_lib import create, load_trained
from inception_lib.nets.weights import save_weights
from inception_lib.training import (
    Loader,
    evaluate,
    find_images,
    load_network,
    open_data,
    predict,
    top_classes,
)
from inception_lib.training.config import read_config, write_beside
from inception_lib.training.inference import show
from inception_lib.training.trained import imagenet_classes


@pytest.fixture(scope="module")
def trained(digits_run):
    return load_trained(digits_run)


@pytest.fixture(scope="module")
def scans(tmp_path_factory):
    """The first validation digits as files, larger than the network takes them."""
    folder = tmp_path_factory.mktemp("scans")
    images = open_data("digits").validation.images[:6]
    for i, image in enumerate(images):
        Image.fromarray(image.permute(1, 2, 0).numpy()).resize((20, 30)).save(folder / f"{i}.png")
    return folder


@pytest.mark.parametrize(
    "views", [{}, {"flip": True}, {"shift": 1}, {"crops": 12}], ids=["one", "flip", "shift", "12"]
)
def test_answers_are_those_of_evaluation(trained, views):
    data = open_data("digits")
    loader = Loader(data.validation, trained.recipe, data, train=False, device="cpu")
    judged = evaluate(trained.network, loader, **views).predictions
    found = predict(trained, data.validation.images, **views, device="cpu")
    torch.testing.assert_close(found.probabilities, judged.probabilities, rtol=0, atol=1e-6)
    assert found.classes == trained.classes == data.classes
    assert found.labels.unique().tolist() == [-1]


def test_files_pass_through_the_preprocessing_of_the_run(trained, scans):
    files = find_images([scans])
    found = predict(trained, files, device="cpu")
    with torch.inference_mode():
        own = trained.network(trained.preprocess(files)).logits.softmax(1)
    torch.testing.assert_close(found.probabilities, own, rtol=0, atol=1e-6)
    assert list(found.names) == files
    shown = show(trained.preprocess, files, [2])
    with torch.inference_mode():
        again = trained.network(trained.preprocess.normalise(shown)).logits.softmax(1)
    torch.testing.assert_close(again[0], own[2], rtol=0, atol=1e-6)


def test_the_order_is_kept_and_what_is_unreadable_has_no_row(trained, scans, tmp_path):
    (tmp_path / "bad.png").write_text("no image")
    bad, gone = str(tmp_path / "bad.png"), str(tmp_path / "gone.png")
    given = [str(scans / "3.png"), bad, str(scans / "1.png"), gone, str(scans / "3.png")]
    with pytest.warns(UserWarning, match="unreadable image skipped"):
        found = predict(trained, given, device="cpu")
    assert found.indices.tolist() == [0, 2, 4]
    assert list(found.names) == [given[0], given[2], given[4]]
    assert torch.equal(found.probabilities[0], found.probabilities[2])
    assert [words.partition(": ")[0] for words in found.corrupt] == [bad, gone]
    with pytest.warns(UserWarning, match="unreadable image skipped"):
        none = predict(trained, [bad], device="cpu")
    assert (len(none), len(none.corrupt)) == (0, 1)


def test_folders_and_patterns_are_sorted_and_in_order(tmp_path):
    for name in ("b/2.png", "b/1.JPG", "b/c/0.png", "b/.hidden.png", "b/notes.txt", "a[1].png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "empty").mkdir()

    def names(*places):
        found = find_images([tmp_path / place for place in places])
        return [name[len(str(tmp_path)) + 1 :] for name in found]

    assert names("b") == ["b/1.JPG", "b/2.png", "b/c/0.png"]
    assert names("b/*.png", "b/1.JPG", "a[1].png") == ["b/2.png", "b/1.JPG", "a[1].png"]
    assert names("**/0.png", "gone.png") == ["b/c/0.png", "gone.png"]
    with pytest.raises(ValueError, match="empty holds no image: known are"):
        names("empty")
    with pytest.raises(ValueError, match=r"\*\.tif fits no file"):
        names("*.tif")


def test_the_likeliest_classes(trained):
    found = predict(trained, torch.zeros(2, 3, 8, 8, dtype=torch.uint8), device="cpu")
    first, second = top_classes(found, 3)
    values, places = found.probabilities[0].topk(3)
    assert [p for _, p in first] == pytest.approx(values.tolist())
    assert [c for c, _ in first] == [trained.classes[k] for k in places]
    assert first == second
    assert len(top_classes(found, 50)[0]) == 10
    with pytest.raises(ValueError, match="top is 0"):
        top_classes(found, 0)
    with pytest.raises(ValueError, match="float32"):
        predict(trained, torch.zeros(2, 3, 8, 8))


def test_a_file_of_weights_says_what_it_is(digits_run, trained, tmp_path):
    alone = tmp_path / "alone.safetensors"
    alone.write_bytes((digits_run / "weights.safetensors").read_bytes())
    found = load_trained(alone)
    assert found.config == trained.config == read_config(alone)
    assert found.preprocess == trained.preprocess
    image = torch.randn(2, 3, 8, 8)
    with torch.inference_mode():
        assert torch.equal(found.network(image).logits, trained.network(image).logits)
    with safe_open(alone, "pt") as file:  # by safetensors itself
        stored = json.loads(file.metadata()["inception_lib"])
    assert stored["classes"] == [str(k) for k in range(10)]
    assert stored["preprocess"]["size"] == 8


def test_what_a_file_says_may_stand_beside_it(trained, tmp_path):
    path = tmp_path / "w.pth"
    torch.save(trained.network.state_dict(), path)
    with pytest.raises(ValueError, match="nothing says which network"):
        load_trained(path)
    beside = write_beside(path, trained.config)
    assert load_trained(path).config == trained.config
    beside.write_text('{"network": 1}')
    with pytest.raises(ValueError, match=r"w\.pth\.json: it does not say which network"):
        load_trained(path)


def test_a_file_that_names_code_imports_nothing(trained, tmp_path):
    config = trained.config.to_dict() | {"network": "planted_module:net"}
    path = tmp_path / "w.safetensors"
    save_weights(trained.network, path, inception_lib=json.dumps(config))
    with pytest.raises(ValueError, match=r"asks to import planted_module:net, which is code"):
        load_trained(path)


def test_a_network_by_its_name(tmp_path):
    made = create("inception_tiny_8", num_classes=3).eval()
    path = save_weights(made, tmp_path / "w.safetensors")
    found = load_network("inception_tiny_8", path, classes=("cat", "dog", "cow"))
    assert found.classes == ("cat", "dog", "cow")
    assert found.preprocess.to_dict() == {
        "size": 8, "crop": 0.875, "mean": (0.5, 0.5, 0.5), "std": (0.5, 0.5, 0.5)
    }  # fmt: skip
    image = torch.randn(1, 3, 8, 8)
    with torch.inference_mode():
        assert torch.equal(found.network(image).logits, made(image).logits)
    assert load_network("inception_tiny_8", path).classes == ("0", "1", "2")
    with pytest.raises(ValueError, match=r"other classes; it stays as initialised: give weights"):
        load_network("inception_tiny_8", path, classes=("a", "b"))
    save_weights({k: v for k, v in made.state_dict().items() if k != "fc.bias"}, path)
    with pytest.raises(ValueError, match=r"does not have fc\.bias.* give weights that are whole"):
        load_network("inception_tiny_8", path)
    with pytest.raises(ValueError, match="the weights 'torchvision' are of inception_v3"):
        load_network("inception_tiny_8", "torchvision")


def test_another_library_s_network_says_how_it_sees():
    timm = pytest.importorskip("timm")
    found = load_network("timm.models.resnet:resnet18", size=32)
    about = timm.create_model("resnet18").default_cfg
    assert found.preprocess.mean == tuple(about["mean"])
    assert found.preprocess.std == tuple(about["std"])
    assert len(found.classes) == 1000
    with pytest.raises(ValueError, match="has 1,000 classes, and 2 names are given"):
        load_network("timm.models.resnet:resnet18", size=32, classes=("a", "b"))


def test_the_classes_of_imagenet():
    names = imagenet_classes()
    assert (names[0], names[285], names[999]) == ("tench", "Egyptian cat", "toilet tissue")
