"""When a run is logged, judged, saved and stopped: what the loop calls around its steps."""

from __future__ import annotations

import signal
import time

from torch import Tensor

from .evaluate import evaluate_together
from .folder import Result, RunFolder
from .guards import NEVER, FiniteGuard, Stopped, StopRequest
from .log import RunLog
from .nonfinite import non_finite_step
from .saver import Saver
from .speed import Throughput
from .state import RunState

__all__ = ["Hooks"]

READ_STEPS = 10  # losses stay on the device between: to read one makes the host wait


class Hooks:
    """The order of things around the steps; each thing is done by a part of its own.

    Parameters
    ----------
    run : RunState
        The run, just put together; it is brought to its last checkpoint, if there is one.
    folder : RunFolder
        Where everything goes.
    stop : StopRequest
        Whether a signal asked to stop.
    quiet : bool
        Print nothing.

    Attributes
    ----------
    saver : Saver
        The checkpoints.
    guard : FiniteGuard
        Whether every loss was finite.
    throughput : Throughput
        Images a second.
    log : RunLog
        The bar, the table of metrics, the curves.
    """

    def __init__(
        self, run: RunState, folder: RunFolder, stop: StopRequest, quiet: bool = False
    ) -> None:
        self.run, self.folder, self.stop = run, folder, stop
        self.world, self.recipe = run.world, run.recipe
        self.quiet = quiet or self.world.rank != 0
        self.guard = FiniteGuard(self.world.device)
        self.throughput = Throughput(self.world.device)
        self._waited = 0.0
        started = time.monotonic()
        self.saver = Saver(run, folder)
        path = self.saver.restore()
        if path is not None:
            self._say(f"resumes after step {run.step:,} of {run.steps:,} from {path.name}")
        self._since = started - run.seconds
        # A CPU computes in fp16 so slowly that to measure its peak would take ten seconds.
        slow = self.world.device.type == "cpu" and self.recipe.precision == "fp16"
        self.log = RunLog(
            folder.path,
            self.recipe,
            run.loader.steps,
            resume_step=run.step,
            quiet=quiet,
            rank=self.world.rank,
            flop=0 if slow else run.flop,
            device=self.world.device,
            world=self.world.size,
            every=READ_STEPS,
        )
        for advice in self.recipe.advice(run.loader.steps, self.world.size):
            self._say(f"note: {advice}")

    def before_steps(self) -> None:
        """The loop is about to begin, or to go on after an evaluation."""
        self.throughput.start()

    def after_step(self, loss: Tensor, norm: Tensor, rate: float, images: int) -> None:
        """Note a step; save and stop where it is time to."""
        run, recipe = self.run, self.recipe
        if recipe.precision != "fp16":  # there the scaler expects overflows, and skips the step
            self.guard.watch(norm, run.micro_batch(0) - recipe.accumulate * self.world.size)
        waited, self._waited = run.loader.waited - self._waited, run.loader.waited
        images *= self.world.size
        self.throughput.add(images)
        self.log.step(run.step, self.world.all_reduce_mean(loss), rate, norm, images, waited)
        if run.step % READ_STEPS == 0:
            self.check()
        asked = self.stop.asked is not None
        if self.folder.path is not None and self.world.all_reduce_any(asked):
            self.save()
            self._stop()
        if recipe.save_steps and run.step % recipe.save_steps == 0 and not run.epoch_is_over:
            self.save()

    def after_epoch(self) -> None:
        """Evaluate if it is time to, then save."""
        run = self.run
        self.throughput.stop()
        self.check()
        best = False
        due = run.step == run.steps or run.epoch % self.recipe.eval_epochs == 0
        if run.validation is not None and due:
            best = self._evaluate()
        run.closed = run.step
        self.save(best)

    def _evaluate(self) -> bool:
        """Judge the network on the validation images; whether it is the best so far."""
        run = self.run
        assert run.validation is not None
        network, precision = run.evaluated_network, self.recipe.precision
        found = evaluate_together(self.world, network, run.validation, precision=precision)
        scores = None
        if found is not None:
            self.log.evaluation(run.step, found)
            scores = {"top1": found.top1, "top5": found.top5, "loss": found.loss}
        return run.judged(self.world.broadcast_object(scores))

    def check(self) -> None:
        """Wait for the device, and see that every loss so far was finite, on every process."""
        place = self.world.all_reduce_min(self.guard.first())
        if place != NEVER:
            raise non_finite_step(self.run, self.folder, place)

    def save(self, best: bool = False) -> None:
        """Write a checkpoint, unless something in it is not finite."""
        self.check()
        self.run.seconds = self._seconds()
        self.throughput.stop()
        self.saver.save(best)
        self.throughput.start()

    def _stop(self) -> None:
        number = self.stop.asked
        name = "another process" if number is None else signal.Signals(number).name
        self._say(
            f"stopped by {name} after step {self.run.step:,} of {self.run.steps:,}, saved in "
            f"{self.folder.path}: give the same command again to resume"
        )
        raise Stopped(0)

    def finish(self) -> Result:
        """The result, written with the weights and the curves."""
        run = self.run
        result = Result(
            recipe=self.recipe,
            steps=run.steps,
            epochs=self.recipe.epochs,
            **run.scores,
            best_top1=run.best_top1,
            seconds=self._seconds(),
            images_per_second=self.throughput.images_per_second(),
            out=self.folder.path,
        )
        self.log.close()
        if run.loader.corrupt:
            self._say(f"unreadable images left out: {len(run.loader.corrupt):,}")
        self.saver.finish(result)
        return result

    def close(self) -> None:
        """Let go of the log and the loaders, whatever happened."""
        self.log.close()
        self.run.close()

    def _seconds(self) -> float:
        """Wall time of the run, that of its earlier attempts up to their last checkpoint too."""
        return time.monotonic() - self._since

    def _say(self, words: str) -> None:
        if not self.quiet:
            print(words, flush=True)
