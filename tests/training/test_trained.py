"""Networks read back from what a run left behind, finished or not."""

import pytest
import torch
from safetensors.torch import load_file, save_file

from inception_lib.training.data import Dataset, Split
from inception_lib.training.engine import Trainer
from inception_lib.training.recipes import RECIPES
from inception_lib.training.trained import load_trained, run_of

RECIPE = RECIPES["tiny"].replace(epochs=2, warmup_epochs=0.5, batch=16, workers=0)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(256, (64, 3, 8, 8), dtype=torch.uint8, generator=generator)
    labels = torch.arange(64) % 3
    source = Split.of_tensor(images, labels, "made")
    data = Dataset("made", ("a", "b", "c"), source, source.subset(torch.arange(16)))
    out = tmp_path_factory.mktemp("runs") / "run"
    Trainer(RECIPE, data, out, "cpu", quiet=True).fit()
    return out


def same(network, path):
    own = network.state_dict()
    return all(torch.equal(own[name], tensor) for name, tensor in load_file(path).items())


def test_a_finished_run(run):
    found = load_trained(run)
    assert found.path == run / "weights.safetensors"
    assert not found.network.training
    assert found.recipe == RECIPE
    assert found.data["classes"] == ["a", "b", "c"]
    assert same(found.network, run / "weights.safetensors")
    last = load_trained(max((run / "checkpoints").glob("step-*.pt")))
    assert same(last.network, run / "weights.safetensors")  # both are the averaged weights


def test_an_unfinished_run_gives_its_best(run, tmp_path):
    part = tmp_path / "part"
    (part / "checkpoints").mkdir(parents=True)
    (part / "recipe.json").write_bytes((run / "recipe.json").read_bytes())
    with pytest.raises(FileNotFoundError, match="holds no weights"):
        load_trained(part)
    steps = sorted((run / "checkpoints").glob("step-*.pt"))
    for path in steps:
        (part / "checkpoints" / path.name).write_bytes(path.read_bytes())
    assert load_trained(part).path.name == steps[-1].name
    (part / "checkpoints" / "best.pt").write_bytes(steps[0].read_bytes())
    assert load_trained(part).path.name == "best.pt"


def test_which_run_a_file_lies_in(run, tmp_path):
    assert run_of(run) == run
    assert run_of(run / "checkpoints" / "best.pt") == run
    assert run_of(tmp_path / "weights.safetensors") is None


def test_a_bare_file(run, tmp_path):
    tensors = load_file(run / "weights.safetensors")
    bare = tmp_path / "bare.safetensors"
    save_file({k: v for k, v in tensors.items() if not k.startswith("AuxLogits")}, bare)
    found = load_trained(bare, recipe=RECIPE, classes=3)
    assert found.data is None
    assert not found.recipe.aux  # the file has no head, so the network needs none
    with pytest.raises(ValueError, match="nothing says which network it is for"):
        load_trained(bare)
    with pytest.raises(ValueError, match=r"another shape for fc\.bias \(\(3,\), .*\(4,\)\)"):
        load_trained(bare, recipe=RECIPE, classes=4)
    save_file({k: v for k, v in tensors.items() if k != "fc.bias"}, bare)
    with pytest.raises(ValueError, match=r"does not have fc\.bias"):
        load_trained(bare, recipe=RECIPE, classes=3)
    save_file({**tensors, "extra": torch.ones(1)}, bare)
    with pytest.raises(ValueError, match="has, unlike the network, extra"):
        load_trained(bare, recipe=RECIPE, classes=3)
    with pytest.raises(FileNotFoundError, match="no run and no weights"):
        load_trained(tmp_path / "none")
