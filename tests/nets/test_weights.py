"""Weights: the good ones load, the bad ones are refused by name, and nothing they carry is run."""

import io
import os
import pickle
import zipfile

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from inception_lib import WeightsError, inception_v3
from inception_lib.nets import load_weights, read_weights


class Small(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Linear(4, 3)
        self.fc = nn.Linear(3, 2)


@pytest.fixture
def state():
    return {key: torch.full_like(value, 0.5) for key, value in Small().state_dict().items()}


def test_safetensors_and_plain_pth_load(tmp_path, state):
    save_file(state, tmp_path / "w.safetensors")
    torch.save(state, tmp_path / "w.pth")
    for name in ("w.safetensors", "w.pth"):
        model = Small()
        load_weights(model, tmp_path / name)
        assert all(torch.equal(value, state[key]) for key, value in model.state_dict().items())


def test_a_pickle_with_code_is_refused_and_not_run(tmp_path, state):
    witness = tmp_path / "ran"

    class Evil:
        def __reduce__(self):
            return os.system, (f"touch {witness}",)

    torch.save({**state, "body.bias": Evil()}, tmp_path / "evil.pth")
    (tmp_path / "evil.safetensors").write_bytes(pickle.dumps(Evil()))
    for name in ("evil.pth", "evil.safetensors"):
        with pytest.raises(WeightsError, match="could run code, so it was refused"):
            load_weights(Small(), tmp_path / name)
    assert not witness.exists()


@pytest.mark.parametrize("keep", [0, 5, 40, -1, -7])
def test_truncated_safetensors(tmp_path, state, keep):
    path = tmp_path / "w.safetensors"
    save_file(state, path)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(WeightsError, match=r"not a whole safetensors file .*fetch it again"):
        load_weights(Small(), path)


def test_damaged_header(tmp_path, state):
    path = tmp_path / "w.safetensors"
    save_file(state, path)
    data = bytearray(path.read_bytes())
    data[9:20] = b"\xff" * 11
    path.write_bytes(data)
    with pytest.raises(WeightsError, match="fetch it again"):
        load_weights(Small(), path)


def test_truncated_pth(tmp_path, state):
    buffer = io.BytesIO()
    torch.save(state, buffer)
    (tmp_path / "w.pth").write_bytes(buffer.getvalue()[:-200])
    with pytest.raises(WeightsError, match=r"w\.pth"):
        load_weights(Small(), tmp_path / "w.pth")
    assert not zipfile.is_zipfile(tmp_path / "w.pth")


def test_a_refused_file_leaves_the_network_as_it_was(tmp_path, state):
    model = Small()
    before = {key: value.clone() for key, value in model.state_dict().items()}
    save_file({**state, "body.weight": torch.ones(9, 4)}, tmp_path / "w.safetensors")
    with pytest.raises(WeightsError, match=r"body\.weight is \(9, 4\), the network's is \(3, 4\)"):
        load_weights(model, tmp_path / "w.safetensors")
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())


def test_unknown_tensors_are_named(tmp_path, state):
    del state["body.weight"]
    save_file({**state, "tail.weight": torch.ones(1)}, tmp_path / "w.safetensors")
    with pytest.raises(WeightsError, match=r"has tail\.weight, which the network does not"):
        load_weights(Small(), tmp_path / "w.safetensors")


def test_missing_tensors_and_other_classes_are_named_in_a_warning(tmp_path, state):
    partial = {"body.weight": state["body.weight"], "fc.weight": torch.ones(7, 3)}
    save_file(partial, tmp_path / "w.safetensors")
    model = Small()
    with pytest.warns(UserWarning, match="as initialised") as caught:
        load_weights(model, tmp_path / "w.safetensors")
    other, absent = (str(warning.message) for warning in caught)
    assert "fc.weight is (7, 3) and not (2, 3), the classifier of other classes" in other
    assert absent.endswith("does not have body.bias, fc.bias; they stay as initialised")
    assert torch.equal(model.body.weight, state["body.weight"])


def test_no_file_and_nothing_in_it(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"give the path of a \.safetensors file"):
        load_weights(Small(), tmp_path / "none.safetensors")
    torch.save([1, 2], tmp_path / "list.pth")
    with pytest.raises(WeightsError, match="holds a list, not a state dict"):
        load_weights(Small(), tmp_path / "list.pth")
    torch.save({}, tmp_path / "empty.pth")
    with pytest.raises(WeightsError, match="holds no tensor of this network"):
        load_weights(Small(), tmp_path / "empty.pth")


def test_torchvision_weights_offline_say_what_to_do(monkeypatch):
    def no_network(*args, **kwargs):
        raise OSError("no route to host")

    monkeypatch.setattr(torch.hub, "load_state_dict_from_url", no_network)
    with pytest.raises(WeightsError, match=r"could not be downloaded .*pass the path of a file"):
        inception_v3(weights="torchvision")


def test_pretrained_without_the_head(tmp_path):
    with_head = inception_v3(aux=True)
    save_file(with_head.state_dict(), tmp_path / "w.safetensors")
    model = inception_v3(aux=False, weights=tmp_path / "w.safetensors")
    assert torch.equal(model.fc.weight, with_head.fc.weight)


def test_the_trained_trunk(trunk_weights):
    with pytest.warns(UserWarning, match=r"Mixed_7b\.branch3x3dbl_2\.conv\.weight") as caught:
        model = inception_v3(aux=False, weights=trunk_weights, count_include_pad=False).eval()
    words = str(caught[0].message)
    assert "Mixed_7c.branch3x3dbl_2.conv.weight" in words
    assert "fc.weight" in words
    seen = {}
    for name in ("Conv2d_1a_3x3", "Mixed_6e"):
        model.get_submodule(name).register_forward_hook(
            lambda _m, _i, out, name=name: seen.__setitem__(name, out)
        )
    data = pytest.importorskip("skimage.data")
    photo = torch.from_numpy(data.astronaut()).permute(2, 0, 1)[None].float() / 127.5 - 1
    with torch.no_grad():
        model(nn.functional.interpolate(photo, (299, 299), mode="bilinear", antialias=True))
    # Trained units are silent most of the time, and the more so the deeper they stand; random
    # ones are silent half the time.
    silent = {name: float((out == 0).float().mean()) for name, out in seen.items()}
    assert silent["Conv2d_1a_3x3"] < 0.5
    assert silent["Mixed_6e"] > 0.85


@pytest.mark.parametrize("length", [0x80, 0x180, 0x8080])
def test_a_safetensors_file_whose_header_begins_as_a_pickle_does(tmp_path, state, length):
    """One in 32 does: the first byte of the header's length is a pickle's mark."""
    path = tmp_path / "w.safetensors"
    save_file(state, path)
    bare = int.from_bytes(path.read_bytes()[:8], "little")
    path.write_bytes(_with_header(path.read_bytes(), max(length, bare + (0x80 - bare) % 0x100)))
    assert path.read_bytes()[0] == 0x80
    model = Small()
    load_weights(model, path)
    assert torch.equal(model.body.weight, state["body.weight"])
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(WeightsError, match="not a whole safetensors file"):
        load_weights(model, path)


def _with_header(data, length):
    """A safetensors file with its header padded by spaces, as the format allows."""
    old = int.from_bytes(data[:8], "little")
    return length.to_bytes(8, "little") + data[8 : 8 + old].ljust(length) + data[8 + old :]


@pytest.mark.parametrize("prefix", ["", "module.", "_orig_mod.", "module._orig_mod.", "net."])
@pytest.mark.parametrize("wrapper", [None, "state_dict", "model", "model_state_dict"])
def test_checkpoints_of_other_trainers(tmp_path, state, prefix, wrapper):
    named = {prefix + key: value for key, value in state.items()}
    torch.save({wrapper: named, "epoch": 3} if wrapper else named, tmp_path / "w.pth")
    model = Small()
    load_weights(model, tmp_path / "w.pth")
    assert all(torch.equal(value, state[key]) for key, value in model.state_dict().items())


def test_a_checkpoint_that_holds_no_weights_names_its_keys(tmp_path):
    torch.save({"epoch": 3, "loss": [0.1]}, tmp_path / "w.pth")
    with pytest.raises(WeightsError, match="holds a dict of epoch, loss, not a state dict"):
        load_weights(Small(), tmp_path / "w.pth")


class AttributeDict(dict):
    """What Lightning keeps a network's settings in."""


def test_a_checkpoint_with_objects_says_what_and_how_to_keep_its_tensors(tmp_path):
    """As Lightning writes them: the weights load once the tensors are kept alone."""
    model = torch.nn.Linear(2, 3)
    state = {f"model.{key}": value for key, value in model.state_dict().items()}
    path, new = tmp_path / "epoch.ckpt", tmp_path / "new.pth"
    torch.save({"state_dict": state, "hyper_parameters": AttributeDict(lr=0.1)}, path)
    with pytest.raises(WeightsError) as refused:
        read_weights(path)
    words = str(refused.value)
    assert f"more than tensors ({__name__}.AttributeDict); unpickling it could run code" in words
    # The remedy, word for word.
    remedy = words[words.index("torch.save(") : words.index(", where")]
    exec(remedy, {"torch": torch, "OLD": path, "NEW": new})
    twin = torch.nn.Linear(2, 3)
    load_weights(twin, new)
    assert torch.equal(twin.weight, model.weight)
