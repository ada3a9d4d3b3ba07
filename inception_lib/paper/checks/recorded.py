"""What recorded experiments say: small files under ``results/``, in the book's repository."""

from __future__ import annotations

from collections.abc import Iterable

from inception_lib.results import read_results

from .measured import Measured, check


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
