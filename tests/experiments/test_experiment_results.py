"""What is committed under results/: readable, small, of known origin, and coherent."""

import json
import math
import re
from pathlib import Path

import pytest

from inception_lib.training.metrics import wilson

REPOSITORY = Path(__file__).resolve().parents[2]
RESULTS = REPOSITORY / "results"
FILES = sorted(RESULTS.rglob("*.json"))
PHOTOGRAPHS = ("astronaut", "chelsea", "coffee")


def load(name):
    return json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))


def numbers(value):
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from numbers(item)
    elif isinstance(value, float):
        yield value


def size(folder):
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def interval_is_of_its_share(test):
    low, high = wilson(round(test["top1"] * test["n"]), test["n"])
    assert test["interval95"] == pytest.approx([low, high], abs=1e-4)


def test_every_experiment_has_its_result():
    scripts = {p.stem for p in (REPOSITORY / "experiments").glob("[!_]*.py")}
    scripts -= {"record_run", "run_all", "run_queue"}
    from run_all import BY_HAND, FROM_DATA, FROM_RUNS, FROM_WEIGHTS
    from run_queue import ORDER

    assert scripts == {*BY_HAND, *FROM_DATA, *FROM_RUNS, *FROM_WEIGHTS}
    results = {path.stem for path in RESULTS.glob("*.json")}
    assert scripts <= results <= scripts | set(ORDER)


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.relative_to(RESULTS).as_posix())
def test_file_is_small_rounded_and_says_where_it_comes_from(path):
    text = path.read_text(encoding="utf-8")
    found = json.loads(text)
    source = found["provenance"]
    assert {"command", "library", "torch", "machine"} <= set(source)
    script = re.match(r"python ((experiments|benchmarks)/\w+\.py)", source["command"]).group(1)
    assert (REPOSITORY / script).is_file()
    assert not re.search(r"(?<![\w.])/(home|root|tmp|work|Users|mnt)/", text), "a local path"
    # A record of trainings grows with its seeds.
    assert path.stat().st_size < (250_000 if "comparisons" in found else 100_000)
    for number in numbers(found):
        assert math.isfinite(number)
        assert number == float(f"{number:.4g}"), "more than four significant digits"


def test_sizes():
    for photograph in PHOTOGRAPHS:
        about = RESULTS / "feature_maps" / f"{photograph}.json"
        folder = RESULTS / "feature_maps" / photograph
        assert size(folder) + about.stat().st_size < 300_000
    assert size(RESULTS) < 2_200_000


@pytest.mark.parametrize("photograph", PHOTOGRAPHS)
def test_mosaics_are_what_their_json_says(photograph):
    np = pytest.importorskip("numpy")
    image = pytest.importorskip("PIL.Image")
    for layer in load(f"feature_maps/{photograph}")["layers"]:
        picture = image.open(RESULTS / layer["file"])
        assert picture.mode == "P"
        assert picture.info["transparency"] == 255
        tile, gap, columns = layer["tile"], layer["gap"], layer["columns"]
        rows = len(layer["channels"]) // columns
        step = tile + gap
        assert picture.size == (columns * step - gap, rows * step - gap)
        values = np.asarray(picture)
        lines = np.zeros(values.shape, dtype=bool)
        lines[tile::step] = lines[:, tile::step] = True
        assert (values[lines] == 255).all()
        assert values[~lines].max() == 254
        assert layer["scale"][0] == 0 < layer["scale"][1] <= layer["greatest"]
        assert layer["channels"] == sorted(set(layer["channels"]))


def test_zeros_after_relu():
    rows = {row["name"]: row for row in load("feature_maps")["zeros_after_relu"]}
    for row in rows.values():
        assert row["mean"] == pytest.approx(sum(row[p] for p in PHOTOGRAPHS) / 3, rel=1e-3)
    assert max(rows, key=lambda name: rows[name]["mean"]) == "Mixed_6e"


def test_principles():
    found = load("principles")
    layers = {layer["name"]: layer for layer in found["layers"]}
    assert next(iter(layers)) == "Conv2d_1a_3x3"
    assert list(layers)[-1] == "Mixed_7a"
    # As the feature maps of the same photographs have it.
    for row in load("feature_maps")["zeros_after_relu"]:
        assert layers[row["name"]]["zeros"] == pytest.approx(row["mean"], rel=1e-3)
    for layer in layers.values():
        interval_is_of_its_share(layer["probe"])
        assert layer["probe"]["n"] == 372
        assert layer["cells"] == 3 * layer["grid"] ** 2
        assert layer["clothes_cells"] == 341 * layer["grid"] ** 2
        assert 0 < layer["clothes_components"] <= layer["channels"]
        assert 0 < layer["components"] <= min(layer["channels"], layer["cells"])
        for kind in ("correlation", "correlation_by_variance"):
            for name, steps in found["steps"].items():
                assert len(layer[kind][name]) == len(steps)
                assert all(abs(c) <= 1 for c in layer[kind][name])
        parity = [x for row in layer["energy_by_parity"] for x in row]
        assert sum(parity) / 4 == pytest.approx(1, abs=1e-3)


def test_only_6e_alternates_along_the_row():
    """Its second neighbour is more alike than its first, since its odd columns are weaker."""
    for layer in load("principles")["layers"]:
        for kind in ("correlation", "correlation_by_variance"):
            first, second = layer[kind]["across"][:2]
            assert (second > first) == (layer["name"] == "Mixed_6e")
            first, second = layer[kind]["down"][:2]
            assert first > second
        (a, b), (c, d) = layer["energy_by_parity"]
        assert ((a + c) / (b + d) > 1.3) == (layer["name"] == "Mixed_6e")


def test_separability_of_trained_kernels_is_above_that_of_random_ones():
    found = load("separability")
    for layer in found["layers"]:
        assert layer["slice"] > layer["random_slice"]
        assert abs(layer["random_slice"] - found["random_slice"][f"{layer['kernel']}x"
                   f"{layer['kernel']}"]) < 0.02  # fmt: skip
        for pair in layer["pair"]:
            assert pair["trained"] > pair["random"]
        paper, equal = layer["pair"]
        assert equal["cost"] == pytest.approx(1, abs=0.05)
        # h is a whole number: exact only for wide layers
        assert paper["cost"] == pytest.approx(2 / layer["kernel"], abs=0.07)


def test_factorized_5x5():
    found = load("factorize_5x5")
    random = found["curves"].pop("random")
    for curve in [*found["curves"].values(), random]:
        errors = [point["error"] for point in curve]
        assert errors == sorted(errors, reverse=True)
        assert all(p["error"] <= p["worst"] < 1.1 * p["error"] for p in curve), "starts disagree"
    for curve in found["curves"].values():
        assert all(a["error"] < b["error"] for a, b in zip(curve, random, strict=True))
    costs = {row["hidden"]: row["share"] for row in found["cost"]}
    assert costs[76] == pytest.approx(1, abs=0.01)
    assert costs[55] == pytest.approx(0.72, abs=0.005)


def test_figure2_verdicts_follow_from_the_intervals():
    found = load("figure2_digits")
    for arm in ("without_batch_norm", "with_batch_norm"):
        means = {row["name"]: row["mean"] for row in found[arm]["variants"]}
        assert all(len(row["last"]) >= 10 for row in found[arm]["variants"]), "seeds"
        for pair in found[arm]["paired_differences"]:
            for i, difference in enumerate(pair["by_epoch"]):
                low, high = difference["interval"]
                expected = (
                    "open" if low <= 0 <= high else "first worse" if low > 0 else "first better"
                )
                assert difference["verdict"] == expected
                apart = means[pair["first"]][i] - means[pair["second"]][i]
                assert difference["mean"] == pytest.approx(apart, abs=0.02)


def test_effective_receptive_fields():
    found = load("effective_receptive_field")
    for layer in found["layers"]:
        rows = [bytes.fromhex(row) for row in layer["map"]["rows"]]
        side, high = layer["map"]["side"], layer["map"]["high"]
        assert len(rows) == side <= 75
        assert {len(row) for row in rows} == {side}
        assert sum((v / 255) ** 2 * high for row in rows for v in row) == pytest.approx(1, abs=0.01)
        for measured in (layer["trained"], layer["paths"]):
            shares = list(measured["share_within"].values())
            assert shares == sorted(shares)
            assert measured["side_that_holds"]["95%"] < layer["theoretical"]


def test_what_was_transferred_was_chosen_on_validation():
    found = load("transfer_clothing")
    best = max(choice["validation_top1"] for choice in found["tried"])
    assert found["chosen"]["validation_top1"] == best
    interval_is_of_its_share(found["test"])


def test_what_was_tuned_was_chosen_on_validation():
    found = load("transfer_tuning")
    rows = {row["way"]: row for row in found["tried"]}
    assert set(rows) == {"probe", "all_from_trunk", "all_slowly", "all", "last_module"}
    least = min(rows.values(), key=lambda row: row["validation_12_crops"]["loss"])
    assert found["chosen"]["way"] == least["way"]
    assert [member["seed"] for member in found["members"]] == found["chosen"]["seeds"]
    for row in rows.values():
        for top1 in (row["validation"]["top1"], row["validation_12_crops"]["top1"]):
            assert top1 * 341 == pytest.approx(round(top1 * 341), abs=0.05)
    interval_is_of_its_share(found["test"])


def test_speed_beside_others():
    """What the recorded comparisons say; ratios of one run, never times."""
    folder = RESULTS / "benchmarks"
    inference = json.loads((folder / "inference.json").read_text(encoding="utf-8"))
    assert inference["forms"]["ours, fused"]["speedup"]["median"] > 1.5
    assert inference["fused_over_fastest"]["median"] < 1.05
    loader = json.loads((folder / "loader.json").read_text(encoding="utf-8"))
    # What our own reading is kept for: small sets, and workers that die in the middle of a step.
    assert loader["small"]["forms"]["DataLoader"]["ours_times_as_fast"]["median"] > 1.5
    assert loader["tree"]["forms"]["DataLoader, our reading"]["ours_times_as_fast"]["median"] > 0.9
    ours, theirs = (loader["killed_workers"][name] for name in ("ours", "DataLoader"))
    assert (ours["step"], ours["epoch"]) == ("done", "done")
    assert theirs["step"] == "ended by an error"
    for device, peers, least in (("cpu", 3, 1), ("cuda", 2, 1.15)):
        rows = json.loads((folder / f"train_{device}.json").read_text(encoding="utf-8"))["networks"]
        ours = next(row for row in rows if row["name"] == "ours fused")
        ratios = [r["median"] for n, r in ours["times_as_fast_as"].items() if "ours" not in n]
        assert len(ratios) == peers
        assert min(ratios) > least


def test_every_network_of_timm_counts_as_torch_counts_it_or_is_refused():
    found = load("timm_sweep")
    rows = found["rows"]
    assert found["networks"] == len(rows) == len({row["network"] for row in rows}) > 80
    assert [r["network"] for r in rows if r.get("macs") != r.get("torch")] == []
    assert [r["network"] for r in rows if "refused" in r] == ["csatv2"]
    assert not any("unread" in row or "uncounted" in row for row in rows)
