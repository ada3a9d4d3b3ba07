"""``inception view``: one page for any network, also for one that does not fit its input."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from counts import V3_MACS
from PIL import Image

from inception_lib.cli import main

READERS_OWN = """
from torch import nn

def small():
    return nn.Sequential(nn.Conv2d(3, 8, 3, stride=2), nn.ReLU(), nn.Conv2d(8, 4, 3))

def broken():
    return nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Conv2d(9, 4, 3), nn.ReLU())
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "readers_own.py").write_text(READERS_OWN, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def test_a_page_is_whole_by_itself_and_small(here: Path, capsys: pytest.CaptureFixture) -> None:
    assert main(["view", "inception_v3", "-o", "page.html"]) == 0
    page = (here / "page.html").read_text("utf-8")
    assert len(page.encode()) < 400_000
    assert "page.html: " in capsys.readouterr().out
    assert "<title>Inception-v3 at 299×299</title>" in page
    assert 'data-kind="tensor-scene"' in page
    assert f"<td>{V3_MACS:,}</td>" in page
    assert re.search(r">Mixed_7c</th><td>8×8×2048</td>.*?<td>1311×1311</td><td>32×32</td>", page)
    assert not re.search(r'(?:src|href)="(?!data:|#)', page), "it asks for nothing"


def test_a_readers_own_network_with_an_image(here: Path) -> None:
    Image.new("RGB", (50, 40), "teal").save(here / "teal.png")
    arguments = ["view", "readers_own:small", "--size", "40x48", "--image", "teal.png"]
    assert main([*arguments, "-o", "own.html"]) == 0
    page = (here / "own.html").read_text("utf-8")
    assert "readers_own:small at 40×48" in page
    assert "image/jpeg" in page
    assert "image/png" in page, "what the network makes of it"


def test_what_does_not_fit_is_drawn_up_to_there(here: Path, capsys: pytest.CaptureFixture) -> None:
    assert main(["view", "readers_own:broken", "--size", "20", "-o", "broken.html"]) == 2
    error = capsys.readouterr().err
    assert "2 fails" in error
    assert "broken.html shows the network up to there" in error
    page = (here / "broken.html").read_text("utf-8")
    assert "The network ends here:" in page
    assert "18×18×8" in page
    assert error.split(" (broken.html")[0].removeprefix("inception: ") in page


def test_an_image_that_is_too_small_for_inception_v3(here: Path) -> None:
    assert main(["view", "inception_v3", "--size", "74", "-o", "small.html"]) == 2
    page = (here / "small.html").read_text("utf-8")
    ends = re.search(r"The network ends here:</strong> (.*)</p>", page)
    assert ends is not None
    assert "the network needs at least 75×75: enlarge the image" in ends[1]
    assert "<code>Mixed_7a.branch3x3_2.conv</code>" in ends[1]
    assert re.search(r">Mixed_6e</th><td>2×2×768</td>", page)
    assert ">fc</th>" not in page


@pytest.mark.parametrize(
    ("network", "title", "params"),
    [
        ("torchvision.models:vit_b_16", "224×224", 86_567_656),
        ("torchvision.models:swin_t", "299×299", 28_288_354),
        ("timm.models.vision_transformer:vit_tiny_patch16_224", "224×224", 5_717_416),
    ],
)
def test_a_vision_transformer_opens_at_its_own_size(
    network: str, title: str, params: int, here: Path
) -> None:
    """Parameters are those that torchvision and timm publish with their weights."""
    pytest.importorskip(network.partition(".")[0])
    assert main(["view", network, "-o", "vit.html"]) == 0
    page = (here / "vit.html").read_text("utf-8")
    assert f"{network} at {title}</title>" in page
    assert f"<td>{params:,}</td>" in page


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["no_such_net"], "no network is called 'no_such_net'"),
        (["readers_own:small", "--image", "none.png"], "image 'none.png' cannot be read"),
        (["readers_own:small", "--weights", "none.safetensors"], "none.safetensors"),
        (["readers_own:small", "--size", "2"], "fails"),
    ],
)
def test_refusals(
    here: Path, arguments: list[str], words: str, capsys: pytest.CaptureFixture
) -> None:
    assert main(["view", *arguments, "-o", "page.html"]) == 2
    assert words in capsys.readouterr().err
