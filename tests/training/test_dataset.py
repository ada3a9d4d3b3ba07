"""Dataset sets by one line: trees of files, torchvision's, digits; what goes with a run."""

import gzip
import hashlib
import io
import json
import os
import pickle
import shutil
import struct
import tarfile
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from sklearn.datasets import load_digits

from inception_lib.training.data import (
    Dataset,
    Loader,
    Split,
    Unreadable,
    open_data,
    open_to_judge,
)
from inception_lib.training.data.folders import split_share
from inception_lib.training.data.images import open_image
from inception_lib.training.recipes import RECIPES

SHARED = Path(os.environ.get("INCEPTION_SHARED", Path(__file__).resolve().parents[3] / "shared"))

COLOURS = {"ant": (200, 0, 0), "bee": (0, 200, 0), "cow": (0, 0, 200)}


def fill(folder, counts, suffix="jpg"):
    for name, count in counts.items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        for i in range(count):
            Image.new("RGB", (12, 10), COLOURS[name]).save(folder / name / f"{i:03}.{suffix}")
    return folder


@pytest.fixture
def tree(tmp_path):
    fill(tmp_path / "train", {"ant": 5, "bee": 7, "cow": 3})
    fill(tmp_path / "val", {"ant": 2, "bee": 1, "cow": 1})
    fill(tmp_path / "test", {"ant": 1, "bee": 1, "cow": 2})
    return tmp_path


def names(source):
    return set(source.names)


def test_tree_with_all_splits(tree):
    data = open_data(f"imagefolder:{tree}")
    assert data.classes == ("ant", "bee", "cow")
    assert {k: len(s) for k, s in data.splits.items()} == {"train": 15, "validation": 4, "test": 4}
    assert torch.bincount(data.train.labels).tolist() == [5, 7, 3]
    assert data.train.names[5] == "bee/000.jpg"
    torch.testing.assert_close(data.frequencies(), torch.tensor([5, 7, 3]) / 15)
    assert data.notes == ()


def test_classes_alone_are_split(tmp_path):
    fill(tmp_path, {"ant": 20, "bee": 40, "cow": 2})
    data = open_data(f"imagefolder:{tmp_path}")
    again = open_data(f"imagefolder:{tmp_path}", seed=7)
    assert torch.bincount(data.validation.labels).tolist() == [2, 4, 1]
    assert names(data.validation) == names(again.validation)
    assert not names(data.validation) & names(data.train)
    assert len(data.validation) + len(data.train) == 62
    assert any("10%" in note for note in data.notes)
    assert any("no train folder" in note for note in data.notes)


def test_split_stays_where_the_tree_lies(tmp_path):
    fill(tmp_path / "one", {"ant": 20, "bee": 20})
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    one, two = (open_data(f"imagefolder:{tmp_path / d}") for d in ("one", "two"))
    assert names(one.validation) == names(two.validation)


def test_train_and_test_alone(tree):
    shutil.rmtree(tree / "val")
    data = open_data(f"imagefolder:{tree}", validation=0.4)
    assert torch.bincount(data.validation.labels).tolist() == [2, 3, 1]
    assert len(data.test) == 4
    chosen = open_data(f"imagefolder:{tree}", validation="test")
    assert len(chosen.train) == 15
    assert names(chosen.validation) == names(chosen.test)
    assert any("no test any more" in note for note in chosen.notes)
    assert chosen.to_dict()["options"] == {"validation": "test"}
    assert len(open_data(f"imagefolder:{tree}").validation) == 3


def test_files_that_are_no_images(tree):
    (tree / "train" / "ant" / "notes.txt").write_text("x")
    (tree / "train" / "ant" / "._000.jpg").write_text("x")  # macOS leaves these
    (tree / "train" / "__MACOSX").mkdir()
    (tree / "train" / "README.md").write_text("x")
    deeper = tree / "train" / "ant" / "more"
    deeper.mkdir()
    Image.new("L", (3, 3)).save(deeper / "A.PNG")
    data = open_data(f"imagefolder:{tree}")
    assert len(data.train) == 16
    assert "ant/more/A.PNG" in data.train.names
    assert any("2 files that are no images" in note for note in data.notes)


def test_empty_class(tree):
    (tree / "train" / "dog").mkdir()
    (tree / "train" / "dog" / "list.txt").write_text("x")
    with pytest.raises(ValueError, match="class 'dog' is empty"):
        open_data(f"imagefolder:{tree}")


@pytest.mark.parametrize("emptied", [True, False])
def test_class_missing_in_validation(tree, emptied):
    shutil.rmtree(tree / "val" / "bee")
    if emptied:
        (tree / "val" / "bee").mkdir()
    with pytest.warns(UserWarning, match="validation has no image of bee"):
        data = open_data(f"imagefolder:{tree}")
    assert data.classes == ("ant", "bee", "cow")
    assert data.validation.labels.tolist() == [0, 0, 2]


def test_class_unknown_to_training(tree):
    shutil.copytree(tree / "val" / "ant", tree / "val" / "elk")
    with pytest.raises(ValueError, match="training does not have: elk"):
        open_data(f"imagefolder:{tree}")


@pytest.mark.parametrize(
    ("spec", "error", "message"),
    [
        ("imagefolder:/no/such/place", FileNotFoundError, "is no folder"),
        ("imagefolder", FileNotFoundError, "pass imagefolder:PATH"),
        ("imagenet", ValueError, "known are"),
        ("digits:3", ValueError, "no argument"),
        ("shapes:few", ValueError, "'few'"),
    ],
)
def test_bad_specs(spec, error, message):
    with pytest.raises(error, match=message):
        open_data(spec)


@pytest.mark.parametrize("validation", ["half", 0.0, 1.5, "0", 0, 1, 5, True])
def test_bad_validation(validation):
    with pytest.raises(ValueError, match="validation"):
        open_data("digits", validation=validation)


def test_no_folders(tmp_path):
    with pytest.raises(ValueError, match="one folder a class"):
        open_data(f"imagefolder:{tmp_path}")
    (tmp_path / "val").mkdir()
    with pytest.raises(ValueError, match="val has no folders"):
        open_data(f"imagefolder:{tmp_path}")


@pytest.mark.parametrize(
    ("train", "held"),
    [("Training", "Testing"), ("train", "valid"), ("TRAIN", "Dev"), ("train", "eval")],
)
def test_usual_names_of_splits(tmp_path, train, held):
    """As fastai, Roboflow and Kaggle name them, in any case: neither is a class, none is lost."""
    fill(tmp_path / train, {"ant": 20, "bee": 20})
    fill(tmp_path / held, {"ant": 3, "bee": 4})
    data = open_data(f"imagefolder:{tmp_path}")
    assert data.classes == ("ant", "bee")
    other = "test" if held == "Testing" else "validation"
    assert len(data.splits[other]) == 7
    assert len(data.train) == (36 if other == "test" else 40)  # a tenth is held out


def test_two_folders_for_one_split(tree):
    fill(tree / "valid", {"ant": 2})
    with pytest.raises(ValueError, match="val and valid, which both serve as validation"):
        open_data(f"imagefolder:{tree}")


def test_folders_passed_over_are_named(tree):
    fill(tree / "unlabelled", {"ant": 1})
    (tree / "train" / "@eaDir").mkdir()  # a Synology's thumbnails
    (tree / "train" / "ant" / "@eaDir").mkdir()
    Image.new("L", (3, 3)).save(tree / "train" / "ant" / "@eaDir" / "000.jpg")
    data = open_data(f"imagefolder:{tree}")
    assert data.classes == ("ant", "bee", "cow")
    assert len(data.train) == 15
    assert any("unlabelled passed over" in note for note in data.notes)
    assert any("@eaDir passed over" in note for note in data.notes)


@pytest.mark.parametrize(
    ("folders", "message"),
    [
        (
            ["data/train/ant", "data/train/bee", "data/valid/ant"],
            r"data holds train, valid.*:.*data",
        ),
        (["a/train/ant", "b/train/ant"], r"a holds train: it is a data set"),
        (["data/ant", "data/bee"], r"one class, 'data'.* ant, bee, give imagefolder:.*data"),
        (
            ["train/data/ant", "train/data/bee"],
            r"one class, 'data'.* ant, bee, move them to .*train",
        ),
        (["ant"], r"one class, 'ant', and a network tells at least two apart"),
        (["training_set/ant", "test_set/ant"], "test_set, training_set, which look like splits"),
        (["train2017/ant", "val2017/ant"], "train2017, val2017, which look like splits"),
        (["test/ant", "ant/more", "bee/more"], "test and no train folder, beside ant, bee"),
    ],
)
def test_folders_that_are_not_what_they_seem(tmp_path, folders, message):
    """Each an error that says what to give: none is a network that learns nothing, with exit 0."""
    for folder in folders:
        (tmp_path / folder).mkdir(parents=True)
        for i in range(3):
            Image.new("RGB", (4, 4)).save(tmp_path / folder / f"{i}.jpg")
    with pytest.raises(ValueError, match=message):
        open_data(f"imagefolder:{tmp_path}")


def test_a_class_that_is_called_as_a_split(tmp_path):
    for name in ("boat", "car", "train"):
        (tmp_path / name).mkdir()
        for i in range(3):
            Image.new("RGB", (4, 4)).save(tmp_path / name / f"{i}.jpg")
    assert open_data(f"imagefolder:{tmp_path}").classes == ("boat", "car", "train")


def test_a_folder_is_visited_once(tree):
    """Links to a parent, to another class, to another split: no image comes twice."""
    (tree / "train" / "ant" / "up").symlink_to(tree)
    (tree / "train" / "ant" / "above").symlink_to(tree.parent)
    (tree / "train" / "ant" / "other").symlink_to(tree / "train" / "bee")
    (tree / "train" / "bee" / "held").symlink_to(tree / "val" / "bee")
    (tree / "train" / "loop").symlink_to(tree / "train")
    data = open_data(f"imagefolder:{tree}")
    assert data.classes == ("ant", "bee", "cow")
    assert torch.bincount(data.train.labels).tolist() == [5, 7, 3]
    for name in ("up", "above", "other", "held", "loop"):
        assert any(f"{name} leads to a folder that was read" in note for note in data.notes)


def test_links_to_elsewhere_are_followed(tree, tmp_path_factory):
    elsewhere = fill(tmp_path_factory.mktemp("elsewhere"), {"cow": 4})
    shutil.rmtree(tree / "train" / "cow")
    (tree / "train" / "cow").symlink_to(elsewhere / "cow")
    assert torch.bincount(open_data(f"imagefolder:{tree}").train.labels).tolist() == [5, 7, 4]
    (tree / "train" / "dog").symlink_to(elsewhere / "cow")
    with pytest.raises(ValueError, match="cow and dog are one and the same folder"):
        open_data(f"imagefolder:{tree}")
    (tree / "train" / "dog").unlink()
    shutil.rmtree(tree / "test")
    (tree / "test").symlink_to(tree / "val")
    with pytest.raises(ValueError, match=r"(test|val) is a link to a folder that serves already"):
        open_data(f"imagefolder:{tree}")


def test_pipes_and_names_in_other_encodings(tree):
    """A pipe would be waited for; a name that is not UTF-8 is a name."""
    os.mkfifo(tree / "train" / "ant" / "pipe.jpg")
    odd = os.fsencode(tree / "train") + b"/caf\xe9"
    os.mkdir(odd)
    for i in range(3):
        Image.new("RGB", (4, 4)).save(os.fsdecode(odd + b"/%d\xff.jpg" % i))
    with pytest.warns(UserWarning, match="has no image of"):
        data = open_data(f"imagefolder:{tree}", validation=0.4)
    assert len(data.classes) == 4
    assert len(data.train) + len(data.validation) == 18
    assert json.loads(json.dumps(data.to_dict()))["classes"] == list(data.classes)
    assert any("1 files that are no images" in note for note in data.notes)
    with pytest.raises(Unreadable, match="no regular file"):
        open_image(tree / "train" / "ant" / "pipe.jpg")


# Images to be judged -------------------------------------------------------------------------


def test_all_images_of_a_folder_of_classes_are_judged(tmp_path):
    fill(tmp_path, {"bee": 20, "ant": 3})
    data, split, name = open_to_judge(
        f"imagefolder:{tmp_path}", classes=("cow", "bee", "ant"), seed=3
    )
    assert name == "all"
    assert torch.bincount(split.labels).tolist() == [0, 20, 3]  # by name, not by order
    assert data.classes == ("cow", "bee", "ant")
    assert any("no image of 1 of the 3 classes (cow)" in note for note in data.notes)
    with pytest.raises(ValueError, match=r"the network learnt 2 classes .*others: bee"):
        open_to_judge(f"imagefolder:{tmp_path}", classes=("ant", "cow"))
    with pytest.raises(ValueError, match="no test images: its folders are the classes"):
        open_to_judge(f"imagefolder:{tmp_path}", split="test")


@pytest.mark.parametrize(("present", "judged"), [(["val"], 4), (["test"], 4), (["train"], 15)])
def test_a_folder_with_one_split_alone(tree, present, judged):
    for name in {"train", "val", "test"} - set(present):
        shutil.rmtree(tree / name)
    _, split, name = open_to_judge(f"imagefolder:{tree}")
    assert len(split) == judged
    assert name == {"val": "validation"}.get(present[0], present[0])
    if present != ["train"]:
        assert open_data(f"imagefolder:{tree}").train is None


def test_the_split_that_is_judged_can_be_named(tree):
    for name, count in (("train", 15), ("validation", 4), ("test", 4), (None, 4)):
        _, split, said = open_to_judge(f"imagefolder:{tree}", split=name)
        assert (len(split), said) == (count, name or "validation")
    _, split, said = open_to_judge("digits", split="test")
    assert (len(split), said) == (359, "test")


def test_digits_are_scikit_learns():
    data = open_data("digits")
    assert {k: len(s) for k, s in data.splits.items()} == {
        "train": 1259,
        "validation": 179,
        "test": 359,
    }
    every = torch.cat([s.images for s in data.splits.values()])
    reference = torch.from_numpy(load_digits().images)
    assert every.shape == (1797, 3, 8, 8)
    ours = sorted((x[0].float() * 16 / 255).round().flatten().tolist() for x in every)
    assert ours == sorted(x.flatten().tolist() for x in reference)
    again, other = open_data("digits"), open_data("digits", seed=1)
    assert torch.equal(data.test.images, again.test.images)
    assert not torch.equal(data.test.images, other.test.images)


def test_share_splits_each_class():
    labels = torch.tensor([0] * 100 + [1] * 10 + [3])
    source = Split(labels, tuple(map(str, range(111))), files=tuple(map(str, range(111))))
    kept, held = split_share(source, 0.2)
    assert sorted([*kept.tolist(), *held.tolist()]) == list(range(111))
    assert torch.bincount(labels[held], minlength=4).tolist() == [20, 2, 0, 0]


def test_to_dict_is_json(tree):
    stored = json.loads(json.dumps(open_data(f"imagefolder:{tree}").to_dict()))
    assert stored["images"] == {"train": 15, "validation": 4, "test": 4}
    assert stored["classes"] == ["ant", "bee", "cow"]
    assert stored["mean"] == stored["std"] == [0.5] * 3


@pytest.mark.parametrize(
    ("spec", "options"),
    [
        ("shapes:50", {"seed": 3, "size": 16}),
        ("shapes:50", {"size": 24, "validation": 0.2}),
        ("digits", {"seed": 2, "size": 8}),
        ("digits", {"validation": "test"}),
    ],
)
def test_what_is_stored_opens_the_same_again(spec, options):
    data = open_data(spec, **options)
    stored = json.loads(json.dumps(data.to_dict()))
    again = open_data(stored["name"], **stored["options"])
    assert list(again.classes) == stored["classes"]
    for one, two in zip(data.splits.values(), again.splits.values(), strict=True):
        assert torch.equal(one.images, two.images)
        assert torch.equal(one.labels, two.labels)


def test_clothing_photographs(tmp_path):
    """A real tree: every photograph of its validation split can be read."""
    archive = SHARED / "data" / "clothing_small_128px.tar"
    if not archive.is_file():
        pytest.skip(f"the photographs are not here ({archive}); set INCEPTION_SHARED")
    with tarfile.open(archive) as tar:
        tar.extractall(tmp_path, filter="data")
    data = open_data(f"imagefolder:{tmp_path}")
    assert data.to_dict()["images"] == {"train": 3068, "validation": 341, "test": 372}
    assert len(data.classes) == 10
    assert len(list(tmp_path.glob("**/test/shoes/*.jpg"))) == 73  # of 372, 19.6 % in chapter 2
    recipe = RECIPES["transfer"].replace(size=64, workers=1)
    shown = Loader(data.validation, recipe, data, train=False, device="cpu")
    images = torch.cat([batch.images for batch in shown.epoch(0)])
    assert images.shape == (341, 3, 64, 64)
    assert shown.corrupt == []
    assert (images.flatten(1).std(1) > 0.05).all()


def test_source_checks():
    with pytest.raises(ValueError, match="2 labels"):
        Split(torch.zeros(2, dtype=torch.long), ("a",), files=("a",))
    with pytest.raises(ValueError, match="uint8"):
        Split.of_tensor(torch.rand(2, 3, 4, 4), torch.zeros(2), "train")
    with pytest.raises(ValueError, match="no training images"):
        Dataset("x", ("a",)).frequencies()


# torchvision's sets, from small files in their own formats -----------------------------------


def cifar_files(root, monkeypatch):
    """Six batches of ten images in CIFAR-10's format, and the checksums that go with them."""
    from torchvision.datasets import CIFAR10

    base = root / CIFAR10.base_folder
    base.mkdir(parents=True)
    rng = np.random.default_rng(0)

    def write(name, content):
        (base / name).write_bytes(pickle.dumps(content))
        return [name, hashlib.md5((base / name).read_bytes()).hexdigest()]

    images = rng.integers(0, 256, (60, 3072), dtype=np.uint8)
    lists = [
        write(name, {"data": images[10 * i : 10 * i + 10], "labels": list(range(10))})
        for i, name in enumerate([*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"])
    ]
    key, md5 = write("batches.meta", {"label_names": [f"class{i}" for i in range(10)]})
    monkeypatch.setattr(CIFAR10, "train_list", lists[:5])
    monkeypatch.setattr(CIFAR10, "test_list", lists[5:])
    monkeypatch.setattr(CIFAR10, "meta", {"filename": key, "key": "label_names", "md5": md5})
    return base, torch.from_numpy(images).view(-1, 3, 32, 32)


def test_cifar10(tmp_path, monkeypatch):
    _, images = cifar_files(tmp_path, monkeypatch)
    data = open_data(f"cifar10:{tmp_path}")
    assert data.classes == tuple(f"class{i}" for i in range(10))
    assert torch.equal(data.test.images, images[50:])
    assert (len(data.train), len(data.validation)) == (40, 10)  # one of five of each class
    whole = open_data(f"cifar10:{tmp_path}", validation="test")
    assert torch.equal(whole.train.images, images[:50])


def no_network(*_, **__):
    raise OSError("network is unreachable")


def test_cifar10_damaged_or_absent(tmp_path, monkeypatch):
    base, _ = cifar_files(tmp_path, monkeypatch)
    (base / "data_batch_3").write_bytes(b"cut")
    monkeypatch.setattr("urllib.request.urlopen", no_network)
    with pytest.raises(FileNotFoundError, match=r"cifar10 is not in .*unreachable.*digits"):
        open_data(f"cifar10:{tmp_path}")
    with pytest.raises(FileNotFoundError, match="cifar10 is not in"):
        open_data(f"cifar10:{tmp_path / 'nowhere'}")


def test_default_folder(tmp_path, monkeypatch):
    cifar_files(tmp_path, monkeypatch)
    monkeypatch.setenv("INCEPTION_DATA", str(tmp_path))
    assert len(open_data("cifar10").test) == 10


def fashion_files(root):
    raw = root / "FashionMNIST" / "raw"
    raw.mkdir(parents=True)
    made = {}
    for split, count in (("train", 30), ("t10k", 10)):
        images = np.random.default_rng(count).integers(0, 256, (count, 28, 28), dtype=np.uint8)
        labels = (np.arange(count) % 10).astype(np.uint8)
        for kind, values, magic in (("images-idx3", images, 0x803), ("labels-idx1", labels, 0x801)):
            header = struct.pack(f">{1 + values.ndim}I", magic, *values.shape)
            (raw / f"{split}-{kind}-ubyte").write_bytes(header + values.tobytes())
        made[split] = torch.from_numpy(images)
    return raw, made


def test_fashionmnist(tmp_path):
    raw, made = fashion_files(tmp_path)
    data = open_data(f"fashionmnist:{tmp_path}")
    assert data.classes[0] == "T-shirt/top"
    assert data.test.images.shape == (10, 3, 28, 28)
    assert torch.equal(data.test.images[:, 0], made["t10k"])
    assert torch.equal(data.test.images[:, 1], made["t10k"])
    assert (len(data.train), len(data.validation)) == (20, 10)
    train = raw / "train-images-idx3-ubyte"
    train.write_bytes(train.read_bytes()[:500])
    with pytest.raises(FileNotFoundError, match="fashionmnist is not in"):
        open_data(f"fashionmnist:{tmp_path}")


def test_imagenette(tmp_path, monkeypatch):
    from torchvision.datasets import Imagenette

    for size in ("imagenette2-320", "imagenette2-160"):
        for i, wnid in enumerate(Imagenette._WNID_TO_CLASS):
            for split, count in (("train", 3), ("val", 1 + (size == "imagenette2-160"))):
                folder = tmp_path / size / split / wnid
                folder.mkdir(parents=True)
                for k in range(count):
                    Image.new("RGB", (20, 16), (25 * i, 0, 0)).save(folder / f"{k}.JPEG")
    data = open_data(f"imagenette:{tmp_path}")
    assert data.classes[:2] == ("tench", "English springer")
    assert {k: len(s) for k, s in data.splits.items()} == {"train": 30, "validation": 10}
    assert len(open_data(f"imagenette:{tmp_path}", size=64).validation) == 20
    monkeypatch.setattr("urllib.request.urlopen", no_network)
    with pytest.raises(FileNotFoundError, match="imagenette is not in"):
        open_data(f"imagenette:{tmp_path / 'nowhere'}")


def test_download_that_arrives_damaged(tmp_path, monkeypatch):
    """An archive whose checksum is wrong is refused, not unpacked."""
    import torchvision.datasets.utils as utils

    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as tar:
        tar.addfile(tarfile.TarInfo("cifar-10-batches-py/data_batch_1"))

    def download(url, filename, **_):
        with open(filename, "wb") as out:
            out.write(gzip.compress(archive.getvalue()))

    monkeypatch.setattr(utils, "_urlretrieve", download)
    with pytest.raises(FileNotFoundError, match="cifar10 is not in"):
        open_data(f"cifar10:{tmp_path}")
    assert not (tmp_path / "cifar-10-batches-py").exists()
