"""The widget foundation: names, errors, and the three ways of being shown."""

from __future__ import annotations

import json
import subprocess
import sys
from html.parser import HTMLParser

import pytest
from traitlets import TraitError, Unicode

from inception_lib.viz import BookWidget, CostExplorer
from inception_lib.viz import base as foundation
from inception_lib.viz.traits import Bounded, OneOf

VIEW = "application/vnd.jupyter.widget-view+json"


class Dial(BookWidget):
    """The smallest widget that has everything."""

    hours = Bounded(3, 1, 12, "hours")
    tilt = Bounded(0.5, 0.0, 1.0, whole=False)
    face = OneOf("plain", ("plain", "roman"))
    note = Unicode("").tag(sync=True)

    def fallback_html(self) -> str:
        return f"<p>{self.hours} o’clock</p>"


class Mount(HTMLParser):
    """Attributes of the first div."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.attributes: dict[str, str | None] = {}
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list) -> None:
        if tag == "div" and not self.attributes:
            self.attributes = dict(attrs)


@pytest.fixture(autouse=True)
def _fresh_counter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(foundation, "_counts", type(foundation._counts)())


def test_uid_is_counted_by_kind() -> None:
    assert [Dial().uid, Dial().uid, Dial(uid="mine").uid, Dial().uid] == [
        "dial-1",
        "dial-2",
        "mine",
        "dial-3",
    ]


@pytest.mark.parametrize("uid", ["", "1st", 'a"b', "a b", "ü ber"])
def test_uid_must_name_an_element(uid: str) -> None:
    with pytest.raises(ValueError, match="letter first"):
        Dial(uid=uid)


def test_state_holds_our_traits_alone_in_the_order_of_the_class() -> None:
    assert Dial(uid="d").state() == {
        "kind": "dial",
        "uid": "d",
        "hours": 3,
        "tilt": 0.5,
        "face": "plain",
        "note": "",
    }
    assert list(Dial().state()) == ["kind", "uid", "hours", "tilt", "face", "note"]


def test_repr_is_stable_and_cuts_long_strings() -> None:
    assert repr(Dial(uid="d")) == "Dial(uid='d', hours=3, tilt=0.5, face='plain', note='')"
    assert len(repr(Dial(note="x" * 40_000))) < 200


def test_bundle_has_the_live_view_the_static_twin_and_plain_text() -> None:
    widget = Dial(uid="d")
    data, metadata = widget._repr_mimebundle_()
    assert set(data) == {"text/plain", "text/html", VIEW}
    assert data[VIEW]["model_id"] == widget.model_id
    assert data["text/plain"] == repr(widget)
    assert metadata == {}
    # What is stored must not name this process.
    assert widget.model_id not in data["text/html"] + data["text/plain"]
    assert "0x" not in data["text/html"] + data["text/plain"]


def test_html_carries_the_state_unharmed() -> None:
    widget = Dial(uid="d", hours=7, note="""<b> "quoted" & 'so' </b> α""")
    mount = Mount(widget.to_html()).attributes
    assert mount["class"] == "inception-widget"
    assert (mount["data-uid"], mount["data-kind"]) == ("d", "dial")
    # It may be shown twice in one page, and two elements may not have one id.
    assert "id" not in mount
    assert json.loads(mount["data-state"] or "") == widget.state()
    assert "<p>7 o’clock</p>" in widget.to_html()


def test_html_is_the_same_from_run_to_run() -> None:
    assert Dial(uid="d").to_html() == Dial(uid="d").to_html()


def test_front_end_is_the_kit_and_the_widgets_own_module() -> None:
    widget = CostExplorer()
    for live, end in ((widget._esm, "js"), (widget._css, "css")):
        kit, own = (
            (foundation.STATIC / f"{name}.{end}").read_text("utf-8")
            for name in ("kit", "cost-explorer")
        )
        assert live == f"{kit}\n{own}"
    assert widget.trait_metadata("kind", "sync")
    assert widget.get_state()["_esm"] == widget._esm


def test_limits_come_from_the_traits_and_travel_to_the_page() -> None:
    widget = Dial(uid="d")
    assert widget.limits == {
        "hours": {"min": 1, "max": 12, "step": 1, "unit": "hours"},
        "tilt": {"min": 0.0, "max": 1.0, "step": 0.01, "unit": ""},
        "face": {"names": ["plain", "roman"]},
        "note": {},
    }
    assert json.loads(Mount(widget.to_html()).attributes["data-limits"] or "") == widget.limits
    assert widget.get_state()["limits"] == widget.limits


def test_a_page_cannot_rename_a_widget() -> None:
    widget = Dial(uid="d")
    for wrong in ({"uid": '"><script>'}, {"kind": "cost-explorer"}):
        with pytest.raises(ValueError, match=r"(uid|kind) is"):
            widget.set_state(wrong)
    assert (widget.uid, widget.kind) == ("d", "dial")
    assert "script" not in widget.to_html()


def test_a_fallback_comes_from_the_readouts(monkeypatch: pytest.MonkeyPatch) -> None:
    class Plain(BookWidget):
        def readouts(self) -> dict:
            return {"share": 0.28, "macs": 812_851_200, "ratio": 1.38889, "shape": "35×35"}

    labels = {"share": ["saved", "%"], "macs": ["<it>", "multiply-adds"]}
    labels |= {"ratio": ["ratio", "times"], "shape": ["output", ""]}
    words = {"label": "A & B", "readouts": labels}
    monkeypatch.setattr(Plain, "words", classmethod(lambda cls: words))
    html = Plain(uid="p").fallback_html()
    assert "<caption>A &amp; B</caption>" in html
    assert '<th scope="row">saved</th><td title="28 %">28\u202f%</td>' in html
    assert '&lt;it&gt;</th><td title="812\u202f851\u202f200 multiply-adds">813\u202fM' in html
    assert '<td title="1.38889 times">1.389 times</td>' in html
    with pytest.raises(NotImplementedError, match="readouts"):
        BookWidget(uid="b").readouts()


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ({"hours": 13}, "hours is 13; .* whole number from 1 to 12 hours: pass hours=12"),
        ({"hours": 2.5}, "hours is 2.5; .* whole number: pass hours=3"),
        ({"hours": "three"}, "hours is 'three'; .* pass hours=3"),
        ({"hours": True}, "hours is True"),
        ({"tilt": -0.1}, r"tilt is -0.1; it must be a number from 0.0 to 1.0: pass tilt=0.0"),
        ({"tilt": float("nan")}, "tilt is nan"),
        ({"face": "arabic"}, "face is 'arabic', .* pass one of 'plain', 'roman'"),
        ({"note": 3}, "note"),
    ],
)
def test_bad_values_name_value_limit_and_remedy(state: dict, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Dial(**state)


def test_bad_assignment_leaves_the_value_and_is_both_kinds_of_error() -> None:
    widget = Dial()
    for kind in (ValueError, TraitError):
        with pytest.raises(kind, match="hours is 0"):
            widget.hours = 0
    assert widget.hours == 3
    widget.hours = 4.0
    assert widget.hours == 4
    assert isinstance(widget.hours, int)


def test_changes_can_be_observed() -> None:
    widget, seen = Dial(), []
    widget.observe(lambda change: seen.append(change["new"]), names="hours")
    widget.hours = 5
    assert seen == [5]


def test_without_anywidget_the_error_names_the_remedy() -> None:
    code = (
        "import sys; sys.modules['anywidget'] = None\n"
        "try:\n    import inception_lib.viz\n"
        "except ImportError as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert 'pip install "inception_lib[viz]"' in done.stdout
