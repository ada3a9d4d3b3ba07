"""The recorded run that was killed twenty times."""

import json
import re

import pytest

common = pytest.importorskip("_common")


def test_ended_as_the_run_that_was_left_alone():
    found = json.loads((common.RESULTS / "kill_and_resume.json").read_text(encoding="utf-8"))
    assert len(found["kills"]) == 20
    steps = [kill["last_checkpoint"] for kill in found["kills"]]
    assert steps == sorted(set(steps)), "between two kills the run must get on"
    assert 0 < steps[0] < steps[-1] < found["steps"]
    writing = sum(kill["while_writing"] for kill in found["kills"])
    assert 5 <= writing == found["killed_while_writing"] < 20
    assert found["averaged_weights_equal"] is found["network_equal"] is True
    first, second = found["sha256"].values()
    assert first == second
    assert re.fullmatch(r"[0-9a-f]{64}", first)
