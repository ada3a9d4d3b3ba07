"""Where the trained trunk really looks: gradients of one cell with respect to the photograph.

For the middle cell of a layer, the gradient of the sum of its channels with respect to each pixel
(absolute value, averaged over RGB) is computed for each photograph, scaled to sum to one, and
averaged. Beside the theoretical window it shows how much of that window is really used; the
counted paths (every weight one) show how much of this is geometry alone.
"""

from __future__ import annotations

from dataclasses import replace

import torch
import torch.nn.functional as F
from _common import PHOTOGRAPH_SOURCE, parser, photographs, provenance, trunk, write
from torch import Tensor

from inception_lib import trace
from inception_lib.graph import EffectiveField, effective_receptive_field, path_counts

LAYERS = ("Mixed_5d", "Mixed_6a", "Mixed_6e", "Mixed_7a")
WINDOWS = (50, 100, 200)  # pixels
SHARES = (0.5, 0.95)
BIN = 4  # pixels: 299 becomes 75 cells, the last of three pixels


def measure(field: EffectiveField) -> dict[str, object]:
    """Shares of the sum and of the energy in squares; squares that hold a share."""
    energy = replace(field, map=field.map.square())
    sides = range(1, 2 * max(field.map.shape) + 1)
    return {
        "share_within": {str(side): field.within(side) for side in WINDOWS},
        "energy_within": {str(side): energy.within(side) for side in WINDOWS},
        # Of even sides too, unlike EffectiveField.side.
        "side_that_holds": {
            f"{share:.0%}": next(side for side in sides if field.within(side) >= share)
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
    graph = trace(model, images.shape[-1])
    layers = []
    for layer in LAYERS:
        trained = effective_receptive_field(model, node=layer, images=images)
        paths = replace(trained, map=path_counts(graph, layer, trained.cell))
        assert trained.theoretical is not None
        row = {
            "name": layer,
            "grid": graph[layer].shape[1],
            "cell": list(trained.cell),
            "theoretical": trained.theoretical.size[0],
            "centre": [int(c) for c in trained.centre],
            "trained": measure(trained),
            "paths": measure(paths),
            "map": reduced(trained.map),
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
