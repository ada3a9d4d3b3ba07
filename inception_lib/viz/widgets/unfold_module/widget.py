"""An Inception module unfolded: stacks of sheets, and what its 1×1 reductions save."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import torch
from traitlets import Bool, Dict, List, validate

from inception_lib.graph import cost, receptive_field, trace
from inception_lib.nets import InceptionModule, OriginalModule, inception_v3
from inception_lib.nets.layers import Conv, Fan, Layer, Pool
from inception_lib.viz.base import BookWidget, Readouts
from inception_lib.viz.traits import Bounded, StateError

__all__ = ["UnfoldModule"]

WIDEST = 2048  # channels; of Inception-v3's last tensor


class UnfoldModule(BookWidget):
    """A module of parallel branches, each tensor a stack of sheets, each branch with its cost.

    Two of the branches have a 1×1 convolution before their large kernels. Its width can be
    dragged, and it can be taken out, so that the kernel after it reads all channels of the input.

    Parameters
    ----------
    module : InceptionModule, optional
        Of convolutions and pools at stride 1, two of whose branches begin with a 1×1 before
        larger kernels. By default GoogLeNet's first, 3a.
    size : int
        Height and width of the module's input, in cells.
    reduce_a, reduce_b : int, optional
        Width of the 1×1 of the first and the second such branch, from 1 to the channels of the
        input. By default as the module has them.
    plain_a, plain_b : bool
        Take that 1×1 out.
    sheet : int
        Which sheet of the output is pointed at, counted from 0.
    faces : str or Path, optional
        A record of trained feature maps, as ``experiments/module_faces.py`` writes it.
    uid : str, optional
        Name of the widget in its page, see `BookWidget`.

    Attributes
    ----------
    branches : list of dict
        Each branch as its ``name`` and its ``layers`` (``kernel``, ``out``, ``pool``; a pool has
        no ``out``), and ``reduction``: ``"a"``, ``"b"`` or ``""``.
    grid, channels : int
        Of the input.

    Raises
    ------
    ValueError
        If the module has not two such branches, or a value is outside its limits.

    Examples
    --------
    >>> widget = UnfoldModule()
    >>> widget.readouts()["module"], widget.readouts()["plain"]
    (128049152, 308281344)
    """

    branches: List = List(read_only=True).tag(sync=True)
    grid = Bounded(28, 1, 299, "cells")
    channels = Bounded(192, 1, WIDEST)
    reduce_a = Bounded(96, 1, WIDEST, "channels")
    reduce_b = Bounded(16, 1, WIDEST, "channels")
    plain_a = Bool(False).tag(sync=True)
    plain_b = Bool(False).tag(sync=True)
    sheet = Bounded(208, 0, WIDEST - 1)
    faces: Dict = Dict(read_only=True).tag(sync=True)

    def __init__(
        self,
        module: InceptionModule | None = None,
        size: int = 28,
        reduce_a: int | None = None,
        reduce_b: int | None = None,
        plain_a: bool = False,
        plain_b: bool = False,
        sheet: int | None = None,
        faces: str | Path | None = None,
        uid: str | None = None,
    ) -> None:
        if module is None:
            with torch.device("meta"):
                module = OriginalModule(192)
        branches, built = _describe(module)
        self._channels, self._sheets = module.in_channels, module.out_channels
        super().__init__(
            uid=uid,
            reduce_a=built[0] if reduce_a is None else reduce_a,
            reduce_b=built[1] if reduce_b is None else reduce_b,
            plain_a=plain_a,
            plain_b=plain_b,
            sheet=min(208, module.out_channels - 1) if sheet is None else sheet,
        )
        for name, value in (("branches", branches), ("faces", _read(faces) if faces else {})):
            self.set_trait(name, value)
        self.grid, self.channels = size, module.in_channels

    def _limits(self) -> dict[str, dict[str, Any]]:
        limits = super()._limits()
        for name in ("grid", "channels"):
            del limits[name]  # the module's, not the reader's
        for name in ("reduce_a", "reduce_b"):
            limits[name]["max"] = self._channels
        limits["sheet"]["max"] = self._sheets - 1
        return limits

    @validate("reduce_a", "reduce_b", "sheet")
    def _within(self, proposal: Any) -> int:
        name, value = proposal["trait"].name, proposal["value"]
        most = self._sheets - 1 if name == "sheet" else self._channels
        if value > most:
            raise StateError(
                f"{name} is {value}; this module has at most {most}: pass a smaller one"
            )
        return value

    # -- numbers -------------------------------------------------------------------------------

    def readouts(self) -> Readouts:
        """Multiply-adds of each branch and of both modules; what the picked sheet reads."""
        now = _counted(self._as_built({"a": self.plain_a, "b": self.plain_b}), *self._input)
        plain = _counted(self._as_built({"a": True, "b": True}), *self._input)
        total, without = (sum(branch.macs for branch in m) for m in (now, plain))
        found: Readouts = {f"branch-{i}": branch.macs for i, branch in enumerate(now, 1)}
        first = 0
        for branch in now:
            if self.sheet < first + branch.out:
                found |= {"reads": branch.reads, "over": branch.window**2 * self.channels}
                break
            first += branch.out
        ratio = without / total
        return found | {
            "module": total,
            "plain": without,
            "times": ratio,
            "sheet": self.sheet + 1,
        }

    @property
    def _input(self) -> tuple[int, int]:
        return self.channels, self.grid

    def _as_built(self, plain: dict[str, bool]) -> tuple[tuple[str, tuple[Layer, ...]], ...]:
        """The branches at the present widths, without the reductions that are taken out."""
        widths = {"a": self.reduce_a, "b": self.reduce_b}
        found = []
        for branch in self.branches:
            layers: list[Layer] = [
                Pool("max", part["kernel"]) if part["pool"] else Conv(part["out"], part["kernel"])
                for part in branch["layers"]
            ]
            if which := branch["reduction"]:
                layers[:1] = [] if plain[which] else [Conv(widths[which])]
            found.append((branch["name"], tuple(layers)))
        return tuple(found)

    @classmethod
    def examples(cls) -> list[BookWidget]:
        """GoogLeNet's first module, and Inception-v3's."""
        with torch.device("meta"):
            later = inception_v3().get_submodule("Mixed_5b")
        assert isinstance(later, InceptionModule)
        return [cls(uid="unfold-module-example"), cls(later, 35, uid="unfold-module-v3")]


class _Branch:
    """What a branch costs, and what one sheet of its end reads.

    Attributes
    ----------
    macs, out : int
        Multiply-adds, and sheets at its end.
    reads : int
        Numbers of the tensor before its last convolution that a cell reads: its weights.
    window : int
        Side of what that cell stands on in the module's input.
    """

    def __init__(self, name: str, layers: tuple[Layer, ...], channels: int, grid: int) -> None:
        with torch.device("meta"):
            graph = trace(InceptionModule(channels, {name: layers}), (channels, grid, grid))
        rows = [row for row in cost(graph).rows if row.macs]
        self.macs, self.out = sum(row.macs for row in rows), rows[-1].shape[0]
        self.reads = rows[-1].macs // (self.out * grid * grid)
        self.window = receptive_field(graph)[graph.outputs[0]].size[0]


@cache
def _branch(name: str, layers: tuple[Layer, ...], channels: int, grid: int) -> _Branch:
    return _Branch(name, layers, channels, grid)


def _counted(
    branches: Sequence[tuple[str, tuple[Layer, ...]]], channels: int, grid: int
) -> list[_Branch]:
    return [_branch(name, layers, channels, grid) for name, layers in branches]


def _describe(module: InceptionModule) -> tuple[list[dict[str, Any]], list[int]]:
    """The branches as plain data, and the widths of the two reductions."""
    branches, widths = [], []
    for name, layers in module.branches.items():
        parts = []
        for layer in layers:
            side = None if isinstance(layer, Fan) else layer.kernel
            if isinstance(layer, Fan) or not isinstance(side, int) or layer.stride != 1:
                raise StateError(
                    f"{name} has {layer}: unfold_module draws square odd kernels at stride 1; "
                    "ModuleDiagram draws the others"
                )
            out = {"out": layer.out} if isinstance(layer, Conv) else {}
            parts.append({"kernel": side, "pool": isinstance(layer, Pool), **out})
        reduces = len(parts) > 1 and parts[0]["kernel"] == 1 and not parts[0]["pool"]
        if reduces:
            widths.append(parts[0]["out"])
        letter = "ab"[len(widths) - 1 :][:1] if reduces else ""
        branches.append({"name": name, "layers": parts, "reduction": letter})
    if len(widths) != 2:
        raise StateError(
            f"{len(widths)} branches of the module begin with a 1×1 before other layers; the "
            "figure is of two: give a module such as OriginalModule(192)"
        )
    return branches, widths


def _read(path: str | Path) -> dict[str, Any]:
    """A record of feature maps with its pictures inside."""
    path = Path(path)
    record = json.loads(path.read_text("utf-8"))
    found = {}
    for name in ("input", "output"):
        picture = base64.b64encode((path.parent / record[name]["file"]).read_bytes()).decode()
        keep = {key: record[name][key] for key in ("tile", "columns", "shape")}
        found[name] = keep | {"src": f"data:image/jpeg;base64,{picture}"}
    return found
