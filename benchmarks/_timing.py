"""What the benchmarks share beside the library's timing: the peak, and how results are written."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from inception_lib import results
from inception_lib.results import rounded
from inception_lib.training.timing import Spread, interleave, machine, ratios, spread

__all__ = [
    "RESULTS",
    "Spread",
    "interleave",
    "machine",
    "matmul_peak",
    "provenance",
    "ratios",
    "spread",
    "write_json",
]

REPOSITORY = Path(__file__).resolve().parent.parent
RESULTS = REPOSITORY / "results" / "benchmarks"


def matmul_peak(dtype: torch.dtype, device: str, size: int = 2048) -> dict[str, Callable[[], Any]]:
    """Forms whose best time gives the machine's own peak: 2·size³ operations each.

    The same matrix product by torch's BLAS, and on a CPU also as a 1×1 convolution by oneDNN,
    since either library may be the faster one on a processor.
    """
    a = torch.rand(size, size, dtype=dtype, device=device)
    forms: dict[str, Callable[[], Any]] = {"matrix product (BLAS)": lambda: a @ a}
    if device == "cpu":
        from inception_lib.graph.fuse.layers import FusedConv2d

        layer = nn.Conv2d(size, size, 1, bias=False, device="meta")
        conv = FusedConv2d(a[:, :, None, None], None, layer)
        x = a.T.reshape(1, size, size // 32, 32).contiguous(memory_format=torch.channels_last)
        forms["matrix product (oneDNN)"] = lambda: conv(x)
    return forms


def provenance(device: str, *packages: Any) -> dict[str, str]:
    """Where figures come from: the command, the machine in words, the versions."""
    command = ["python", f"benchmarks/{Path(sys.argv[0]).name}", *sys.argv[1:]]
    versions = {package.__name__: package.__version__.partition("+")[0] for package in packages}
    return results.provenance(shlex.join(command), **versions, machine=machine(device))


def write_json(path: str | Path, result: Mapping[str, Any]) -> None:
    """Write a result, rounded."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(rounded(result), indent=1, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")
    inside = path.resolve().is_relative_to(REPOSITORY)
    print(f"wrote {path.resolve().relative_to(REPOSITORY) if inside else path}")
