"""Generated shapes: deterministic, balanced, at every scale, and of the form they are named for."""

import math

import pytest
import torch

from inception_lib.training.data import open_data
from inception_lib.training.data.synthetic import CLASSES, LEAST, SHAPES, make_shapes


def test_deterministic_by_seed_and_split():
    one, two = open_data("shapes:100", size=32), open_data("shapes:100", size=32)
    other = open_data("shapes:100", size=32, seed=1)
    for a, b in zip(one.splits.values(), two.splits.values(), strict=True):
        assert torch.equal(a.images, b.images)
        assert torch.equal(a.labels, b.labels)
    assert not torch.equal(one.train.images, other.train.images)
    assert not torch.equal(one.train.images[:20], one.test.images)
    assert {k: len(s) for k, s in one.splits.items()} == {
        "train": 100,
        "validation": 20,
        "test": 20,
    }


@pytest.mark.parametrize("size", [8, 33, 128])
def test_any_size(size):
    images, labels = make_shapes(20, size, 0)
    assert images.shape == (20, 3, size, size)
    assert images.dtype == torch.uint8
    assert torch.bincount(labels).tolist() == [2] * 10
    assert (images.flatten(1).float().std(1) > 5).all()


def test_the_same_picture_at_every_size():
    """Size is resolution, not content: a large one shrunk is the small one."""
    small, _ = make_shapes(40, 64, 0)
    large, _ = make_shapes(40, 256, 0)
    shrunk = torch.nn.functional.avg_pool2d(large.float(), 4)
    assert (shrunk - small.float()).abs().mean() < 1.5


def test_too_small():
    with pytest.raises(ValueError, match=f"at least {LEAST}"):
        make_shapes(10, 4, 0)


# Areas of the forms in units of radius², from geometry.
AREAS = {
    "disc": math.pi * 0.9**2,
    "ring": math.pi * (0.92**2 - 0.58**2),
    "triangle": 3 * math.sqrt(3) / 4,
    "square": 2.0,
    "hexagon": 3 * math.sqrt(3) / 2,
    "frame": 4 * (0.7**2 - 0.42**2),
    "cross": 2 * (1.9 * 0.5) - 0.5**2,
    "star": 10 * 0.5 * 0.4 * math.sin(math.pi / 5),  # ten triangles, sides 1 and 0.4
    "bar": 4 * 0.98 * 0.2,
}


@pytest.mark.parametrize("name", CLASSES)
def test_forms(name):
    """Each lies within the unit circle and has the area that geometry gives."""
    at = torch.linspace(-1.2, 1.2, 1201)
    u, v = at[None, None, :], at[None, :, None]
    u, v = u.expand(1, 1201, 1201), v.expand(1, 1201, 1201)
    inside = SHAPES[name](u, v) < 0
    assert torch.hypot(u, v)[inside].max() <= 1.02
    area = float(inside.sum()) * (2.4 / 1200) ** 2
    if name in AREAS:
        assert area == pytest.approx(AREAS[name], rel=0.01)
    else:  # the crescent is what another disc leaves of a disc
        distance, big, bite = 0.5, 0.95, 0.72
        cut_big = math.acos((distance**2 + big**2 - bite**2) / (2 * distance * big))
        cut_bite = math.acos((distance**2 + bite**2 - big**2) / (2 * distance * bite))
        lens = big**2 * (cut_big - math.sin(2 * cut_big) / 2) + bite**2 * (
            cut_bite - math.sin(2 * cut_bite) / 2
        )
        assert area == pytest.approx(math.pi * big**2 - lens, rel=0.01)
