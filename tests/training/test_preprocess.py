"""The one way from pixels to the network's input."""

import pytest
import torch
from PIL import Image
from torchvision.transforms import v2

from inception_lib.training.data import Preprocess, open_data
from inception_lib.training.recipes import RECIPES


@pytest.fixture
def pixels():
    return torch.randint(0, 256, (3, 80, 120), dtype=torch.uint8)


def test_view_is_torchvisions(pixels):
    """Central 87.5 % of each side, whatever the aspect, then an antialiased resize."""
    reference = v2.Compose(
        [
            v2.CenterCrop((70, 105)),
            v2.Resize((32, 32), antialias=True),
            v2.ToDtype(torch.float32, scale=True),
            v2.Normalize((0.4, 0.5, 0.6), (0.2, 0.3, 0.4)),
        ]
    )
    ours = Preprocess(32, 0.875, (0.4, 0.5, 0.6), (0.2, 0.3, 0.4))
    torch.testing.assert_close(ours(pixels)[0], reference(pixels), atol=1e-6, rtol=1e-6)
    batch = torch.stack([pixels, pixels.flip(2)])
    torch.testing.assert_close(ours(batch)[1], reference(pixels.flip(2)), atol=1e-6, rtol=1e-6)


def test_half_is_minus_one_to_one():
    ends = torch.tensor([0, 255], dtype=torch.uint8).view(2, 1, 1, 1).expand(2, 3, 4, 4)
    out = Preprocess(4, 1.0)(ends)
    torch.testing.assert_close(out[:, 0, 0, 0], torch.tensor([-1.0, 1.0]))
    torch.testing.assert_close(Preprocess(4, 1.0).normalise(ends / 255), out)


def test_files(tmp_path, pixels):
    Image.fromarray(pixels.permute(1, 2, 0).numpy()).save(tmp_path / "a.png")
    ours = Preprocess(32)
    assert torch.equal(ours(tmp_path / "a.png"), ours(pixels))
    assert ours([tmp_path / "a.png"] * 3).shape == (3, 3, 32, 32)


def test_round_trip_with_a_run():
    data = open_data("digits")
    ours = Preprocess.of(RECIPES["tiny"], data)
    assert Preprocess.from_dict(ours.to_dict()) == ours
    stored = data.to_dict()
    assert tuple(stored["mean"]) == ours.mean
    assert stored["classes"] == [str(k) for k in range(10)]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"size": 0}, "size is 0"),
        ({"size": 8, "crop": 0.0}, "crop is 0.0"),
        ({"size": 8, "crop": 1.2}, "crop is 1.2"),
        ({"size": 8, "std": (1, 0, 1)}, "std"),
    ],
)
def test_errors(options, message):
    with pytest.raises(ValueError, match=message):
        Preprocess(**options)


def test_wrong_tensor():
    with pytest.raises(ValueError, match="uint8"):
        Preprocess(8)(torch.rand(3, 8, 8))
