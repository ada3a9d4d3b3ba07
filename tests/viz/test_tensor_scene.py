"""The scene in space: what stands where, and what a picked cell sees."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import make_scene_windows
import pytest
import torch
from counts import V3_MACS
from torch import nn

from inception_lib.graph import Graph, Node, TraceError, cost, path_counts, receptive_field, trace
from inception_lib.nets import inception_v3
from inception_lib.viz import TensorScene
from inception_lib.viz.widgets.tensor_scene import faces, picture
from inception_lib.viz.widgets.tensor_scene.layout import DEPTH, Scene, lay_out
from inception_lib.viz.widgets.tensor_scene.widget import table
from inception_lib.viz.widgets.tensor_scene.windows import reached, seen


def traced(make: object, size: int, **options: object) -> Graph:
    with torch.device("meta"):
        return trace(make(**options), size)  # type: ignore[operator]


@pytest.fixture(scope="module")
def graph() -> Graph:
    with torch.device("meta"):
        return trace(inception_v3(), 299, train=True)


@pytest.fixture(scope="module")
def scene(graph: Graph) -> Scene:
    return lay_out(graph)


class Residual(nn.Module):
    """Something that is not of this book: a stem and equal blocks around which the input is led."""

    def __init__(self, blocks: int) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, stride=2, padding=1)
        self.blocks = nn.ModuleList(nn.Conv2d(8, 8, 3, padding=1) for _ in range(blocks))
        self.head = nn.Linear(8, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.stem(x)
        for block in self.blocks:
            x = x + block(x).relu()
        return self.head(x.mean((2, 3)))


def deep_network(blocks: int) -> Graph:
    """Equal residual blocks of three nodes, in less time than tracing them would take."""
    shape, window = (8, 32, 32), {"kernel": (3, 3), "stride": (1, 1), "padding": (1, 1)}
    nodes, last = [Node("input", "input", (), shape)], "input"
    for n in range(blocks):
        conv = Node(f"b{n}.conv", "conv", (last,), shape, dilation=(1, 1), macs=9, **window)
        relu = Node(f"b{n}.relu", "relu", (conv.name,), shape)
        last = f"b{n}.add"
        nodes += [conv, relu, Node(last, "add", (nodes[-1].name, relu.name), shape)]
    return Graph("Deep", False, tuple(nodes), (last,), {})


# -- what is there ---------------------------------------------------------------------------------


def test_boxes_hold_all_that_the_network_costs(graph: Graph, scene: Scene) -> None:
    total = cost(graph)
    assert sum(box.macs for box in scene.boxes) == total.macs
    assert sum(box.params for box in scene.boxes) == total.params


@pytest.mark.parametrize(
    ("name", "size"),
    [
        *(("resnet50", 224), ("vgg11", 224), ("densenet121", 224), ("mobilenet_v2", 224)),
        *(("vit_b_16", 224), ("swin_t", 224)),
    ],
)
def test_other_networks_lose_nothing(name: str, size: int) -> None:
    models = pytest.importorskip("torchvision.models")
    network = traced(getattr(models, name), size)
    other = lay_out(network)
    assert sum(box.macs for box in other.boxes) == cost(network).macs
    assert sum(box.params for box in other.boxes) == cost(network).params
    apart(other, folded=True)
    apart(other, folded=False)


def test_sizes_are_to_scale(graph: Graph, scene: Scene) -> None:
    for box in scene.boxes:
        channels, rows, columns = box.shape
        assert box.size == (round(DEPTH * channels**0.5, 2), rows, columns)
        assert box.at[1] == rows / 2, "it stands on the floor"
    assert scene.boxes[scene.index("Mixed_6e.concat")].shape == graph["Mixed_6e"].shape


def test_blocks_are_the_modules_of_the_paper(scene: Scene) -> None:
    names = [block.name for block in scene.blocks]
    modules = [name for name in names if name.startswith("Mixed")]
    assert "".join(name[-2:] for name in modules) == "5b5c5d6a6b6c6d6e7a7b7c"
    assert [block.name for block in scene.blocks if block.side] == ["AuxLogits"]
    rows = {block.name: block.row[0] for block in scene.blocks}
    assert rows["Conv2d_4a_3x3"] == rows["input"] < rows["Mixed_5b"] == rows["Mixed_5d"]
    assert rows["Mixed_5d"] < rows["Mixed_6a"] == rows["Mixed_6e"] < rows["Mixed_7a"]
    assert rows["fc"] == rows["Mixed_7c"]


def test_a_concatenation_is_the_stack_of_its_branches(scene: Scene) -> None:
    parts = {b.name: b.parts for b in scene.boxes if b.op == "concat"}
    assert parts["Mixed_5b.concat"] == ((64, "1x1"), (64, "kxk"), (96, "factorized"), (32, "pool"))
    assert [c for c, _ in parts["Mixed_7c.concat#3"]] == [320, 384, 384, 384, 384, 192]
    for box in scene.boxes:
        if box.parts:
            assert sum(channels for channels, _ in box.parts) == box.shape[0]


def apart(scene: Scene, folded: bool) -> None:
    """No two boxes may lie in one another, and data flow to the right."""
    bodies = []
    for block in scene.blocks:
        origin = block.at if folded else block.open
        for i in range(block.first, block.last + 1) if origin else ():
            box = scene.boxes[i]
            middle = (origin[0] + box.at[0], box.at[1], origin[1] + box.at[2])
            bodies.append((box.name, middle, box.size))
            for parent in box.parents:
                if block.first <= parent <= block.last:
                    before = scene.boxes[parent]
                    assert before.at[0] + before.size[0] / 2 < box.at[0] - box.size[0] / 2
    for i, (name, a, size) in enumerate(bodies):
        for other, b, wide in bodies[:i]:
            gaps = (abs(a[k] - b[k]) - (size[k] + wide[k]) / 2 for k in range(3))
            assert max(gaps) > 1, f"{name} and {other}"


def test_boxes_stand_apart(scene: Scene) -> None:
    apart(scene, folded=True)


def test_equal_blocks_are_folded_and_can_be_opened() -> None:
    other = lay_out(traced(Residual, 64, blocks=6))
    shown = [block for block in other.blocks if block.at]
    assert [block.times for block in shown if block.times > 1] == [6]
    assert all(block.open for block in other.blocks)
    assert len(other.blocks) == len(shown) + 5
    widget = TensorScene(Residual(6), 64, photos=("coffee",), uid="r")
    assert widget.steps[0]["id"] == widget.step == "whole"
    rows = table(other)
    assert [name for name, *_ in rows if "×6" in name] == ["blocks.0 ×6"]
    assert sum(macs for *_, macs in rows) == cost(traced(Residual, 64, blocks=6)).macs


def calls(work: Callable[[], object]) -> int:
    """How many functions are called meanwhile: what work is, whatever the machine does besides."""
    count = 0

    def called(_: object, event: str, __: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(called)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


def test_ten_thousand_nodes_are_laid_out_in_one_pass_and_drawn_as_four() -> None:
    """3,333 equal blocks: the work grows as the nodes do, and what is drawn does not grow."""
    network = deep_network(3333)
    assert len(network) == 10_000
    other = lay_out(network)
    assert [block.times for block in other.blocks if block.at] == [1, 3333]
    assert sum(b.last - b.first + 1 for b in other.blocks if b.at) == 3
    few, many = (calls(lambda n=n: lay_out(deep_network(n)).state()) for n in (150, 300))
    assert many < 2.1 * few


def test_tokens_and_channels_that_come_last_are_not_taken_for_grids() -> None:
    """Of torchvision's transformers: 14·14 patches and a class, and four grids."""
    models = pytest.importorskip("torchvision.models")
    tokens = {box.shape for box in lay_out(traced(models.vit_b_16, 224)).boxes}
    assert tokens == {
        *((3, 224, 224), (768, 14, 14), (768, 197, 1), (3072, 197, 1)),
        *((768, 1, 1), (1000, 1, 1)),
    }
    windows = {box.shape for box in lay_out(traced(models.swin_t, 224)).boxes}
    grids = {(96 * 2**k, 56 >> k, 56 >> k) for k in range(4)}
    assert grids <= windows
    assert {shape[1:] for shape in windows} == {shape[1:] for shape in grids} | {
        (224, 224),
        (1, 1),
    }


def test_the_layout_is_the_same_from_run_to_run(graph: Graph, scene: Scene) -> None:
    assert lay_out(graph) == scene
    assert json.loads(json.dumps(scene.state())) == scene.state()


# -- what a cell sees ------------------------------------------------------------------------------

CELLS = [
    ("Conv2d_4a_3x3", "Conv2d_4a_3x3", (0, 70)),
    ("Mixed_5b.branch5x5_2", "Mixed_5b.branch5x5_2", (34, 3)),
    ("Mixed_5d.concat", "Mixed_5d", (17, 17)),
    ("Mixed_6b.branch7x7dbl_5", "Mixed_6b.branch7x7dbl_5", (0, 0)),
    ("Mixed_7a.concat", "Mixed_7a", (7, 0)),
]


@pytest.mark.parametrize(("name", "module", "cell"), CELLS)
def test_a_window_is_where_paths_lead(
    graph: Graph, scene: Scene, name: str, module: str, cell: tuple[int, int]
) -> None:
    """Held to the library's path counts, which know nothing of windows."""
    counts = path_counts(graph, module, cell) > 0
    rows, columns = counts.any(1).nonzero(), counts.any(0).nonzero()
    there = (int(rows[0]), int(rows[-1]), int(columns[0]), int(columns[-1]))
    assert seen(scene, scene.index(name), cell)[0] == there


def test_a_window_that_is_a_hull_says_so(graph: Graph, scene: Scene) -> None:
    fields = receptive_field(graph)
    for i, box in enumerate(scene.boxes):
        assert (i in scene.hulls) == (not fields[box.node].exact)
    assert "1247×1311, 1311×1247" in scene.hulls[scene.index("Mixed_7c.concat#3")]
    assert scene.index("Mixed_5b.branch5x5_2") not in scene.hulls


def test_the_front_end_is_held_to_fresh_windows(scene: Scene) -> None:
    stored = json.loads(make_scene_windows.FIXTURE.read_text("utf-8"))
    fresh = json.loads(json.dumps(make_scene_windows.build(scene)))
    assert stored == fresh, "python -m tests.viz.make_scene_windows"


def test_windows_on_the_way_are_held_to_gradients() -> None:
    """Every tensor of a small network with branches: where a gradient arrives is what is seen."""

    class Branches(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.stem = nn.Conv2d(1, 1, 3, stride=2, bias=False)
            self.wide = nn.Conv2d(1, 1, (1, 5), padding=(0, 2), bias=False)
            self.tall = nn.Conv2d(1, 1, (3, 1), padding=(2, 0), dilation=(2, 1), bias=False)
            self.pool = nn.AvgPool2d(3, 2)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            x = self.stem(x)
            return self.pool(torch.cat([self.wide(x), self.tall(x)], 1))

    model = Branches()
    for p in model.parameters():
        nn.init.ones_(p)
    scene = lay_out(trace(model, 21))
    kept: dict[str, torch.Tensor] = {}
    for name, module in model.named_children():
        module.register_forward_hook(lambda _, __, out, name=name: kept.setdefault(name, out))
    image = torch.ones(1, 1, 21, 21, requires_grad=True)
    out = model(image)
    for cell in [(0, 0), (1, 3), (3, 2)]:
        tensors = {"input": image, "stem": kept["stem"], "wide": kept["wide"], "tall": kept["tall"]}
        grads = torch.autograd.grad(
            out[0, :, cell[0], cell[1]].sum(), list(tensors.values()), retain_graph=True
        )
        found = seen(scene, len(scene.boxes) - 1, cell)
        for name, grad in zip(tensors, grads, strict=True):
            hit = grad[0, 0] != 0
            rows, columns = hit.any(1).nonzero(), hit.any(0).nonzero()
            there = (int(rows[0]), int(rows[-1]), int(columns[0]), int(columns[-1]))
            assert found[scene.index(name)] == there, (name, cell)


def test_reached_is_the_converse_of_seen(scene: Scene) -> None:
    first, last = scene.index("Conv2d_2b_3x3"), scene.index("Mixed_5b.branch3x3dbl_3")
    for cell in [(0, 0), (70, 5), (146, 146), (33, 90)]:
        forward = reached(scene, first, cell).get(last)
        sees = [
            (r, c)
            for r in range(35)
            for c in range(35)
            if inside(cell, seen(scene, last, (r, c))[first])
        ]
        assert forward is not None
        assert {forward[:2], forward[2:]} == {
            (min(r for r, _ in sees), max(r for r, _ in sees)),
            (min(c for _, c in sees), max(c for _, c in sees)),
        }


def inside(cell: tuple[int, int], window: tuple[int, int, int, int]) -> bool:
    return window[0] <= cell[0] <= window[1] and window[2] <= cell[1] <= window[3]


def test_what_is_not_known_is_left_out_with_its_reason() -> None:
    class Shifted(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = nn.Conv2d(1, 2, 3), nn.Conv2d(2, 2, 3)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.b(torch.roll(self.a(x), 1, 2))

    scene = lay_out(trace(Shifted(), 12))
    last = len(scene.boxes) - 1
    assert "roll" in scene.reasons[last]
    assert 0 not in seen(scene, last, (2, 2))
    widget = TensorScene(Shifted(), (1, 12, 12), photos=("coffee",), uid="s")
    widget.tensor = scene.boxes[last].name
    assert "tensor-window" not in widget.readouts()


# -- the widget ------------------------------------------------------------------------------------


def test_numbers_are_the_librarys(graph: Graph) -> None:
    widget = TensorScene(uid="s", photos=("coffee",), tensor="Mixed_6e.concat", row=0, column=99)
    with torch.device("meta"):
        network = trace(inception_v3(aux=False), 299)
    found = widget.readouts()
    assert found["macs"] == cost(network).macs == V3_MACS
    assert found["params"] == cost(network).params
    window = receptive_field(network)["Mixed_6e"].size
    assert found["tensor-window"] == "×".join(map(str, window))
    assert found["tensor-cell"] == "0, 16", "the cell stays within the grid"
    widget.step = "stem"
    stem = cost(network).by_module().rows
    assert widget.readouts()["step-macs"] == sum(
        row.macs for row in stem if row.name.startswith(("Conv2d", "maxpool"))
    )


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ({"tensor": "Mixed_5b.branch1x"}, "tensor is 'Mixed_5b.branch1x', .*'Mixed_5b.branch1x1'"),
        ({"step": "roof"}, "step is 'roof'"),
        ({"row": -2}, "row is -2; it must be at least 0"),
        ({"camera": [1, 2]}, "camera is .* give yaw"),
        ({"colour": "red"}, "colour is 'red'"),
        ({"photos": ("dog",)}, "photos is .*astronaut"),
        ({"values": {"nothing": 1.0}}, "no tensor is called 'nothing'"),
        ({"zoom": 3}, "zoom is not known"),
    ],
)
def test_bad_values_name_the_remedy(state: dict, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        TensorScene(**({"photos": ("coffee",)} | state))


def test_a_size_that_is_too_small_is_refused_with_the_layer() -> None:
    with pytest.raises(TraceError, match="fails"):
        TensorScene(Residual(1), (4, 64, 64))


def test_numbers_of_the_readers_own_colour_the_boxes() -> None:
    widget = TensorScene(
        Residual(2), 64, photos=("coffee",), values={"stem": 3.5, "head": 1.0}, colour="values"
    )
    assert widget.readouts()["scale-top"] == 3.5


def test_the_still_picture_has_every_box_in_its_frame_and_the_photograph_on_the_first(
    scene: Scene,
) -> None:
    from xml.etree import ElementTree

    widget = TensorScene(uid="s", photos=("coffee",))
    root = ElementTree.fromstring(widget.fallback_html().split("<details>")[0])
    space = "{http://www.w3.org/2000/svg}"
    groups = root.findall(f"{space}g")
    assert len(groups) == sum(max(1, len(box.parts)) for box in scene.boxes)
    titles = {group.findtext(f"{space}title") for group in groups}
    assert "Mixed_5b.branch5x5_2: 35×35×64" in titles
    left, top, width, height = map(float, root.attrib["viewBox"].split())
    for polygon in root.iter(f"{space}polygon"):
        for x, y in (map(float, point.split(",")) for point in polygon.attrib["points"].split()):
            assert left <= x <= left + width
            assert top <= y <= top + height
    pictures = [image.attrib["href"] for image in root.iter(f"{space}image")]
    assert pictures == [widget.photos["coffee"]["src"]]


# -- faces -----------------------------------------------------------------------------------------


def test_packed_maps_can_be_read_back() -> None:
    image_module = pytest.importorskip("PIL.Image")
    import io

    maps = {
        f"m{n}": torch.rand(3, n, n + 1, generator=torch.Generator().manual_seed(n))
        for n in (40, 17, 17 + 18, 8)
    }
    packed = faces.pack(maps, dict.fromkeys(maps, 1))
    whole = torch.tensor(list(image_module.open(io.BytesIO(packed.png)).tobytes()))
    whole = whole.view(-1, faces.WIDTH)
    for name, (left, top, width, height, channel, high, _) in packed.tiles.items():
        part = whole[int(top) : int(top + height), int(left) : int(left + width)] / 255 * high
        truth = maps[name][int(channel)].clamp(max=high)
        assert (part - truth).abs().max() <= high * (0.5 / (faces.LEVELS - 1) + 0.5 / 255) + 1e-4


def test_recorded_faces_fit_the_network_and_say_where_they_come_from(scene: Scene) -> None:
    for path in sorted(faces.FOLDER.glob("*.json")):
        about = json.loads(path.read_text("utf-8"))
        assert "sha256" in about["provenance"]["weights"]
        assert path.stat().st_size + path.with_suffix(".png").stat().st_size < 300_000
        for name, tile in about["tiles"].items():
            box = scene.boxes[scene.index(name)]
            assert (tile[3], tile[2]) == box.shape[1:]
            assert 0 <= tile[4] < box.shape[0]
        last = scene.index("Mixed_7a.concat")
        trunk = [b.name for b in scene.boxes[1 : last + 1] if not b.name.startswith("AuxLogits")]
        assert list(about["tiles"].keys() ^ set(trunk)) == []


def test_live_faces_are_what_the_model_computes() -> None:
    model = Residual(2).eval()
    image = torch.rand(3, 64, 64) * 2 - 1
    found = faces.live(model, lay_out(trace(model, 64)), image)
    assert set(found.tiles) == {"stem", "blocks.0", "blocks.1"}
    with torch.no_grad():
        truth = model.stem(image[None])[0]
    assert found.tiles["stem"][4] == int(truth.var(dim=(1, 2)).argmax())
    widget = TensorScene(model, 64, image=image)
    assert widget.photo == "yours"
    assert widget.photos["yours"]["faces"]["tiles"].keys() == found.tiles.keys()


def test_an_image_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "no.png").write_bytes(b"not a picture")
    with pytest.raises(ValueError, match=r"image 'no.png' cannot be read.*JPEG"):
        TensorScene(Residual(1), 64, image=tmp_path / "no.png")
    with pytest.raises(ValueError, match="resize it, or pass size"):
        picture.read(torch.zeros(3, 5, 5), (3, 64, 64))
    with pytest.raises(ValueError, match="reads 4 channels"):
        picture.read(torch.zeros(4, 5, 5), (4, 5, 5))
