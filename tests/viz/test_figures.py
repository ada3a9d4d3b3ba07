"""Still pictures: SVG that takes the page's type and colours and may stand beside others."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import matplotlib
from matplotlib.figure import Figure

from inception_lib.viz.figures import COLOURS, NARROW, WIDE, Picture, is_narrow, picture

SVG = "{http://www.w3.org/2000/svg}"


@picture(height=200, narrow_height=150)
def lines(figure: Figure, values: list[float]) -> None:
    """A line with dots, clipped to its axes, with a title that tells the width."""
    axes = figure.subplots()
    axes.plot(values, marker="o", color=COLOURS["kxk"])
    axes.set_title("narrow" if is_narrow(figure) else "wide, 5×5 & more, ε = 0.001")


def words(drawing: str) -> list[str]:
    return [e.text or "" for e in ElementTree.fromstring(drawing).iter(f"{SVG}text")]


def test_it_is_drawn_for_two_widths_with_words_as_text() -> None:
    drawn = lines([1, 2, 4])
    assert repr(drawn) == f"lines, a picture of {WIDE}×200"
    assert f'viewBox="0 0 {WIDE} 200"' in drawn.wide
    assert f'viewBox="0 0 {NARROW} 150"' in drawn.narrow
    assert "wide, 5×5 & more, ε = 0.001" in words(drawn.wide)
    assert "narrow" in words(drawn.narrow)


def test_a_notebook_shows_the_wide_one_alone() -> None:
    inside = ElementTree.fromstring(lines([1, 2, 4])._repr_svg_()).findall(f"{SVG}svg")
    assert [svg.get("display") for svg in inside] == ["none"]
    assert inside[0].get("width") == str(NARROW)


def test_colours_are_the_pages_and_type_is_inherited() -> None:
    drawing = lines([1, 2, 4]).wide
    assert "var(--book-kxk, #009e73)" in drawing
    assert "var(--book-ink, #7a7a7a)" in drawing  # by itself it is read on either ground
    # Nothing of the palette is left outside the page's reach, and nothing is black by default.
    left = re.sub(r"var\([^)]*\)", "", drawing)
    assert not [c for c in COLOURS.values() if c.lower() in left.lower()]
    assert "#000000" not in left
    assert "DejaVu" not in drawing
    assert re.findall(r"font-family", drawing) == ["font-family"]  # the root's


def test_pictures_stand_beside_others() -> None:
    first, second = lines([1, 2, 4]), lines([4, 2, 1])
    drawings = [first.wide, first.narrow, second.wide, second.narrow]
    ids = [set(re.findall(r'\bid="([^"]*)"', text)) for text in drawings]
    assert all(ids)  # markers and clips need some
    assert sum(map(len, ids)) == len(set.union(*ids))
    for text, own in zip(drawings, ids, strict=True):
        assert set(re.findall(r'(?:href="#|url\(#)([^")]+)', text)) == own
        assert "<style" not in text  # it would hold for the whole page


def test_the_same_data_give_the_same_text() -> None:
    assert lines([1, 2, 4])._repr_svg_() == lines([1, 2, 4])._repr_svg_()


def test_the_reader_s_own_style_is_left_alone_and_does_not_matter() -> None:
    before = dict(matplotlib.rcParams)
    drawn = lines([1, 2, 4])
    assert dict(matplotlib.rcParams) == before
    with matplotlib.rc_context({"font.size": 30, "lines.linewidth": 5.0}):
        assert lines([1, 2, 4]).wide == drawn.wide


def test_one_line_so_that_a_stored_notebook_stays_short() -> None:
    assert "\n" not in lines([1, 2, 4])._repr_svg_()
    assert isinstance(lines([1, 2, 4]), Picture)
