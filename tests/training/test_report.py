"""A report's files, against the evaluation that it is of."""

import csv
import os
import re

import pytest
import torch
from PIL import Image

from inception_lib.cli import main
from inception_lib.training import Loader, evaluate, load_trained, open_data
from inception_lib.training.data import Dataset, Split
from inception_lib.training.report import FILES, draw_calibration, draw_confusion, write_report


@pytest.fixture(scope="module")
def judged(digits_run):
    trained, data = load_trained(digits_run), open_data("digits")
    loader = Loader(data.validation, trained.recipe, data, train=False, device="cpu")
    return evaluate(trained.network, loader), data.validation, loader.preprocess


def test_every_answer_is_a_row(judged, tmp_path):
    found, split, preprocess = judged
    written = write_report(found, split, preprocess, tmp_path / "report")
    assert [path.name for path in written] == list(FILES)
    with open(tmp_path / "report" / "answers.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    p = found.predictions
    two = p.probabilities.topk(2).values
    assert [row["path"] for row in rows] == list(p.names)
    assert [row["label"] for row in rows] == [p.classes[k] for k in p.labels]
    assert [row["answer"] for row in rows] == [p.classes[k] for k in found.predicted]
    assert [float(row["probability"]) for row in rows] == pytest.approx(
        two[:, 0].tolist(), rel=1e-5
    )
    margins = (two[:, 0] - two[:, 1]).tolist()
    assert [float(row["margin"]) for row in rows] == pytest.approx(margins, rel=1e-4)
    right = sum(row["label"] == row["answer"] for row in rows)
    assert right / len(rows) == found.top1


def test_nothing_is_written_over(judged, tmp_path):
    found, split, preprocess = judged
    (tmp_path / "answers.csv").write_text("mine")
    with pytest.raises(ValueError, match=r"has answers\.csv already: give another folder"):
        write_report(found, split, preprocess, tmp_path)
    assert (tmp_path / "answers.csv").read_text() == "mine"
    with pytest.raises(ValueError, match="is a file: give a folder"):
        write_report(found, split, preprocess, tmp_path / "answers.csv")
    assert len(write_report(found, split, preprocess, tmp_path, overwrite=True)) == 4


def test_what_is_drawn_is_what_was_found(judged):
    found, *_ = judged
    figure = draw_confusion(found)
    counts = [int(text.get_text().replace(",", "")) for text in figure.axes[0].texts]
    assert sum(counts) == found.n
    assert sorted(counts) == sorted(found.confusion[found.confusion > 0].tolist())
    shares = torch.from_numpy(figure.axes[0].images[0].get_array().data)
    has = found.confusion.sum(1) > 0
    torch.testing.assert_close(shares.sum(1)[has], torch.ones(int(has.sum())))
    top, below = draw_calibration(found).axes
    images = [bar.get_height() for bar in below.patches]
    assert sum(images) == found.n
    right = sum(n * bar.get_height() for n, bar in zip(images, top.patches, strict=True))
    assert right / found.n == pytest.approx(found.top1)


def test_the_command_and_its_refusal(digits_run, tmp_path, capsys):
    out = tmp_path / "report"
    arguments = ["evaluate", str(digits_run), "--report", str(out), "--device", "cpu"]
    assert main(arguments) == 0
    assert f"note: wrote {out / 'confusion.svg'}" in capsys.readouterr().err
    assert re.search(r"<svg ", (out / "confusion.svg").read_text())
    with Image.open(out / "mistakes.png") as sheet:
        assert sheet.width > 600
    assert main(arguments) == 2
    said, err = capsys.readouterr()
    assert said == ""  # before the images are judged
    assert "already: give another folder" in err


@pytest.mark.filterwarnings("ignore:Glyph")
def test_odd_names_and_no_mistake(digits_run, tmp_path):
    """File names that are no text keep their bytes; without a mistake there is no sheet."""
    trained, digits = load_trained(digits_run), open_data("digits").validation
    names = tuple(os.fsdecode(b"s\xff-%d" % i) for i in range(8))
    loader = Loader(digits, trained.recipe, open_data("digits"), train=False, device="cpu")
    answers = evaluate(trained.network, loader).predicted[:8]
    split = Split(answers, names, digits.images[:8])
    classes = tuple(f"$\\frac{{{k}$ 寿{chr(0xDC80 + k)}" for k in range(10))
    loader = Loader(split, trained.recipe, Dataset("odd", classes, test=split), train=False,
                    device="cpu")  # fmt: skip
    found = evaluate(trained.network, loader)
    assert found.top1 == 1
    written = write_report(found, split, loader.preprocess, tmp_path)
    assert [path.name for path in written] == ["answers.csv", "confusion.svg", "calibration.svg"]
    assert b"s\xff-7," in (tmp_path / "answers.csv").read_bytes()
