"""How numbers are written: the front end is held to what Python writes now."""

import make_format_fixture as fixture


def test_fixture_is_fresh() -> None:
    stored = fixture.PATH.read_text(encoding="utf-8")
    assert stored == fixture.dump(fixture.number_format()), (
        "tests/fixtures/format.json is out of date: run python -m tests.viz.make_format_fixture"
    )
