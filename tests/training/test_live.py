"""The plot in a notebook: one output, drawn again, the same text each time."""

import sys
import types

import pytest

from inception_lib.training import live
from inception_lib.training.log import RunLog
from inception_lib.training.recipes import RECIPES

RECIPE = RECIPES["tiny"].replace(epochs=3, warmup_epochs=0)


class Display:
    """Stands in for a notebook: keeps what is displayed, and in which output."""

    def __init__(self):
        self.outputs = []

    def display(self, picture, display_id=False):
        assert display_id
        self.outputs.append([picture])
        return types.SimpleNamespace(update=self.outputs[-1].append)


@pytest.fixture
def notebook(monkeypatch):
    shown = Display()
    shell = types.ModuleType("IPython")
    shell.get_ipython = lambda: types.SimpleNamespace(kernel=object())
    shell.version_info = (9, 0)  # matplotlib asks
    monkeypatch.setitem(sys.modules, "IPython", shell)
    screen = types.ModuleType("IPython.display")
    screen.display = shown.display
    monkeypatch.setitem(sys.modules, "IPython.display", screen)
    return shown


def test_a_notebook_has_one_output_that_is_drawn_again(tmp_path, notebook, capsys, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(live.time, "perf_counter", lambda: now[0])
    with RunLog(tmp_path, RECIPE, 10, every=1) as writer:
        for step in range(1, 31):
            now[0] += 0.25
            writer.step(step, 1.0 / step, 0.1, 1.0, 16)
    (pictures,) = notebook.outputs
    assert 7 <= len(pictures) <= 9  # 7.5 seconds at one a second, and the last
    assert {repr(one) for one in pictures} == {"<training curves of tiny>"}
    assert pictures[-1]._repr_png_()[:4] == b"\x89PNG"
    assert capsys.readouterr() == ("", "")  # no bar beside it


def test_a_real_kernel_stores_one_stable_output(tmp_path):
    """As nbval sees it: one output with the same text each time, and nothing on stderr."""
    from jupyter_client.manager import start_new_kernel

    code = f"""
from inception_lib.training.log import RunLog
from inception_lib.training.recipes import RECIPES
recipe = RECIPES["tiny"].replace(epochs=3, warmup_epochs=0)
with RunLog({str(tmp_path)!r}, recipe, 10) as log:
    for step in range(1, 31):
        log.step(step, 1 / step, 0.1, 1.0, 16)
"""
    messages = []
    manager, client = start_new_kernel(kernel_name="python3")
    try:
        reply = client.execute_interactive(code, timeout=60, output_hook=messages.append)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    assert reply["content"]["status"] == "ok"
    kinds = [message["msg_type"] for message in messages]
    kinds = [kind for kind in kinds if kind not in ("status", "execute_input")]
    assert kinds[0] == "display_data"
    assert set(kinds[1:]) == {"update_display_data"}  # nbval and stored notebooks pass these over
    shown = [message["content"]["data"] for message in messages if "data" in message["content"]]
    assert {one["text/plain"] for one in shown} == {"<training curves of tiny>"}
    assert shown[-1]["image/png"].startswith("iVBOR")
