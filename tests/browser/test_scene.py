"""The scene in WebGL: what is drawn, what the reader can do, and what a lost context leaves."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import chromium
import pytest
from PIL import Image, ImageChops, ImageStat
from playwright.sync_api import Browser, Page

sys.path.insert(0, str(Path(__file__).parents[1] / "viz"))

from test_tensor_scene import deep_network

from inception_lib.viz import SplitKernels, TensorScene, to_page

GOLDEN = Path(__file__).parent / "golden"
SIZE = {"width": 1280, "height": 800}


@pytest.fixture(scope="module")
def webgl(browser: Browser) -> Iterator[Browser]:
    """A browser that draws WebGL by the processor."""
    started = browser.browser_type.launch(
        executable_path=chromium.executable(), args=chromium.WEBGL
    )
    yield started
    started.close()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A page with the scene of the book."""
    folder = tmp_path_factory.mktemp("scene")
    room = '<p style="height: 1500px"></p>'  # so that the page can be scrolled
    scene = TensorScene(photos=("coffee",), uid="scene")
    return to_page(scene, folder / "page.html", below=room).as_uri()


@pytest.fixture
def scene(webgl: Browser, address: str) -> Iterator[Callable[..., Page]]:
    """Open the page: ``scene(width=…, touch=…)``; errors fail the test at its end."""
    opened, errors = [], []

    def show(*, width: int = 1280, scheme: Any = "light", touch: bool = False) -> Page:
        context = webgl.new_context(
            viewport={**SIZE, "width": width}, color_scheme=scheme, has_touch=touch
        )
        opened.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(address)
        page.wait_for_selector('.iw[data-drawing="space"][data-drawn]')
        settled(page)
        return page

    yield show
    for context in opened:
        context.close()
    assert errors == []


def settled(page: Page) -> None:
    """Wait until nothing has been drawn for a while: glides are over, images are there."""
    page.evaluate("""async () => {
      const root = document.querySelector(".iw");
      for (let before = -1, quiet = 0; quiet < 3;) {
        await new Promise((r) => setTimeout(r, 150));
        quiet = root.dataset.drawn === before ? quiet + 1 : 0;
        before = root.dataset.drawn;
      }
    }""")


def put(page: Page, **state: Any) -> None:
    """Set the state as a chip or a link does."""
    page.evaluate("s => document.querySelector('.inception-widget').model.set(s)", state)
    settled(page)


def state(page: Page, name: str) -> Any:
    """One trait as the page has it."""
    return page.evaluate("k => document.querySelector('.inception-widget').model.get(k)", name)


def output(page: Page, name: str) -> str:
    """A number of the page."""
    return page.locator(f'output[name="{name}"]').inner_text()


def photograph(page: Page) -> Image.Image:
    """The picture without words on it, in half its size."""
    page.add_style_tag(
        content=".its-names, .its-names *, .its-tip { visibility: hidden !important }"
    )
    shot = Image.open(io.BytesIO(page.locator(".its-space").screenshot())).convert("RGB")
    return shot.resize((shot.width // 2, shot.height // 2), Image.Resampling.BOX)


VIEWS = {
    "whole": ({}, "light"),
    "whole-dark": ({}, "dark"),
    "module": ({"step": "module"}, "light"),
    "cell": ({"step": "stem", "tensor": "Mixed_5b.branch5x5_2", "row": 4, "column": 30}, "light"),
    "cost": ({"colour": "macs"}, "light"),
}


@pytest.mark.parametrize("name", VIEWS)
def test_pictures_are_what_they_were(name: str, scene: Callable[..., Page]) -> None:
    """Golden pictures; with UPDATE_GOLDEN=1 they are written anew, for eyes to judge."""
    given, scheme = VIEWS[name]
    page = scene(scheme=scheme)
    put(page, **given)
    as_before(photograph(page), name)


def as_before(now: Image.Image, name: str) -> None:
    """Compare a picture with the golden one of that name."""
    path = GOLDEN / f"{name}.png"
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.mkdir(exist_ok=True)
        now.quantize(128).save(path, optimize=True)
    before = Image.open(path).convert("RGB")
    assert now.size == before.size
    apart = ImageChops.difference(now, before).convert("L")
    far = sum(apart.histogram()[48:]) / (now.width * now.height)
    assert ImageStat.Stat(apart).mean[0] < 3
    assert far < 0.01, f"{far:.1%} of the pixels are another colour"


def test_a_click_picks_the_cell_under_it_and_escape_lets_go(scene: Callable[..., Page]) -> None:
    page = scene()
    put(page, step="stem")
    box = page.locator(".its-space").bounding_box()
    assert box is not None
    # A place on the photograph, found by the page's own projection of its face.
    page.mouse.move(box["x"] + 0.38 * box["width"], box["y"] + 0.4 * box["height"])
    assert page.locator(".its-tip").is_visible()
    name = page.locator(".its-tip strong").inner_text()
    page.mouse.down()
    page.mouse.up()
    settled(page)
    assert state(page, "tensor") == name != ""
    twin = TensorScene(
        photos=("coffee",),
        **{key: state(page, key) for key in ("tensor", "row", "column", "step")},
    )
    assert output(page, "tensor-cell") == twin.readouts()["tensor-cell"]
    assert output(page, "tensor-seen") == twin.readouts()["tensor-seen"]
    page.keyboard.press("Shift+ArrowUp")
    settled(page)
    assert output(page, "tensor-cell") != twin.readouts()["tensor-cell"]
    page.keyboard.press("Escape")
    assert state(page, "tensor") == ""


def test_keys_walk_turn_and_zoom(scene: Callable[..., Page]) -> None:
    page = scene()
    page.locator(".its-space").focus()
    page.keyboard.press("PageDown")
    settled(page)
    assert state(page, "step") == "stem"
    assert state(page, "camera") == []
    page.keyboard.press("ArrowLeft")
    turned = state(page, "camera")
    page.keyboard.press("+")
    assert state(page, "camera")[2] < turned[2]
    page.keyboard.press(".")
    assert state(page, "tensor") == "input"
    page.keyboard.press("0")
    assert (state(page, "step"), state(page, "tensor"), state(page, "camera")) == ("whole", "", [])


def test_a_link_to_a_step_looks_from_there_and_a_link_to_a_view_keeps_it(
    scene: Callable[..., Page],
) -> None:
    page = scene()
    put(page, camera=[10, 20, 900, 100, 50, 300])
    page.evaluate("location.hash = '#scene?step=module'")
    settled(page)
    assert (state(page, "step"), state(page, "camera")) == ("module", [])
    page.evaluate("location.hash = '#scene?step=stem&camera=[10,20,900,100,50,301]'")
    settled(page)
    assert state(page, "step") == "stem"
    assert state(page, "camera") == [10, 20, 900, 100, 50, 301]


def test_a_drag_turns_and_a_wheel_without_a_key_scrolls_the_page(
    scene: Callable[..., Page],
) -> None:
    page = scene()
    box = page.locator(".its-space").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] * 0.8, box["y"] + 40
    page.mouse.move(x, y)
    page.mouse.wheel(0, 100)
    settled(page)
    assert state(page, "camera") == []
    assert page.evaluate("scrollY") > 0
    page.evaluate("scrollTo(0, 0)")
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 60, y, steps=3)
    page.mouse.up()
    yaw, _, distance, *_ = state(page, "camera")
    assert yaw != pytest.approx(34)
    page.keyboard.down("Control")
    page.mouse.wheel(0, -120)
    page.keyboard.up("Control")
    assert state(page, "camera")[2] < distance


def test_a_lost_context_comes_back_with_the_same_picture(scene: Callable[..., Page]) -> None:
    page = scene()
    put(page, step="module", tensor="Mixed_5b.branch5x5_2")
    before = photograph(page)
    page.evaluate("""async () => {
      const canvas = document.querySelector(".its-space canvas");
      const loss = canvas.getContext("webgl2").getExtension("WEBGL_lose_context");
      const heard = (name) => new Promise((r) => canvas.addEventListener(name, r, { once: true }));
      const lost = heard("webglcontextlost");
      loss.loseContext();
      await lost;
      const back = heard("webglcontextrestored");
      setTimeout(() => loss.restoreContext(), 50);
      await back;
    }""")
    settled(page)
    assert state(page, "tensor") == "Mixed_5b.branch5x5_2"
    apart = ImageChops.difference(before, photograph(page))
    assert max(high for _, high in apart.getextrema()) <= 2


def test_print_and_readers_without_motion_get_the_flat_drawing(
    scene: Callable[..., Page], webgl: Browser, address: str
) -> None:
    page = scene()
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.wait_for_selector('.iw[data-drawing="flat"]')
    assert page.locator(".its-flat path").count() > 400
    assert page.locator(".its-flat image").count() > 60, "with the maps on the faces"
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    page.wait_for_selector('.iw[data-drawing="space"]')
    calm = webgl.new_page(reduced_motion="reduce")
    calm.goto(address)
    calm.wait_for_selector('.iw[data-drawing="flat"]')
    calm.get_by_role("button", name="in space").click()
    calm.wait_for_selector('.iw[data-drawing="space"]')
    calm.close()


def test_the_outline_picks_and_names_every_tensor(scene: Callable[..., Page]) -> None:
    page = scene()
    page.get_by_text("Outline of the network").click()
    buttons = page.locator(".its-outline button")
    buttons.first.wait_for()
    assert buttons.count() == len(TensorScene(photos=("coffee",)).boxes)
    page.get_by_role("button", name="Mixed_6b.branch7x7_2: 1×7 convolution, 17×17×128").click()
    settled(page)
    assert state(page, "tensor") == "Mixed_6b.branch7x7_2"
    assert output(page, "tensor-shape") == "17×17×128"


def test_on_a_phone_a_tap_picks_and_nothing_is_cut(scene: Callable[..., Page]) -> None:
    page = scene(width=375, touch=True)
    put(page, step="module")
    box = page.locator(".its-space").bounding_box()
    assert box is not None
    page.touchscreen.tap(box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.65)
    settled(page)
    assert state(page, "tensor").startswith("Mixed_5b")
    assert page.evaluate("document.documentElement.scrollWidth") <= 375


def test_kernels_split_under_the_slider_and_glide_to_a_linked_module(
    webgl: Browser, tmp_path: Path
) -> None:
    def kernels() -> list[str]:
        """The names in the picture that are kernels, hidden ones too."""
        names = page.locator(".its-names b").all_text_contents()
        return sorted(name for name in names if "×" in name)

    page = webgl.new_page(viewport=SIZE)
    page.goto(to_page(SplitKernels(uid="split"), tmp_path / "split.html").as_uri())
    page.wait_for_selector('.iw[data-drawing="space"][data-drawn]')
    settled(page)
    assert kernels() == ["3×3", "5×5"]
    before = int(page.locator(".iw").get_attribute("data-drawn") or 0)
    page.evaluate("location.hash = '#split?stop=3'")
    settled(page)
    assert kernels() == ["1×7"] * 3 + ["7×1"] * 3
    assert output(page, "window") == "13×13"
    assert int(page.locator(".iw").get_attribute("data-drawn") or 0) >= before + 2, "it glides"
    page.locator(".its-space").focus()
    page.keyboard.press("PageUp")
    settled(page)
    assert state(page, "stop") == 2
    assert kernels() == ["7×7"] * 3
    page.locator('input[name="stop"]').fill("2.5")
    settled(page)
    as_before(photograph(page), "split")
    page.close()


def test_of_ten_thousand_nodes_few_elements_are_made(webgl: Browser, tmp_path: Path) -> None:
    """Equal blocks are folded, and the outline is made once it is opened: work, not time."""
    page = webgl.new_page(viewport=SIZE)
    deep = TensorScene(deep_network(3333), photos=("coffee",), drawing="flat", uid="deep")
    page.goto(to_page(deep, tmp_path / "deep.html").as_uri())
    page.wait_for_selector('.iw[data-drawing="flat"][data-drawn]')
    settled(page)
    assert output(page, "tensors") == "6667"
    assert page.locator(".its-flat g").count() == 3
    assert page.locator(".iw *").count() < 150
    assert page.get_by_role("button", name="show each block").is_visible()
    page.close()
