"""Batches: every image once, the same whoever asks, and nothing hangs."""

import contextlib
import itertools
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from inception_lib.training.data import Dataset, Loader, Preprocess, Split, open_data
from inception_lib.training.data.augment import AUGMENTS
from inception_lib.training.data.prefetch import RESTARTS
from inception_lib.training.recipes import RECIPES

TINY = RECIPES["tiny"].replace(batch=8)
PAPER = RECIPES["paper"].replace(size=16, batch=8, accumulate=1, channels_last=False, workers=0)
WAYS = {  # how a recipe's images reach the device
    "cached": {"cache": "device"},
    "inline": {"cache": "none", "workers": 0},
    "processes": {"cache": "none", "workers": 2},
}


def in_memory(count, side=4):
    """A set whose image i is the number i."""
    images = torch.arange(count).view(-1, 1, 1, 1).expand(-1, 3, side, side).to(torch.uint8)
    labels = torch.arange(count) % 3
    return Split.of_tensor(images.contiguous(), labels, "train")


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """40 smooth photographs of unequal sizes, two classes, one grey."""
    root = tmp_path_factory.mktemp("tree")
    rng = np.random.default_rng(0)
    for split, count in (("train", 20), ("validation", 5)):
        for name in ("ant", "bee"):
            (root / split / name).mkdir(parents=True)
            for i in range(count):
                small = rng.integers(0, 256, (3, 4, 3), dtype=np.uint8)
                size = (int(rng.integers(30, 60)), int(rng.integers(30, 60)))
                image = Image.fromarray(small).resize(size, Image.Resampling.BICUBIC)
                if i == 3 and name == "bee":
                    image = image.convert("L")
                image.save(root / split / name / f"{i:02}.jpg", quality=95)
    return root


@pytest.fixture
def loader(request):
    """Make loaders that are closed when the test ends."""
    made = []

    def make(*args, **options):
        made.append(Loader(*args, device="cpu", **{"train": True, **options}))
        return made[-1]

    yield make
    for one in made:
        one.close()


def same(one, two):
    one, two = list(one), list(two)
    return len(one) == len(two) and all(
        torch.equal(a, b) for x, y in zip(one, two, strict=True) for a, b in zip(x, y, strict=True)
    )


# Who gets which image ------------------------------------------------------------------------


@given(
    world=st.integers(1, 5),
    accumulate=st.integers(1, 3),
    micro=st.integers(1, 4),
    extra=st.integers(0, 40),
    epoch=st.integers(0, 3),
)
@settings(max_examples=60, deadline=None)
def test_training_deals_each_image_once(world, accumulate, micro, extra, epoch):
    batch = world * accumulate * micro
    source = in_memory(batch + extra)
    recipe = TINY.replace(batch=batch, accumulate=accumulate)
    data = Dataset("x", ("a", "b", "c"), source)
    seen, global_batches = [], {}
    for rank in range(world):
        one = Loader(source, recipe, data, train=True, device="cpu", rank=rank, world=world)
        indices = [i for first, last in one.parts() for i in one.order(epoch)[first:last].tolist()]
        assert one.micro == micro
        assert len(indices) == one.steps * batch // world
        seen += indices
        for step in range(one.steps):
            part = indices[step * batch // world : (step + 1) * batch // world]
            global_batches.setdefault(step, []).extend(part)
    assert len(seen) == len(set(seen)) == (batch + extra) // batch * batch
    alone = Loader(source, recipe.replace(accumulate=1), data, train=True, device="cpu")
    for step, (first, last) in enumerate(alone.parts()):
        assert global_batches[step] == alone.order(epoch)[first:last].tolist()


@given(world=st.integers(1, 5), micro=st.integers(1, 7), count=st.integers(1, 60))
@settings(max_examples=60, deadline=None)
def test_evaluation_shows_every_image_once(world, micro, count):
    source = in_memory(count)
    data = Dataset("x", ("a", "b", "c"), source)
    recipe = TINY.replace(batch=micro * world)
    seen = []
    for rank in range(world):
        one = Loader(source, recipe, data, train=False, device="cpu", rank=rank, world=world)
        for batch in one.epoch(0):
            assert 1 <= len(batch.labels) <= micro
            assert torch.equal(batch.labels, source.labels[batch.indices])
            seen += batch.indices.tolist()
    assert sorted(seen) == list(range(count))


def test_epochs_and_seeds_shuffle_anew():
    source = in_memory(100)
    data = Dataset("x", ("a", "b", "c"), source)
    orders = [
        tuple(
            Loader(source, TINY.replace(seed=s), data, train=True, device="cpu").order(e).tolist()
        )
        for s in range(3)
        for e in range(3)
    ]
    assert len(set(orders)) == 9
    assert all(sorted(order) == list(range(100)) for order in orders)


def test_images_are_those_of_the_indices(loader):
    source = in_memory(30)
    data = Dataset("x", ("a", "b", "c"), source)
    for batch in loader(source, TINY.replace(size=4), data).epoch(1):
        pixels = (batch.images * 127.5 + 127.5).round().long()
        assert torch.equal(pixels[:, 0, 0, 0], batch.indices)
        assert torch.equal(batch.labels, source.labels[batch.indices])


# The same whoever asks -----------------------------------------------------------------------


@pytest.mark.parametrize("augment", AUGMENTS)
@pytest.mark.parametrize("way", WAYS)
def test_resume_in_the_middle(tree, loader, way, augment):
    data = open_data(f"imagefolder:{tree}")
    recipe = PAPER.replace(augment=augment, accumulate=2, **WAYS[way])
    whole = list(loader(data.train, recipe, data).epoch(3))
    assert len(whole) == 10
    late = loader(data.train, recipe, data)
    assert same(late.epoch(3, 2), whole[4:])
    # An epoch that was begun and left changes nothing that follows.
    next(iter(late.epoch(1)))
    assert same(late.epoch(3), whole)
    assert same(late.epoch(3, 5), [])


@pytest.mark.parametrize("augment", ["flip", "paper"])
@pytest.mark.parametrize("way", WAYS)
def test_any_number_of_processes(tree, loader, way, augment):
    data = open_data(f"imagefolder:{tree}")
    recipe = PAPER.replace(augment=augment, **WAYS[way])
    alone = list(loader(data.train, recipe, data).epoch(2))
    ranks = [list(loader(data.train, recipe, data, rank=r, world=2).epoch(2)) for r in range(2)]
    for batch, left, right in zip(alone, *ranks, strict=True):
        torch.testing.assert_close(torch.cat([left.images, right.images]), batch.images)
        assert torch.equal(torch.cat([left.indices, right.indices]), batch.indices)


def ways_of_reading():
    """Workers 0, 1 and 8, with what is decoded kept and not kept."""
    pairs = itertools.product((0, 1, 8), ("none", "device"))
    return [{"workers": workers, "cache": cache} for workers, cache in pairs]


@pytest.mark.parametrize("train", [True, False])
@pytest.mark.parametrize("augment", AUGMENTS)
@pytest.mark.parametrize("kind", ["files", "memory"])
def test_every_way_of_reading_gives_the_same_batches(tree, loader, kind, augment, train):
    """To the last bit: nothing that names a machine's resources may change what is learnt."""
    spec = f"imagefolder:{tree}" if kind == "files" else "shapes:50"
    data = open_data(spec, size=40)
    recipe = PAPER.replace(augment=augment)
    first, *others = [
        loader(data.train, recipe.replace(**way), data, train=train) for way in ways_of_reading()
    ]
    expected = list(first.epoch(2))
    assert len(expected) == (6 if kind == "memory" else 5) + (kind == "memory" and not train)
    for other in others:
        assert same(other.epoch(2), expected), (other.recipe.workers, other.recipe.cache)
    places = {one.where.partition(" by ")[0] for one in (first, *others)}
    crops = augment == "paper" and train
    assert any("kept" in place for place in places) == (not crops)
    # The two caches differ only where something is kept and something is not.
    assert len(places) > 1 or kind == "memory"


def test_the_largest_jpegs_are_cropped_alike(tmp_path, loader):
    """Those that are decoded at a part of their size, which depends on the box alone."""
    rng = np.random.default_rng(0)
    (tmp_path / "train" / "ant").mkdir(parents=True)
    for i in range(8):
        small = Image.fromarray(rng.integers(0, 256, (6, 8, 3), dtype=np.uint8))
        small.resize((800, 500)).save(tmp_path / "train" / "ant" / f"{i}.jpg")
    split = Split(
        torch.zeros(8, dtype=torch.long),
        tuple("abcdefgh"),
        files=tuple(str(path) for path in sorted((tmp_path / "train" / "ant").iterdir())),
    )
    data = Dataset("x", ("ant",), split)
    recipe = PAPER.replace(batch=4, size=24)
    first, *others = [loader(split, recipe.replace(**way), data) for way in ways_of_reading()]
    expected = list(first.epoch(0))
    assert all(same(other.epoch(0), expected) for other in others)


def test_crops_are_those_of_the_photographs(tree, loader):
    """Image by image: the drawn box, kernel and flip, by torchvision on what Pillow decodes."""
    from torchvision.transforms.v2 import InterpolationMode
    from torchvision.transforms.v2 import functional as V

    from inception_lib.training.data.augment import FLIP, KERNEL, crop_box, draw
    from inception_lib.training.data.resized_crop import KERNELS

    data = open_data(f"imagefolder:{tree}")
    still = {"brightness": 0, "saturation": 0, "contrast": 0, "hue": 0}
    recipe = PAPER.replace(**still, crop_area=(0.3, 1.0))
    ours = loader(data.train, recipe, data)
    at = 0
    for batch in ours.epoch(0):
        for image, index in zip(batch.images, batch.indices.tolist(), strict=True):
            with Image.open(data.train.files[index]) as photo:
                pixels = torch.from_numpy(np.array(photo.convert("RGB"))).permute(2, 0, 1)
            rows, columns = pixels.shape[1:]
            (drawn,) = draw(recipe.seed, 0, at, at + 1).tolist()
            box = crop_box(drawn, columns / rows, recipe.crop_area, recipe.crop_ratio)
            box = torch.tensor(box)
            top, left, height, width = (
                (box * torch.tensor([rows, columns, rows, columns])).round().int().tolist()
            )
            kernel = KERNELS[int(drawn[KERNEL] * 4)]
            if kernel != "area":
                mode = InterpolationMode(kernel)
                smooth = kernel != "nearest"
                expected = V.resized_crop(
                    pixels, top, left, height, width, [16, 16], mode, antialias=smooth
                )
                if drawn[FLIP] < 0.5:
                    expected = expected.flip(2)
                assert torch.equal((image * 127.5 + 127.5).round().byte(), expected)
            at += 1
    assert at == 40


def test_evaluation_is_inference(tree, loader):
    """What the loader shows is what Preprocess shows of the file."""
    data = open_data(f"imagefolder:{tree}")
    inference = Preprocess.of(PAPER, data)
    for way in WAYS.values():
        ours = loader(data.validation, PAPER.replace(**way), data, train=False)
        shown = torch.cat([batch.images for batch in ours.epoch(0)])
        assert torch.equal(shown, inference(data.validation.files))
        assert ours.modes == {"L": 1}


@pytest.mark.parametrize("way", WAYS)
def test_files_are_read_in_inference_mode_too(tree, loader, way):
    """The mode is a thread's own, and other threads fill what is kept."""
    data = open_data(f"imagefolder:{tree}")
    ours, theirs = (
        loader(data.validation, PAPER.replace(**WAYS[way]), data, train=False) for _ in range(2)
    )
    with torch.inference_mode():
        inside = list(ours.epoch(0))
    assert same(inside, theirs.epoch(0))


def test_sets_in_memory_are_resized_as_in_inference(loader):
    data = open_data("digits")
    recipe = TINY.replace(size=16, eval_size=20, eval_crop=0.75, channels_last=True)
    shown = next(iter(loader(data.test, recipe, data, train=False).epoch(0))).images
    assert shown.is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(shown, Preprocess(20, 0.75)(data.test.images[:8]))
    assert next(iter(loader(data.train, recipe, data).epoch(0))).images.shape[-1] == 16
    crops = loader(data.train, recipe.replace(augment="paper"), data)
    assert next(iter(crops.epoch(0))).images.shape == (8, 3, 16, 16)


def test_nothing_that_can_be_read_is_an_error(tmp_path, loader):
    """Even where any share of unreadable images is borne: no network learns from black squares."""
    folder = tmp_path / "train" / "ant"
    folder.mkdir(parents=True)
    for i in range(20):
        (folder / f"{i:02}.jpg").write_text("no image")
    split = Split(
        torch.zeros(20, dtype=torch.long),
        tuple(f"{i:02}.jpg" for i in range(20)),
        files=tuple(str(path) for path in sorted(folder.iterdir())),
    )
    data = Dataset("x", ("ant",), split)
    for way, augment in itertools.product(WAYS.values(), ("none", "paper")):
        recipe = PAPER.replace(**way, augment=augment, max_corrupt=1.0, batch=4)
        for train in (True, False):
            with (
                pytest.warns(UserWarning, match="unreadable image skipped"),
                pytest.raises(ValueError, match="none of the 20 images of x can be read"),
            ):
                list(loader(split, recipe, data, train=train).epoch(0))


@pytest.mark.filterwarnings("ignore:unreadable image")
@pytest.mark.parametrize("way", WAYS)
def test_a_long_row_of_unreadable_images(tmp_path, loader, way):
    """Sixteen places on nobody is looked for: such rows are left out, kept or decoded alike."""
    rng = np.random.default_rng(0)
    files = []
    for i in range(30):
        files.append(str(tmp_path / f"{i:02}.png"))
        if i < 20:
            Path(files[-1]).write_text("no image")
        else:
            Image.fromarray(rng.integers(0, 256, (9, 9, 3), dtype=np.uint8)).save(files[-1])
    split = Split(torch.zeros(30, dtype=torch.long), tuple(map(str, range(30))), files=tuple(files))
    data = Dataset("x", ("ant",), split)
    recipe = PAPER.replace(augment="none", max_corrupt=0.9, batch=30, **WAYS[way])
    (batch,) = loader(split, recipe, data).epoch(0)
    # 5 … 19 are shown as 20; 0 … 4 are too far from it.
    assert sorted(batch.indices.tolist()) == [20] * 16 + list(range(21, 30))


def test_large_sets_are_not_kept(tree, loader, monkeypatch):
    data = open_data(f"imagefolder:{tree}")
    monkeypatch.setattr("inception_lib.training.data.loader.cache_budget", lambda device: 1000)
    ours = loader(data.train, PAPER.replace(augment="flip"), data)
    next(iter(ours.epoch(0)))
    assert ours.where == "decoded in the main process"


def test_two_epochs_at_once(tree, loader):
    data = open_data(f"imagefolder:{tree}")
    ours = loader(data.train, PAPER.replace(cache="none"), data)
    first = ours.epoch(0)
    next(first)
    next(ours.epoch(1))
    with pytest.raises(RuntimeError, match="another epoch"):
        next(first)


def test_waiting_is_measured(tree, loader):
    data = open_data(f"imagefolder:{tree}")
    ours = loader(data.train, PAPER, data)
    for _ in ours.epoch(0):
        time.sleep(0.02)  # the consumer's own time does not count
        ours.waited = 0.0
    began = time.perf_counter()
    list(ours.epoch(1))
    assert 0 < ours.waited <= time.perf_counter() - began


# What goes wrong -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("recipe", "options", "message"),
    [
        ({"batch": 9}, {"world": 2}, "9 does not divide over 2 processes × 1 .* multiple of 2"),
        ({"accumulate": 4}, {"world": 4}, "does not divide over 4 processes × 4 .* 16"),
        ({"batch": 64}, {}, "30 training images, fewer than one batch of 64"),
        ({}, {"rank": 2, "world": 2}, "rank is 2 of 2"),
    ],
)
def test_bad_requests(recipe, options, message):
    source = in_memory(30)
    data = Dataset("x", ("a", "b", "c"), source)
    with pytest.raises(ValueError, match=message):
        Loader(source, TINY.replace(**recipe), data, train=True, device="cpu", **options)


def test_bad_start():
    source = in_memory(30)
    one = Loader(source, TINY, Dataset("x", ("a",), source), train=True, device="cpu")
    with pytest.raises(ValueError, match="step 4 is not in an epoch of 3"):
        next(one.epoch(0, 4))


@pytest.fixture
def damaged(tmp_path):
    """50 images, of which one is cut and one is no image."""
    (tmp_path / "train" / "ant").mkdir(parents=True)
    rng = np.random.default_rng(0)
    for i in range(50):
        noise = Image.fromarray(rng.integers(0, 256, (20, 20, 3), dtype=np.uint8))
        noise.save(tmp_path / "train" / "ant" / f"{i:02}.jpg")
    cut = tmp_path / "train" / "ant" / "07.jpg"
    cut.write_bytes(cut.read_bytes()[:-100])
    (tmp_path / "train" / "ant" / "49.jpg").write_text("not found")
    names = tuple(f"ant/{i:02}.jpg" for i in range(50))
    files = tuple(str(tmp_path / "train" / name) for name in names)
    return Dataset(
        "damaged", ("ant",), Split(torch.zeros(50, dtype=torch.long), names, None, files)
    )


@pytest.mark.parametrize("way", WAYS)
def test_unreadable_images_are_skipped(damaged, loader, way):
    recipe = PAPER.replace(batch=10, max_corrupt=0.05, augment="none", **WAYS[way])
    training = loader(damaged.train, recipe, damaged)
    with pytest.warns(UserWarning, match="unreadable image skipped: ant/07.jpg: .*truncated"):
        indices = torch.cat([batch.indices for batch in training.epoch(0)]).tolist()
    # The next readable one takes its place; after the last comes the first.
    assert sorted(indices) == sorted([*range(7), 8, *range(8, 49), 0])
    assert [text.split(":")[0] for text in sorted(training.corrupt)] == ["ant/07.jpg", "ant/49.jpg"]
    list(training.epoch(1))
    assert len(training.corrupt) == 2  # counted once
    evaluation = loader(damaged.train, recipe, damaged, train=False)
    with pytest.warns(UserWarning, match="ant/49.jpg: cannot identify"):
        shown = list(evaluation.epoch(0))
    kept = torch.cat([batch.indices for batch in shown]).tolist()
    assert kept == [i for i in range(50) if i not in (7, 49)]
    assert torch.cat([b.images for b in shown])[7].equal(
        Preprocess.of(recipe, damaged)(damaged.train.files[8])[0]
    )


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.filterwarnings("ignore:unreadable image")
def test_too_many_unreadable_images(damaged, loader, way):
    recipe = PAPER.replace(batch=10, max_corrupt=0.03, **WAYS[way])
    for train in (True, False):
        with pytest.raises(ValueError, match=r"2 of 50 .* max_corrupt = 3.0%: .*07.jpg"):
            list(loader(damaged.train, recipe, damaged, train=train).epoch(0))


def children(parent):
    """Process ids of a process's children, the dead left out."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, owner = stat.read_text().rsplit(")", 1)[1].split()[:2]
            if int(owner) == parent and state != "Z":
                found.append(int(stat.parent.name))
    return found


def test_killed_workers_are_replaced(tree, loader):
    """SIGKILL to decoding processes: a warning, the pool again, the same batches.

    To both: one that is left might finish a set as small as this before the other is missed.
    """
    data = open_data(f"imagefolder:{tree}")
    recipe = PAPER.replace(cache="none", batch=4)
    expected = list(loader(data.train, recipe, data).epoch(0))
    before = set(children(os.getpid()))
    ours = loader(data.train, recipe.replace(workers=2), data)
    batches = ours.epoch(0)
    got = [next(batches)]
    for worker in set(children(os.getpid())) - before:
        os.kill(worker, signal.SIGKILL)
    with pytest.warns(UserWarning, match=f"worker was killed: all 2 .*1 of {RESTARTS}"):
        got += batches
    assert same(got, expected)


def test_workers_that_keep_dying_end_the_run(tree, loader, monkeypatch):
    data = open_data(f"imagefolder:{tree}")
    ours = loader(data.train, PAPER.replace(cache="none", workers=2), data)
    monkeypatch.setattr(
        "inception_lib.training.data.dataset.open_image",
        lambda path: os.kill(os.getpid(), signal.SIGKILL),
    )
    with (
        pytest.warns(UserWarning, match="worker was killed"),
        pytest.raises(RuntimeError, match=r"killed 4 times: .*fewer than 2 workers, or workers=0"),
    ):
        next(ours.epoch(0))


def test_workers_end_with_their_parent(tree):
    """SIGKILL to the main process leaves no worker behind."""
    script = f"""
        import os, sys, time
        from inception_lib.training.data import Loader, open_data
        from inception_lib.training.recipes import RECIPES
        data = open_data("imagefolder:{tree}")
        recipe = RECIPES["paper"].replace(size=16, batch=8, accumulate=1, cache="none", workers=2)
        batches = Loader(data.train, recipe, data, train=True, device="cpu").epoch(0)
        next(batches)
        print("ready", flush=True)
        time.sleep(60)
    """
    main = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)], stdout=subprocess.PIPE, text=True
    )
    assert main.stdout.readline() == "ready\n"
    workers = children(main.pid)
    assert len(workers) == 2
    main.kill()
    main.wait()
    until = time.monotonic() + 20
    while any(alive(pid) for pid in workers) and time.monotonic() < until:
        time.sleep(0.1)
    assert not any(alive(pid) for pid in workers)


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


# On the GPU -----------------------------------------------------------------------------------


@pytest.mark.gpu
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("augment", ["shift", "paper"])
def test_gpu_shows_what_the_cpu_shows(tree, way, augment):
    data = open_data(f"imagefolder:{tree}")
    recipe = PAPER.replace(augment=augment, **WAYS[way])
    here = Loader(data.train, recipe, data, train=True, device="cpu")
    there = Loader(data.train, recipe, data, train=True, device="cuda")
    for ours, theirs in zip(here.epoch(0), there.epoch(0), strict=True):
        assert torch.equal(ours.indices, theirs.indices.cpu())
        assert torch.equal(ours.labels, theirs.labels.cpu())
        # The pixels are the same; a GPU changes colours in another order of sums.
        torch.testing.assert_close(theirs.images.cpu(), ours.images, atol=1e-4, rtol=0)
    there.close()
