"""``inception predict``: answers in every form, what is unreadable named, a sheet to look at."""

import csv
import io
import json
import os
import shutil
import sys

import numpy as np
import pytest
import torch
from PIL import Image

from inception_lib.cli import main
from inception_lib.nets.registry import create
from inception_lib.nets.weights import save_weights
from inception_lib.training import load_trained, open_data, predict


def said(capsys, *arguments):
    status = main([str(argument) for argument in arguments])
    out, err = capsys.readouterr()
    return status, out, err


@pytest.fixture(scope="module")
def scans(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scans")
    for i, image in enumerate(open_data("digits").validation.images[:3]):
        Image.fromarray(image.permute(1, 2, 0).numpy()).save(folder / f"{i}.png")
    return folder


def test_every_form_gives_the_same_answers(digits_run, scans, capsys):
    own = predict(load_trained(digits_run), scans, device="cpu")
    values, places = own.probabilities.topk(2)
    status, out, err = said(capsys, "predict", digits_run, scans, "--top", 2, "--json")
    assert (status, err) == (0, "")
    images = json.loads(out)["images"]
    assert [one["image"] for one in images] == list(own.names)
    for one, p, k in zip(images, values.tolist(), places.tolist(), strict=True):
        assert [c["class"] for c in one["classes"]] == [own.classes[j] for j in k]
        assert [c["probability"] for c in one["classes"]] == pytest.approx(p, abs=1e-5)
    _, out, _ = said(capsys, "predict", digits_run, scans, "--top", 2, "--csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [row["rank"] for row in rows] == ["1", "2"] * 3
    assert [row["class"] for row in rows] == [own.classes[j] for k in places for j in k]
    _, out, _ = said(capsys, "predict", digits_run, scans, "--top", 2, "--crops", 12)
    head, *lines = out.splitlines()
    assert head.split() == ["image", "%", "class"]
    assert [line.split()[0] for line in lines[::2]] == list(own.names)


def test_what_cannot_be_read_is_named_and_the_exit_code_says_so(
    digits_run, scans, tmp_path, capsys
):
    bad = [tmp_path / f"{i}.png" for i in range(7)]  # more than get a warning each in training
    for path in bad:
        path.write_text("no image")
    arguments = (scans / "2.png", *bad, scans / "0.png", "--csv", "--top", 1)
    status, out, err = said(capsys, "predict", digits_run, *arguments)
    assert status == 1
    rows = [row["image"] for row in csv.DictReader(io.StringIO(out))]
    assert rows == [str(scans / "2.png"), str(scans / "0.png")]
    expected = [f"inception: passed over: {path}: cannot identify image file" for path in bad]
    assert err.splitlines() == expected
    for form, nothing in (("--csv", "image,rank,class,probability\n"), ("--top=1", "")):
        status, out, err = said(capsys, "predict", digits_run, bad[0], form)
        assert (status, out) == (1, nothing)
        assert "cannot identify" in err


def test_a_sheet_of_pictures(digits_run, scans, tmp_path, capsys):
    sheet = tmp_path / "new" / "sheet.png"
    status, _, err = said(capsys, "predict", digits_run, scans, "--show", sheet)
    assert status == 0
    assert f"{sheet} shows 3 pictures" in err
    with Image.open(sheet) as image:
        small = np.asarray(image.convert("RGB").resize((200, 80)), dtype=int)
    red, blue = small[..., 0], small[..., 2]
    assert int((blue > red + 60).sum()) > 20  # bars of the answers
    assert int((red > blue + 60).sum()) > 200  # the heat maps
    before = sheet.read_bytes()
    status, out, err = said(capsys, "predict", digits_run, scans, "--show", sheet)
    assert (status, out) == (2, "")  # before any work
    assert f"{sheet} is there already: give another name, or --overwrite" in err
    assert sheet.read_bytes() == before
    assert said(capsys, "predict", digits_run, scans, "--show", sheet, "--overwrite")[0] == 0
    status, _, err = said(capsys, "predict", digits_run, scans, "--show", tmp_path / "sheet.txt")
    assert status == 2
    assert "ends in .txt: give one of" in err


def test_a_network_by_its_name(scans, tmp_path, capsys):
    weights = save_weights(create("inception_tiny_8", num_classes=3), tmp_path / "w.safetensors")
    names = tmp_path / "names.txt"
    names.write_text("cat\ndog\n\ncow\n")
    options = ("--weights", weights, "--json", "--device", "cpu")
    status, out, _ = said(
        capsys, "predict", "inception_tiny_8", scans, *options, "--classes", names
    )
    assert status == 0
    found = {one["class"] for one in json.loads(out)["images"][0]["classes"]}
    assert found == {"cat", "dog", "cow"}
    # The same pixels by other mean and deviation are other answers.
    _, other, _ = said(
        capsys, "predict", "inception_tiny_8", scans, *options, "--normalise=imagenet"
    )
    top = [json.loads(text)["images"][0]["classes"][0]["probability"] for text in (out, other)]
    assert top[0] != top[1]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("nowhere SCANS", "there is no run, no file and no network nowhere"),
        ("inception_v4 SCANS", "no network inception_v4; near it: inception_v3"),
        ("inception_v3 SCANS", "has learnt nothing yet: give --weights"),
        ("RUN SCANS --weights x", "--weights goes with a network's name"),
        ("RUN SCANS --top 0", "--top is 0: give at least 1"),
        ("RUN SCANS --batch 0", "--batch is 0: give at least 1"),
        ("RUN SCANS --device gpu", "give cpu, cuda or cuda:1"),
        ("RUN nothing*.png", "fits no file"),
        ("inception_tiny_8 SCANS --weights /none", "no weights at /none"),
        ("inception_tiny_8 SCANS --weights x --classes /none", "there is no file /none"),
        ("BARE SCANS", "does not say which network it is for: give the network's name instead"),
    ],
)
def test_refusals(digits_run, scans, tmp_path, arguments, words, capsys):
    bare = tmp_path / "bare.pth"
    torch.save({"fc.bias": torch.zeros(3)}, bare)
    places = {"RUN": digits_run, "SCANS": scans, "BARE": bare}
    status, out, err = said(capsys, "predict", *(places.get(w, w) for w in arguments.split()))
    assert (status, out) == (2, "")
    (line,) = err.splitlines()
    assert words in line


@pytest.mark.parametrize("encoding", ["ascii", "cp437", "cp932"])
def test_no_console_loses_the_answer(digits_run, scans, tmp_path, monkeypatch, encoding):
    renamed = tmp_path / "run"
    shutil.copytree(digits_run, renamed)
    about = json.loads((renamed / "recipe.json").read_text())
    names = [os.fsdecode(b"caf\xe9\xff"), "größe", "寿司", *"3456789"]
    about["data"]["classes"] = names
    (renamed / "recipe.json").write_text(json.dumps(about))
    odd = tmp_path / os.fsdecode(b"scan\xff.png")
    shutil.copy(scans / "0.png", odd)
    for form in ("--top=10", "--json", "--csv"):
        console = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
        monkeypatch.setattr(sys, "stdout", console)
        sheet = tmp_path / f"sheet{form}.png"
        status = main(["predict", str(renamed), str(odd), form, "--top=10", "--show", str(sheet)])
        monkeypatch.undo()
        console.flush()
        shown = console.buffer.getvalue().decode(encoding)
        assert status == 0
        assert sheet.is_file()
        if form == "--json":
            (one,) = json.loads(shown)["images"]
            assert one["image"] == str(odd)
            assert {c["class"] for c in one["classes"]} == set(names)
        else:
            assert len(shown.splitlines()) == 11
