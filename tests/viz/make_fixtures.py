"""Write the numbers that the front end is held to: ``python -m tests.viz.make_fixtures``.

They come from modules that are built and traced, not from the formulas under test.
"""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import torch

from inception_lib.graph import cost, trace
from inception_lib.nets import conv_stack
from inception_lib.viz import CostExplorer
from inception_lib.viz import format as words

FIXTURES = Path(__file__).parents[1] / "fixtures"
LIMITED = ("grid", "channels", "alpha", "n")


def traced(alternative, grid: int) -> dict:
    """Costs of an alternative read off the graph of the modules that it stands for."""
    kernels = [layer.kernel for layer in alternative.layers]
    with torch.device("meta"):
        modules = conv_stack(alternative.widths, kernels)
    graph = trace(modules, (alternative.widths[0], grid, grid))
    totals = cost(graph)
    layers = [
        {
            "kernel": list(node.kernel),
            "in": graph[node.parents[0]].shape[0],
            "out": node.shape[0],
            "params": node.params,
            "macs": node.macs,
        }
        for node in graph
        if node.op == "conv"
    ]
    return {"layers": layers, "macs": totals.macs, "params": totals.params}


def cost_states() -> list[dict]:
    """States that cover each pair, both ends of every limit, and widths that need rounding."""
    presets = CostExplorer.preset.names
    sizes = [(35, 192, 1.0), (28, 480, 1.5), (7, 8, 0.5), (149, 768, 4.0), (17, 75, 1.35)]
    states = [
        {"preset": preset, "grid": grid, "channels": channels, "alpha": alpha, "n": 7}
        for preset, (grid, channels, alpha) in itertools.product(presets, sizes)
    ]
    return states + [
        {"preset": "asym-n", "grid": 17, "channels": 133, "alpha": 1.05, "n": n}
        for n in range(2, 10)
    ]


def cost_explorer() -> dict:
    """What tests/js/cost.test.js reads."""
    limits = {key: getattr(CostExplorer, key) for key in LIMITED}
    cases = []
    for state in cost_states():
        single, factorized = CostExplorer(**state, uid="fixture").alternatives()
        cases.append(
            {
                "state": state,
                "single": traced(single, state["grid"]),
                "factorized": traced(factorized, state["grid"]),
            }
        )
    return {"limits": {key: [t.low, t.high] for key, t in limits.items()}, "cases": cases}


def number_format() -> dict:
    """What tests/js/format.test.js reads."""
    whole = [0, 7, 999, 1000, 9999, 10000, 12345, 999499, 999500, 1128960, 999_500_000]
    whole += [5713216096, 221184000, 23834568, 3_300_000_000_000, -1128960]
    cases = [(name, [n]) for name in ("compact", "grouped") for n in whole]
    cases += [("compact", [x]) for x in (0.5, 2.777777, 9.999, 1234.5678)]
    cases += [("percent", [x]) for x in (0.28, 0.26562, 1 / 3, 1 / 9, 5 / 7, 0, 1, -0.0712)]
    cases += [("decimal", [x, p]) for x in (25 / 9, 1.5, 0, -2.25, 12345.678) for p in (0, 1, 2)]
    return {
        "cases": [
            {"name": name, "args": args, "words": getattr(words, name)(*args)}
            for name, args in cases
        ]
    }


FILES = {"cost_explorer.json": cost_explorer, "format.json": number_format}


def dump(data: dict) -> str:
    """JSON with one case a line: small, and readable in a diff."""
    cases = ",\n".join(json.dumps(case, ensure_ascii=False) for case in data["cases"])
    rest = {key: value for key, value in data.items() if key != "cases"}
    head = json.dumps(rest, ensure_ascii=False)[1:-1]
    return "{" + (head + ",\n" if head else "") + f'"cases": [\n{cases}\n]}}\n'


def main() -> None:
    """Write every fixture."""
    FIXTURES.mkdir(exist_ok=True)
    for name, make in FILES.items():
        (FIXTURES / name).write_text(dump(make()), encoding="utf-8")


if __name__ == "__main__":
    main()
