"""What is drawn for each image, and what is done with it."""

import math
from collections import Counter

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torchvision.transforms import v2
from torchvision.transforms.v2 import functional as V

from inception_lib.training.data import augment
from inception_lib.training.data.augment import Augment, crop_box, draw
from inception_lib.training.data.resized_crop import KERNELS
from inception_lib.training.recipes import RECIPES

PAPER = RECIPES["paper"].replace(size=16)
AREA, RATIO = (0.05, 1.0), (3 / 4, 4 / 3)


def crop_boxes(drawn, aspect, area, ratio):
    return torch.tensor([crop_box(row, aspect, area, ratio) for row in drawn.tolist()])


@given(st.integers(0, 30000), st.integers(0, 200), st.integers(0, 3), st.integers(0, 5))
@settings(max_examples=40, deadline=None)
def test_a_position_has_its_own_numbers(first, count, seed, epoch):
    """A part of an epoch is drawn as in the whole: slices over processes and resumes agree."""
    part = draw(seed, epoch, first, first + count)
    assert part.shape == (count, augment.WIDTH)
    for at in {0, count // 2, count - 1} & set(range(count)):
        assert torch.equal(part[at], draw(seed, epoch, first + at, first + at + 1)[0])


def test_seeds_and_epochs_differ():
    tables = [draw(seed, epoch, 0, 64) for seed in range(3) for epoch in range(3)]
    for i, a in enumerate(tables):
        for b in tables[:i]:
            assert abs(float(torch.corrcoef(torch.stack([a.flatten(), b.flatten()]))[0, 1])) < 0.1


def test_global_generator_is_left_alone():
    before = torch.get_rng_state()
    draw(5, 5, 0, 10)
    assert torch.equal(before, torch.get_rng_state())


@pytest.mark.parametrize("aspect", [1.0, 2.0, 0.4])
def test_boxes_lie_inside_and_are_as_drawn(aspect):
    boxes = crop_boxes(draw(0, 0, 0, 4000), aspect, AREA, RATIO)
    top, left, height, width = boxes.unbind(1)
    assert boxes.min() >= 0
    assert (top + height).max() <= 1 + 1e-6
    assert (left + width).max() <= 1 + 1e-6
    # Area as a share of the image; the ratio is that of pixels, not of shares.
    assert (height * width).min() >= AREA[0] - 1e-6
    ratio = width * aspect / height
    assert ratio.min() > RATIO[0] - 1e-5
    assert ratio.max() < RATIO[1] + 1e-5


def test_boxes_are_distributed_as_torchvisions():
    """Same rejection as RandomResizedCrop: the distributions of area, ratio, place agree (KS)."""
    n, side_h, side_w = 3000, 600, 900
    theirs = v2.RandomResizedCrop(8, AREA, RATIO)
    image = torch.empty(3, side_h, side_w, dtype=torch.uint8)
    rows = []
    for _ in range(n):
        made = (theirs.make_params if hasattr(theirs, "make_params") else theirs._get_params)(
            [image]
        )
        rows.append([made["top"], made["left"], made["height"], made["width"]])
    reference = torch.tensor(rows) / torch.tensor([side_h, side_w, side_h, side_w])
    ours = crop_boxes(draw(1, 0, 0, n), side_w / side_h, AREA, RATIO)
    for measure in (
        lambda b: b[:, 2] * b[:, 3],
        lambda b: b[:, 3] / b[:, 2],
        lambda b: b[:, 0] + b[:, 2] / 2,
        lambda b: b[:, 1] + b[:, 3] / 2,
    ):
        a, b = measure(ours).sort()[0], measure(reference).sort()[0]
        at = torch.cat([a, b]).sort()[0]
        gap = (torch.searchsorted(a, at, right=True) - torch.searchsorted(b, at, right=True)).abs()
        assert gap.max() / n < 1.95 * math.sqrt(2 / n)  # a chance of 1 in 1,000


def test_no_box_fits():
    """A panorama of which no allowed box has the area: the largest allowed one is taken."""
    boxes = crop_boxes(draw(0, 0, 0, 9), 10.0, (1.0, 1.0), RATIO)
    torch.testing.assert_close(boxes[:, 2], torch.ones(9))
    torch.testing.assert_close(boxes[:, 3], torch.full((9,), RATIO[1] / 10))


@pytest.mark.parametrize("late", [True, False])
def test_colours_in_two_orders(late):
    """Image by image by torchvision: brightness, then (saturation, hue, contrast) or
    (contrast, saturation, hue)."""
    ours = Augment(PAPER)
    images = torch.rand(8, 3, 6, 6)
    drawn = draw(3, 0, 0, 8)
    drawn[:, augment.ORDER] = 0.1 if late else 0.9
    result = ours.colours(images, drawn)
    for image, row, got in zip(images, drawn, result, strict=True):
        signed = {
            name: 2 * float(row[getattr(augment, name)]) - 1
            for name in ("BRIGHT", "CONTRAST", "SATURATE", "HUE")
        }
        x = (image + signed["BRIGHT"] * 32 / 255).clamp(0, 1)
        if not late:
            x = V.adjust_contrast(x, 1 + 0.5 * signed["CONTRAST"])
        x = V.adjust_saturation(x, 1 + 0.5 * signed["SATURATE"])
        x = V.adjust_hue(x, 0.2 * signed["HUE"])
        if late:
            x = V.adjust_contrast(x, 1 + 0.5 * signed["CONTRAST"])
        torch.testing.assert_close(got, x, atol=5e-6, rtol=1e-5)


def test_kernels_are_drawn_alike():
    ours = Augment(PAPER)
    kernels = Counter(ours.crop(row, 1.0)[1] for row in draw(0, 0, 0, 4000).tolist())
    assert set(kernels) == set(KERNELS)
    assert all(abs(count / 4000 - 0.25) < 0.03 for count in kernels.values())


def test_shift_is_pad_and_crop():
    ours = Augment(RECIPES["modern"].replace(augment="shift", size=32))
    images = torch.randint(0, 256, (200, 3, 32, 32), dtype=torch.uint8)
    drawn = draw(0, 0, 0, 200)
    moved = ours.move(images, drawn)
    padded = F.pad(images.float(), (4, 4, 4, 4), mode="reflect").byte()
    seen = set()
    for image, row, got in zip(padded, drawn, moved, strict=True):
        down, right = (int(x) for x in row[augment.TOP : augment.LEFT + 1] * 9)
        view = image[:, down : down + 32, right : right + 32]
        assert torch.equal(got, view.flip(2) if row[augment.FLIP] < 0.5 else view)
        seen.add((down, right))
    assert len({d for d, _ in seen}) == len({r for _, r in seen}) == 9


def test_cutout_blanks_one_square_of_what_shift_gives():
    recipe = RECIPES["modern"].replace(augment="shift", size=32)
    images = torch.randint(0, 128, (400, 3, 32, 32), dtype=torch.uint8)
    drawn = draw(0, 0, 0, 400)
    whole = Augment(recipe).move(images, drawn)
    cut = Augment(recipe.replace(augment="cutout")).move(images, drawn)
    grey = cut == augment.GREY
    assert torch.equal(cut, whole.masked_fill(grey, augment.GREY))
    assert (grey == grey[:, :1]).all()  # in all channels alike
    rows, columns = grey[:, 0].any(2), grey[:, 0].any(1)
    assert torch.equal(grey[:, 0], rows[:, :, None] & columns[:, None])
    for along in (rows, columns):
        assert set(along.sum(1).tolist()) == {12}
        first = along.int().argmax(1)
        assert all(along[i, at : at + 12].all() for i, at in enumerate(first.tolist()))
        assert set(first.tolist()) == set(range(21))


def test_flip_and_none():
    images = torch.randint(0, 256, (40, 3, 8, 8), dtype=torch.uint8)
    drawn = draw(0, 0, 0, 40)
    flipped = Augment(RECIPES["tiny"].replace(augment="flip")).move(images, drawn)
    mirrored = drawn[:, augment.FLIP] < 0.5
    assert 10 < mirrored.sum() < 30
    assert torch.equal(flipped[mirrored], images[mirrored].flip(3))
    assert torch.equal(flipped[~mirrored], images[~mirrored])
    assert Augment(RECIPES["tiny"]).move(images, drawn) is images


@pytest.mark.parametrize("side", [1, 2, 3])
def test_images_smaller_than_the_shift(side):
    images = torch.randint(0, 256, (30, 3, side, side), dtype=torch.uint8)
    ours = Augment(RECIPES["tiny"].replace(augment="shift", size=side))
    moved = ours.move(images, draw(0, 0, 0, 30))
    assert all(
        set(m.unique().tolist()) <= set(i.unique().tolist())
        for m, i in zip(moved, images, strict=True)
    )
