"""A run's state into its folder, and back."""

from __future__ import annotations

from pathlib import Path

from .checkpoint import CheckpointError
from .folder import Result, RunFolder
from .guards import all_finite
from .nonfinite import non_finite_weights
from .state import RunState

__all__ = ["Saver"]


class Saver:
    """Writes the checkpoints of a run and reads them; only the process of rank 0 does.

    Parameters
    ----------
    run : RunState
    folder : RunFolder
        Without a path nothing is written, and nothing restored.
    """

    def __init__(self, run: RunState, folder: RunFolder) -> None:
        self.run, self.folder = run, folder
        # None wherever nothing is to be written.
        self._checkpoints = folder.checkpoints if run.world.rank == 0 else None

    def restore(self) -> Path | None:
        """Bring the run, on every process, to its last checkpoint; the file, if there is one.

        Raises
        ------
        ValueError
            If the checkpoint is one of another recipe or of other classes.
        """
        run, checkpoints = self.run, self._checkpoints
        found = run.world.broadcast_object(checkpoints.latest() if checkpoints else None)
        if found is not None:
            self.folder.check_checkpoint(found[1])  # before recipe.json is written
        if checkpoints is not None:
            self.folder.begin()
        if found is None:
            return None
        path, state = found
        run.load_state_dict(state)
        if checkpoints is not None and run.best_step == run.step:
            checkpoints.make_best(path)  # a kill may have come between the two names
        return path

    def save(self, best: bool = False) -> None:
        """Write a checkpoint.

        Raises
        ------
        NonFiniteError
            If a tensor in it is not finite: nothing is written.
        CheckpointError
            If it cannot be written, or somebody took the folder away.
        """
        if self._checkpoints is None:
            return
        if not self.folder.still_there():
            raise CheckpointError(
                f"{self.folder.path} was removed while the run went on, and what was saved with "
                "it: give the same command again to begin anew"
            )
        state = self.run.state_dict()
        bad = all_finite(self.run.network.state_dict())
        if bad is not None:
            raise non_finite_weights(self.run, self.folder, bad)
        self._checkpoints.save(self.run.step, state, best)

    def finish(self, result: Result) -> None:
        """Write the network that was judged, and the result."""
        if self._checkpoints is not None:
            self.folder.finish(result, self.run.evaluated_network.state_dict())
