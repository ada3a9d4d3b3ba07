"""How nearly a trained k×k convolution is two one-dimensional ones (section 3.2), layer by layer.

Two measures, each against Gaussian kernels of the same shape:

- *slice*: the share of a k×k slice's energy (one output channel, one input channel) in its first
  singular vectors, that is in the best product of a column and a row;
- *layer*: the share of the whole kernel's energy that 1×k to h channels and k×1 after it can hold
  at best. Row by row (output, y) × (input, x) such a pair is any matrix of rank h, so the singular
  values of that matrix give the exact optimum (Eckart and Young).
"""

from __future__ import annotations

import torch
from _common import kernels, parser, provenance, trunk, write
from torch import Tensor

from inception_lib import trace

WEIGHTING = (
    "slice: the plain mean over all slices of a layer, each counted once, all-zero ones left out; "
    "slice_by_energy: the same, each slice weighted by its energy"
)


def slice_share(weight: Tensor) -> dict[str, float]:
    """Energy in the first singular vector of the slices of O×I×k×k."""
    energy = torch.linalg.svdvals(weight.flatten(0, 1)).square()  # slices × k
    total = energy.sum(1)
    energy, total = energy[total > 0], total[total > 0]
    share = energy[:, 0] / total
    return {
        "slice": float(share.mean()),
        "slice_by_energy": float(energy[:, 0].sum() / total.sum()),
    }


def pair_share(weight: Tensor, hidden: list[int]) -> list[float]:
    """Energy that the best 1×k, k×1 pair holds, for each number of hidden channels."""
    outputs, inputs, k, _ = weight.shape
    matrix = weight.permute(0, 2, 1, 3).reshape(outputs * k, inputs * k)
    energy = torch.linalg.svdvals(matrix).square()
    kept = energy.cumsum(0) / energy.sum()
    return [float(kept[min(h, len(kept)) - 1]) for h in hidden]


def measure(weight: Tensor, generator: torch.Generator) -> dict[str, object]:
    """Both measures of one layer, and of a Gaussian kernel of its shape."""
    outputs, inputs, k, _ = weight.shape
    # At 2/k of the cost, the paper's bargain (h is then the harmonic mean of the widths); and at
    # the whole cost.
    equal = k * outputs * inputs / (outputs + inputs)
    hidden = [max(1, round(equal * 2 / k)), round(equal)]
    noise = torch.randn(weight.shape, generator=generator, dtype=weight.dtype)
    trained, random = pair_share(weight, hidden), pair_share(noise, hidden)
    return {
        **slice_share(weight),
        "random_slice": slice_share(noise)["slice"],
        "pair": [
            {
                "hidden": h,
                "cost": h * (outputs + inputs) / (k * outputs * inputs),
                "trained": t,
                "random": r,
            }
            for h, t, r in zip(hidden, trained, random, strict=True)
        ],
    }


def main() -> None:
    """Every square kernel of the trunk, in the network's order."""
    options = parser(__doc__)
    options.add_argument("--seed", type=int, default=0)
    options = options.parse_args()
    torch.set_num_threads(options.threads)
    generator = torch.Generator().manual_seed(options.seed)
    weights = kernels(options.weights)
    layers = []
    for node in trace(trunk(options.weights), 299):
        weight = weights.get(f"{node.name}.weight")
        if node.op != "conv" or node.kernel not in ((3, 3), (5, 5)) or weight is None:
            continue
        k, (outputs, inputs) = node.kernel[0], weight.shape[:2]
        row = {"name": node.name.removesuffix(".conv"), "kernel": k, "in": inputs, "out": outputs}
        row |= {"grid": node.shape[1], "stride": node.stride[0], **measure(weight, generator)}
        layers.append(row)
        paper, equal = row["pair"]
        print(
            f"{row['name']:24} {k}×{k} on {row['grid']:3}: slice {row['slice']:.3f} "
            f"by energy {row['slice_by_energy']:.3f} "
            f"(random {row['random_slice']:.3f}); pair at h = {paper['hidden']}: "
            f"{paper['trained']:.3f} ({paper['random']:.3f}), at {equal['hidden']}: "
            f"{equal['trained']:.3f} ({equal['random']:.3f})"
        )
    gaussian = {
        f"{k}x{k}": slice_share(
            torch.randn(100, 500, k, k, generator=generator, dtype=torch.float64)
        )["slice"]
        for k in (3, 5)
    }
    write(
        "separability",
        {
            "provenance": provenance(__file__, options),
            "weighting": WEIGHTING,
            "grid": "cells a side of the layer's output, from an image of 299×299",
            "random_slice": {"slices": 50_000, **gaussian},
            "layers": layers,
        },
    )


if __name__ == "__main__":
    main()
