"""The records of the small trainings: whole, of their designs, decided as scipy would."""

import json
from collections import Counter

import pytest

run_queue = pytest.importorskip("run_queue")
stats = pytest.importorskip("scipy.stats")

from _common import RESULTS  # noqa: E402
from _trial import BASE, USUAL  # noqa: E402

from inception_lib.paper.verdict import HOLDS, LOOKS, OPPOSITE, UNDECIDED, verdict  # noqa: E402

DESIGNS = run_queue.designs()
RECORDS = {
    name: json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))
    for name in DESIGNS
    if (RESULTS / f"{name}.json").is_file()
}
DONE = pytest.mark.parametrize("name", RECORDS)
ROUNDED = 1e-3  # of numbers stored with four digits


def test_experiments_that_were_run_first_are_recorded():
    first = {"grid_reduction", "linear_or_relu", "label_smoothing", "auxiliary", "width_depth"}
    assert first <= set(RECORDS)


@DONE
def test_the_design_beside_it_is_the_one_that_was_run(name):
    record, design = RECORDS[name], DESIGNS[name]
    assert record["question"] == design.question
    assert record["comparisons"] == [vars(one) for one in design.comparisons]
    assert [row["name"] for row in record["variants"]] == list(design.variants)
    for row, trial in zip(record["variants"], design.variants.values(), strict=True):
        assert (row["network"], row["images"]) == (trial.network, trial.images.to_dict())
        assert row["changes"] == dict(trial.recipe)
        if "macs" in row:
            assert {"macs": row["macs"], "params": row["params"]} == trial.budget()
    now = BASE.to_dict()
    for field, value in record["recipe"].items():
        same = pytest.approx(value, rel=ROUNDED) if isinstance(value, (float, list)) else value
        assert now[field] == same, field


@DONE
def test_each_run_is_there_once_and_whole(name):
    record = RECORDS[name]
    taken = Counter((run["variant"], run["seed"]) for run in record["runs"])
    assert set(taken.values()) == {1}
    assert {variant for variant, _ in taken} <= {row["name"] for row in record["variants"]}
    for variant in {variant for variant, _ in taken}:
        seeds = sorted(seed for known, seed in taken if known == variant)
        assert seeds == list(range(len(seeds))), f"{variant}: a seed is left out"
    variants = {row["name"]: row for row in record["variants"]}
    for run in record["runs"]:
        final, curve = run["final"], run["curve"]
        assert run["cpu_seconds"] > 0
        if run["diverged"]:
            assert final["error"] == run_queue.CHANCE
            continue
        epochs = [row[0] for row in curve]
        changes = variants[run["variant"]]["changes"]
        asked = changes.get("epochs", record["recipe"]["epochs"])
        assert epochs == list(range(1, 1 + asked))
        assert 0 < final["error"] < 100
        # The curve's last point is of the same weights on a tenth of the same images.
        assert curve[-1][3] == pytest.approx(final["error"], abs=6)
        assert final["overfit"] == pytest.approx(final["error"] - final["training_error"], abs=0.02)
        early = sum(row[3] for row in curve[: run_queue.EARLY]) / run_queue.EARLY
        assert final["early"] == pytest.approx(early, abs=0.02)


@DONE
def test_verdicts_are_those_of_scipys_interval(name):
    record = RECORDS[name]
    for one in record["comparisons"]:
        found = verdict(record, one["claim"])
        values = {(run["variant"], run["seed"]): run["final"] for run in record["runs"]}
        differences = [
            values[one["first"], seed][one["measure"]]
            - (values[one["second"], seed][one["measure"]] if one["second"] else 0)
            for seed in range(found.pairs)
        ]
        assert found.pairs in (0, 1, 2, 3, 4, *LOOKS)
        if found.pairs < 2:
            assert found.decision == UNDECIDED
            continue
        low, high = stats.t.interval(
            1 - 0.05 / len(LOOKS),
            found.pairs - 1,
            loc=sum(differences) / found.pairs,
            scale=stats.sem(differences),
        )
        assert (found.low, found.high) == pytest.approx((low, high), abs=1e-6)
        if found.pairs < LOOKS[0]:
            assert found.decision == UNDECIDED
        elif one["expected"]:
            sign = int(low > 0) - int(high < 0)
            decided = {0: UNDECIDED, one["expected"]: HOLDS, -one["expected"]: OPPOSITE}
            assert found.decision == decided[sign]


def test_gaps_and_bins_are_counted_of_all_images_and_runs():
    record = RECORDS["label_smoothing"]
    runs = Counter(run["variant"] for run in record["runs"])
    assert set(record["pooled"]) == set(runs)
    for row in record["variants"]:
        if row["name"] not in runs:
            continue
        pooled, n = record["pooled"][row["name"]], runs[row["name"]]
        assert sum(pooled["gaps"]["gap_counts"]) == 10_000 * n
        assert sum(pooled["gaps"]["training_gap_counts"]) == row["images"]["train"] * n
        bins = pooled["confidence"]["bins"]
        assert sum(images for images, _, _ in bins) == 10_000 * n
        right = sum(images * share for images, _, share in bins) / (100 * n)
        errors = [r["final"]["error"] for r in record["runs"] if r["variant"] == row["name"]]
        assert 100 - right == pytest.approx(sum(errors) / n, abs=0.05)


def test_at_its_own_side_a_network_errs_as_at_its_end():
    record = RECORDS["resolution"]
    own = {row["name"]: row["images"]["side"] for row in record["variants"]}
    for run in record["runs"]:
        errors = dict(zip(run["sizes"]["sides"], run["sizes"]["errors"], strict=True))
        assert errors[own[run["variant"]]] == pytest.approx(run["final"]["error"], abs=0.02)


def test_a_run_that_experiments_share_is_recorded_alike():
    seen = {}
    for record in RECORDS.values():
        base = {row["name"] for row in record["variants"]
                if row["network"] == "designs.networks:base" and not row["changes"]
                and row["images"] == USUAL.to_dict()}  # fmt: skip
        for run in record["runs"]:
            if run["variant"] in base:
                first = seen.setdefault(run["seed"], run)
                assert run["curve"] == first["curve"]
                assert run["final"]["error"] == first["final"]["error"]
    assert len(seen) >= LOOKS[0]
