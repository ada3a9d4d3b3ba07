"""Exported files, used as their scripts say: without this library."""

import builtins
import contextlib
import io
import json
import subprocess
import sys

import numpy as np
import onnx
import pytest
import torch
from PIL import Image

from inception_lib import load_trained
from inception_lib.cli import main
from inception_lib.training import export, load_network, open_data, predict, script, top_classes
from inception_lib.training.inference import show


@pytest.fixture(scope="module")
def trained(digits_run):
    return load_trained(digits_run)


@pytest.fixture(scope="module")
def picture(tmp_path_factory):
    """A digit as a wide photograph, so that crop and resizing have work to do."""
    path = tmp_path_factory.mktemp("picture") / "digit.png"
    image = open_data("digits").validation.images[4].permute(1, 2, 0).numpy()
    Image.fromarray(image).resize((61, 48), Image.Resampling.BICUBIC).save(path)
    return path


def run_alone(text, monkeypatch):
    """What a script prints, where nothing of this library can be imported."""
    real = builtins.__import__

    def guarded(name, *rest, **more):
        assert not name.startswith("inception_lib"), name
        return real(name, *rest, **more)

    said = io.StringIO()
    with monkeypatch.context() as patch, contextlib.redirect_stdout(said):
        patch.setattr(builtins, "__import__", guarded)
        exec(compile(text, "script", "exec"), {"__name__": "__main__"})
    return said.getvalue().split()


def agree(trained, picture, said):
    """The class, and its probability but for Pillow's rounding of a pixel by one."""
    ((name, p),) = top_classes(predict(trained, picture, device="cpu"), 1)[0]
    assert said[0] == name
    assert float(said[1]) == pytest.approx(p, abs=0.02)


def test_onnx(trained, picture, tmp_path, monkeypatch):
    path = tmp_path / "digits.onnx"
    pixels = show(trained.preprocess, open_data("digits").validation, range(8))
    done = export(trained, "onnx", path, pixels)
    assert (done.by, done.images) == ("onnxruntime", 8)
    assert done.difference < 1e-5
    assert [file.name for file in tmp_path.iterdir()] == ["digits.onnx"]
    text = script(trained, "onnx", path, str(picture))
    assert len(text.splitlines()) <= 12
    agree(trained, picture, run_alone(text, monkeypatch))
    # By onnx's own evaluator too, from the file: five at once, and what it says of itself.
    model = onnx.load(path)
    onnx.checker.check_model(model)
    about = {entry.key: entry.value for entry in model.metadata_props}
    assert json.loads(about["classes"]) == list(trained.classes)
    assert json.loads(about["preprocess"])["crop"] == trained.preprocess.crop
    from onnx.reference import ReferenceEvaluator

    (found,) = ReferenceEvaluator(model).run(None, {"pixels": pixels[:5].numpy()})
    own = predict(trained, open_data("digits").validation.images[:5], device="cpu")
    np.testing.assert_allclose(found, own.probabilities.numpy(), atol=1e-5)


def test_pt2(trained, picture, tmp_path):
    path = tmp_path / "digits.bin"  # whatever it is called
    export(trained, "pt2", path)
    text = script(trained, "pt2", path, str(picture))
    alone = "import sys\nsys.modules['inception_lib'] = None\n" + text
    done = subprocess.run([sys.executable, "-c", alone], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    agree(trained, picture, done.stdout.split())


@pytest.mark.parametrize("to", ["safetensors", "state_dict"])
def test_weights_say_what_they_are(trained, to, tmp_path, monkeypatch):
    path = tmp_path / f"digits.{to}"
    export(trained, to, path)
    again = load_trained(path)
    assert again.config == trained.config
    image = torch.randn(2, 3, 8, 8)
    with torch.inference_mode():
        assert torch.equal(again.network(image).logits, trained.network(image).logits)
    said = run_alone(script(trained, to, path), monkeypatch)
    assert said[:3] == ["inception_tiny_8", "10", "classes,"]


@pytest.mark.parametrize("to", ["safetensors", "state_dict"])
def test_weights_of_inception_v3_are_torchvision_s(to, tmp_path, monkeypatch):
    net = load_network("inception_v3", size=75, classes=[f"class{k}" for k in range(7)])
    picture = tmp_path / "noise.png"
    noise = np.random.default_rng(0).integers(0, 256, (90, 120, 3), dtype=np.uint8)
    Image.fromarray(noise).save(picture)
    path = tmp_path / f"net.{to}"
    export(net, to, path, torch.zeros(1, 3, 75, 75, dtype=torch.uint8))
    agree(net, picture, run_alone(script(net, to, path, str(picture)), monkeypatch))


def test_a_file_that_answers_otherwise_is_not_kept(trained, tmp_path, monkeypatch):
    module = sys.modules[export.__module__]  # the function has the name of its module
    real = module.read_weights

    def damaged(path):
        found = real(path)
        return {**found, "fc.bias": found["fc.bias"] + torch.arange(10.0)}

    monkeypatch.setattr(module, "read_weights", damaged)
    with pytest.raises(module.ExportError, match=r"differ by up to .* so it was not kept"):
        export(trained, "safetensors", tmp_path / "w.safetensors")
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_followed_is_one_sentence(tmp_path, capsys, monkeypatch):
    (tmp_path / "readers_branch.py").write_text(
        "import torch\nfrom torch import nn\n"
        "class Net(nn.Module):\n"
        "    def forward(self, x):\n"
        "        x = x.mean((2, 3))\n"
        "        return x if x.sum() > 0 else -x\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    out = tmp_path / "net.pt2"
    arguments = ["export", "readers_branch:Net", "--size", "8", "--to", "pt2", "-o", str(out)]
    assert main(arguments) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("inception: torch.export cannot follow this network (")
    assert line.endswith("export its weights (--to safetensors)")
    assert not out.exists()


def test_the_command(digits_run, tmp_path, capsys):
    out = tmp_path / "new" / "w.pth"
    arguments = ["export", str(digits_run), "--to", "state_dict", "-o", str(out)]
    assert main(arguments) == 0
    said, err = capsys.readouterr()
    assert "on 64 validation images of digits, its probabilities differ by at most" in err
    assert "the code of inception_tiny_8 is not in the file" in err
    assert said == script(load_trained(digits_run), "state_dict", out)
    assert {path.name for path in out.parent.iterdir()} == {"w.pth", "w.pth.json"}
    assert main(arguments) == 2
    assert f"{out} is there already: give another name, or --overwrite" in capsys.readouterr().err
    assert main([*arguments, "--overwrite"]) == 0


def test_a_run_whose_images_are_gone_is_checked_on_noise(trained, digits_run, tmp_path, capsys):
    moved = tmp_path / "run"
    moved.mkdir()
    for name in ("recipe.json", "weights.safetensors"):
        (moved / name).write_bytes((digits_run / name).read_bytes())
    about = json.loads((moved / "recipe.json").read_text())
    about["data"] |= {"name": "imagefolder:/none", "options": {}}
    (moved / "recipe.json").write_text(json.dumps(about))
    out = tmp_path / "w.safetensors"
    assert main(["export", str(moved), "--to", "safetensors", "-o", str(out)]) == 0
    err = capsys.readouterr().err
    assert "checked on noise: " in err
    assert "on 8 images of noise" in err


def test_untrained_networks_are_refused(tmp_path, capsys):
    out = str(tmp_path / "w.onnx")
    assert main(["export", "inception_tiny_8", "--to", "onnx", "-o", out]) == 2
    assert "has learnt nothing yet: give --weights" in capsys.readouterr().err
    with pytest.raises(ValueError, match="--to is 'tflite': it is one of onnx, pt2"):
        export(load_network("inception_tiny_8", strict=False), "tflite", out)


def test_onnx_is_checked_where_there_is_no_onnxruntime(trained, tmp_path, monkeypatch):
    module = sys.modules[export.__module__]
    find = module.importlib.util.find_spec
    monkeypatch.setattr(
        module.importlib.util, "find_spec", lambda n: None if n == "onnxruntime" else find(n)
    )
    pixels = torch.randint(256, (2, 3, 8, 8), dtype=torch.uint8)
    done = export(trained, "onnx", tmp_path / "d.onnx", pixels)
    assert done.by == "onnx.reference"
    assert done.difference < 1e-5
