"""One training of an experiment: its network, images and recipe, its folder, and its end."""

from __future__ import annotations

import contextlib
import csv
import fcntl
import hashlib
import json
import platform
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from _common import REPOSITORY
from _images import Images, draw
from _measures import MEASURES, Subject

from inception_lib import __version__, cost, trace
from inception_lib.files import write_atomically
from inception_lib.nets.registry import create
from inception_lib.training import Trainer
from inception_lib.training.guards import NonFiniteError
from inception_lib.training.recipes import RECIPES, Recipe
from inception_lib.training.trained import load_trained

CURVE = ("epoch", "training_loss", "curve_loss", "curve_error")
BASE = RECIPES["tiny"].replace(
    size=15,
    epochs=12,
    batch=64,
    augment="flip",
    channels_last=True,
    average=0.98,
)
USUAL = Images()
CODE = tuple(f"inception_lib/{room}" for room in ("nets", "graph", "training"))
CHANCE = 90.0  # percent of error of a network that guesses among ten classes


@dataclass(frozen=True)
class Trial:
    """What is trained, but for the seed.

    Attributes
    ----------
    network : str
        ``package.module:callable``.
    images : Images
    recipe : mapping
        Fields in which the recipe differs from ``BASE``.
    """

    network: str
    images: Images = USUAL
    recipe: tuple[tuple[str, Any], ...] = ()

    def at(self, seed: int) -> Recipe:
        """The recipe of one run."""
        return BASE.replace(
            network=self.network, size=self.images.side, seed=seed, **dict(self.recipe)
        )

    @property
    def key(self) -> str:
        """Its folder's name: the network's and a digest of all that is given."""
        given = {"recipe": self.at(0).to_dict(), "images": self.images.to_dict()}
        digest = hashlib.sha256(json.dumps(given, sort_keys=True).encode()).hexdigest()
        return f"{self.network.rpartition(':')[2]}-{digest[:10]}"

    def budget(self) -> dict[str, int]:
        """Multiply-adds an image and parameters, as the library counts them, in evaluation."""
        network = create(self.network, num_classes=10)
        found = cost(trace(network, self.images.side, train=False))
        return {"macs": found.macs, "params": found.params}


@dataclass
class Run:
    """A trial with a seed, and where it lies."""

    trial: Trial
    seed: int
    runs: Path
    measures: tuple[str, ...] = field(default=("end",))

    @property
    def folder(self) -> Path:
        return self.runs / self.trial.key / f"seed-{self.seed}"

    def found(self, name: str) -> Any:
        """What was written of it under a name; None where it was not yet."""
        path = self.folder / f"{name}.json"
        return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None

    @property
    def diverged(self) -> bool:
        about = self.found("about")
        return about is not None and about["diverged"] is not None

    @property
    def missing(self) -> tuple[str, ...]:
        """The measures that are not taken yet; a run that diverged has none to take."""
        if self.diverged:
            return ()
        return tuple(name for name in self.measures if self.found(name) is None)

    @property
    def finished(self) -> bool:
        return self.found("about") is not None and not self.missing

    def carry_out(self) -> None:
        """Train from where it is to its end and measure; a finished one is left alone."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with _alone(self.folder) as mine:
            if not mine or self.finished:
                return
            data = draw(self.runs / "images", self.trial.images, self.seed)
            if self.found("about") is None:
                self._train(data)
            if not self.diverged:
                self._measure(data)

    def _train(self, data: Any) -> None:
        out, spent = self.folder / "run", self.found("spent") or {"cpu_seconds": 0.0}
        began, diverged = time.process_time(), None
        recipe = self.trial.at(self.seed).replace(keep=1000)
        try:
            Trainer(recipe, data, out=out, device="cpu", quiet=True).fit()
        except (NonFiniteError, ValueError) as error:
            # Finite weights may still give logits that are not: evaluation refuses those.
            if isinstance(error, ValueError) and "logits are not finite" not in str(error):
                raise
            diverged = str(error).partition(". ")[0].partition("; ")[0]
        finally:
            spent["cpu_seconds"] += time.process_time() - began
            self._write("spent", spent)
        self._write(
            "about",
            {
                "diverged": diverged,
                "cpu_seconds": round(spent["cpu_seconds"], 1),
                "commit": commit(),
                "library": f"inception_lib {__version__}",
                "torch": torch.__version__.partition("+")[0],
                "machine": f"{platform.machine()} CPU, {torch.get_num_threads()} thread(s)",
                "budget": self.trial.budget(),
            },
        )

    def _measure(self, data: Any) -> None:
        network = load_trained(self.folder / "run", network=self.trial.network).network
        subject = Subject(network, data, self.trial.at(self.seed), self.runs, self.folder / "run")
        for name in self.missing:
            self._write(name, MEASURES[name](subject))

    def curve(self) -> list[list[float]]:
        """A row an evaluation: epoch, mean training loss since the one before, loss, error in %."""
        rows, losses = [], []
        with (self.folder / "run" / "metrics.csv").open(newline="", encoding="utf-8") as lines:
            for row in csv.DictReader(lines):
                if row["phase"] == "train":
                    losses.append(float(row["loss"]))
                    continue
                error = 100 * (1 - float(row["top1"]))
                rows.append(
                    [float(row["epoch"]), sum(losses) / len(losses), float(row["loss"]), error]
                )
                losses = []
        return rows

    def _write(self, name: str, content: Any) -> None:
        text = json.dumps(content, ensure_ascii=False) + "\n"
        write_atomically(self.folder / f"{name}.json", lambda file: file.write(text.encode()))


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[bool]:
    """Whether this process alone has the folder: two queues may work side by side."""
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


def commit() -> str:
    """The last commit that changed what computes: the library's networks, graph or training.

    With a plus where files of theirs differ from it. Later commits, to the book or to the record
    of the runs, do not make a run another one.
    """
    words, of = ["git", "-C", str(REPOSITORY)], ("--", *CODE)
    last = _output(*words, "log", "-1", "--abbrev=10", "--format=%h", *of)
    changed = _output(*words, "status", "--porcelain", "--untracked-files=no", *of)
    return last + ("+" if changed else "") if last else "unknown"


def _output(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
