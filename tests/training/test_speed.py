"""FLOP of a training step against torch's own counter; rates against a clock that is set."""

from pathlib import Path

import pytest
import torch
from counts import V3_AUX_MACS, V3_STEP_MACS, step_flop
from torch import nn

from inception_lib.graph import trace, training_macs
from inception_lib.graph.fuse import fuse
from inception_lib.nets import inception_v3
from inception_lib.nets.registry import create
from inception_lib.training import speed


class Small(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, padding=1)
        self.middle = nn.Sequential(nn.Conv2d(8, 8, 3), nn.BatchNorm2d(8), nn.ReLU())
        self.fc = nn.Linear(8, 5)

    def forward(self, x):
        x = self.middle(self.stem(x).relu())
        return self.fc(x.mean((2, 3)))


@pytest.mark.parametrize("frozen", [(), ("stem",), ("stem", "middle"), ("middle",), ("fc",)])
def test_flop_of_a_step_are_torchs(frozen):
    model = Small()
    for name in frozen:
        getattr(model, name).requires_grad_(False)
    assert speed.training_flop(model, 12) == step_flop(model, 12)


def test_flop_of_inception_v3():
    model = inception_v3()
    assert speed.training_flop(model, 299) == 2 * V3_STEP_MACS
    assert speed.training_flop(model, 299) == 2 * training_macs(trace(model, 299, train=True))
    model.requires_grad_(False)
    model.fc.requires_grad_(True)  # a linear probe: forward, and the classifier's own gradient
    probe = speed.training_flop(model, 299)
    assert probe == 2 * (V3_AUX_MACS + 2_048_000)


@pytest.mark.parametrize("trained", ["", "fc"])
def test_a_fused_network_does_the_same_work(trained):
    model = create("inception_tiny_8")
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(name.startswith(trained))
    assert speed.training_flop(fuse(model, train=True), 8) == speed.training_flop(model, 8)


def test_the_peak_is_measured_once():
    peak = speed.peak_flops("cpu", "fp32", 0.05)
    assert 1e9 < peak < 1e14
    assert speed.peak_flops("cpu", "fp32", 0.05) is peak
    with pytest.raises(ValueError, match="'int4'"):
        speed.peak_flops("cpu", "int4")


def test_a_meter_by_a_clock_that_is_set(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(speed.time, "perf_counter", lambda: now[0])
    meter = speed.Meter(flop=2e9, peak=1e12)
    for _ in range(4):
        meter.add(32, waited=0.25)
    now[0] = 108.0
    found = meter.read()
    assert found.images_per_second == 16
    assert found.mfu == pytest.approx(16 * 2e9 / 1e12)
    assert found.waiting == pytest.approx(1 / 8)
    meter.add(8)
    now[0] = 112.0
    assert meter.read().images_per_second == 2  # from the last reading on
    meter.add(1000)
    now[0] = 200.0
    meter.reset()  # an evaluation, say
    meter.add(10)
    now[0] = 205.0
    assert meter.read() == speed.Speed(2, pytest.approx(2 * 2e9 / 1e12), 0)
    assert speed.Meter().read().mfu is None


@pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="reads Linux's own count")
def test_peak_memory_is_the_systems():
    status = Path("/proc/self/status").read_text()
    kib = int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1])
    assert speed.peak_memory("cpu") == pytest.approx(kib * 1024, rel=0.02)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_gpu_has_a_peak_and_counts_its_own_memory():
    fast, plain = speed.peak_flops("cuda", "bf16"), speed.peak_flops("cuda", "fp32")
    assert 1e12 < plain < 1e16
    assert fast > plain
    block = torch.ones(100 << 20, device="cuda")
    torch.cuda.reset_peak_memory_stats()
    assert speed.peak_memory("cuda") >= block.numel() * 4


@pytest.mark.parametrize(("images", "threads"), [(64, 1), (6400, 2), (0, 2)])
def test_small_steps_run_on_one_thread(images, threads):
    """The spec's arithmetic decides: 64 images of 8×8 are 0.3 GFLOP, 100 times as many 27.

    Where nothing is known of it, all threads stay.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        flop = speed.training_flop(create("inception_tiny_8"), 8) * images
        with speed.threads_for(flop, torch.device("cpu")):
            assert torch.get_num_threads() == threads
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
