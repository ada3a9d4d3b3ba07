"""Our side of the ledger: one function a claim, each asking the library and typing no result.

Savings are read off traced convolutions. They do not depend on width or grid as long as both
alternatives share them, so one width and one grid serve all.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inception_lib.graph import Cost, Graph, cost, receptive_field, trace
from inception_lib.nets import conv_stack, inception_v3

__all__ = ["CHECKS", "Measured", "MissingResults", "read_results"]

WIDTH, GRID, IMAGE = 64, 17, 299
Kernels = Sequence["int | tuple[int, int]"]


class MissingResults(FileNotFoundError):
    """A recorded experiment that is not on this machine."""


@dataclass(frozen=True)
class Measured:
    """What a check found, in the unit of its claim.

    Attributes
    ----------
    value : float or tuple of float
        The number, or a series of them where the claim is about how they go.
    low, high : float
        Ends of the interval that holds the true value; the value itself where it is exact.
    text : str
        How to say it, where the number alone does not.
    """

    value: float | tuple[float, ...]
    low: float | None = None
    high: float | None = None
    text: str = ""

    @property
    def number(self) -> float:
        """The value, where it is one number; rounding noise of the last bits is cut off."""
        if isinstance(self.value, tuple):
            raise TypeError("this check finds a series: compare it by relation 'increasing'")
        return round(self.value, 10)

    @property
    def series(self) -> tuple[float, ...]:
        """The value, where it is a series."""
        if not isinstance(self.value, tuple):
            raise TypeError("this check finds one number: relation 'increasing' needs a series")
        return self.value

    @property
    def interval(self) -> tuple[float, float]:
        """Where the true number lies."""
        return (
            self.number if self.low is None else self.low,
            self.number if self.high is None else self.high,
        )


CHECKS: dict[str, Callable[[], Measured]] = {}


def check(function: Callable[[], Measured]) -> Callable[[], Measured]:
    """Enter a function under its name, which is what ``claims.yml`` refers to."""
    CHECKS[function.__name__] = function
    return function


# -- the whole network -----------------------------------------------------------------------


@functools.lru_cache(maxsize=1)
def _network() -> Cost:
    return cost(trace(inception_v3(aux=False), IMAGE))


@check
def inception_v3_params() -> Measured:
    """Parameters of the released network in evaluation, in millions."""
    return Measured(_network().params / 1e6)


@check
def inception_v3_macs() -> Measured:
    """Multiply-adds for one image of 299×299, in thousand millions."""
    return Measured(_network().macs / 1e9)


# -- section 3: factorizing ------------------------------------------------------------------


def _graph(kernels: Kernels) -> Graph:
    return trace(conv_stack([WIDTH] * (len(kernels) + 1), kernels), GRID)


def _saving(instead: Kernels, of: Kernels, budget: str = "macs") -> float:
    """Percent saved by the convolutions ``instead`` over those in ``of``."""
    new, old = (getattr(cost(_graph(kernels)), budget) for kernels in (instead, of))
    return 100 * (1 - new / old)


def _side_of_field(kernels: Kernels) -> float:
    graph = _graph(kernels)
    height, width = receptive_field(graph)[graph.outputs[0]].size
    if height != width:
        raise ValueError(f"the window of {list(kernels)} is {height}×{width}, not a square")
    return height


@check
def cost_of_5x5_in_3x3() -> Measured:
    """How many 3×3 convolutions one 5×5 costs."""
    return Measured(cost(_graph([5])).macs / cost(_graph([3])).macs)


@check
def field_of_two_3x3() -> Measured:
    """Side of the window that two 3×3 see, in pixels."""
    return Measured(_side_of_field([3, 3]))


@check
def saving_of_two_3x3() -> Measured:
    """Percent of multiply-adds saved by two 3×3 in place of a 5×5."""
    return Measured(_saving([3, 3], of=[5]))


@check
def saving_of_two_3x3_in_params() -> Measured:
    """Percent of parameters saved by two 3×3 in place of a 5×5."""
    return Measured(_saving([3, 3], of=[5], budget="params"))


@check
def field_of_3x1_1x3() -> Measured:
    """Side of the window that a 3×1 and a 1×3 see, in pixels."""
    return Measured(_side_of_field([(3, 1), (1, 3)]))


@check
def saving_of_3x1_1x3() -> Measured:
    """Percent saved by a 3×1 and a 1×3 in place of a 3×3."""
    return Measured(_saving([(3, 1), (1, 3)], of=[3]))


@check
def saving_of_two_2x2() -> Measured:
    """Percent saved by two 2×2 in place of a 3×3."""
    return Measured(_saving([2, 2], of=[3]))


@check
def savings_of_1xn_nx1() -> Measured:
    """Percent saved by a 1×n and an n×1 in place of an n×n, for n from 2 to 15."""
    saved = {n: _saving([(1, n), (n, 1)], of=[n]) for n in range(2, 16)}
    return Measured(
        tuple(saved.values()),
        text=", ".join(f"{saved[n]:.0f} % at\u00a0n\u00a0=\u00a0{n}" for n in (3, 7, 15)),
    )


# -- recorded experiments --------------------------------------------------------------------


def read_results(name: str) -> Any:
    """What the experiment ``name`` recorded: ``results/<name>.json``, from the book's repository.

    Looked for beside the library first, then in the working directory and the one above it.

    Raises
    ------
    MissingResults
        If it is in none of these places.
    """
    here = Path.cwd()
    for root in (Path(__file__).resolve().parents[2], here, here.parent):
        path = root / "results" / f"{name}.json"
        if path.is_file():
            return json.loads(path.read_text(encoding="utf-8"))
    raise MissingResults(
        f"No result here: results/{name}.json is missing. The book's repository has it, and "
        f"experiments/{name}.py makes it."
    )


@check
def gain_of_a_relu_between() -> Measured:
    """Points of accuracy that a ReLU between two 3×3 wins over a linear first layer, on digits.

    After the last epoch, paired by seed; the interval holds the mean with 95 % confidence.
    """
    asked = "two 3×3, first linear", "two 3×3, ReLU between"
    pairs = read_results("figure2_digits")["with_batch_norm"]["paired_differences"]
    errors = next(p for p in pairs if (p["first"], p["second"]) == asked)["by_epoch"][-1]
    gain, (low, high) = errors["mean"], errors["interval"]
    text = f"{gain:+.2f} points ({low:+.2f} to {high:+.2f}) on small digits".replace("-", "−")
    return Measured(gain, low, high, text)


@check
def lines_in_trained_kernels() -> Measured:
    """Percent of the energy of trained 3×3 kernels that lines hold, early and at 17×17.

    The least and the most among the layers before the first module and among those that make the
    17×17 grid: slice by slice (one column times one row), then layer by layer (the best pair of a
    row and a column at two thirds of the cost).
    """
    layers = [x for x in read_results("separability")["layers"] if x["kernel"] == 3]
    early = [x for x in layers if x["grid"] > 35]
    medium = [x for x in layers if x["grid"] == 17]
    found: list[float] = []
    for rows in (early, medium):
        found += _range(100 * x["slice_by_energy"] for x in rows)
    for rows in (early, medium):
        found += _range(100 * x["pair"][0]["trained"] for x in rows)
    slices, whole = (
        "{:.0f} to {:.0f} % before the modules, {:.0f} to {:.0f} % at 17".format(*part)
        for part in (found[:4], found[4:])
    )
    return Measured(tuple(found), text=f"lines hold {slices}; of whole layers {whole}")


def _range(values: Iterable[float]) -> tuple[float, float]:
    listed = list(values)
    return min(listed), max(listed)
