"""Curves from the rows of a run: what is drawn is what was measured."""

import csv

import pytest

from inception_lib.training.plot import Curves, draw_curves, plot_runs, read_curves, smooth


def write_run(folder, epochs=4, rate=0.1, loss=1.0):
    folder.mkdir(parents=True)
    with (folder / "metrics.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["step", "epoch", "phase", "loss", "lr", "top1", "top5"])
        for step in range(1, 10 * epochs + 1):
            table.writerow([step, step / 10, "train", loss + 1 / step, rate / step, "", ""])
            if step % 10 == 0:
                table.writerow([step, step / 10, "validation", loss, "", 1 - 1 / step, 1.0])
    return folder


def lines(axes):
    return {line.get_label(): line for line in axes.lines}


def test_one_run(tmp_path):
    run = read_curves(write_run(tmp_path / "alpha"))
    loss, error, rate = draw_curves([run]).axes
    drawn = lines(loss)
    assert list(drawn["validation"].get_xdata()) == [1, 2, 3, 4]
    assert list(drawn["validation"].get_ydata()) == [1, 1, 1, 1]
    assert len(drawn["training objective, smoothed"].get_xdata()) == 40
    (top1,) = error.lines  # top-5 is 0 throughout, and left out
    assert top1.get_label() == "top-1, best 2.50 %"
    assert list(top1.get_ydata()) == pytest.approx([10, 5, 100 / 30, 2.5])
    assert rate.get_yscale() == "log"
    assert list(rate.lines[0].get_ydata())[:2] == pytest.approx([0.1, 0.05])
    assert all(axes.get_xlabel() == "epochs" and axes.get_ylabel() for axes in (loss, error, rate))


def test_several_runs_are_told_apart(tmp_path):
    folders = [write_run(tmp_path / "a" / "run"), write_run(tmp_path / "b" / "run", 6)]
    out = plot_runs(folders, tmp_path / "both.svg")
    text = out.read_text()
    assert out == tmp_path / "both.svg"
    assert text.startswith("<?xml")
    figure = draw_curves([read_curves(write_run(tmp_path / n)) for n in ("one", "two")])
    labels = [label.get_text() for label in figure.legends[0].get_texts()]
    assert labels == ["one: least error 2.50 %", "two: least error 2.50 %"]
    assert len({line.get_color() for line in figure.axes[1].lines}) == 2


def test_where_the_picture_goes(tmp_path, monkeypatch):
    one, two = write_run(tmp_path / "one"), write_run(tmp_path / "two")
    assert plot_runs([one]) == one / "curves.png"
    assert plot_runs([one / "metrics.csv"]) == one / "curves.png"
    monkeypatch.chdir(tmp_path)
    plot_runs([one, two])
    assert (tmp_path / "curves.png").is_file()
    assert not list(tmp_path.rglob("*.part"))


def test_a_run_without_evaluations_or_with_one_row(tmp_path):
    row = {"step": 1, "epoch": 0.1, "phase": "train", "loss": 2.0, "lr": 0.0, "top1": None}
    loss, error, _ = draw_curves([Curves("x", (row,))]).axes
    assert list(loss.lines[0].get_ydata()) == [2.0]
    assert not error.lines


def test_a_loss_that_is_not_finite_does_not_spoil_the_axis():
    rows = tuple(
        {"step": s, "epoch": s, "phase": "train", "loss": loss, "lr": 0.1}
        for s, loss in enumerate([900.0, *[1.0] * 60, float("nan"), float("inf")])
    )
    loss = draw_curves([Curves("x", rows)]).axes[0]
    assert loss.get_ylim()[1] < 2  # nor do the first steps


def test_smoothing_keeps_ends_and_lines():
    straight = [(float(x), 2.0 * x) for x in range(200)]
    assert [y for _, y in smooth(straight)] == pytest.approx([y for _, y in straight])
    assert [x for x, _ in smooth(straight)] == [x for x, _ in straight]
    noisy = [(float(x), float(x % 2)) for x in range(400)]
    inner = [value for _, value in smooth(noisy)[20:-20]]
    assert max(inner) - min(inner) < 0.1


def test_refusals(tmp_path):
    with pytest.raises(FileNotFoundError, match="give a run's folder"):
        read_curves(tmp_path)
    (tmp_path / "metrics.csv").write_text("step,epoch,phase,loss\n")
    with pytest.raises(ValueError, match="holds no row yet"):
        read_curves(tmp_path)
    (tmp_path / "metrics.csv").write_text("a,b\n1,2\n")
    with pytest.raises(ValueError, match="is not the metrics of a run"):
        read_curves(tmp_path)
    with pytest.raises(ValueError, match="give at least one run"):
        draw_curves([])
    run = write_run(tmp_path / "run")
    with pytest.raises(ValueError, match=r"\.bmp9"):
        plot_runs([run], tmp_path / "x.bmp9")
