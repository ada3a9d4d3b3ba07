"""What only a GPU can show of the engine: run with ``pytest -m gpu`` on a machine that has one."""

import _runs
import pytest
import torch
from _runs import rows, same, weights

from inception_lib.training import engine
from inception_lib.training.engine import Trainer
from inception_lib.training.guards import TooLittleMemory
from inception_lib.training.hooks import Hooks

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device"),
]
FAST = {"precision": "bf16", "channels_last": True, "cache": "device"}


def fit(out=None, data=None, **changes):
    return Trainer(_runs.recipe(**changes), data or _runs.noise(), out, "cuda", quiet=True).fit()


@pytest.mark.parametrize("fuse", [False, True])
@pytest.mark.parametrize("compiled", [False, True])
def test_the_host_waits_for_nothing_within_a_step(monkeypatch, compiled, fuse):
    """From the choice of the learning rate to the end of the update, data loading included."""
    rate, after, steps = engine.learning_rate, Hooks.after_step, []

    def begin(recipe, step, steps_per_epoch):
        if step >= 6:  # compiled, and the set is on the device
            torch.cuda.set_sync_debug_mode("error")
        return rate(recipe, step, steps_per_epoch)

    def end(self, *args):
        torch.cuda.set_sync_debug_mode("default")
        steps.append(self.run.step)
        after(self, *args)

    monkeypatch.setattr(engine, "learning_rate", begin)
    monkeypatch.setattr(Hooks, "after_step", end)
    try:
        fit(**FAST, network="inception_tiny_8", epochs=6, compile=compiled, fuse=fuse)
    finally:
        torch.cuda.set_sync_debug_mode("default")
    assert len(steps) == 24


@pytest.mark.parametrize("precision", ["fp32", "bf16", "fp16"])
def test_learns_and_resumes(tmp_path, monkeypatch, precision):
    changes = {**FAST, "precision": precision, "epochs": 8, "save_steps": 3}
    assert fit(tmp_path / "alone", **changes).top1 > 0.8
    after = Hooks.after_step

    class Killed(BaseException):
        pass

    def die(self, *args):
        after(self, *args)
        if self.run.step == 17:
            raise Killed

    monkeypatch.setattr(Hooks, "after_step", die)
    with pytest.raises(Killed):
        fit(tmp_path / "killed", **changes)
    monkeypatch.undo()
    fit(tmp_path / "killed", **changes)
    # Kernels on a GPU may add in another order: near, not equal to the last bit.
    same(weights(tmp_path / "killed"), weights(tmp_path / "alone"), rtol=1e-2, atol=1e-2)


def test_is_the_run_on_the_cpu(tmp_path):
    changes = {"network": "_runs:plain", "augment": "none"}
    fit(tmp_path / "gpu", **changes)
    _runs.fit(tmp_path / "cpu", **changes)
    for one, other in zip(rows(tmp_path / "gpu"), rows(tmp_path / "cpu"), strict=False):
        if one["step"] == other["step"]:
            assert float(one["loss"]) == pytest.approx(float(other["loss"]), rel=1e-2)


def test_settings_are_the_runs_own():
    before = torch.get_float32_matmul_precision(), torch.backends.cudnn.benchmark
    state = torch.cuda.get_rng_state()
    fit(epochs=1)
    assert before == (torch.get_float32_matmul_precision(), torch.backends.cudnn.benchmark)
    assert torch.equal(state, torch.cuda.get_rng_state())


def test_too_little_memory_says_what_fits():
    share = 4 * 2**30 / torch.cuda.get_device_properties(0).total_memory
    torch.cuda.empty_cache()
    torch.cuda.set_per_process_memory_fraction(share)
    try:
        with pytest.raises(TooLittleMemory, match=r"tried and do: keep .* accumulate=\d+"):
            fit(data=_runs.noise(512), network="_runs:plain", size=1024, batch=512, epochs=1)
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
        torch.cuda.empty_cache()
