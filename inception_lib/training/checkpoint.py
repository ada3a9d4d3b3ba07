"""Checkpoints that outlive a kill: written aside, synced, renamed; checked when they are read."""

from __future__ import annotations

import hashlib
import os
import re
import warnings
from pathlib import Path
from typing import IO, Any

import torch
from torch import Tensor

from inception_lib.files import sync_folder, write_atomically

__all__ = [
    "CheckpointError",
    "Checkpoints",
    "load_checkpoint",
    "network_weights",
    "save_checkpoint",
    "write_atomically",
]

MARK = b"sha256:"
TRAILER = len(MARK) + 64  # after the archive's end, where torch.load and unzip do not look


class CheckpointError(RuntimeError):
    """A checkpoint that cannot be written, or that is not what was written."""


class _Hashing:
    """What ``torch.save`` writes to: passes bytes on and hashes them.

    An ``OSError`` is kept until the end, since torch's writer does not let one pass.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self.file, self.hash = file, hashlib.sha256()
        self.error: OSError | None = None

    def write(self, data: bytes) -> int:
        if self.error is None:
            try:
                self.hash.update(data)
                self.file.write(data)
            except OSError as error:
                self.error = error
        return len(data)

    def flush(self) -> None:
        """Nothing to do: the file is synced once, when it is whole."""


def save_checkpoint(path: str | os.PathLike[str], state: dict[str, Any]) -> None:
    """Write ``state`` (tensors, numbers, text and containers of them) with its SHA-256.

    The file is what ``torch.save`` makes, followed by 71 bytes ``sha256:…``; ``torch.load`` reads
    it as it is.
    """

    def write(file: IO[bytes]) -> None:
        through = _Hashing(file)
        torch.save(state, through)  # type: ignore[arg-type]
        if through.error is not None:
            raise through.error
        file.write(MARK + through.hash.hexdigest().encode())

    write_atomically(Path(path), write)


def load_checkpoint(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Read a checkpoint to the CPU, without running code that it may carry.

    Raises
    ------
    CheckpointError
        If it is missing, or differs from what was written.
    """
    path = Path(path)
    try:
        _verify(path)
        return torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        raise CheckpointError(f"checkpoint {path} cannot be read: {error.strerror}") from error


def _verify(path: Path) -> None:
    digest, left = hashlib.sha256(), path.stat().st_size - TRAILER
    with open(path, "rb") as file:
        while left > 0 and (data := file.read(min(left, 1 << 20))):
            digest.update(data)
            left -= len(data)
        trailer = file.read()
    if trailer != MARK + digest.hexdigest().encode():
        raise CheckpointError(
            f"checkpoint {path} is damaged: its contents do not have the SHA-256 at its end; "
            "delete it, or use another from the same folder"
        )


def network_weights(state: dict[str, Any]) -> dict[str, Tensor]:
    """The tensors to evaluate with: the averaged ones where a checkpoint has them."""
    if state["average"] is None:
        return state["network"]
    start = "module."
    return {k[len(start) :]: v for k, v in state["average"].items() if k.startswith(start)}


class Checkpoints:
    """The folder ``checkpoints`` of a run: ``step-NNNNNNNN.pt``, the last few, and ``best.pt``.

    Parameters
    ----------
    folder : Path
        Made when the first checkpoint is written.
    keep : int
        How many of the last ones stay, at least 1.
    """

    def __init__(self, folder: Path, keep: int = 2) -> None:
        if keep < 1:
            raise ValueError(f"keep is {keep!r}: a run that can be resumed keeps at least 1")
        self.folder, self.keep = folder, keep

    def paths(self) -> list[Path]:
        """From the first step to the last."""
        names = re.compile(r"step-\d{8,}\.pt")
        found = self.folder.iterdir() if self.folder.is_dir() else ()
        return sorted((p for p in found if names.fullmatch(p.name)), key=_step)

    def save(self, step: int, state: dict[str, Any], best: bool = False) -> Path:
        """Write the checkpoint of a step, then drop those no longer kept."""
        path = self.folder / f"step-{step:08d}.pt"
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            save_checkpoint(path, state)
            if best:
                self.make_best(path)
        except OSError as error:
            whole = self.paths()
            rest = f"the one before, {whole[-1].name}, is whole" if whole else "none is there yet"
            raise CheckpointError(
                f"checkpoint of step {step} could not be written to {self.folder}: "
                f"{error.strerror}; {rest}. Make room (or raise the limit) and give the same "
                "command again to resume"
            ) from error
        for old in self.paths()[: -self.keep]:
            old.unlink()
        for part in self.folder.glob(".*.part"):  # what a killed run was writing
            part.unlink()
        return path

    def make_best(self, path: Path) -> None:
        """A second name for the same file costs nothing; a copy where the disk has no links."""
        aside, best = self.folder / ".best.part", self.folder / "best.pt"
        aside.unlink(missing_ok=True)
        try:
            os.link(path, aside)
        except OSError:
            write_atomically(best, lambda file: _copy(path, file))
            return
        os.replace(aside, best)
        sync_folder(self.folder)

    def latest(self) -> tuple[Path, dict[str, Any]] | None:
        """The last whole checkpoint with its path; None where none was ever written.

        A damaged one is passed over with a warning.

        Raises
        ------
        CheckpointError
            If there are checkpoints and all are damaged.
        """
        paths = self.paths()
        for path in reversed(paths):
            try:
                return path, load_checkpoint(path)
            except CheckpointError as error:
                warnings.warn(f"{error}; going back to the one before", stacklevel=2)
        if paths:
            raise CheckpointError(
                f"none of the {len(paths)} checkpoints in {self.folder} is whole: restore one, or "
                "delete the folder to begin anew"
            )
        return None


def _step(path: Path) -> int:
    return int(path.stem.partition("-")[2])


def _copy(path: Path, to: IO[bytes]) -> None:
    with open(path, "rb") as file:
        while data := file.read(1 << 20):
            to.write(data)
