"""What a network asks of its input and its settings, and what it says when it does not get it."""

import contextlib
import warnings

import pytest
import torch
import torchvision
from counts import V3_MACS
from torch import nn

from inception_lib import AuxiliaryHead, TraceError, cost, inception_v3, receptive_field, trace
from inception_lib.nets.build import build
from inception_lib.nets.inputs import IMAGENET_MEAN, IMAGENET_STD, find_limits, to_symmetric
from inception_lib.nets.layers import Conv, Pool
from inception_lib.nets.modules import ExpandedModule, FactorizedModule, GridReduction
from inception_lib.nets.tiny import tiny

TINY = tiny(8)


def test_transform_input_is_torchvisions():
    """From ImageNet's mean and deviation to [-1, 1], here by asking for it."""
    theirs = torchvision.models.Inception3(
        aux_logits=False, init_weights=False, transform_input=True
    ).to(torch.float64)
    ours = inception_v3(aux=False, transform_input=True).to(torch.float64)
    theirs.load_state_dict(ours.state_dict())
    x = torch.randn(1, 3, 91, 91, dtype=torch.float64)
    with torch.no_grad():
        mine, reference = ours.eval()(x).logits, theirs.eval()(x)
        scale = reference.abs().max()
        assert float((mine - reference).abs().max() / scale) < 1e-10
        ours.transform_input = False
        assert float((ours(x).logits - reference).abs().max() / scale) > 1e-3


def test_to_symmetric_undoes_the_normalisation():
    images = torch.rand(2, 3, 5, 7)
    normalise = torchvision.transforms.Normalize(IMAGENET_MEAN, IMAGENET_STD)
    assert torch.allclose(to_symmetric(normalise(images)), images * 2 - 1, atol=1e-6)
    weights = torchvision.models.Inception_V3_Weights.IMAGENET1K_V1.transforms()
    assert tuple(weights.mean) == IMAGENET_MEAN
    assert tuple(weights.std) == IMAGENET_STD


def test_transform_input_changes_neither_cost_nor_receptive_field():
    with torch.device("meta"):
        graph = trace(inception_v3(transform_input=True), 299)
    assert cost(graph).macs == V3_MACS
    assert receptive_field(graph)["Mixed_7c"].size == (1311, 1311)


def test_transform_input_knows_three_colours():
    with pytest.raises(ValueError, match=r"transform_input knows three colours.*takes 1 channels"):
        build(tiny(8, in_channels=1), transform_input=True)


def test_the_dtype_of_the_images_is_that_of_the_weights():
    model = build(TINY).eval()
    x = torch.rand(2, 3, 8, 8)
    with pytest.raises(TypeError, match=r"float64, the network's weights are torch.float32: conv"):
        model(x.double())
    with torch.no_grad():
        with torch.autocast("cpu", torch.bfloat16):
            assert model(x).logits.dtype == model(x.bfloat16()).logits.dtype == torch.bfloat16
        traced = torch.fx.symbolic_trace(model)
        assert traced.double()(x.double()).logits.dtype == torch.float64


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_channels_follow_from_the_spec(channels):
    model = build(tiny(8, in_channels=channels)).eval()
    assert model(torch.rand(1, channels, 8, 8)).logits.shape == (1, 10)
    words = {1: "to grey", 3: "to RGB", 4: "to 4 channels"}[channels]
    with pytest.raises(ValueError, match=f"must be N×{channels}×H×W.*{words}"):
        model(torch.rand(1, channels + 1, 8, 8))


@pytest.mark.parametrize("classes", [0, -3, 2.0, True, "10"])
@pytest.mark.parametrize("make", [inception_v3, lambda **kw: AuxiliaryHead(8, **kw)])
def test_refuses_class_counts(classes, make):
    with pytest.raises(ValueError, match=r"num_classes is .*2 or more.*forward_features"):
        make(num_classes=classes)


def test_one_class_is_a_score():
    assert build(TINY, num_classes=1).eval()(torch.rand(2, 3, 8, 8)).logits.shape == (2, 1)


def test_one_image_alone_says_what_to_do_and_each_remedy_works():
    model = build(TINY, aux=False).train()
    lone = torch.rand(1, 3, 4, 4)  # 1×1 at the end
    with pytest.raises(ValueError, match=r"one image of 4×4 in training.*least 5×5, or call eval"):
        model(lone)
    model(torch.rand(2, 3, 4, 4))
    model(torch.rand(1, 3, 5, 4))
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eval()
    model(lone)  # still in training, with frozen normalisation
    model.eval()(lone)


def test_without_normalisation_in_the_head_one_image_will_do():
    """The head's own layers are then no obstacle; the trunk's grid is 2×2."""
    x = torch.rand(1, 3, 8, 8)
    with pytest.raises(ValueError, match="one image of 8×8 in training"):
        build(TINY).train()(x)
    out = build(tiny(8, aux_batch_norm=False)).train()(x)
    assert out.aux_logits.shape == (1, 10)


def test_limits_of_layers_in_a_row():
    """By hand, and for branches, fans and layers that ask more of one side than of the other."""
    tall = find_limits((Conv(4, (5, 1), padding="valid"), Pool("max", 3, 2, "valid")))
    assert tall.smallest == (7, 3)
    assert tall.lone == ((6, 2),)
    plain = find_limits((Conv(4, 3, 2, "valid", batch_norm=False),))
    assert (plain.smallest, plain.lone) == ((3, 3), ())
    head = (Pool("avg", 5, 3, "valid"), Conv(8, 5, padding="valid"))
    with_head = find_limits((Conv(4, 3, 2, "valid"), GridReduction(4)), head, reads=1)
    assert with_head.smallest == (35, 35)  # 17 cells for the head, two pixels each and one more
    at_end = find_limits((Conv(4, 3, 2, "valid"), GridReduction(4)), head, reads=2)
    assert at_end.smallest == (71, 71)
    both = find_limits((Conv(2, (1, 3), padding="valid"), Conv(2, (3, 1), 2, padding="valid")))
    assert both.lone == ((5, 5),)
    crossed = find_limits((Conv(2, (1, 9), padding="valid"), Pool("max", 1, 1), Conv(2)))
    assert crossed.lone == ((2, 10),)


@pytest.mark.parametrize(
    "module",
    [FactorizedModule(4), ExpandedModule(4), GridReduction(4), GridReduction(4, padding="same")],
)
@pytest.mark.parametrize("out", [(1, 1), (3, 2)])
def test_input_needed_is_the_least_that_gives_the_grid(module, out):
    need = module.input_needed(out)
    shape = trace(module, need).nodes[-1].shape
    assert shape[1] >= out[0]
    assert shape[2] >= out[1]
    for axis in (0, 1):
        if need[axis] > 1:
            less = [n - (i == axis) for i, n in enumerate(need)]
            with contextlib.suppress(TraceError):  # nothing comes out at all
                assert trace(module, less).nodes[-1].shape[1 + axis] < out[axis]


def test_meta_then_memory_then_initialisation():
    """Build without memory, give it some, and initialise: as good as built with memory."""
    spec = tiny(8)
    with torch.device("meta"):
        model = build(spec)
    model.to_empty(device="cpu")
    for tensor in (*model.parameters(), *model.buffers()):
        tensor.data.fill_(7)  # what to_empty leaves is anything
    model.reset_parameters()
    for name, module in model.named_modules():
        if isinstance(module, nn.BatchNorm2d):
            assert module.weight.eq(1).all()
            assert module.bias.eq(0).all()
            assert module.running_mean.eq(0).all()
            assert module.running_var.eq(1).all()
            assert module.num_batches_tracked == 0
        elif isinstance(module, (nn.Conv2d, nn.Linear)):
            edge = {"AuxLogits.conv1.conv": 0.02, "AuxLogits.fc": 0.002}.get(name, 0.2)
            assert edge / 2 < float(module.weight.detach().abs().max()) <= edge * 1.001, name
            assert module.bias is None or module.bias.eq(0).all()
    assert model.train()(torch.rand(2, 3, 8, 8)).aux_logits.isfinite().all()


def test_reset_parameters_repeats_with_the_seed():
    model = build(tiny(8, aux_batch_norm=False))
    torch.manual_seed(3)
    model.reset_parameters()
    first = {key: value.clone() for key, value in model.state_dict().items()}
    model(torch.rand(2, 3, 8, 8))  # moves the running statistics
    torch.manual_seed(3)
    model.reset_parameters()
    assert all(torch.equal(value, first[key]) for key, value in model.state_dict().items())


@pytest.mark.parametrize("train", [False, True], ids=["evaluation", "training"])
def test_export_and_compile_find_no_data_in_the_way(train):
    """Shapes alone decide: exported for any number of images, compiled as one whole graph."""
    model = build(tiny(8), dropout=0.0, transform_input=True).train(train)
    x, y = torch.rand(2, 3, 8, 8), torch.rand(5, 3, 8, 8)
    state = {key: value.clone() for key, value in model.state_dict().items()}
    batch = torch.export.Dim("batch", min=2)
    exported = torch.export.export(model, (x,), dynamic_shapes=({0: batch},)).module()
    compiled = torch.compile(model, backend="eager", fullgraph=True)
    for run, images in ((exported, y), (compiled, x)):
        expected = model(images)
        model.load_state_dict(state)
        got = run(images)
        model.load_state_dict(state)
        assert torch.allclose(got.logits, expected.logits, atol=1e-4)
        assert (got.aux_logits is None) == (not train)
        if train:
            assert torch.allclose(got.aux_logits, expected.aux_logits, atol=1e-4)


def test_onnx_agrees(tmp_path):
    onnxruntime = pytest.importorskip("onnxruntime")
    model = build(tiny(8, in_channels=1), num_classes=7).eval()
    x = torch.rand(3, 1, 8, 8)
    path = tmp_path / "tiny.onnx"
    torch.onnx.export(model, (x,), str(path), dynamo=True, input_names=["images"], verbose=False)
    session = onnxruntime.InferenceSession(str(path))
    (found,) = session.run(None, {"images": x.numpy()})
    with torch.no_grad():
        assert torch.allclose(torch.from_numpy(found), model(x).logits, atol=1e-4)


def test_bytes_that_were_not_scaled_are_warned_of():
    bytes_as_floats = torch.randint(256, (2, 3, 8, 8)).float()
    wants = r"the network expects \[-1, 1\]: use x / 127\.5 - 1"
    with pytest.warns(UserWarning, match=rf"values from \d+ to 25\d, and {wants}"):
        build(TINY).eval()(bytes_as_floats)
    with pytest.warns(UserWarning, match=r"expects x / 255 normalised with mean \(0\.485"):
        build(TINY, transform_input=True).eval()(bytes_as_floats)
    model = build(TINY).eval()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model(bytes_as_floats / 127.5 - 1)
        model(100 * torch.randn(2, 3, 8, 8))  # not bytes, whatever it is
        torch.export.export(build(TINY).eval(), (bytes_as_floats,))
        torch.vmap(lambda x: model(x[None]).logits)(bytes_as_floats)
        for _ in range(4):
            model(bytes_as_floats / 255)
        model(bytes_as_floats)  # only the first few batches are looked at


def test_a_dark_first_batch_hides_nothing():
    model = build(TINY).eval()
    model(torch.zeros(1, 3, 8, 8))
    with pytest.warns(UserWarning, match="to 200, and the network expects"):
        model(torch.full((1, 3, 8, 8), 200.0))
