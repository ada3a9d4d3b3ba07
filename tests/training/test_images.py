"""Reading photographs as they are found, against Pillow and arithmetic."""

import os

import numpy as np
import pytest
import torch
from PIL import Image

from inception_lib.training.data import images
from inception_lib.training.data.images import Unreadable, open_image, read_image


@pytest.fixture
def photo():
    """A smooth 40×30 photograph, that survives JPEG."""
    y, x = np.mgrid[0:30, 0:40]
    return Image.fromarray(np.stack([6 * x, 8 * y, 3 * (x + y)], -1).astype(np.uint8))


def pixels(image):
    return torch.from_numpy(np.array(image)).permute(2, 0, 1)


def test_rgb_is_exact(tmp_path, photo):
    photo.save(tmp_path / "a.png")
    assert torch.equal(read_image(tmp_path / "a.png"), pixels(photo))


@pytest.mark.parametrize("mode", ["L", "P", "1", "CMYK", "YCbCr", "LA", "RGBA"])
def test_modes(tmp_path, photo, mode):
    image = photo.convert(mode)
    path = tmp_path / ("a.tif" if mode in ("CMYK", "YCbCr") else "a.png")
    image.save(path)
    expected = pixels(image.convert("RGB")).float()
    assert open_image(path).mode == mode
    assert (read_image(path).float() - expected).abs().max() <= 1


def test_cmyk_jpeg(tmp_path, photo):
    photo.convert("CMYK").save(tmp_path / "a.jpg", quality=95)
    assert open_image(tmp_path / "a.jpg").mode == "CMYK"
    assert (read_image(tmp_path / "a.jpg").float() - pixels(photo).float()).abs().mean() < 3


def test_transparent_on_white(tmp_path):
    image = Image.new("RGBA", (4, 2), (200, 0, 0, 128))
    image.putpixel((0, 0), (0, 0, 0, 0))
    image.save(tmp_path / "a.png")
    read = read_image(tmp_path / "a.png")
    assert read[:, 0, 0].tolist() == [255, 255, 255]
    # 200·α + 255·(1 − α) and 255·(1 − α), α = 128/255
    assert read[:, 1, 1].tolist() == pytest.approx([227, 127, 127], abs=1)


def test_transparent_palette_on_white(tmp_path):
    image = Image.new("P", (2, 1))
    image.putpalette([0, 0, 0, 10, 20, 30])
    image.putpixel((1, 0), 1)
    image.save(tmp_path / "a.png", transparency=0)
    read = read_image(tmp_path / "a.png")
    assert read[:, 0, 0].tolist() == [255, 255, 255]
    assert read[:, 0, 1].tolist() == [10, 20, 30]


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_16_bits_are_scaled_not_clipped(tmp_path, suffix):
    values = np.linspace(0, 65535, 256, dtype=np.uint16).reshape(16, 16)
    Image.fromarray(values).save(tmp_path / f"a.{suffix}")
    read = read_image(tmp_path / f"a.{suffix}")
    assert torch.equal(read[0], read[2])
    expected = torch.from_numpy(values.astype(np.float32)) / 257
    assert (read[1].float() - expected).abs().max() <= 0.5


def test_floats(tmp_path):
    values = np.linspace(0, 1, 12, dtype=np.float32).reshape(3, 4)
    Image.fromarray(values).save(tmp_path / "a.tif")
    read = read_image(tmp_path / "a.tif")
    assert (read[0].float() - 255 * torch.from_numpy(values)).abs().max() <= 0.5


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation(tmp_path, photo, orientation):
    """Stored turned and tagged, the photograph is read upright."""
    undo = {
        1: None,
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,  # viewers turn it clockwise
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }[orientation]
    stored = photo if undo is None else photo.transpose(undo)
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored.save(tmp_path / "a.jpg", quality=95, exif=exif)
    opened = open_image(tmp_path / "a.jpg")
    assert (opened.width, opened.height) == (40, 30)
    assert (opened.pixels().float() - pixels(photo).float()).abs().mean() < 3


@pytest.mark.parametrize("orientation", [1, 6])
def test_large_jpeg_is_reduced_while_decoded(tmp_path, photo, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    photo.resize((3024, 2016)).save(tmp_path / "a.jpg", exif=exif)
    width, height = (3024, 2016) if orientation == 1 else (2016, 3024)
    opened = open_image(tmp_path / "a.jpg")
    assert (opened.width, opened.height) == (width, height)
    small = opened.pixels(100, 100)
    assert small.shape == (3, height // 8, width // 8)
    assert read_image(tmp_path / "a.jpg").shape == (3, height, width)
    # Never less than twice what is asked for.
    wide = read_image(tmp_path / "a.jpg", 500, 100)
    assert wide.shape == (3, height // 2, width // 2)


def test_first_frame(tmp_path, photo):
    other = Image.new("RGB", photo.size, (255, 0, 0))
    photo.save(tmp_path / "a.webp", save_all=True, append_images=[other], lossless=True)
    assert (read_image(tmp_path / "a.webp").float() - pixels(photo).float()).abs().mean() < 3


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9])
@pytest.mark.parametrize("suffix", ["jpg", "png"])
def test_truncated_is_named(tmp_path, suffix, share):
    rng = np.random.default_rng(0)
    noise = Image.fromarray(rng.integers(0, 256, (64, 64, 3), dtype=np.uint8))
    path = tmp_path / f"cut.{suffix}"
    noise.save(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(Unreadable, match=f"cut.{suffix}: .*") as error:
        read_image(path)
    assert error.value.path == str(path)
    assert error.value.reason


def test_not_an_image(tmp_path):
    (tmp_path / "a.jpg").write_text("<html>404 not found</html>")
    with pytest.raises(Unreadable, match="cannot identify"):
        read_image(tmp_path / "a.jpg")
    with pytest.raises(Unreadable, match="no such file"):
        read_image(tmp_path / "b.jpg")
    (tmp_path / "c.jpg").touch()
    with pytest.raises(Unreadable, match="the file is empty"):
        read_image(tmp_path / "c.jpg")


def test_damaged_exif_is_no_damage(tmp_path, photo):
    photo.save(tmp_path / "a.jpg", quality=95, exif=b"Exif\0\0not a directory of tags")
    opened = open_image(tmp_path / "a.jpg")
    assert opened.orientation == 1
    assert opened.pixels().shape == (3, 30, 40)


@pytest.mark.parametrize("odd", [np.nan, np.inf, -0.5])
def test_floats_that_are_no_image_are_named(tmp_path, odd):
    """Neither black, nor without their negative half."""
    values = np.linspace(0, 1, 12, dtype=np.float32).reshape(3, 4)
    values[1, 1] = odd
    Image.fromarray(values).save(tmp_path / "a.tif")
    with pytest.raises(Unreadable, match=r"1 of its 12 values are not finite|begin at -0\.5"):
        read_image(tmp_path / "a.tif")


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.tif"])
def test_other_formats_are_not_read_whatever_their_name(tmp_path, monkeypatch, name):
    """EPS would start Ghostscript: a ``gs`` on the path must not be run."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "gs").write_text(f"#!/bin/sh\ntouch {tmp_path / 'ran'}\n")
    (tmp_path / "bin" / "gs").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    eps = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\nshowpage\n%%EOF\n"
    (tmp_path / name).write_bytes(eps)
    with pytest.raises(Unreadable, match="cannot identify"):
        read_image(tmp_path / name)
    assert not (tmp_path / "ran").exists()


def test_a_photograph_of_another_name_is_read(tmp_path, photo):
    """Web pages call a PNG .jpg."""
    photo.save(tmp_path / "a.png")
    (tmp_path / "a.png").rename(tmp_path / "a.jpg")
    assert torch.equal(read_image(tmp_path / "a.jpg"), pixels(photo))


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_a_white_drawing_on_nothing_is_seen(tmp_path, mode):
    """On white it would be a blank sheet; a drawing with any colour stays on white."""
    alpha = Image.new("L", (9, 9), 0)
    alpha.paste(255, (2, 3, 7, 5))
    for name, ink, ground in (("white", (255, 255, 255), 0), ("red", (200, 30, 30), 255)):
        layer = Image.new("RGB", (9, 9), ink)
        layer.putalpha(alpha)
        path = tmp_path / f"{name}.png"
        layer.convert(mode).save(path)
        pixels = read_image(path)
        assert pixels[:, 0, 0].tolist() == [ground] * 3
        drawn = Image.new("RGB", (1, 1), ink).convert("L" if mode == "LA" else "RGB")
        assert pixels[:, 4, 4].tolist() == list(drawn.convert("RGB").getpixel((0, 0)))
    # Nothing is drawn, or nothing is transparent: white.
    for value in (0, 255):
        layer = Image.new("RGBA", (9, 9), (255, 255, 255, value))
        layer.save(tmp_path / "blank.png")
        assert int(read_image(tmp_path / "blank.png").min()) == 255


def test_too_many_pixels_are_named(tmp_path, monkeypatch):
    """Before they are decoded; a JPEG counts as what it is decoded to."""
    monkeypatch.setattr(images, "MOST_PIXELS", 100 * 100)
    for suffix in ("png", "jpg"):
        Image.new("RGB", (400, 300)).save(tmp_path / f"a.{suffix}")
        with pytest.raises(Unreadable, match="it has 400×300 pixels, more than 10,000"):
            read_image(tmp_path / f"a.{suffix}")
    assert read_image(tmp_path / "a.jpg", 20, 20).shape == (3, 75, 100)
    with pytest.raises(Unreadable, match="400×300"):
        read_image(tmp_path / "a.png", 20, 20)


def test_bomb_is_refused(tmp_path, monkeypatch):
    Image.new("RGB", (64, 64)).save(tmp_path / "a.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    with pytest.raises(Unreadable, match="exceeds limit"):
        read_image(tmp_path / "a.png")


def test_unreadable_crosses_processes():
    import pickle

    error = pickle.loads(pickle.dumps(Unreadable("a/b.jpg", "it is cut")))
    assert (error.path, error.reason, str(error)) == ("a/b.jpg", "it is cut", "a/b.jpg: it is cut")
