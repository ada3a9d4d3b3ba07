"""Published weights: fetched through torch's hub, checked by hash, translated by data."""

import dataclasses
import hashlib

import pytest
import timm
import torch
import torchvision
from safetensors import safe_open

from inception_lib import WeightsError, build, inception_v3
from inception_lib.nets import weights as weights_module
from inception_lib.nets.published import PUBLISHED, Published
from inception_lib.nets.weights import load_weights, save_weights


@pytest.fixture
def web(tmp_path, monkeypatch):
    """A web of local files: ``web(name, state)`` publishes one, its hash in its name."""
    monkeypatch.setattr(torch.hub, "_hub_dir", str(tmp_path / "hub"))
    entries = dict(PUBLISHED)
    monkeypatch.setattr(weights_module, "PUBLISHED", entries)

    def publish(name, state, digest=None):
        path = tmp_path / "file.pth"
        torch.save(state, path)
        digest = digest or hashlib.sha256(path.read_bytes()).hexdigest()[:8]
        path = path.rename(tmp_path / f"weights-{digest}.pth")
        entries[name] = dataclasses.replace(entries[name], url=path.as_uri())
        return path

    return publish


def test_torchvisions_file_with_and_without_the_head(web):
    theirs = torchvision.models.Inception3(init_weights=False).eval()
    path = web("torchvision", theirs.state_dict())
    ours = inception_v3(weights="torchvision").eval()
    x = torch.rand(1, 3, 139, 139) * 2 - 1
    with torch.no_grad():
        torch.testing.assert_close(ours(x).logits, theirs(x), rtol=1e-5, atol=1e-6)
    path.unlink()  # the second time it comes from the cache
    headless = inception_v3(aux=False, weights="torchvision")
    assert torch.equal(headless.fc.weight, theirs.fc.weight)


def test_timms_file_loses_the_background_class(web):
    theirs = timm.create_model("inception_v3", num_classes=1001, aux_logits=False).eval()
    web("timm-tf", theirs.state_dict())
    ours = inception_v3(aux=False, weights="timm-tf").eval()
    x = torch.rand(1, 3, 139, 139) * 2 - 1
    with torch.no_grad():
        expected = theirs(x)[:, 1:]
        torch.testing.assert_close(ours(x).logits, expected, rtol=1e-4, atol=1e-5)


def test_pytorch_fids_file_has_1008_classes(web):
    """Its state is torchvision's network with 1008 classes and no head."""
    made = torchvision.models.Inception3(1008, aux_logits=False, init_weights=False)
    web("pytorch-fid", made.state_dict())
    ours = build("inception_v3_fid", weights="pytorch-fid")
    assert torch.equal(ours.fc.weight, made.fc.weight)
    assert ours.fc.out_features == 1008


def test_a_file_with_another_hash_is_refused(web):
    web("torchvision", {"fc.bias": torch.zeros(1000)}, digest="0123abcd")
    with pytest.raises(WeightsError, match=r"came damaged .*try again, or pass the path"):
        inception_v3(weights="torchvision")


def test_names_are_translated_by_data():
    published = Published("", "", True, "", rename=(("trunk.", ""),), leave=("step",))
    found = published.translate({"trunk.fc.bias": torch.zeros(2), "step": torch.zeros(1)})
    assert list(found) == ["fc.bias"]


def test_every_address_carries_a_hash():
    for name, published in PUBLISHED.items():
        assert torch.hub.HASH_REGEX.search(published.url.rpartition("/")[2]), name


def test_how_images_are_normalised_is_what_timm_says():
    from timm.models import get_pretrained_cfg

    for name, theirs in (
        ("timm-tf", "inception_v3.tf_in1k"),
        ("timm-adversarial", "inception_v3.tf_adv_in1k"),
        ("timm-gluon", "inception_v3.gluon_in1k"),
    ):
        about = get_pretrained_cfg(theirs)
        assert (PUBLISHED[name].mean, PUBLISHED[name].std) == (about.mean, about.std)


def test_the_beginning_of_a_network(tmp_path):
    whole = inception_v3(aux=False)
    save_weights(whole, tmp_path / "w.safetensors")
    with pytest.warns(UserWarning, match="which the network ends|does not have") as caught:
        trunk = build("inception_v3_trunk", num_classes=10, weights=tmp_path / "w.safetensors")
    words = " ".join(str(w.message) for w in caught)
    assert "has Mixed_7b, Mixed_7c, which the network ends before: passed over" in words
    # Of another shape, and so named apart from what a file does not have.
    assert "fc.bias is (1000,) and not (10,), fc.weight is (1000, 2048) and not (10, 1280)" in words
    assert "it stays as initialised" in words
    assert torch.equal(
        trunk.get_parameter("Mixed_7a.branch3x3_2.conv.weight"),
        whole.get_parameter("Mixed_7a.branch3x3_2.conv.weight"),
    )


def test_the_authors_trunk_fits_the_trunk(trunk_weights):
    with pytest.warns(UserWarning, match="which the network ends|does not have") as caught:
        build("inception_v3_trunk", weights=trunk_weights)
    words = [str(w.message).partition(": ")[2] for w in caught]
    assert words == [
        "has Mixed_7b, Mixed_7c, which the network ends before: passed over",
        "does not have fc.weight, fc.bias; they stay as initialised",
    ]


def test_written_weights_load_as_they_were(tmp_path):
    model = build("inception_tiny_32", num_classes=10)
    path = save_weights(model, tmp_path / "w.safetensors", recipe="paper")
    with safe_open(path, "pt") as file:
        assert file.metadata() == {"recipe": "paper"}
    twin = build("inception_tiny_32", num_classes=10)
    load_weights(twin, path)
    ours, theirs = model.state_dict(), twin.state_dict()
    assert all(torch.equal(value, theirs[key]) for key, value in ours.items())


def test_a_write_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
    path = save_weights(torch.nn.Linear(2, 2), tmp_path / "w.safetensors")
    before = path.read_bytes()
    monkeypatch.setattr("os.fsync", lambda _: (_ for _ in ()).throw(OSError("no space left")))
    with pytest.raises(OSError, match="no space left"):
        save_weights(torch.nn.Linear(2, 2), path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
