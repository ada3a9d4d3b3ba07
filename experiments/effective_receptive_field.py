"""Where the trained trunk really looks: gradients of one cell with respect to the photograph.

For the middle cell of a layer, the gradient of the sum of its channels with respect to each pixel
(absolute value, averaged over RGB) is computed for each photograph, scaled to sum to one, and
averaged. Beside the theoretical window it shows how much of that window is really used; the
counted paths (every weight one) show how much of this is geometry alone.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from _common import PHOTOGRAPH_SOURCE, parser, photographs, provenance, trunk, write
from torch import Tensor, nn

from inception_lib import receptive_field, trace
from inception_lib.graph import path_counts

LAYERS = ("Mixed_5d", "Mixed_6a", "Mixed_6e", "Mixed_7a")
WINDOWS = (50, 100, 200)  # pixels
SHARES = (0.5, 0.95)
BIN = 4  # pixels: 299 becomes 75 cells, the last of three pixels


def gradient(model: nn.Module, layer: str, images: Tensor) -> Tensor:
    """|∂ (sum of the middle cell's channels) / ∂ pixel|, each image's map summing to one."""
    kept: list[Tensor] = []
    handle = model.get_submodule(layer).register_forward_hook(lambda m, i, out: kept.append(out))
    images = images.clone().requires_grad_()
    try:
        model(images)
    finally:
        handle.remove()
    middle = kept[0].shape[-1] // 2
    (found,) = torch.autograd.grad(kept[0][:, :, middle, middle].sum(), images)
    maps = found.abs().mean(1).double()
    return (maps / maps.sum(dim=(1, 2), keepdim=True)).mean(0)


def share_within(field: Tensor, centre: tuple[int, int], side: int) -> float:
    """What lies in a square of that side about the centre (cut at the image's edge)."""
    top, left = (c - side // 2 for c in centre)
    inside = field[max(0, top) : max(0, top + side), max(0, left) : max(0, left + side)]
    return float(inside.sum() / field.sum())


def measure(field: Tensor, centre: tuple[int, int]) -> dict[str, object]:
    """Shares of the sum and of the energy in squares; squares that hold a share."""
    sides = range(1, 2 * max(field.shape) + 1)
    return {
        "share_within": {str(side): share_within(field, centre, side) for side in WINDOWS},
        "energy_within": {str(s): share_within(field.square(), centre, s) for s in WINDOWS},
        "side_that_holds": {
            f"{share:.0%}": next(s for s in sides if share_within(field, centre, s) >= share)
            for share in SHARES
        },
    }


def reduced(field: Tensor) -> dict[str, object]:
    """The map on 75×75 cells of 4×4 pixels, bytes on a square-root scale."""
    pad = -field.shape[0] % BIN
    cells = F.avg_pool2d(F.pad(field, (0, pad, 0, pad))[None], BIN)[0] * BIN**2
    high = float(cells.max())
    levels = ((cells / high).sqrt() * 255).round().to(torch.uint8)
    # Written row by row as hexadecimal digits: two a cell, readable by any language.
    return {
        "side": len(levels),
        "pixels_a_cell": BIN,
        "meaning": "share of the whole = (value / 255)² × high",
        "high": high,
        "rows": [bytes(row).hex() for row in levels.tolist()],
    }


def main() -> None:
    """The four layers, from the photographs and from the graph."""
    options = parser(__doc__).parse_args()
    torch.set_num_threads(options.threads)
    model, images = trunk(options.weights).requires_grad_(False), photographs()
    for module in model.modules():
        if isinstance(module, nn.ReLU):
            module.inplace = False  # gradients need what came before
    graph = trace(model, images.shape[-1])
    fields = receptive_field(graph)
    layers = []
    for layer in LAYERS:
        middle = graph[layer].shape[1] // 2
        (top, left), (bottom, right) = fields[layer].window((middle, middle))
        centre = (top + bottom) // 2, (left + right) // 2
        trained = gradient(model, layer, images)
        row = {
            "name": layer,
            "grid": graph[layer].shape[1],
            "cell": [middle, middle],
            "theoretical": fields[layer].size[0],
            "centre": list(centre),
            "trained": measure(trained, centre),
            "paths": measure(path_counts(graph, layer), centre),
            "map": reduced(trained),
        }
        layers.append(row)
        print(
            f"{layer}: theoretical {row['theoretical']}", row["trained"], row["paths"], sep="\n  "
        )
    source = provenance(__file__, options, images=PHOTOGRAPH_SOURCE, seed="none: nothing is random")
    about = {"image": images.shape[-1], "unit": "pixels", "windows": "squares about the centre"}
    write("effective_receptive_field", {"provenance": source, **about, "layers": layers})


if __name__ == "__main__":
    main()
