"""The graph: shapes as they are computed, names one can guess, and no arithmetic."""

import json
import subprocess
import sys
import threading

import pytest
import torch
import torch.nn.functional as F
import torchvision
from torch import nn
from torch.nn.utils import prune
from torch.utils._python_dispatch import _len_torch_dispatch_stack
from torch.utils.flop_counter import FlopCounterMode

from inception_lib import FactorizedModule, TraceError, fuse, inception_v3, trace
from inception_lib.graph.symbolic import _global_hooks


@pytest.fixture(scope="module")
def graph():
    return trace(inception_v3(), 299)


def test_shapes_of_the_released_network(graph):
    shapes = {
        "Conv2d_1a_3x3": (32, 149, 149),
        "maxpool1": (64, 73, 73),
        "maxpool2": (192, 35, 35),
        "Mixed_5b": (256, 35, 35),
        "Mixed_5d": (288, 35, 35),
        "Mixed_6a": (768, 17, 17),
        "Mixed_6e": (768, 17, 17),
        "Mixed_7a": (1280, 8, 8),
        "Mixed_7c": (2048, 8, 8),
        "fc": (1000,),
    }
    assert {name: graph[name].shape for name in shapes} == shapes
    assert graph.outputs == ("fc",)
    assert repr(graph) == "Graph(Inception, evaluation, input 3×299×299, 315 nodes)"


def test_every_shape_is_what_running_gives():
    """All leaves of several networks, hooked while they compute for real."""
    nets = [inception_v3(), torchvision.models.resnet18(), torchvision.models.squeezenet1_1()]
    for model in nets:
        model.eval()
        seen = {}
        leaves = {n: m for n, m in model.named_modules() if not list(m.children())}
        for name, module in leaves.items():
            module.register_forward_hook(
                lambda _m, _i, out, name=name, seen=seen: seen.update({name: tuple(out.shape[1:])})
            )
        with torch.no_grad():
            model(torch.rand(1, 3, 107, 139))
        graph = trace(model, (107, 139))
        called_once = {n for n in seen if f"{n}#2" not in graph}
        assert len(called_once) > 20
        assert {n: graph[n].shape for n in called_once} == {n: seen[n] for n in called_once}


def test_a_node_knows_its_operation(graph):
    node = graph["Mixed_6b.branch7x7_2.conv"]
    assert (node.op, node.kernel, node.stride, node.padding) == ("conv", (1, 7), (1, 1), (0, 3))
    assert node.parents == ("Mixed_6b.branch7x7_1.relu",)
    assert node.module == "Mixed_6b.branch7x7_2"
    assert node.params == 128 * 128 * 7
    assert node.macs == 17 * 17 * 128 * 128 * 7
    concat = graph["Mixed_7c"]
    assert (concat.op, len(concat.parents)) == ("concat", 4)
    assert all(parent in graph for n in graph for parent in n.parents)


def test_modes_and_the_model_left_as_it_was():
    model = inception_v3().train()
    before = {key: value.clone() for key, value in model.state_dict().items()}
    assert "AuxLogits" not in trace(model, 299)
    assert trace(model, 299, train=True).outputs == ("fc", "AuxLogits.fc")
    assert model.training
    assert all(module.training for module in model.modules())
    after = model.state_dict()
    assert all(torch.equal(after[key], value) for key, value in before.items())
    assert all(p.device.type == "cpu" for p in model.parameters())


def test_size_in_three_forms():
    module = FactorizedModule(192)
    assert trace(module, 35) == trace(module, (35, 35)) == trace(module, (192, 35, 35))
    assert trace(module, (20, 30)).input.shape == (192, 20, 30)


def test_modules_called_again_count_once():
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(4, 4, 3, padding=1)

        def forward(self, x):
            return self.conv(self.conv(x)) + x

    graph = trace(Twice(), 8)
    assert [n.name for n in graph] == ["input", "conv", "conv#2", "add"]
    assert [n.params for n in graph] == [0, 148, 0, 0]
    assert graph["conv"].macs == graph["conv#2"].macs > 0


@pytest.mark.parametrize("size", [0, -3, (3, 0), (1, 2, 3, 4), 2.5, "large", ()])
def test_refuses_sizes_that_are_none(size):
    with pytest.raises(TraceError, match=r"size is .*: give n, \(height, width\) or"):
        trace(FactorizedModule(8), size)


def test_too_small_says_how_large():
    with pytest.raises(TraceError, match="input is 74×74; the network needs at least 75×75"):
        trace(inception_v3(), 74)
    with pytest.raises(TraceError, match="needs at least 299×299: pass aux=False"):
        trace(inception_v3(), 200, train=True)
    with pytest.raises(TraceError, match="with an input of 3×9×9, maxpool fails"):
        trace(_Valid(), 9)


class _Valid(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 9)
        self.maxpool = nn.MaxPool2d(3)

    def forward(self, x):
        return self.maxpool(self.conv(x))


def test_wrong_channels():
    with pytest.raises(TraceError, match="N×3×H×W"):
        trace(inception_v3(), (1, 299, 299))
    with pytest.raises(TraceError, match="with an input of 7×9×9, conv fails"):
        trace(_Valid(), (7, 9, 9))


def test_what_a_check_refuses_is_traced_up_to_the_layer_that_cannot_take_it():
    """75×75 leaves a 2×2 grid before the second 3×3 without padding of the last reduction."""
    with pytest.raises(TraceError, match="needs at least 75×75: enlarge the image") as caught:
        trace(inception_v3(), 74)
    error = caught.value
    with pytest.raises(RuntimeError, match="Kernel size"):  # torchvision's has no check
        torchvision.models.inception_v3(init_weights=False).eval()(torch.zeros(1, 3, 74, 74))
    assert error.layer == "Mixed_7a.branch3x3_2.conv"
    assert error.graph["Mixed_6e"].shape == (768, 2, 2)
    assert error.layer not in error.graph
    with pytest.raises(TraceError, match="Expected 224 but got 192!") as caught:
        trace(torchvision.models.vit_b_16(), 192)
    assert (caught.value.layer, caught.value.graph["conv_proj"].shape) == (
        "encoder",
        (768, 12, 12),
    )


class _Checked(nn.Module):
    """Refuses odd sides, which its layers would take, and asks of values what is not known."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)

    def forward(self, x):
        columns = x.shape[3]
        torch._assert(x.min() >= 0, "no image")
        torch._assert(columns % 2 == 0, f"{columns} columns are odd")
        return self.conv(x)


def test_a_check_of_sizes_is_judged_and_one_of_values_is_passed_over():
    graph = trace(_Checked(), 8)
    assert graph["conv"].shape == (4, 6, 6)
    with pytest.raises(TraceError, match="_assert_1 fails: 9 columns are odd") as caught:
        trace(_Checked(), 9)
    assert (caught.value.layer, caught.value.graph.outputs) == ("", ("conv",))


def test_a_model_that_cannot_be_traced_says_why():
    class Branching(nn.Module):
        def forward(self, x):
            return x * 2 if x.sum() > 0 else x

    with pytest.raises(TraceError) as caught:
        trace(Branching(), 8)
    words = str(caught.value)
    assert "Branching cannot be traced. torch.fx: symbolically traced variables cannot" in words
    assert "torch.export: Could not guard on data-dependent expression" in words
    assert "must not branch on tensor values" in words


def test_unknown_names_are_met_with_near_ones(graph):
    with pytest.raises(KeyError, match=r"near it: .*Mixed_6e"):
        graph["Mixed_6f"]


@pytest.mark.parametrize("size", [299, 20_003])
def test_costs_no_arithmetic(size):
    """In a process of its own: the first trace, its processor time and memory above the import."""
    script = f"""
import json, resource, sys, time
from inception_lib import cost, inception_v3, receptive_field, trace
model = inception_v3()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
start = time.process_time()
graph = trace(model, {size})
cost(graph), receptive_field(graph)
seconds = time.process_time() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps([seconds, (peak - before) / 1024, "sympy" in sys.modules]))
"""
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    seconds, megabytes, compiler = json.loads(out.stdout)
    assert seconds < 2
    assert megabytes < 200
    assert not compiler  # neither the import nor the trace loads torch's compiler


class ByShape(nn.Module):
    """Its forward branches on a shape, which torch.fx cannot follow."""

    def __init__(self):
        super().__init__()
        self.wide, self.narrow = nn.Conv2d(3, 8, 3, stride=2), nn.Conv2d(3, 8, 3)
        self.norm = nn.BatchNorm2d(8)
        self.scale = nn.Parameter(torch.ones(8, 1, 1))

    def forward(self, x):
        x = self.wide(x) if x.shape[-1] > 20 else self.narrow(x)
        return {"features": torch.relu(self.norm(x) * self.scale), "mean": x.mean((2, 3))}


def test_branches_on_shapes_go_by_torch_export():
    model = ByShape()
    large, small = trace(model, 21), trace(model, 20)
    assert "wide" in large
    assert "narrow" not in large
    assert "narrow" in small
    assert large["wide"].shape == (8, 10, 10)
    assert large["wide"].macs == 8 * 10 * 10 * 27
    assert [n.name for n in large] == ["input", "wide", "norm", "mul", "relu", "mean"]
    assert [n.params for n in large] == [0, 224, 16, 8, 0, 0]
    assert large.outputs == ("relu", "mean")
    assert trace(model, 21, train=True).nodes[1:] == large.nodes[1:]


class Odd(nn.Sequential):
    """A subclass of Sequential with a forward of its own: functional, shared, in place, nested."""

    def __init__(self):
        super().__init__(nn.Conv2d(3, 6, 3, padding=1), nn.ReLU(inplace=True))
        self.weight = nn.Parameter(torch.rand(6, 6, 1, 1))
        self.linear = nn.Linear(6, 4)

    def forward(self, x):
        y = self[1](self[0](x))
        y += torch.nn.functional.conv2d(y, self.weight)
        tokens = y.flatten(2).transpose(1, 2).reshape(-1, 6)
        return y, {"tokens": self.linear(tokens)}, [self.linear(y.mean((2, 3)))]


def test_functional_shared_in_place_and_nested_outputs():
    model = Odd()
    graph = trace(model, 10)
    with FlopCounterMode(display=False) as counter:
        model(torch.rand(1, 3, 10, 10))
    assert 2 * sum(n.macs for n in graph) == counter.get_total_flops()
    assert sum(n.params for n in graph) == sum(p.numel() for p in model.parameters())
    assert graph.outputs == ("add", "linear", "linear#2")
    assert graph["linear"].shape == (100, 4)  # the batch was merged with the tokens
    assert graph["linear#2"].shape == (4,)
    assert (graph["add"].rewrites, graph["add"].memory) == (True, "0")
    assert (graph["1"].rewrites, graph["1"].memory) == (True, "0")
    assert graph["flatten"].memory == "0"  # a view
    assert graph["reshape"].memory == "reshape"  # a copy, of a transposed view


def test_precision_of_the_model_is_that_of_its_images():
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.GroupNorm(2, 4), nn.Hardswish()).half()
    assert trace(model, 9).nodes[-1].shape == (4, 7, 7)


class Prunes(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Conv2d(3, 4, 3))
        prune.l1_unstructured(self[0], "weight", 0.5)


def weight_normed(norm, runs=False):
    model = nn.Sequential(norm(nn.Conv2d(3, 4, 3)))
    if runs:
        model(torch.rand(1, 3, 9, 9))
    return model


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "make",
    [
        lambda: weight_normed(nn.utils.weight_norm),
        lambda: weight_normed(nn.utils.weight_norm, runs=True),
        lambda: weight_normed(nn.utils.spectral_norm, runs=True),
        lambda: weight_normed(nn.utils.parametrizations.weight_norm),
        Prunes,
    ],
)
def test_layers_that_work_out_their_weights(make):
    """What they hold besides parameters cannot be copied by itself."""
    model = make()
    before = {key: value.clone() for key, value in model.state_dict().items()}
    graph = trace(model, 9)
    assert sum(node.macs for node in graph) == 7 * 7 * 4 * 27
    assert sum(node.params for node in graph) == sum(p.numel() for p in model.parameters())
    after = model.state_dict()
    assert all(torch.equal(after[key], value) for key, value in before.items())


def test_lazy_layers_are_named():
    model = nn.Sequential(nn.LazyConv2d(4, 3))
    with pytest.raises(TraceError, match=r"0\.weight has no shape yet.*run the model once on an"):
        trace(model, (3, 9, 9))
    model(torch.rand(1, 3, 9, 9))
    assert trace(model, 9)["0"].macs == 7 * 7 * 4 * 27


class BySizes(nn.Module):
    """Settings of functions that are worked out from the image's shape."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.rand(3, 1, 3, 3))

    def forward(self, x):
        x = F.conv2d(x, self.weight, groups=x.shape[1], padding=x.shape[2] // 8)
        x = F.avg_pool2d(x, x.shape[2] // 4)
        return F.pad(x, (0, x.shape[3] % 3, 0, 1))


def test_settings_that_follow_from_the_shape():
    graph = trace(BySizes(), (3, 16, 16))
    conv, pool, pad = graph.nodes[-3:]
    assert (conv.groups, conv.padding, conv.macs) == (3, (2, 2), 18 * 18 * 3 * 9)
    assert (pool.op, pool.kernel, pool.shape) == ("avg_pool", (4, 4), (3, 4, 4))
    assert pad.shape == (3, 5, 5)


def test_names_that_no_program_could_have():
    model = nn.Sequential()
    for i, name in enumerate(
        ("it's", 'a "conv"', "two words", "class", "back\\slash", "new\nline")
    ):
        model.add_module(name, nn.Conv2d(3 if i == 0 else 4, 4, 1))
    graph = trace(model, 5)
    assert [node.name for node in graph][1:] == [name for name, _ in model.named_children()]
    assert sum(node.macs for node in graph) == 25 * (12 + 5 * 16)


def test_what_is_no_network_or_cannot_be_copied():
    with pytest.raises(TraceError, match=r"model is a str: give a torch\.nn\.Module"):
        trace("inception_v3", 299)
    model = nn.Conv2d(3, 4, 3)
    model.lock = threading.Lock()
    with pytest.raises(TraceError, match=r"Conv2d cannot be copied \(cannot pickle"):
        trace(model, 9)


class Fails(nn.Module):
    """Enters a mode of torch, or sets something, and never gets to leave it."""

    def __init__(self, how):
        super().__init__()
        self.how = how

    def forward(self, x):
        self.how()
        raise ArithmeticError("and then it fails")


def vmapped():
    torch.vmap(lambda row: row.item())(torch.rand(3))


@pytest.mark.parametrize(
    "how",
    [
        lambda: torch._C._functorch._vmap_increment_nesting(3, "error"),
        vmapped,
        lambda: torch.device("meta").__enter__(),
        lambda: FlopCounterMode(display=False).__enter__(),
        lambda: torch.set_default_dtype(torch.float64),
        lambda: torch.set_grad_enabled(False),
        lambda: setattr(nn.Module, "__call__", None),
    ],
    ids=["vmap level", "vmap", "device", "counter", "dtype", "gradients", "call"],
)
def test_a_failed_trace_leaves_torch_as_it_was(how):
    with pytest.raises(TraceError, match="Fails cannot be traced"):
        trace(Fails(how), (3, 8, 8))
    out = nn.Sequential(nn.Linear(2, 3))(torch.rand(1, 2))
    assert (out.device.type, out.dtype, out.requires_grad) == ("cpu", torch.float32, True)
    assert torch._C._functorch.get_dynamic_layer_stack_depth() == 0
    assert _len_torch_dispatch_stack() == 0
    assert not any(_global_hooks())


def test_threads_trace_and_run_at_the_same_time():
    model, errors, expected = FactorizedModule(24), [], None
    runner = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
    expected = trace(model, 12)
    stop = threading.Event()

    def tracing():
        try:
            for _ in range(3):
                assert trace(model, 12) == expected
                fuse(model)
        except BaseException as error:
            errors.append(error)

    def running():
        try:
            while not stop.is_set():
                runner(torch.rand(1, 2))
        except BaseException as error:
            errors.append(error)

    runs = threading.Thread(target=running)
    traces = [threading.Thread(target=tracing) for _ in range(3)]
    for thread in (runs, *traces):
        thread.start()
    for thread in traces:
        thread.join()
    stop.set()
    runs.join()
    assert errors == []
    assert runner(torch.rand(1, 2)).shape == (1, 2)
