"""A few committed numbers, found again; and the parts of the experiments that need no weights."""

import json

import pytest
import torch
import torch.nn.functional as F

pytest.importorskip("safetensors")
common = pytest.importorskip("_common")


@pytest.fixture(scope="module")
def weights():
    try:
        return common.kernels(None)
    except FileNotFoundError as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="module")
def trunk(weights):
    with pytest.warns(UserWarning, match=r"does not have Mixed_7b\.branch3x3dbl_2"):
        return common.trunk(None)


@pytest.fixture(scope="module")
def images():
    pytest.importorskip("skimage")
    pytest.importorskip("anywidget")
    return common.photographs()


def result(name):
    return json.loads((common.RESULTS / f"{name}.json").read_text(encoding="utf-8"))


def test_separability(weights):
    from separability import pair_share, slice_share

    for layer in result("separability")["layers"][:5]:
        weight = weights[f"{layer['name']}.conv.weight"]
        for measure, value in slice_share(weight).items():
            assert value == pytest.approx(layer[measure], rel=1e-3)
        shares = pair_share(weight, [pair["hidden"] for pair in layer["pair"]])
        assert shares == pytest.approx([pair["trained"] for pair in layer["pair"]], rel=1e-3)


def test_faces_of_the_first_module(trunk, images):
    """Zeros exactly; pictures as far as their JPEG allows."""
    np = pytest.importorskip("numpy")
    image = pytest.importorskip("PIL.Image")
    from module_faces import COLUMNS, PHOTOGRAPH, TILE, share_of_zeros, tensors_of

    record = result("module_faces")
    tensors = tensors_of(trunk, images[[common.PHOTOGRAPHS.index(PHOTOGRAPH)]])
    for name, share in record["zeros_after_relu"].items():
        assert share_of_zeros(tensors[name]) == pytest.approx(share, rel=1e-3)
    for name, channel in (("input", 0), ("output", 120)):
        maps = tensors[name]
        assert record[name]["shape"] == list(maps.shape)
        picture = np.asarray(image.open(common.RESULTS / record[name]["file"]), dtype=float) / 255
        row, column = (TILE * i for i in divmod(channel, COLUMNS))
        drawn = picture[row : row + TILE, column : column + TILE]
        high = maps[channel].flatten().quantile(0.995)
        ours = F.adaptive_avg_pool2d((maps[channel][None] / high).clamp(0, 1), TILE)[0].numpy()
        assert np.abs(drawn - ours).mean() < 0.04
        assert np.corrcoef(drawn.ravel(), ours.ravel())[0, 1] > 0.9


def test_faces_of_the_scene(trunk, images):
    """The picture that is committed, packed again from the maps of a few tensors."""
    np = pytest.importorskip("numpy")
    image = pytest.importorskip("PIL.Image")
    from inception_lib.graph import activations
    from inception_lib.viz.widgets.tensor_scene import faces

    rows = {row["name"]: row for row in result("scene_faces")["maps"]}
    names = ("Conv2d_3b_1x1", "Mixed_5b.branch3x3dbl_3", "Mixed_5b.concat")
    photograph = "chelsea"
    tiles = faces.recorded(photograph).tiles
    whole = np.asarray(image.open(faces.FOLDER / f"{photograph}.png"), dtype=float)
    for name, maps in activations(trunk, images, names).items():
        channel = faces.chosen(maps)
        left, top, width, height, shown, high, zeros = tiles[name]
        assert channel == shown == rows[name]["channel"]
        ours = maps[common.PHOTOGRAPHS.index(photograph)]
        assert float((ours == 0).double().mean()) == pytest.approx(zeros, rel=1e-3)
        assert float((maps == 0).double().mean()) == pytest.approx(rows[name]["zeros"], rel=1e-3)
        stored = whole[top : top + height, left : left + width] / 255 * high
        step = high / (faces.LEVELS - 1)
        assert np.abs(stored - ours[channel].clamp(max=high).numpy()).max() < step


def test_principles_of_the_photographs(trunk, images):
    from principles import activations, pictured

    rows = {row["name"]: row for row in result("principles")["layers"]}
    names = ("Conv2d_3b_1x1", "maxpool2")
    for name, maps in activations(trunk, images, names).items():
        found = pictured(maps)
        for key in ("channels", "grid", "cells", "components"):
            assert found[key] == rows[name][key]
        assert found["zeros"] == pytest.approx(rows[name]["zeros"], rel=1e-3)
        for key in ("correlation", "correlation_by_variance"):
            for way, values in found[key].items():
                assert values == pytest.approx(rows[name][key][way], rel=1e-3)


def test_measures_of_the_principles():
    """Against numpy's correlation, scikit-learn's components, and maps that alternate."""
    np = pytest.importorskip("numpy")
    decomposition = pytest.importorskip("sklearn.decomposition")
    from principles import Covariance, correlation, energy_by_parity

    generator = torch.Generator().manual_seed(0)
    maps = torch.rand(2, 5, 9, 9, generator=generator).cumsum(3) * torch.arange(5)[:, None, None]
    expected = [
        np.corrcoef(maps[:, c, :-1, :-2].flatten(), maps[:, c, 1:, 2:].flatten())[0, 1]
        for c in range(1, 5)  # the first is constant
    ]
    assert correlation(maps, 1, 2)[0] == pytest.approx(np.mean(expected))
    rows = maps.transpose(0, 1).flatten(1).T.double().numpy()
    kept = decomposition.PCA().fit(rows).explained_variance_ratio_.cumsum()
    found = Covariance()
    for batch in maps.split(1):
        found.add(batch)
    for share in (0.5, 0.9, 0.99):
        assert found.components(share) == int((kept < share).sum()) + 1
    stripes = torch.arange(9).remainder(2).expand(1, 1, 9, 9).float()
    assert energy_by_parity(stripes) == [[0, 2], [0, 2]]
    assert correlation(stripes, 0, 1)[0] == pytest.approx(-1)
    assert correlation(stripes, 0, 2)[0] == pytest.approx(1)


def test_the_probe_of_the_principles():
    """Of means that tell the class and of means that do not."""
    pytest.importorskip("sklearn")
    from principles import SPLITS, probe

    generator = torch.Generator().manual_seed(0)
    labels = {split: torch.arange(40).remainder(4) for split in SPLITS}
    told = {s: labels[s][:, None] == torch.arange(4) for s in SPLITS}
    noise = {s: torch.rand(40, 4, generator=generator) for s in SPLITS}
    means = {s: {"told": told[s].float(), "noise": noise[s]} for s in SPLITS}
    assert probe(means, labels, "told")["top1"] == 1
    assert probe(means, labels, "noise")["top1"] < 0.6


def test_factorized_5x5(weights):
    from factorize_5x5 import fit

    point = result("factorize_5x5")["curves"]["Mixed_5b.branch5x5"][0]
    error, _, _ = fit(weights["Mixed_5b.branch5x5_2.conv.weight"], point["hidden"], 100, seed=0)
    # A third of the steps: near it, from above.
    assert point["error"] * 0.99 < error < point["error"] * 1.1


def test_zeros_and_mosaic(trunk, images):
    np = pytest.importorskip("numpy")
    image = pytest.importorskip("PIL.Image")
    from feature_maps import SHOWN, chosen

    from inception_lib.graph.activations import activations, mosaic

    found = activations(trunk, images, ["Conv2d_1a_3x3", "Mixed_5d"])
    rows = {row["name"]: row for row in result("feature_maps")["zeros_after_relu"]}
    for name, tensor in found.items():
        assert float((tensor == 0).float().mean()) == pytest.approx(rows[name]["mean"], rel=1e-2)
    layers = {layer["name"]: layer for layer in result("feature_maps/chelsea")["layers"]}
    layer = layers["Mixed_5d"]
    assert chosen(found["Mixed_5d"], SHOWN["Mixed_5d"]).tolist() == layer["channels"]
    maps = found["Mixed_5d"][1][layer["channels"]]
    drawn, _ = mosaic(maps, layer["columns"], scale=tuple(layer["scale"]))
    stored = np.array(image.open(common.RESULTS / layer["file"]))
    assert np.abs(drawn.numpy().astype(int) - stored).max() <= 1  # rounding on another machine


def test_effective_receptive_field(trunk, images):
    from effective_receptive_field import measure

    from inception_lib.graph import effective_receptive_field

    layer = result("effective_receptive_field")["layers"][0]
    found = measure(effective_receptive_field(trunk, node=layer["name"], images=images))
    for name in ("share_within", "energy_within"):
        assert found[name] == pytest.approx(layer["trained"][name], rel=1e-2)
    for share, side in layer["trained"]["side_that_holds"].items():
        assert abs(found["side_that_holds"][share] - side) <= 1  # rounding on another machine


def test_sides_are_the_least_that_hold_their_shares():
    """A field that is uniform over 21×21 about the centre: shares are ratios of areas."""
    from effective_receptive_field import measure

    from inception_lib.graph import EffectiveField

    uniform = torch.zeros(31, 31, dtype=torch.float64)
    uniform[5:26, 5:26] = 1 / 21**2
    found = measure(EffectiveField(uniform, (0, 0), (15.0, 15.0), None, {}))
    assert found["side_that_holds"] == {"50%": 15, "95%": 21}  # 14² < 21²/2 < 15²
    assert found["share_within"]["50"] == pytest.approx(1)


def test_two_3x3_compose_to_the_5x5_that_the_fit_compares():
    from factorize_5x5 import compose

    generator = torch.Generator().manual_seed(0)
    a = torch.randn(6, 5, 3, 3, generator=generator, dtype=torch.float64)
    b = torch.randn(5, 4, 3, 3, generator=generator, dtype=torch.float64)
    x = torch.randn(2, 4, 9, 8, generator=generator, dtype=torch.float64)
    torch.testing.assert_close(F.conv2d(F.conv2d(x, b), a), F.conv2d(x, compose(a, b)))


def test_a_product_of_column_and_row_is_wholly_separable():
    from separability import pair_share, slice_share

    column = torch.randn(3, 2, 5, 1, dtype=torch.float64)
    weight = column * torch.randn(3, 2, 1, 5, dtype=torch.float64)
    assert slice_share(weight)["slice"] == pytest.approx(1)
    assert pair_share(weight, [6]) == pytest.approx([1])  # one hidden channel a slice is enough


def test_a_fitted_pair_needs_no_more_than_its_rank():
    from factorize_5x5 import compose, fit

    generator = torch.Generator().manual_seed(1)
    a = torch.randn(4, 2, 3, 3, generator=generator, dtype=torch.float64)
    b = torch.randn(2, 4, 3, 3, generator=generator, dtype=torch.float64)
    error = min(fit(compose(a, b), 2, 300, seed)[0] for seed in range(3))
    assert error < 1e-6


def test_rounding_and_missing_data(monkeypatch, tmp_path):
    assert common.rounded({"a": [1.23456789, 2], "b": (0.000123456,)}) == {
        "a": [1.235, 2],
        "b": [0.0001235],
    }
    monkeypatch.setenv("INCEPTION_SHARED", str(tmp_path))
    with pytest.raises(FileNotFoundError, match="not in the repository is missing: weights/x"):
        common.shared("weights/x")


def test_networks_of_figure_2_differ_only_in_the_part_in_question():
    from figure2_digits import VARIANTS, network

    counts = {}
    for name, variant in VARIANTS.items():
        model = network(*variant, normalised=True).eval()
        assert model(torch.zeros(2, 1, 8, 8)).shape == (2, 10)
        kinds = [type(layer).__name__ for layer in model]
        counts[name] = (kinds.count("Conv2d"), kinds.count("BatchNorm2d"), kinds.count("ReLU"))
    assert list(counts.values()) == [(3, 3, 3), (4, 4, 3), (4, 4, 4)]


def test_shift_consistency(trunk):
    from shift_consistency import BORDER, SIDE, left_over, strip

    from inception_lib.graph.activations import activations

    found, layer = result("shift_consistency"), "Mixed_5d"
    wide = strip("chelsea")
    first, moved = (
        activations(trunk, wide[None, :, :, s : s + SIDE], [layer])[layer][0] for s in (0, 3)
    )
    share = left_over(first, moved, 3 / found["strides"][layer], BORDER[8])
    assert share == pytest.approx(found["photographs"]["chelsea"][layer][3], rel=1e-3)


def test_balance_digits():
    """One of its ninety runs, and the width that a budget leaves."""
    from balance_digits import train, widest

    row = result("balance_digits")["networks"][0]
    assert widest(row["depth"], row["budget"]) == row["width"]
    images, labels = common.digits()
    _, error = train(row["depth"], row["width"], row["rate"], 0, images, labels)
    assert error == pytest.approx(row["errors"][0], abs=0.01)


def test_crops_are_of_their_own_answers():
    """Errors, pairs and passes follow from the photographs' answers, and stopping lies between."""
    record = result("crops")
    right = {int(n): [hit == "1" for hit in hits] for n, hits in record["right"].items()}
    photographs = len(record["different"])
    for row in record["crops"]:
        hits = right[row["crops"]]
        assert len(hits) == photographs
        assert row["error"] == pytest.approx(100 * (1 - sum(hits) / photographs), rel=1e-3)
    for pair in record["pairs"]:
        apart = list(zip(right[pair["fewer"]], right[pair["more"]], strict=True))
        assert (pair["mended"], pair["spoiled"]) == (
            apart.count((False, True)),
            apart.count((True, False)),
        )
    passes = {row["crops"]: row["passes"] for row in record["crops"]}
    assert passes[144] == pytest.approx(sum(record["different"]) / photographs, rel=1e-3)
    table, curve = record["stopping"]["table"], record["stopping"]["curve"]
    crops = [row["crops"] for row in table]
    assert [1, *crops, passes[144]] == sorted([1, *crops, passes[144]])
    assert curve[0]["error"] == record["crops"][0]["error"]
    assert curve[-1]["error"] == record["crops"][-1]["error"]


def test_ensembles_are_of_groups_of_four():
    record = result("ensembles")
    table, single = record["table"], record["single"]
    assert len(single) == len(record["seeds"])
    groups = len(single) // max(row["models"] for row in table)
    assert {len(row["errors"]) for row in table} == {groups}
    first = next(row for row in table if (row["models"], row["crops"]) == (1, 1))
    assert first["errors"] == single[:: max(row["models"] for row in table)][:groups]
    # Two networks that err as often disagree at most on all images on which one of them errs.
    disagree = record["disagree"]
    assert 0 < disagree["least"] <= disagree["networks"] <= disagree["most"] <= 2 * max(single)
