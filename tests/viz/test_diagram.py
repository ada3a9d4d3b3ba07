"""Module diagrams: each box once, its numbers the library's, nothing on top of another."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from itertools import combinations

import pytest
import torch
from torch import Tensor, nn

from inception_lib import (
    AsymmetricModule,
    ExpandedModule,
    FactorizedModule,
    GridReduction,
    OriginalModule,
    cost,
    receptive_field,
    trace,
)
from inception_lib.nets import conv_stack
from inception_lib.viz import module_diagram
from inception_lib.viz.widgets.module_diagram.diagram import END, WORDS, Diagram

MODULES = {
    "figure-4": (OriginalModule(192), 28),
    "figure-5": (FactorizedModule(192), 35),
    "figure-6": (AsymmetricModule(768), 17),
    "figure-6-n3": (AsymmetricModule(192, n=3), (17, 21)),
    "figure-7": (ExpandedModule(1280), 8),
    "figure-10": (GridReduction(288), 35),
    "figure-10-late": (GridReduction(768, (192, 320), None, (192, 192)), 17),
}


@pytest.fixture(scope="module", params=sorted(MODULES))
def case(request: pytest.FixtureRequest) -> tuple:
    module, size = MODULES[request.param]
    graph = trace(module, size)
    return graph, module_diagram(graph)


def test_numbers_are_the_librarys(case: tuple) -> None:
    graph, diagram = case
    total, fields = cost(graph), receptive_field(graph)
    assert (diagram.macs, diagram.params) == (total.macs, total.params)
    assert sum(box.macs for box in diagram.boxes) == total.macs
    assert sum(box.params for box in diagram.boxes) == total.params
    assert diagram.window == fields[graph.outputs[0]].size
    assert diagram.output_shape == graph[graph.outputs[0]].shape
    for box in diagram.boxes:
        node = graph[box.name]
        assert (box.shape, box.window) == (node.shape, fields[box.name].size)


def test_a_box_for_each_convolution_and_pool(case: tuple) -> None:
    graph, diagram = case
    drawn = [node for node in graph if node.kernel]
    assert [box.kernel for box in diagram.boxes] == [node.kernel for node in drawn]
    assert len({box.name for box in diagram.boxes}) == len(drawn)


def test_nothing_lies_on_another(case: tuple) -> None:
    _, diagram = case
    width = 52.0  # cells, as the still picture has

    def area(box: object) -> tuple[float, ...]:
        tall, wide = box.size
        x, wide = box.x * width, max(wide, 6.5)  # its words are wider than a small kernel
        return x - wide / 2, box.y - tall / 2 - WORDS, x + wide / 2, box.y + tall / 2

    for a, b in combinations(map(area, diagram.boxes), 2):
        assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]
    for left, top, right, bottom in map(area, diagram.boxes):
        assert left >= 0
        assert right <= width
        assert top >= END
        assert bottom <= diagram.height - END


def test_data_flows_upwards(case: tuple) -> None:
    _, diagram = case
    for source, target in diagram.edges:
        if source != "input" and target != "output":
            assert diagram[source].y > diagram[target].y
    reached = {target for _, target in diagram.edges}
    assert {box.name for box in diagram.boxes} | {"output"} == reached


def test_roles_and_colours_follow_the_operations() -> None:
    def kinds(name: str) -> dict[str, str]:
        return {box.role: box.kind for box in module_diagram(*MODULES[name]).boxes}

    assert kinds("figure-4") == {
        "1x1": "1x1", "large-1": "kxk", "large-2": "kxk", "pool": "pool",
    }  # fmt: skip
    assert kinds("figure-5") == {
        "1x1": "1x1", "large-1": "kxk", "large-2": "factorized", "pool": "pool",
    }  # fmt: skip
    assert kinds("figure-10") == {"large-1": "kxk", "large-2": "factorized", "pool": "pool"}


def test_spans_divide_the_work_of_a_branch(case: tuple) -> None:
    _, diagram = case
    for role in {box.role for box in diagram.boxes} - {"1x1", "pool"}:
        spans = sorted(
            b.span for b in diagram.boxes if b.role == role and b.op == "conv" and max(b.kernel) > 1
        )
        edges = [0.0, *(end for _, end in spans)]
        assert [start for start, _ in spans] == pytest.approx(edges[:-1])
        assert edges[-1] == pytest.approx(1)


def test_figure_7_does_not_see_the_corners() -> None:
    diagram = module_diagram(ExpandedModule(1280), 8)
    assert (diagram.window, diagram.seen) == ((5, 5), 21)
    assert module_diagram(OriginalModule(192), 28).seen == 25


def test_a_given_height_is_kept() -> None:
    plain = module_diagram(OriginalModule(192), 28)
    tall = module_diagram(OriginalModule(192), 28, height=plain.height + 20)
    assert tall.height == plain.height + 20
    assert module_diagram(OriginalModule(192), 28, height=1).height == plain.height
    assert [box.x for box in tall.boxes] == [box.x for box in plain.boxes]


def test_other_modules_can_be_drawn() -> None:
    stack = module_diagram(conv_stack((8, 8, 8), [5, (1, 11)]), 21)
    assert [box.label for box in stack.boxes] == ["5×5, 8", "1×11, 8"]
    assert max(stack.boxes[1].size) == 7
    assert stack.edges == (("input", "0"), ("0", "2"), ("2", "output"))


class Dense(nn.Module):
    """A branch that is the input itself."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(4, 4, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([x, self.conv(x)], 1)


def test_what_cannot_be_drawn_is_said() -> None:
    with pytest.raises(ValueError, match="no convolution and no pool"):
        module_diagram(Dense(), 8)
    flat = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten())
    with pytest.raises(ValueError, match="does not end in one grid"):
        module_diagram(flat, 8)
    with pytest.raises(KeyError, match="branch1x1"):
        module_diagram(OriginalModule(192), 28)["branch9x9"]


def test_the_picture_is_one_element_and_always_the_same(case: tuple) -> None:
    graph, diagram = case
    again: Diagram = module_diagram(graph)
    assert diagram.svg == again.svg == diagram._repr_html_()
    assert repr(diagram) == repr(again)
    root = ElementTree.fromstring(diagram.svg)
    namespace = "{http://www.w3.org/2000/svg}"
    assert root.tag == f"{namespace}svg"
    assert root.get("role") == "img"
    assert root.find(f"{namespace}title").text.startswith(graph.model)
    assert "multiply-adds" in root.find(f"{namespace}desc").text
    drawn = root.findall(f"{namespace}g")
    groups = [group for group in drawn if group.find(f"{namespace}title") is not None]
    assert len(groups) == len(diagram.boxes)
    # The input, and each branch of the concatenation, as a tensor.
    ends = sum(target == "output" for _, target in diagram.edges)
    assert len(drawn) - len(groups) == ends + 1
    for box, group in zip(diagram.boxes, groups, strict=True):
        assert box.label in [text.text for text in group.iter(f"{namespace}text")]
        # One square for each cell of the kernel.
        path = group.find(f"{namespace}path").get("d")
        assert path.count("M") == box.kernel[0] * box.kernel[1]
    assert " id=" not in diagram.svg
