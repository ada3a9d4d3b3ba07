"""What a run writes while it runs: rows that grow, that survive a resume, and that cost nothing."""

import csv
import sys
import types
from pathlib import Path

import _runs
import pytest
import torch
from torch import nn

from inception_lib.training.distributed import World
from inception_lib.training.log import COLUMNS, RunLog, rate_words
from inception_lib.training.recipes import RECIPES
from inception_lib.training.speed import training_flop
from inception_lib.training.state import RunState

RECIPE = RECIPES["tiny"].replace(epochs=3, warmup_epochs=0, size=8)
FOUND = types.SimpleNamespace(loss=0.5, top1=0.9, top5=0.99, ece=0.02)


def rows(folder):
    with (Path(folder) / "metrics.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def run(out, first=1, last=30, stop=None, **options):
    options = {"quiet": True, "every": 4, "resume_step": first - 1, **options}
    with RunLog(out, RECIPE, 10, **options) as writer:
        for step in range(first, last + 1):
            writer.step(step, torch.tensor(3.0 / step), 0.1 / step, torch.tensor(1.5), 16, 0.0)
            if step % 10 == 0:
                writer.evaluation(step, FOUND)
            if step == stop:
                return


def test_rows_and_columns(tmp_path):
    run(tmp_path)
    found = rows(tmp_path)
    assert tuple(found[0]) == COLUMNS
    steps = [int(row["step"]) for row in found if row["phase"] == "train"]
    assert steps == [1, 4, 8, 10, 12, 16, 20, 24, 28, 30]  # the first, every fourth, epochs' ends
    evaluations = [row for row in found if row["phase"] == "validation"]
    assert [float(row["epoch"]) for row in evaluations] == [1, 2, 3]
    assert float(evaluations[0]["top1"]) == 0.9
    assert evaluations[0]["lr"] == found[0]["top1"] == ""
    assert float(found[1]["loss"]) == torch.tensor(3 / 4).item()
    assert (tmp_path / "curves.png").read_bytes()[:4] == b"\x89PNG"


def test_the_table_grows_while_it_runs(tmp_path):
    with RunLog(tmp_path, RECIPE, 10, quiet=True, every=1) as writer:
        for step in (1, 2, 3):
            writer.step(step, 1.0, 0.1, 1.0, 16)
            assert len(rows(tmp_path)) == step


def test_a_resumed_run_has_the_rows_of_one_that_was_left_alone(tmp_path):
    run(tmp_path / "alone")
    run(tmp_path / "killed", last=23)
    with (tmp_path / "killed" / "metrics.csv").open("a") as file:
        file.write("24,2.4,train,0.1")  # a kill in the middle of a row
    run(tmp_path / "killed", first=18)  # from the checkpoint of step 17
    exact = ("step", "epoch", "phase", "loss", "lr", "grad_norm", "top1", "top5", "ece")
    alone, killed = rows(tmp_path / "alone"), rows(tmp_path / "killed")
    assert [[r[c] for c in exact] for r in alone] == [[r[c] for c in exact] for r in killed]
    seconds = [float(row["seconds"]) for row in killed]
    assert seconds == sorted(seconds)  # time goes on where it was


def test_a_fresh_start_forgets(tmp_path):
    run(tmp_path, last=12)
    run(tmp_path, last=8)
    assert [int(row["step"]) for row in rows(tmp_path)] == [1, 4, 8]


def test_losses_are_read_only_where_there_is_a_row(tmp_path):
    class Watched:
        read = 0

        def __float__(self):
            Watched.read += 1
            return 1.0

    with RunLog(tmp_path, RECIPE, 100, quiet=True, every=10) as writer:
        for step in range(1, 101):
            writer.step(step, Watched(), 0.1, Watched(), 16)
    assert Watched.read == 2 * 11


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_between_rows_the_gpu_is_not_waited_for(tmp_path):
    with RunLog(tmp_path, RECIPE, 100, quiet=True, every=50, device="cuda") as writer:
        loss = torch.tensor(1.0, device="cuda")
        writer.step(1, loss, 0.1, loss, 16)
        torch.cuda.set_sync_debug_mode("error")
        try:
            for step in range(2, 50):
                writer.step(step, loss, 0.1, loss, 16)
            with pytest.raises(RuntimeError, match="synchroniz"):
                writer.step(50, loss, 0.1, loss, 16)
        finally:
            torch.cuda.set_sync_debug_mode("default")


def test_other_processes_are_silent(tmp_path, capsys):
    with RunLog(tmp_path / "none", RECIPE, 10, rank=1) as writer:
        writer.step(1, 1.0, 0.1, 1.0, 16)
        writer.evaluation(1, FOUND)
    assert not (tmp_path / "none").exists()
    assert capsys.readouterr() == ("", "")


def test_without_a_folder_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run(None)
    assert not list(tmp_path.iterdir())


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.fc = nn.Conv2d(3, 4, 3), nn.Linear(4, 3)

    def forward(self, x):
        return self.fc(self.conv(x).mean((2, 3)))


def test_the_bar_says_loss_speed_mfu_and_time_left(tmp_path, capsys):
    monkey = {"flop": training_flop(Net(), RECIPE.size), "quiet": False, "every": 1}
    run(tmp_path, last=30, **monkey)
    out, shown = capsys.readouterr()
    assert out == ""
    final = shown.split("\r")[-1]
    for words in ("tiny 100%", "30/30", "loss 0.100", "img/s", "MFU ", "<00:00"):
        assert words in final, final
    assert "epoch 2: validation error 10.00 % (top-1), 1.00 % (top-5)" in shown
    assert all(0 < float(r["mfu"]) < 1 for r in rows(tmp_path) if r["phase"] == "train")


def test_a_network_that_cannot_be_traced_has_no_mfu(tmp_path):
    recipe = _runs.recipe(network="_runs:branching")
    state = RunState(recipe, _runs.noise(), World(torch.device("cpu")))
    run(tmp_path, last=4, flop=state.flop)
    assert rows(tmp_path)[-1]["mfu"] == ""
    assert float(rows(tmp_path)[-1]["images_per_second"]) > 0


def test_tensorboard_has_the_same_numbers(tmp_path):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    run(tmp_path)
    events = EventAccumulator(str(tmp_path / "tensorboard"))
    events.Reload()
    losses = {e.step: e.value for e in events.Scalars("train/loss")}
    written = {int(r["step"]): float(r["loss"]) for r in rows(tmp_path) if r["phase"] == "train"}
    assert losses == pytest.approx(written)
    assert [e.value for e in events.Scalars("validation/top1")] == pytest.approx([0.9] * 3)


def test_without_the_extra_the_numbers_are_written_all_the_same(tmp_path, monkeypatch, capsys):
    for name in ("tqdm", "matplotlib", "matplotlib.figure", "torch.utils.tensorboard"):
        monkeypatch.setitem(sys.modules, name, None)  # importing it fails
    run(tmp_path, quiet=False)
    said = capsys.readouterr().err
    assert said.count('pip install "inception-lib[train]"') == 2
    assert len(rows(tmp_path)) == 13


def test_slow_speeds_show_digits():
    rates = (0.031, 0.25, 3.61, 9.96, 47.4, 1234.5)
    assert [rate_words(rate) for rate in rates] == ["0.031", "0.25", "3.6", "10", "47", "1,234"]
