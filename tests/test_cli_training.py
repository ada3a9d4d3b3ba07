"""Training, evaluating and plotting from the command line, on data that are generated."""

import csv
import io
import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from PIL import Image

from inception_lib.cli import main
from inception_lib.training import engine
from inception_lib.training.guards import NonFiniteError
from inception_lib.training.recipes import RECIPES, SOURCES

QUICK = ["--epochs=2", "--warmup-epochs=0.5", "--batch=32", "--device=cpu"]


def said(capsys, *arguments):
    status = main([str(argument) for argument in arguments])
    out, err = capsys.readouterr()
    return status, out, err


@pytest.fixture
def run(digits_run):
    """A short run on digits, as ``train --data digits`` with ``QUICK`` leaves it."""
    return digits_run


def test_a_run_leaves_what_it_says(run):
    names = {path.name for path in run.iterdir()}
    expected = {"recipe.json", "metrics.csv", "checkpoints", "curves.png", "weights.safetensors"}
    assert expected | {"finished.json"} <= names
    stored = json.loads((run / "recipe.json").read_text())
    assert stored["recipe"]["epochs"] == 2
    assert stored["recipe"]["batch"] == 32
    with (run / "metrics.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["phase"] for row in rows].count("validation") == 2
    assert float(rows[-1]["epoch"]) == 2
    train = [row for row in rows if row["phase"] == "train"]
    assert all(0 < float(row["mfu"]) < 1 for row in train)
    assert all(0 <= float(row["waiting"]) <= 1 for row in train)


def test_the_same_command_on_a_finished_run_says_so(run, capsys):
    status, out, _ = said(capsys, "train", "--data", "digits", "--out", run, *QUICK)
    assert status == 0
    assert "finished" in out


def test_from_repeats_a_run_bit_for_bit(run, tmp_path, capsys):
    again = tmp_path / "again"
    status, out, _ = said(capsys, "train", "--from", run, "--out", again, "--json", "--quiet")
    assert status == 0
    assert (again / "weights.safetensors").read_bytes() == (
        run / "weights.safetensors"
    ).read_bytes()
    result = json.loads(out)
    assert result["recipe"]["batch"] == 32
    assert result["top1"] == json.loads((run / "finished.json").read_text())["top1"]


def test_another_recipe_in_the_same_folder_is_refused(run, capsys):
    status, _, err = said(capsys, "train", "--from", run, "--seed", 5, "--out", run)
    assert status == 2
    assert "seed was 0, is 5" in err


def test_more_epochs_of_a_finished_run_are_a_command(run, tmp_path, capsys):
    """It is printed, and it goes on from the weights."""
    moved = tmp_path / "a run"
    shutil.copytree(run, moved)
    given = ["train", "--data", "digits", "--out", moved, *QUICK, "--epochs=3"]
    status, _, err = said(capsys, *given)
    assert status == 2
    (line,) = err.splitlines()
    assert "holds a finished run of 2 epochs" in line
    program, *arguments = shlex.split(line.rpartition("give: ")[2])
    assert program == "inception"
    # Without a step to speak of, its network is the one that it began from.
    still = ["--lr", "1e-12", "--warmup-epochs", "0", "--quiet", "--json", "--device", "cpu"]
    status, out, _ = said(capsys, *arguments, *still)
    result = json.loads(out)
    assert (status, result["epochs"]) == (0, 1)
    assert result["out"] == f"{moved}-more"
    before = json.loads((run / "finished.json").read_text())
    assert result["top1"] == pytest.approx(before["top1"], abs=0.03)
    # What else differs is named as before, and fewer epochs are no more.
    status, _, err = said(capsys, *given, "--seed", 5)
    assert (status, "seed was 0, is 5" in err) == (2, True)
    status, _, err = said(capsys, "train", "--from", moved, "--epochs", 1, "--out", moved)
    assert (status, "epochs was 2, is 1" in err) == (2, True)


def test_evaluate_a_run(run, capsys):
    status, out, _ = said(capsys, "evaluate", run, "--split", "test", "--json", "--device", "cpu")
    found = json.loads(out)
    assert status == 0
    assert found["split"] == "test"
    assert len(found["per_class"]) == len(found["confusion"]) == 10
    assert sum(map(sum, found["confusion"])) == found["n"] == 359
    # Validation is what the run itself found after its last epoch.
    _, out, _ = said(capsys, "evaluate", run, "--json", "--device", "cpu")
    stored = json.loads((run / "finished.json").read_text())
    assert json.loads(out)["top1"] == pytest.approx(stored["top1"], abs=1e-9)
    assert json.loads(out)["loss"] == pytest.approx(stored["loss"], rel=1e-5)


def test_evaluate_as_text_and_as_rows(run, capsys):
    _, out, _ = said(capsys, "evaluate", run, "--mistakes", 2, "--device", "cpu")
    lines = out.splitlines()
    assert lines[0].split()[:2] == ["class", "images"]
    assert [line.split()[0] for line in lines[1:11]] == [str(k) for k in range(10)]
    assert "taken for" in lines[12]
    assert "images of digits, validation, 1 crop:" in out
    assert "top-1 error" in lines[-1]
    _, out, _ = said(capsys, "evaluate", run, "--csv", "--device", "cpu")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [row["name"] for row in rows] == [str(k) for k in range(10)]


def test_evaluate_several_as_an_ensemble(run, capsys):
    last = sorted((run / "checkpoints").glob("step-*.pt"))
    _, out, _ = said(capsys, "evaluate", *last, "--crops", 12, "--json", "--device", "cpu")
    found = json.loads(out)
    assert len(last) == 2
    assert [member["network"] for member in found["members"]] == [str(path) for path in last]
    (pair,) = found["paired"]
    gap = found["members"][0]["top1"] - found["members"][1]["top1"]
    assert pair["difference"] == pytest.approx(gap)
    _, out, _ = said(capsys, "evaluate", *last, "--device", "cpu")
    assert "ensemble" in out
    assert f"{last[0]} less {last[1]}: top-1 " in out


def test_evaluate_a_bare_file_of_weights(run, tmp_path, capsys):
    bare = tmp_path / "weights.safetensors"
    bare.write_bytes((run / "weights.safetensors").read_bytes())
    status, _, err = said(capsys, "evaluate", bare)
    assert status == 2
    assert "give --data SPEC and --recipe NAME" in err
    # A run's weights say themselves what they are.
    alone = ("evaluate", bare, "--data", "digits", "--json", "--device", "cpu")
    status, itself, _ = said(capsys, *alone)
    assert status == 0
    _, there, _ = said(capsys, "evaluate", run, "--json", "--device", "cpu")
    options = ("--recipe", "tiny", "--data", "digits", "--json", "--device", "cpu")
    status, here, _ = said(capsys, "evaluate", bare, *options)
    assert status == 0
    assert json.loads(here)["loss"] == pytest.approx(json.loads(there)["loss"])
    assert json.loads(itself)["loss"] == pytest.approx(json.loads(there)["loss"])
    status, _, err = said(capsys, "evaluate", bare, "--network", "inception_v3", "--data", "digits")
    assert status == 2
    assert "not the weights of inception_v3" in err


def test_excluded_images(run, tmp_path, capsys):
    from inception_lib.training.data import open_data

    listed = tmp_path / "list.txt"
    first = open_data("digits").validation.names[0]
    listed.write_text(f"{first}\nnobody\n")
    status, out, err = said(capsys, "evaluate", run, "--exclude", listed, "--json", "--flip")
    assert status == 0
    assert (json.loads(out)["flip"], json.loads(out)["shift"]) == (True, 0)
    assert json.loads(out)["excluded"] == [first]
    assert json.loads(out)["not_found"] == ["nobody"]
    assert err.startswith("inception: note: no image is called nobody")


def test_the_views_are_said(run, capsys):
    status, out, _ = said(capsys, "evaluate", run, "--flip", "--shift", 1)
    assert status == 0
    assert "validation, 1 crop, flipped, moved by 1 px:" in out
    status, _, err = said(capsys, "evaluate", run, "--shift", 8)
    assert status == 2
    assert "shift is 8: it is a number of pixels, 0 to 7" in err


def test_plot(run, tmp_path, capsys):
    status, out, _ = said(capsys, "plot", run, run, "-o", tmp_path / "two.png")
    assert (status, out.strip()) == (0, str(tmp_path / "two.png"))
    assert (tmp_path / "two.png").read_bytes()[:4] == b"\x89PNG"


def test_recipes_are_listed_and_shown(run, capsys):
    _, out, _ = said(capsys, "train", "--list")
    assert [line.split()[0] for line in out.splitlines()[1:-1]] == list(RECIPES)
    _, out, _ = said(capsys, "recipe", "paper", "--epochs", 3)
    lines = {line.split()[0]: line for line in out.splitlines()}
    assert SOURCES["paper"]["eps"] in lines["eps"]
    assert lines["epochs"].endswith("given here")
    _, out, _ = said(capsys, "recipe", "--from", run, "--json")
    rows = {row["field"]: row for row in json.loads(out)["rows"]}
    assert rows["batch"] == {"field": "batch", "value": 32, "source": f"the run {run}"}
    assert rows["lr"]["source"] == SOURCES["tiny"]["lr"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("train --recipe best", "no recipe is called 'best': known are paper, released"),
        ("train --data cifar100", "'cifar100' is unknown"),
        ("train --data imagefolder:/none", "'/none' is no folder"),
        ("train --lr -1", "lr is -1.0: it must be above 0"),
        ("train --from /none", "is not the folder of a run"),
        ("train --network nothing", "no network is called 'nothing'"),
        ("evaluate /none", "no run and no weights at /none: give a folder or a file"),
        ("evaluate /none --recipe tiny --data digits", "no run and no weights at /none"),
        ("plot /none", "no metrics at /none"),
        ("recipe tiny --from x", "not both"),
    ],
)
def test_what_was_asked_wrongly_is_2(arguments, words, capsys):
    status, _, err = said(capsys, *arguments.split())
    assert status == 2
    assert words in err
    assert "Traceback" not in err


@pytest.mark.parametrize("arguments", ["train --epochs x", "evaluate", "train --recipe a --from b"])
def test_what_cannot_be_parsed_is_2(arguments, capsys):
    with pytest.raises(SystemExit) as stop:
        main(arguments.split())
    assert stop.value.code == 2


@pytest.mark.parametrize("encoding", ["ascii", "cp437", "cp932", "utf-8"])
def test_consoles_of_any_encoding_show_the_score(run, tmp_path, monkeypatch, encoding):
    """After the work is done nothing may be lost for a letter: text and JSON, odd names too."""
    names = [os.fsdecode(b"caf\xe9\xff"), "größe", "寿司", *"3456789"]
    about = json.loads((run / "recipe.json").read_text())
    renamed = tmp_path / "run"
    shutil.copytree(run, renamed)
    for k, name in enumerate(names):
        (tmp_path / "set" / name).mkdir(parents=True)
        Image.new("RGB", (8, 8), (20 * k, 0, 0)).save(tmp_path / "set" / name / "a.png")
    about["data"]["classes"] = names
    (renamed / "recipe.json").write_text(json.dumps(about))
    for form in ("--mistakes=9", "--json", "--csv"):
        console = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
        monkeypatch.setattr(sys, "stdout", console)
        data = f"imagefolder:{tmp_path / 'set'}"
        status = main(["evaluate", str(renamed), "--data", data, form, "--device", "cpu"])
        monkeypatch.undo()
        console.flush()
        shown = console.buffer.getvalue().decode(encoding)
        assert status == 0
        if form == "--json":
            assert sorted(json.loads(shown)["classes"]) == sorted(names)
        elif form == "--csv":
            assert len(shown.splitlines()) == 11
        else:
            assert "top-1 error" in shown


def test_new_images_are_all_judged(run, tmp_path, capsys):
    from torchvision.transforms.v2.functional import to_pil_image

    for label in range(10):
        for i in range(4):
            path = tmp_path / "set" / str(label) / f"{i}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            to_pil_image(torch.randint(256, (3, 8, 8), dtype=torch.uint8)).save(path)
    data = f"imagefolder:{tmp_path / 'set'}"
    status, _, err = said(capsys, "evaluate", run, "--data", data, "--split", "test")
    assert status == 2
    assert "has no test images: its folders are the classes" in err
    status, out, err = said(capsys, "evaluate", run, "--data", data, "--json", "--device", "cpu")
    found = json.loads(out)
    assert (status, found["n"], found["split"]) == (0, 40, "all")
    assert f"judged are all 40 images of {data}" in err
    assert [row["images"] for row in found["per_class"]] == [4] * 10
    # Some of the classes alone, by their names and not by their order.
    shutil.rmtree(tmp_path / "set" / "0")
    status, out, err = said(capsys, "evaluate", run, "--data", data, "--json", "--device", "cpu")
    assert (status, json.loads(out)["n"]) == (0, 36)
    assert "has no image of 1 of the 10 classes (0)" in err
    rows = {row["name"]: row["images"] for row in json.loads(out)["per_class"]}
    assert rows == {"0": 0, **{str(k): 4 for k in range(1, 10)}}
    # A folder with one split alone.
    (tmp_path / "new").mkdir()
    (tmp_path / "set").rename(tmp_path / "new" / "val")
    data = f"imagefolder:{tmp_path / 'new'}"
    status, out, _ = said(capsys, "evaluate", run, "--data", data, "--json", "--device", "cpu")
    assert (status, json.loads(out)["n"], json.loads(out)["split"]) == (0, 36, "validation")
    (tmp_path / "new" / "val" / "9").rename(tmp_path / "new" / "val" / "nine")
    status, _, err = said(capsys, "evaluate", run, "--data", data)
    assert status == 2
    assert "learnt 10 classes (0, 1, 2, 3, 4 …)" in err
    assert "has others: nine" in err


def test_code_of_a_run_is_imported_only_by_its_name(run, tmp_path, capsys, monkeypatch):
    """A stranger's folder names a module that lies in it: to look at the run must not run it."""
    stranger = tmp_path / "run"
    shutil.copytree(run, stranger)
    (stranger / "planted.py").write_text(
        "from pathlib import Path\nPath(__file__).with_name('ran').touch()\n"
        "from inception_lib.nets.registry import create\n"
        "def net(num_classes):\n    return create('inception_tiny_8', num_classes=num_classes)\n"
    )
    about = json.loads((stranger / "recipe.json").read_text())
    about["recipe"]["network"] = "planted:net"
    (stranger / "recipe.json").write_text(json.dumps(about))
    monkeypatch.chdir(stranger)
    for command in ("evaluate .", "train --from . --epochs 1"):
        status, _, err = said(capsys, *command.split(), "--device", "cpu")
        assert status == 2
        assert "planted:net, which is code: if you trust it" in err
    assert said(capsys, "recipe", "--from", ".")[0] == 0
    assert not (stranger / "ran").exists()
    monkeypatch.syspath_prepend(str(stranger))
    said(capsys, "evaluate", ".", "--network", "planted:net", "--device", "cpu")
    assert (stranger / "ran").exists()


def test_the_images_of_a_run_seen_from_elsewhere(run, tmp_path, capsys):
    moved = tmp_path / "run"
    shutil.copytree(run, moved)
    about = json.loads((moved / "recipe.json").read_text())
    about["data"] |= {"name": "imagefolder:photographs/here", "options": {}}
    (moved / "recipe.json").write_text(json.dumps(about))
    status, _, err = said(capsys, "evaluate", moved)
    assert status == 2
    assert f"That is where {moved} found its images" in err
    assert "--data" in err


def test_a_run_that_fails_is_1(monkeypatch, capsys):
    def fails(*_):
        raise NonFiniteError("the loss is not finite in step 3")

    monkeypatch.setattr(engine, "train", fails)
    status, _, err = said(capsys, "train", "--data", "digits", *QUICK)
    assert status == 1
    assert "the loss is not finite in step 3" in err


def test_no_gpu_is_asked_wrongly(capsys):
    device = f"cuda:{torch.cuda.device_count()}"
    status, _, err = said(capsys, "train", "--data", "digits", "--device", device)
    assert status == 2
    assert f"device is '{device}'" in err


def test_a_recipe_without_its_extra_names_it(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    status, _, err = said(capsys, "train", "--data", "digits", *QUICK)
    assert status == 2
    assert "inception-lib[train]" in err


def test_the_command_line_needs_torch_alone(tmp_path):
    script = """
import sys
import torch
for name in ("torchvision", "matplotlib", "safetensors", "sklearn", "PIL", "tqdm", "tensorboard"):
    sys.modules.setdefault(name, None)  # importing it fails, unless torch itself has done so
from inception_lib.cli import main
assert main(["cost", "inception_v3", "--json"]) == 0
assert main(["recipe", "paper"]) == 0
assert "torch._dynamo" not in sys.modules  # a second to import
"""
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(tmp_path))
    assert done.returncode == 0, done.stderr
