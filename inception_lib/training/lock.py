"""One run at a time in a folder, and one training at a time in a process."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["FolderInUse", "alone_in_process", "locked"]

NAME = ".lock"
_training = threading.Lock()


class FolderInUse(ValueError):
    """Another run writes to the folder."""


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a run's folder for this process; made if it is not there.

    The system lets go of it when the process ends, however it ends. Workers do not inherit it, so
    those that outlive a killed run by a second are not in the way of the next one.

    Raises
    ------
    FolderInUse
        If another process holds it.
    """
    try:
        import fcntl
    except ImportError:  # not on Windows, where a run is on its own
        yield
        return
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / NAME, "a+", encoding="ascii") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):
            file.seek(0)
            raise FolderInUse(
                f"{folder} is in use by process {file.read().strip() or '(unknown)'}, which trains "
                "there: wait for it, end it, or give another folder"
            ) from None
        except OSError:  # a file system without locks
            yield
            return
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield


@contextmanager
def alone_in_process() -> Iterator[None]:
    """Refuse a second training in this process, in another thread or inside the first.

    Random numbers, their generators and the precision of products belong to the whole process: two
    trainings would give one another's results.

    Raises
    ------
    RuntimeError
    """
    if not _training.acquire(blocking=False):
        raise RuntimeError(
            "another training runs in this process, and both would draw from the same random "
            "numbers: wait for it, or start this one in a process of its own"
        )
    try:
        yield
    finally:
        _training.release()
