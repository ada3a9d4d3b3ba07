"""What is kept of a run while it runs: log, evaluations, checkpoints; and when it must stop."""

from __future__ import annotations

import signal
import time

import torch
from torch import Tensor

from .checkpoint import CheckpointError
from .evaluate import Evaluation, Predictions, predict
from .folder import Result, RunFolder
from .guards import NEVER, FiniteGuard, NonFiniteError, Stopped, StopRequest, all_finite
from .log import RunLog
from .state import RunState

__all__ = ["Recorder"]

READ_STEPS = 10  # losses stay on the device between: to read one makes the host wait
WARM_STEPS = 5  # not counted in images per second: compilation, choice of kernels


class Recorder:
    """Looks after a run.

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
    """

    def __init__(
        self, run: RunState, folder: RunFolder, stop: StopRequest, quiet: bool = False
    ) -> None:
        self.run, self.folder, self.stop = run, folder, stop
        self.world, self.recipe = run.world, run.recipe
        self.quiet = quiet or not self.world.first
        self.writes = self.world.first and folder.path is not None
        self.guard = FiniteGuard(self.world.device)
        self._waited = 0.0
        self._clock = _Clock(self.world.device)
        self._started = time.monotonic()
        self._resume()
        self._since = self._started - run.seconds
        # A CPU computes in fp16 so slowly that to measure its peak would take ten seconds.
        slow = self.world.device.type == "cpu" and self.recipe.precision == "fp16"
        self.log = RunLog(
            folder.path,
            self.recipe,
            run.loader.steps,
            resume_step=run.step,
            quiet=quiet,
            rank=self.world.rank,
            model=None if slow else run.network,
            device=self.world.device,
            world=self.world.size,
            every=READ_STEPS,
        )
        for advice in self.recipe.advice(run.loader.steps, self.world.size):
            self._say(f"note: {advice}")

    def _resume(self) -> None:
        run, checkpoints = self.run, self.folder.checkpoints
        found = None
        if self.writes and checkpoints is not None:
            found = checkpoints.latest()
        found = self.world.tell(found)
        if found is not None:
            self.folder.check_checkpoint(found[1])  # before recipe.json is written
        if self.writes:
            self.folder.begin()
        if found is None:
            return
        path, state = found
        run.load_state_dict(state)
        if self.writes and checkpoints is not None and run.best_step == run.step:
            checkpoints.make_best(path)  # a kill may have come between the two names
        self._say(f"resumes after step {run.step:,} of {run.steps:,} from {path.name}")

    # -- while training --------------------------------------------------------------------

    def before_steps(self) -> None:
        """The loop is about to begin, or to go on after an evaluation."""
        self._clock.go()

    def after_step(self, loss: Tensor, norm: Tensor, rate: float, images: int) -> None:
        """Note a step; save and stop where it is time to."""
        run, recipe = self.run, self.recipe
        if recipe.precision != "fp16":  # there the scaler expects overflows, and skips the step
            self.guard.watch(norm, run.micro_batch(0) - recipe.accumulate * self.world.size)
        waited, self._waited = run.loader.waited - self._waited, run.loader.waited
        images *= self.world.size
        self._clock.count(images)
        self.log.step(run.step, self.world.mean(loss), rate, norm, images, waited)
        if run.step % READ_STEPS == 0:
            self.check()
        if self.folder.path is not None and self.world.any(self.stop.asked is not None):
            self.save()
            self._stop()
        if recipe.save_steps and run.step % recipe.save_steps == 0 and not run.epoch_is_over:
            self.save()

    def check(self) -> None:
        """Wait for the device, and see that every loss so far was finite, on every process."""
        place = self.world.least(self.guard.first())
        if place != NEVER:
            raise self._non_finite(place)

    def _stop(self) -> None:
        number = self.stop.asked
        name = "another process" if number is None else signal.Signals(number).name
        self._say(
            f"stopped by {name} after step {self.run.step:,} of {self.run.steps:,}, saved in "
            f"{self.folder.path}: give the same command again to resume"
        )
        raise Stopped(0)

    # -- at the end of an epoch ------------------------------------------------------------

    def after_epoch(self) -> None:
        """Evaluate if it is time to, then save."""
        run = self.run
        self._clock.halt()
        self.check()
        best = False
        last = run.step == run.steps
        due = last or run.epoch % self.recipe.eval_epochs == 0
        if run.validation is not None and due:
            run.scores = self.world.tell(self._evaluate())
            best = not run.scores["top1"] <= run.best_top1  # the first is compared with NaN
            if best:
                run.best_top1, run.best_step = run.scores["top1"], run.step
        run.closed = run.step
        self.save(best)

    def _evaluate(self) -> dict[str, float]:
        """Each process judges its share of the images; the first one puts them together."""
        run, world = self.run, self.world
        assert run.validation is not None
        world.share_buffers(run.evaluated_network)
        share = predict(run.evaluated_network, run.validation, precision=self.recipe.precision)
        shares = world.gather(share)
        if not world.first:
            return {}
        found = Evaluation(_joined(shares))
        self.log.evaluation(run.step, found)
        return {"top1": found.top1, "top5": found.top5, "loss": found.loss}

    def save(self, best: bool = False) -> None:
        """Write a checkpoint, unless something in it is not finite."""
        self.check()
        self.run.seconds = time.monotonic() - self._since
        if not self.writes or self.folder.checkpoints is None:
            return
        if not self.folder.still_there():
            raise CheckpointError(
                f"{self.folder.path} was removed while the run went on, and what was saved with "
                "it: give the same command again to begin anew"
            )
        self._clock.halt()
        state = self.run.state_dict()
        bad = all_finite(self.run.network.state_dict())
        if bad is not None:
            raise NonFiniteError(
                f"{bad} is not finite after step {self.run.step:,}, though the loss was: nothing "
                f"is saved of it. {self._remedy()}"
            )
        self.folder.checkpoints.save(self.run.step, state, best)
        self._clock.go()

    def _non_finite(self, place: int) -> NonFiniteError:
        """Save the images of micro-batch ``place`` and say what to do about them."""
        run, parts = self.run, self.recipe.accumulate
        rest, part = divmod(place, parts)
        step, rank = divmod(rest, self.world.size)
        saved = ""
        if self.writes and self.folder.path is not None:
            # Data is a function of the step: the batch is made again, not kept.
            batches = run.training_loader(rank).epoch(*divmod(step, run.loader.steps))
            batch = [next(batches) for _ in range(part + 1)][-1]
            path = self.folder.path / "nonfinite.pt"
            torch.save(
                {
                    "step": step + 1,
                    "indices": batch.indices.cpu(),
                    "images": batch.images.cpu(),
                    "labels": batch.labels.cpu(),
                },
                path,
            )
            saved = f"; its images are in {path}"
        return NonFiniteError(
            f"loss or gradient is not finite in step {step + 1:,} (epoch "
            f"{step // run.loader.steps + 1}, micro-batch {part + 1} of {parts} on process "
            f"{rank}){saved}. {self._remedy()}"
        )

    def _remedy(self) -> str:
        recipe = self.recipe
        words = f"Lower the learning rate (lr was {recipe.lr:g}), lengthen warmup_epochs (was "
        words += f"{recipe.warmup_epochs:g}), or clip (clip_norm was {recipe.clip_norm:g})"
        if recipe.precision == "fp16":
            words += ", or use precision bf16"
        kept = self.folder.checkpoints.paths() if self.folder.checkpoints is not None else []
        if kept:
            words += f", in a new folder. The last good checkpoint is {kept[-1]}"
        return words

    # -- at the end ------------------------------------------------------------------------

    def finish(self) -> Result:
        """The result, written with the weights and the curves."""
        run = self.run
        result = Result(
            recipe=self.recipe,
            steps=run.steps,
            epochs=self.recipe.epochs,
            **run.scores,
            best_top1=run.best_top1,
            seconds=time.monotonic() - self._since,
            images_per_second=self._clock.images_per_second(),
            out=self.folder.path,
        )
        self.log.close()
        if run.loader.corrupt:
            self._say(f"unreadable images left out: {len(run.loader.corrupt):,}")
        if self.writes:
            self.folder.finish(result, run.evaluated_network.state_dict())
        return result

    def close(self) -> None:
        """Let go of the log and the loaders, whatever happened."""
        self.log.close()
        self.run.close()

    def _say(self, words: str) -> None:
        if not self.quiet:
            print(words, flush=True)


def _joined(shares: list[Predictions]) -> Predictions:
    """Predictions of parts of a source, as those of the whole."""
    if len(shares) == 1:
        return shares[0]
    indices = torch.cat([share.indices for share in shares])
    order = indices.argsort()
    names = [name for share in shares for name in share.names]
    return Predictions(
        torch.cat([share.probabilities for share in shares])[order],
        torch.cat([share.labels for share in shares])[order],
        indices[order],
        tuple(names[i] for i in order.tolist()),
        shares[0].classes,
        corrupt=tuple(name for share in shares for name in share.corrupt),
    )


class _Clock:
    """Times training steps alone: starts after the warm-up, rests in evaluations and writes."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._warm = WARM_STEPS
        self._since: float | None = None
        self.images, self.seconds = 0, 0.0

    def _now(self) -> float:
        if self._device.type == "cuda":
            torch.cuda.synchronize(self._device)
        return time.perf_counter()

    def go(self) -> None:
        if self._warm == 0 and self._since is None:
            self._since = self._now()

    def halt(self) -> None:
        if self._since is not None:
            self.seconds += self._now() - self._since
            self._since = None

    def count(self, images: int) -> None:
        """One step is done."""
        if self._warm:
            self._warm -= 1
            self.go()
        elif self._since is not None:
            self.images += images

    def images_per_second(self) -> float:
        """NaN where there were no steps after the warm-up."""
        return self.images / self.seconds if self.seconds else float("nan")
