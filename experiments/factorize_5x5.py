"""Can the 5×5 that the released network kept be two 3×3 (section 3.1)? Its trained kernels, fitted.

Two 3×3 without a ReLU between them are one 5×5, exactly: K[o, i] = Σ_h A[o, h] ∗ B[h, i], on the
full 5×5 window. For each number h of hidden channels this finds the A and B whose K is nearest to
a trained 64×48×5×5 kernel (L-BFGS in float64, from random starts), and does the same with a
Gaussian kernel of that shape. The error is ‖K − W‖² / ‖W‖², a share of the kernel's energy.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from _common import PHOTOGRAPH_SOURCE, kernels, parser, photographs, provenance, trunk, write
from torch import Tensor

from inception_lib.graph.activations import activations

LAYERS = tuple(f"Mixed_{m}.branch5x5" for m in ("5b", "5c", "5d"))
HIDDEN = (16, 32, 48, 55, 64, 76, 84)
MARKS = {
    48: "as wide as the input: 37 % saved",
    55: "28 % saved, as the paper's two 3×3 do at equal widths",
    76: "the cost of the 5×5",
}


def compose(a: Tensor, b: Tensor) -> Tensor:
    """The 5×5 kernel, O×I×5×5, that B (H×I×3×3) and then A (O×H×3×3) amount to."""
    outputs, hidden = a.shape[:2]
    inputs = b.shape[1]
    left = a.permute(2, 3, 0, 1).reshape(9 * outputs, hidden)
    right = b.permute(0, 2, 3, 1).reshape(hidden, 9 * inputs)
    products = (left @ right).view(3, 3, outputs, 3, 3, inputs)
    kernel = products.new_zeros(5, 5, outputs, inputs)
    for y in range(3):
        for x in range(3):
            kernel[y : y + 3, x : x + 3] += products[y, x].permute(1, 2, 0, 3)
    return kernel.permute(2, 3, 0, 1)


def fit(weight: Tensor, hidden: int, steps: int, seed: int) -> tuple[float, Tensor, Tensor]:
    """The error reached, with A and B."""
    generator = torch.Generator().manual_seed(seed)
    outputs, inputs = weight.shape[:2]
    energy = weight.square().sum()
    # Start with a K about as large as W: each of its entries sums 81/25 h products on average.
    start = float((energy / weight.numel() / hidden / 3.24).pow(0.25))
    a = torch.randn(outputs, hidden, 3, 3, generator=generator, dtype=weight.dtype).mul_(start)
    b = torch.randn(hidden, inputs, 3, 3, generator=generator, dtype=weight.dtype).mul_(start)
    a.requires_grad_(), b.requires_grad_()
    search = torch.optim.LBFGS(
        [a, b], max_iter=steps, history_size=20, line_search_fn="strong_wolfe",
        tolerance_grad=0, tolerance_change=0,
    )  # fmt: skip

    def loss() -> Tensor:
        search.zero_grad()
        value = (compose(a, b) - weight).square().sum() / energy
        value.backward()
        return value

    search.step(loss)
    with torch.no_grad():
        return float(loss_of(compose(a, b), weight)), a.detach(), b.detach()


def loss_of(found: Tensor, wanted: Tensor) -> Tensor:
    """Energy of the difference as a share of that of what was wanted."""
    return (found - wanted).square().sum() / wanted.square().sum()


def outputs(weight: Tensor, a: Tensor, b: Tensor, x: Tensor) -> dict[str, float]:
    """Error of the convolution's outputs (before bias and ReLU) on real inputs.

    Padded once, by two cells before the first 3×3, the pair is the composed 5×5 everywhere.
    Padded by one cell before each, as layers usually are, it is so except in the outermost ring
    of cells, where the second 3×3 reads zeros in place of what the first would have found there.
    """
    wanted = F.conv2d(x, weight, padding=2)
    composed = F.conv2d(x, compose(a, b), padding=2)
    once = F.conv2d(F.conv2d(x, b, padding=2), a)
    each = F.conv2d(F.conv2d(x, b, padding=1), a, padding=1)
    inside = (..., slice(1, -1), slice(1, -1))
    size = float(composed.abs().max())
    return {
        "padded_once": float(loss_of(once, wanted)),
        "padded_before_each": float(loss_of(each, wanted)),
        "padded_before_each_inside_the_ring": float(loss_of(each[inside], wanted[inside])),
        "padded_once_is_the_composed_5x5": float((once - composed).abs().max()) < 1e-9 * size,
    }


def main() -> None:
    """Fit the three trained kernels and a random one, for each h."""
    options = parser(__doc__)
    options.add_argument("--seeds", type=int, default=2, help="random starts of each fit")
    options.add_argument("--steps", type=int, default=300, help="steps of L-BFGS")
    options = options.parse_args()
    torch.set_num_threads(options.threads)
    weights = kernels(options.weights)
    targets = {name: weights[f"{name}_2.conv.weight"] for name in LAYERS}
    shape = targets[LAYERS[0]].shape
    noise = torch.Generator().manual_seed(0)
    targets["random"] = torch.randn(shape, generator=noise, dtype=torch.float64)
    inputs = activations(trunk(options.weights), photographs(), [f"{name}_1" for name in LAYERS])
    curves, on_photographs = {}, {}
    for name, weight in targets.items():
        curves[name] = []
        for hidden in HIDDEN:
            runs = [fit(weight, hidden, options.steps, seed) for seed in range(options.seeds)]
            errors = sorted(run[0] for run in runs)
            curves[name].append({"hidden": hidden, "error": errors[0], "worst": errors[-1]})
            print(f"{name:20} h = {hidden:3}: {errors[0]:.5f} (worst {errors[-1]:.5f})", flush=True)
            if hidden == 55 and name != "random":
                _, a, b = min(runs, key=lambda run: run[0])
                on_photographs[name] = outputs(weight, a, b, inputs[f"{name}_1"].double())
    cost = 9 * (shape[0] + shape[1]) / (25 * shape[0] * shape[1])
    write(
        "factorize_5x5",
        {
            "provenance": provenance(__file__, options, images=PHOTOGRAPH_SOURCE),
            "error": "energy of the difference as a share of the kernel's; best and worst start",
            "shape": list(shape),
            "cost": [
                # What the pair can choose freely: its weights, less any mixing of its h channels.
                {
                    "hidden": h,
                    "share": h * cost,
                    "free": 9 * h * (shape[0] + shape[1]) - h * h,
                    "mark": MARKS.get(h),
                }
                for h in HIDDEN
            ],
            "curves": curves,
            "outputs_at_28_percent_saved": on_photographs,
        },
    )


if __name__ == "__main__":
    main()
