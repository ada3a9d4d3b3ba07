"""Crops by counting, coverage and symmetry."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from inception_lib.training.crops import SCHEMES, Scheme, boxes, scales, views

sides = st.integers(1, 700)


@settings(max_examples=60, deadline=None)
@given(sides, sides, st.sampled_from([12, 144]))
def test_counts_and_bounds(height, width, crops):
    found = boxes(height, width, crops)
    assert len(found) == crops == len(SCHEMES[crops])
    for box, _ in found:
        assert 0 <= box.top < box.bottom <= height
        assert 0 <= box.left < box.right <= width
        assert box.bottom - box.top == box.right - box.left  # a square
    assert sum(view.weight for view in views(height, width, crops)) == crops
    assert sum(flip for _, flip in found) * 2 == crops


@pytest.mark.parametrize(("height", "width"), [(300, 500), (500, 300), (375, 375), (97, 256)])
def test_mirrored_images_have_mirrored_crops(height, width):
    """Mirroring the image maps the crops onto themselves; a middle's middle, to two pixels."""
    found = {box for box, _ in boxes(height, width, 144)}
    for axis in ("columns", "rows"):
        for box in found:
            top, left = box.top, box.left
            if axis == "columns":
                left = width - box.right
            else:
                top = height - box.bottom
            near = [b for b in found if b.bottom - b.top == box.bottom - box.top]
            distance = min(max(abs(b.top - top), abs(b.left - left)) for b in near)
            assert distance <= 2


@pytest.mark.parametrize(("height", "width"), [(300, 500), (500, 300), (300, 900), (64, 64)])
def test_the_crops_cover_the_image(height, width):
    seen = torch.zeros(height, width, dtype=torch.bool)
    for box, _ in boxes(height, width, 144):
        seen[box.top : box.bottom, box.left : box.right] = True
    assert seen.all()


def test_a_landscape_by_hand():
    """256 × 384 at the smallest scale: crops of 224, as if the image were not resized at all."""
    found = [box for box, flip in boxes(256, 384, 12) if not flip]
    assert found == [
        (0, 64, 224, 288),
        (0, 96, 224, 320),
        (32, 64, 256, 288),
        (32, 96, 256, 320),
        (16, 80, 240, 304),
        (0, 64, 256, 320),
    ]


def test_different_views():
    assert len(views(300, 500, 144)) == 126  # the whole square is one at all four scales
    assert len(views(300, 300, 144)) == 42  # and the three squares are one
    whole = [view for view in views(300, 500, 144) if view.box.bottom - view.box.top == 300]
    assert [view.weight for view in whole] == [4] * 6


def test_scales_are_googlenets():
    assert scales(224) == (256, 288, 320, 352)
    assert scales(299) == (342, 384, 427, 470)


def test_refusals():
    with pytest.raises(ValueError, match="crops is 10: give 1, 12 or 144"):
        boxes(10, 10, 10)
    with pytest.raises(ValueError, match="0×5"):
        boxes(0, 5, 12)
    with pytest.raises(ValueError, match="each at least 1"):
        Scheme((0.5,), 1)
    with pytest.raises(ValueError, match="squares is 2"):
        Scheme((1.0,), 2)
