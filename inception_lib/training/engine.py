"""The training loop of section 8."""

from __future__ import annotations

import errno
import os
from contextlib import ExitStack, suppress
from pathlib import Path

import torch

from .checkpoint import CheckpointError
from .data import Dataset, open_data
from .distributed import World, process_group
from .folder import Result, RunFolder
from .guards import StopRequest, out_of_memory, own_settings
from .hooks import Hooks
from .lock import alone_in_process, locked
from .memory import too_little_memory
from .optim import clip_gradients, set_learning_rate
from .outputs import channels_named
from .recipes import Recipe, get_recipe
from .schedule import learning_rate
from .speed import threads_for
from .state import RunState

__all__ = ["Trainer", "train"]

NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def train(run: RunState, hooks: Hooks) -> None:
    """Train from where ``run`` is to its end."""
    recipe, loader, world = run.recipe, run.loader, run.world
    while True:
        if run.epoch_is_over:
            hooks.after_epoch()
        if run.step == run.steps:
            return
        run.train_mode()
        epoch, start = divmod(run.step, loader.steps)
        batches = loader.epoch(epoch, start)
        hooks.before_steps()
        for _ in range(start, loader.steps):
            rate = learning_rate(recipe, run.step, loader.steps)
            set_learning_rate(run.optimizer, rate)

            loss = torch.zeros((), device=world.device)
            images = 0
            for part in range(recipe.accumulate):
                batch = next(batches)
                place = run.micro_batch(part)
                run.seed(place)
                with world.no_sync(run.parallel, unless=part == recipe.accumulate - 1):
                    with run.autocast():
                        part_loss = run.parallel(batch.images, batch.labels) / recipe.accumulate
                    run.scaler.scale(part_loss).backward()
                hooks.guard.watch(part_loss, place)
                loss += part_loss.detach()
                images += len(batch.images)

            run.scaler.unscale_(run.optimizer)
            norm = clip_gradients(run.trained, recipe.clip_norm)
            run.scaler.step(run.optimizer)
            run.scaler.update()
            run.optimizer.zero_grad()
            if run.average is not None:
                run.average.update(run.network)
            run.step += 1
            hooks.after_step(loss, norm, rate, images)


class Trainer:
    """Train a network by a recipe, in three lines.

    Parameters
    ----------
    recipe : Recipe or str
        The recipe, or the name of one of ``RECIPES``.
    data : Dataset or str
        The images, or what ``open_data`` calls them: ``"digits"``, ``"imagefolder:PATH"``.
    out : path, optional
        The run's folder. If it holds an unfinished run of the same recipe, that is resumed; if a
        finished one, its result is returned. Without a folder nothing is written.
    device : str, optional
        ``"cuda"`` or ``"cpu"``; a GPU where there is one.
    quiet : bool
        Print nothing.

    Examples
    --------
    >>> from inception_lib.training import Trainer
    >>> result = Trainer("tiny", "digits").fit()  # doctest: +SKIP
    >>> result.top1  # doctest: +SKIP
    """

    def __init__(
        self,
        recipe: Recipe | str,
        data: Dataset | str,
        out: str | os.PathLike[str] | None = None,
        device: str | None = None,
        quiet: bool = False,
    ) -> None:
        if isinstance(recipe, str):
            recipe = get_recipe(recipe)
        self.recipe, self.device, self.quiet = recipe, device, quiet
        if out is not None and not os.fspath(out):
            raise ValueError("out is empty: give a folder for the run, or none at all")
        if isinstance(data, str):
            data = open_data(data, seed=recipe.seed, size=recipe.size)
        if data.train is None:
            there = f"it has {', '.join(data.splits)} alone" if data.splits else "it is empty"
            raise ValueError(f"{data.name} has no training images ({there}): give data with some")
        self.data = data
        self.folder = (
            RunFolder(None, recipe, data.to_dict())
            if out is None
            else RunFolder(Path(out), recipe, data.to_dict(), data.fingerprint())
        )

    def fit(self) -> Result:
        """Run the recipe to its end.

        Raises
        ------
        ValueError
            If the folder holds a run of another recipe or with other images, or is in use.
        RuntimeError
            If another training runs in this process.
        DeviceError, NonFiniteError, TooLittleMemory, CheckpointError
            What each says; all that was saved before stays.
        Stopped
            After SIGTERM or Ctrl-C: the run is saved, and the process, unless this is caught,
            exits with 0.
        """
        with alone_in_process(), process_group(self.device) as world, ExitStack() as held:
            self.folder.check()
            finished = world.broadcast_object(self.folder.finished() if world.rank == 0 else None)
            if finished is not None:
                self._say(world, f"{finished.out} holds a finished run: top-1 {finished.top1:.4f}")
                return finished
            self._claim(world, held)
            with own_settings(world.device):
                run = RunState(self.recipe, self.data, world)
                few = threads_for(run.flop * run.loader.micro, world.device)
                with few, StopRequest(self.folder.path is not None) as stop:
                    return self._run(run, stop)

    def _claim(self, world: World, held: ExitStack) -> None:
        """Hold the folder, and see again that no other run has begun there meanwhile."""
        refused: str | None = None
        if world.rank == 0 and self.folder.path is not None:
            try:
                held.enter_context(locked(self.folder.path))
                self.folder.check()
            except ValueError as error:
                refused = str(error)
        refused = world.broadcast_object(refused)
        if refused is not None:
            raise ValueError(refused)

    def _run(self, run: RunState, stop: StopRequest) -> Result:
        hooks = Hooks(run, self.folder, stop, self.quiet)
        try:
            with channels_named():
                train(run, hooks)
            return hooks.finish()
        except (RuntimeError, MemoryError) as error:
            if not out_of_memory(error):
                raise
            reason = str(error).strip().splitlines()[0]
        except OSError as error:
            if error.errno not in NO_ROOM:
                raise
            raise CheckpointError(
                f"{self.folder.path} could not be written to: {error.strerror}. What was saved is "
                "whole: make room (or raise the limit) and give the same command again to resume"
            ) from error
        finally:
            with suppress(OSError):  # of a full disk, which was reported
                hooks.close()
        raise too_little_memory(run, reason)

    def _say(self, world: World, words: str) -> None:
        if world.rank == 0 and not self.quiet:
            print(words, flush=True)
