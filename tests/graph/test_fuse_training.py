"""The training form trains as the network does: outputs, gradients, statistics, whole steps."""

import copy

import pytest
import timm
import torch
import torchvision
from counts import V3_MACS
from functorch.compile import make_boxed_func, nop
from torch import nn
from torch._dynamo.backends.common import aot_autograd

from inception_lib import cost, inception_v3, trace
from inception_lib.graph.fuse import fuse, fusion, unfuse
from inception_lib.nets import AsymmetricModule, ExpandedModule, FactorizedModule, GridReduction


def parallel():
    """A small classifier of the paper's modules, normalisations of unequal parameters."""
    model = nn.Sequential(
        FactorizedModule(6, 8, (6, 8), (6, 8), 5),
        GridReduction(29, 12, (8, 8)),
        AsymmetricModule(49, 12, (8, 12), (8, 12), 10),
        ExpandedModule(46, 8, (8, 8), (8, 8, 8), 8),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(48, 7),
    )
    return uneven(model)


def uneven(model):
    generator = torch.Generator().manual_seed(3)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5, generator=generator)
            nn.init.normal_(module.bias, 0, 0.3, generator=generator)
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    return model.double()


def batch(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(4)).double()


def tensors(out):
    return [t for t in (out if isinstance(out, tuple) else (out,)) if t is not None]


def relative(found, expected):
    """The distance of two lists of tensors, by their length."""
    apart = sum((a - b).square().sum() for a, b in zip(found, expected, strict=True))
    length = sum(b.square().sum() for b in expected)
    assert length > 0  # else nothing was compared
    return float((apart / length).detach().sqrt())


def backward(model, images):
    """Outputs and gradients, the image's among them, of a loss that asks for every output."""
    images = images.clone().requires_grad_()
    outputs = tensors(model(images))
    loss = sum((out * torch.linspace(-1, 1, out.numel()).view_as(out)).sum() for out in outputs)
    loss.backward()
    return outputs, [images.grad, *(p.grad for p in model.parameters())]


def statistics(model):
    return [buffer.double() for buffer in model.buffers()]


def check(model, images, only=None, **expected):
    """Hold training and evaluation of the fused network against the network's own."""
    model.train()
    fused = fuse(model, train=True, only=only)
    assert fusion(fused).counts == expected
    assert [n for n, _ in fused.named_parameters()] == [n for n, _ in model.named_parameters()]
    assert list(fused.state_dict()) == list(model.state_dict())
    outputs, gradients = backward(model, images)
    fused_outputs, fused_gradients = backward(fused, images)
    assert len(outputs) == len(fused_outputs)
    assert relative(fused_outputs, outputs) <= 1e-12
    assert relative(fused_gradients, gradients) <= 1e-12
    if statistics(model):
        assert relative(statistics(fused), statistics(model)) <= 1e-12
        counts = [(n, b) for n, b in model.named_buffers() if n.endswith("num_batches_tracked")]
        assert all(torch.equal(fused.get_buffer(name), count) for name, count in counts)
    model.eval()
    fused.eval()
    with torch.no_grad():
        assert relative(tensors(fused(images)), tensors(model(images))) <= 1e-12
    return fused


@pytest.mark.parametrize(
    ("only", "counts"),
    [
        (None, {"commute": 3, "stack": 3, "max_pool": 1}),
        ("stack", {"stack": 3}),
        ("commute", {"commute": 3}),
    ],
)
def test_transforms_alone_and_together(only, counts):
    check(parallel(), batch(4, 6, 14, 12), only, **counts)


def test_released_network_with_its_auxiliary_head():
    fused = check(uneven(inception_v3()), batch(2, 3, 299, 299), commute=9, stack=10, max_pool=4)
    assert cost(trace(fused, 299)).macs == V3_MACS
    assert type(fused(batch(1, 3, 299, 299))).__name__ == "InceptionOutput"


@pytest.mark.parametrize(
    ("build", "size", "counts"),
    [
        (
            lambda: torchvision.models.inception_v3(
                weights=None, init_weights=False, aux_logits=False
            ),
            139,
            {"commute": 9, "stack": 10, "max_pool": 2},
        ),
        (
            lambda: timm.create_model("inception_v3"),
            139,
            {"commute": 9, "stack": 10, "max_pool": 2},
        ),
        (
            lambda: torchvision.models.googlenet(weights=None, init_weights=False),
            96,
            {"stack": 9},
        ),
        (lambda: torchvision.models.densenet121(), 96, {"commute": 3, "max_pool": 1}),
        (lambda: torchvision.models.resnet18(), 64, {"max_pool": 1}),
        (lambda: torchvision.models.squeezenet1_1(), 64, {}),
    ],
    ids=["inception", "timm", "googlenet", "densenet", "resnet", "squeezenet"],
)
@pytest.mark.filterwarnings("ignore")
def test_networks_of_others(build, size, counts):
    check(uneven(build()), batch(3, 3, size, size), **counts)


def test_biased_convolutions_without_normalisation():
    class Pair(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b, self.c = nn.Conv2d(4, 3, 1), nn.Conv2d(4, 5, 1), nn.Conv2d(4, 2, 1)

        def forward(self, x):
            return torch.cat(
                [self.a(x), self.b(x).tanh(), self.c(nn.functional.avg_pool2d(x, 1))], 1
            )

    check(Pair().double(), batch(2, 4, 6, 5), stack=1, commute=1)


def test_three_steps_of_sgd():
    """Momentum, decay of the convolutions alone, clipping: the same weights at the end."""

    def train(model):
        kinds = (nn.Conv2d, nn.Linear)
        decayed = [m.weight for m in model.modules() if isinstance(m, kinds)]
        chosen = {id(p) for p in decayed}
        rest = [p for p in model.parameters() if id(p) not in chosen]
        groups = [{"params": decayed, "weight_decay": 1e-2}, {"params": rest}]
        optimizer = torch.optim.SGD(groups, lr=0.05, momentum=0.9)
        labels = torch.tensor([0, 3, 6, 1])
        for step in range(3):
            optimizer.zero_grad()
            images = batch(4, 6, 14, 12) + step
            nn.functional.cross_entropy(model(images), labels).backward()
            nn.utils.clip_grad_norm_(model.parameters(), 0.5)
            optimizer.step()
        return optimizer.state_dict()["state"]

    model = parallel()
    start = [p.clone() for p in model.parameters()]
    fused = fuse(model, train=True)
    momenta, fused_momenta = train(model), train(fused)
    moved = [p - s for p, s in zip(model.parameters(), start, strict=True)]
    fused_moved = [p - s for p, s in zip(fused.parameters(), start, strict=True)]
    assert relative(fused_moved, moved) <= 1e-11
    buffers = [[s["momentum_buffer"] for s in m.values()] for m in (fused_momenta, momenta)]
    assert relative(*buffers) <= 1e-11
    assert relative(statistics(fused), statistics(model)) <= 1e-12


def test_normalisations_that_do_not_agree():
    """A frozen one, other settings, a cumulative mean: each then acts for itself."""

    def change(model, kind):
        norms = [model[0].branch1x1.bn, model[0].branch3x3_1.bn]
        if kind == "frozen":
            norms[0].eval()
        elif kind == "all frozen":
            for m in model.modules():
                m.train(not isinstance(m, nn.BatchNorm2d))
        elif kind == "momentum":
            norms[1].momentum = 0.3
        elif kind == "eps":
            norms[1].eps = 0.5
        elif kind == "cumulative":
            for m in model.modules():
                if isinstance(m, nn.BatchNorm2d):
                    m.momentum = None
        elif kind == "untracked":
            for m in model.modules():
                if isinstance(m, nn.BatchNorm2d):
                    m.track_running_stats = False
                    m.running_mean = m.running_var = m.num_batches_tracked = None
        else:
            model[0].branch1x1.bn = nn.GroupNorm(2, 8).double()
        return model

    kinds = ["frozen", "all frozen", "momentum", "eps", "cumulative", "untracked", "another"]
    for kind in kinds:
        model = parallel().train()
        fused = change(fuse(model, train=True), kind)  # after fusing
        change(model, kind)
        for _ in range(2):
            out, grads = backward(model, batch(4, 6, 14, 12))
            fused_out, fused_grads = backward(fused, batch(4, 6, 14, 12))
        assert relative(fused_out, out) <= 1e-12, kind
        assert relative(fused_grads, grads) <= 1e-12, kind
        if statistics(model):
            assert relative(statistics(fused), statistics(model)) <= 1e-12, kind


@pytest.mark.filterwarnings("ignore")
def test_weights_pass_between_the_forms_and_torchvision():
    theirs = torchvision.models.inception_v3(weights=None, init_weights=False).eval()
    fused = fuse(inception_v3(), train=True).eval()
    fused.load_state_dict(theirs.state_dict())
    images = batch(1, 3, 107, 107).float()
    with torch.no_grad():
        expected = theirs(images)
        torch.testing.assert_close(fused(images).logits, expected, rtol=1e-4, atol=1e-6)
        inference = fuse(fused)  # the evaluation form of a network in training form
        torch.testing.assert_close(inference(images).logits, expected, rtol=1e-4, atol=1e-6)
    assert fusion(inference).counts["fold_bn"] == 94
    theirs.load_state_dict(fused.state_dict())


def test_copies_and_the_way_back():
    model = parallel()
    fused = fuse(model, train=True)
    assert isinstance(fused[0], FactorizedModule)
    twin = copy.deepcopy(fused)
    backward(twin, batch(4, 6, 14, 12))
    assert all(p.grad is None for p in fused.parameters())
    assert all(p.grad is None for p in model.parameters())
    restored = unfuse(twin)
    assert [type(m) for m in restored.modules()] == [type(m) for m in model.modules()]
    assert fusion(fuse(fused, train=True)).counts == {"commute": 3, "stack": 3, "max_pool": 1}


def test_compiled_without_a_break_in_both_modes():
    model = uneven(AsymmetricModule(6, 8, (4, 8), (4, 8), 4)).train()
    fused = fuse(model, train=True)
    assert fusion(fused).counts == {"commute": 1, "stack": 1}
    compiled = torch.compile(copy.deepcopy(fused), backend="aot_eager", fullgraph=True)
    images = batch(4, 6, 8, 9)
    out, grads = backward(model, images)
    compiled_out, compiled_grads = backward(compiled, images)
    assert relative(compiled_out, out) <= 1e-12
    assert relative(compiled_grads, grads) <= 1e-12
    assert relative(statistics(compiled), statistics(model)) <= 1e-12
    compiled.eval()
    with torch.no_grad():
        assert relative([compiled(images)], [model.eval()(images)]) <= 1e-12


@pytest.mark.parametrize("pattern", ["forward", "backward"])
def test_no_compiled_convolution_reads_a_part_of_a_tensor(pattern):
    """cuDNN takes whole tensors alone: torch would copy the part at each call, and say nothing."""
    read = []

    def look(graph, _):
        for node in graph.graph.nodes:
            if "aten.convolution" in str(node.target):
                for tensor in (arg.meta["val"] for arg in node.args[:2]):
                    in_rows = tensor.is_contiguous()
                    read.append(in_rows or tensor.is_contiguous(memory_format=torch.channels_last))
        return make_boxed_func(graph.forward)

    side = {"fw_compiler": nop, "bw_compiler": nop}
    side["fw_compiler" if pattern == "forward" else "bw_compiler"] = look
    images = batch(2, 6, 14, 12).to(memory_format=torch.channels_last)
    fused = fuse(parallel().to(memory_format=torch.channels_last), train=True)
    backward(torch.compile(fused, backend=aot_autograd(**side), fullgraph=True), images)
    assert len(read) >= 40  # two each: image or gradient, and weights or what was read before
    assert all(read)


def test_channels_last_in_half_precision():
    """bf16 has three digits: the two forms are as near to the truth as each other."""
    model = parallel().float().to(memory_format=torch.channels_last)
    fused = fuse(model, train=True)
    images = batch(8, 6, 14, 12).float().contiguous(memory_format=torch.channels_last)
    truth, _ = backward(parallel(), images.double())
    with torch.autocast("cpu", dtype=torch.bfloat16):
        out, _ = backward(model, images)
        fused_out, grads = backward(fused, images)
    assert fused_out[0].dtype == torch.bfloat16
    assert all(g is not None and g.dtype == torch.float32 for g in grads)
    ours = relative([fused_out[0].double()], truth)
    assert ours <= max(0.05, 2 * relative([out[0].double()], truth))


def test_distributed_data_parallel(tmp_path):
    """One process of one: parameters are found, gradients are reduced, names stay."""
    model = parallel()
    torch.distributed.init_process_group(
        "gloo", init_method=f"file://{tmp_path}/rendezvous", rank=0, world_size=1
    )
    try:
        wrapped = nn.parallel.DistributedDataParallel(fuse(model, train=True))
        outputs, gradients = backward(wrapped, batch(4, 6, 14, 12))
    finally:
        torch.distributed.destroy_process_group()
    expected, expected_gradients = backward(model, batch(4, 6, 14, 12))
    assert relative(outputs, expected) <= 1e-12
    assert relative(gradients, expected_gradients) <= 1e-12
    assert list(wrapped.module.state_dict()) == list(model.state_dict())
