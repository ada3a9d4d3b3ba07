"""Where the milliseconds of a network go, block by block, beside where its arithmetic is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any, Protocol

import torch
from torch import nn
from traitlets import Dict, List

from inception_lib.graph import trace, traffic
from inception_lib.nets import create
from inception_lib.results import read_results
from inception_lib.viz.base import BookWidget, Readouts
from inception_lib.viz.format import compact, decimal, percent
from inception_lib.viz.traits import OneOf, Place

__all__ = ["MillisecondsByBlock"]

MODES = ("training", "inference")
REST = "(rest)"  # what ``time_by_block`` calls the time outside of all blocks
SMALL = 0.001  # a block with less than this share of time and arithmetic is joined with others
OTHERS = "others"


class Spread(Protocol):
    """What is wanted of a measured spread."""

    @property
    def least(self) -> float: ...


class BlockTime(Protocol):
    """What is wanted of a row of ``training.time_by_block``."""

    @property
    def name(self) -> str: ...
    @property
    def forward(self) -> Spread: ...
    @property
    def backward(self) -> Spread | None: ...


class MillisecondsByBlock(BookWidget):
    """Bars for each block: its time as measured, its multiply-adds and the bytes that it moves.

    Each is a share of the whole network's. The times are least ones over the rounds of a
    measurement; multiply-adds and bytes are counted on the traced graph (``graph.traffic``: 32-bit
    floats, each operation reads and writes memory once). In training both passes count.

    Parameters
    ----------
    measured : sequence of BlockTime, optional
        What ``training.time_by_block(network, images)`` gave; in training where it has backward
        passes. The book's own record of one CPU core by default.
    network : nn.Module, optional
        What was measured; Inception-v3 by default.
    size : int
        Side of the images, pixels.
    images : int
        How many were measured at once.
    mode : str, optional
        ``"training"`` or ``"inference"``; by default training where it was measured.
    block : int
        The one that is read out, from 0.
    uid : str, optional
        Name of the widget in its page, see `BookWidget`.

    Attributes
    ----------
    blocks : list of dict
        ``name``, and by mode, for one image, ``ms``, ``macs`` and ``bytes``.
    source : dict
        Of the book's record ``machine`` in words and ``rounds``, of a reader's "" and 0; ``images``
        at once.

    Raises
    ------
    ValueError
        If ``images`` is not positive, or a value is not known or outside its limits.
    MissingResults
        If nothing is given and the book's record is not here.

    Examples
    --------
    >>> images = torch.randn(8, 3, 299, 299, device="cuda")
    >>> rows = time_by_block(network, images, train=True, rounds=10)
    >>> MillisecondsByBlock(rows, network, images=8)
    """

    blocks: List[dict] = List(read_only=True).tag(sync=True)
    source: Dict = Dict(read_only=True).tag(sync=True)
    mode = OneOf("training", "_modes", "measured")
    block = Place("_measured")

    def __init__(
        self,
        measured: Iterable[BlockTime] | None = None,
        network: nn.Module | None = None,
        size: int = 299,
        images: int = 1,
        mode: str | None = None,
        block: int = 0,
        uid: str | None = None,
    ) -> None:
        if images < 1:
            raise ValueError(f"images is {images}: give how many were measured at once, 1 or more")
        if measured is None:
            record = read_results("time_by_block")
            times = {name: _recorded(record[name]["blocks"]) for name in MODES}
            size, images = record["size"], record["batch"]
            source = {
                "machine": record["provenance"]["machine"],
                "images": images,
                "rounds": record["rounds"],
            }
        else:
            times = _given(list(measured), images)
            source = {"machine": "", "images": images, "rounds": 0}
        # Before the state: what its limits are taken from.
        self._measured = _blocks(times, network, size, images)
        self._modes = tuple(m for m in MODES if m in times)
        super().__init__(uid=uid, mode=mode or self._modes[0], block=block)
        self.set_trait("blocks", self._measured)
        self.set_trait("source", source)

    def readouts(self) -> Readouts:
        """The whole's time and multiply-adds a byte; the block's time, shares, and their ratio."""
        whole = self._whole()
        found: Readouts = {
            "whole-ms": whole["ms"],
            "whole-intensity": whole["macs"] / whole["bytes"],
        }
        row = self.blocks[self.block].get(self.mode)
        if row is None:
            return found
        share = {key: row[key] / whole[key] for key in whole}
        found |= {
            "ms": row["ms"],
            "time": share["ms"],
            "macs": share["macs"],
            "bytes": share["bytes"],
        }
        if row["macs"]:
            found |= {
                "ratio": share["ms"] / share["macs"],
                "intensity": row["macs"] / row["bytes"],
            }
        return found

    def _whole(self) -> dict[str, float]:
        """What all blocks have together in the present mode."""
        rows = [block[self.mode] for block in self.blocks if self.mode in block]
        return {key: sum(row[key] for row in rows) for key in ("ms", "macs", "bytes")}

    def fallback_html(self) -> str:
        """A table of all blocks in the present mode."""
        whole, body = self._whole(), []
        for block in self.blocks:
            row = block.get(self.mode)
            if row is None:
                continue
            ms, macs, moved = (row[key] / whole[key] for key in ("ms", "macs", "bytes"))
            cells = (decimal(row["ms"], 2), percent(ms), percent(macs), percent(moved))
            ratio = decimal(ms / macs, 2) if macs else "–"
            body.append(
                f'<tr><th scope="row">{escape(block["name"])}</th>'
                + "".join(f"<td>{cell}</td>" for cell in (*cells, ratio))
                + "</tr>"
            )
        heads = ("block", "ms an image", "time", "multiply-adds", "bytes moved", "ratio")
        return (
            f"<table>\n<caption>{escape(self.words()['label'])}, {self.mode}: "
            f"{decimal(whole['ms'], 1)} ms and {compact(whole['macs'])} multiply-adds an image. "
            "Ratio: share of the time by share of the multiply-adds</caption>\n<thead><tr>"
            + "".join(f'<th scope="col">{head}</th>' for head in heads)
            + "</tr></thead>\n<tbody>\n"
            + "\n".join(body)
            + "\n</tbody>\n</table>"
        )


def _recorded(rows: list[dict[str, Any]]) -> dict[str, float]:
    """Milliseconds an image, by block: all ways of a pass."""
    return {
        row["name"]: sum(row[way]["least"] for way in ("forward", "backward") if way in row)
        for row in rows
    }


def _given(rows: list[BlockTime], images: int) -> dict[str, dict[str, float]]:
    """The same of a reader's measurement, by its mode."""
    if not rows:
        raise ValueError("measured is empty: give what training.time_by_block returned")
    mode = "training" if any(row.backward is not None for row in rows) else "inference"
    ms = {
        row.name: (row.forward.least + (row.backward.least if row.backward else 0)) / images
        for row in rows
    }
    return {mode: ms}


def _blocks(
    times: Mapping[str, Mapping[str, float]], network: nn.Module | None, size: int, images: int
) -> list[dict[str, Any]]:
    """Every block with what was measured and counted; small ones joined, last."""
    if network is None:
        with torch.device("meta"):
            network = create("inception_v3")
    found: dict[str, dict[str, Any]] = {}
    for mode, ms in times.items():
        for name, row in _counted(network, list(ms), size, images, mode == "training").items():
            row["ms"] = float(f"{ms.get(name, 0):.6g}")
            found.setdefault(name, {"name": name})[mode] = row
    wholes = {
        (mode, key): sum(block[mode][key] for block in found.values() if mode in block)
        for mode in times
        for key in ("ms", "macs")
    }
    large: list[dict[str, Any]] = []
    small: list[dict[str, Any]] = []
    for block in found.values():
        shares = [
            block[mode][key] / whole for (mode, key), whole in wholes.items() if mode in block
        ]
        (large if max(shares) >= SMALL else small).append(block)
    if not small:
        return large
    others: dict[str, Any] = {"name": OTHERS}
    for mode in times:
        rows = [block[mode] for block in small if mode in block]
        if rows:
            others[mode] = {key: sum(row[key] for row in rows) for key in ("macs", "bytes", "ms")}
    return [*large, others]


def _counted(
    network: nn.Module, names: list[str], size: int, images: int, train: bool
) -> dict[str, dict[str, Any]]:
    """Multiply-adds and bytes an image of each block; what lies in none is the rest's."""
    found: dict[str, dict[str, Any]] = {name: {"macs": 0, "bytes": 0} for name in names}
    graph = trace(network, size, train=train)
    for row in traffic(graph, images=images, backward=train):
        within = (n for n in names if row.name == n or row.name.startswith(f"{n}."))
        name = max(within, key=len, default=REST)
        if row.macs or row.bytes:
            block = found.setdefault(name, {"macs": 0, "bytes": 0})
            block["macs"] += row.macs
            block["bytes"] += row.bytes
    return {
        name: {"macs": row["macs"] // images, "bytes": row["bytes"] / images}
        for name, row in found.items()
    }
