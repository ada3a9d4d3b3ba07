"""Multiply-adds and parameters of timm's networks, beside torch's own counter.

One network of each of timm's modules: in the order of timm's list the first one of at most thirty
million parameters. Both counts see one image of the size that the network is meant for, in
evaluation. What cannot be traced is recorded with its error, and what is not counted by its name.
"""

from __future__ import annotations

import time
import warnings
from typing import Any

import timm
import torch
from _common import parser, provenance, write
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from inception_lib import TraceError, cost, trace

MOST = 30_000_000  # parameters


def networks() -> dict[str, str]:
    """For each of timm's modules the name of its network."""
    found = {}
    for module in timm.list_modules():
        for name in timm.list_models(module=module):
            with torch.device("meta"):
                try:
                    model = timm.create_model(name)
                except (RuntimeError, NotImplementedError):  # computes with values when built
                    model = None
            if model is None:
                model = timm.create_model(name)
            if sum(p.numel() for p in model.parameters()) <= MOST:
                found[module] = name
                break
    return found


def by_torch(model: nn.Module, size: tuple[int, ...]) -> int:
    """Multiply-adds of one image by torch's counter.

    It has no formula for the CPU's fused attention and fused recurrent layers: those are off.
    """
    fast = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)  # one opaque kernel, which nothing counts
    try:
        with (
            sdpa_kernel(SDPBackend.MATH),
            torch.backends.mkldnn.flags(enabled=False),
            torch.no_grad(),
            FlopCounterMode(display=False) as counter,
        ):
            model(torch.zeros(1, *size))
    finally:
        torch.backends.mha.set_fastpath_enabled(fast)
    return counter.get_total_flops() // 2


def row(name: str) -> dict[str, Any]:
    """Both counts of one network."""
    model = timm.create_model(name).eval().requires_grad_(False)
    size = tuple(model.default_cfg["input_size"])
    entry: dict[str, Any] = {"network": name, "input": list(size)}
    try:
        graph = trace(model, size)
    except TraceError as error:
        return entry | {"refused": str(error)[:200]}
    found = cost(graph)
    entry |= {"macs": found.macs, "torch": by_torch(model, size), "params": found.params}
    unread = sum(p.numel() for p in model.parameters()) - found.params
    extra = {"unread": unread, "uncounted": list(dict.fromkeys(n.uncounted for n in graph))}
    extra["uncounted"] = [words for words in extra["uncounted"] if words]
    return entry | {key: value for key, value in extra.items() if value}


def main() -> None:
    options = parser(__doc__, weights=False).parse_args()
    torch.set_num_threads(options.threads)
    warnings.simplefilter("ignore")
    rows = []
    for name in networks().values():
        start = time.monotonic()
        rows.append(row(name))
        print(f"{time.monotonic() - start:5.1f} s", rows[-1], flush=True)
    counted = [r for r in rows if "macs" in r]
    write(
        "timm_sweep",
        {
            "networks": len(rows),
            "equal": sum(r["macs"] == r["torch"] for r in counted),
            "refused": len(rows) - len(counted),
            "rows": rows,
            "provenance": provenance(__file__, options, timm=timm.__version__),
        },
    )


if __name__ == "__main__":
    main()
