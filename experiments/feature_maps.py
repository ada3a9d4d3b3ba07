"""What the trained trunk sees: feature maps of three photographs, and how many are zero.

Writes results/feature_maps.json (share of zeros after ReLU by layer) and, for each photograph,
results/feature_maps/<photograph>.json with one PNG mosaic a layer beside it. A mosaic's bytes are
palette indices: 0 to 254 are the scale, 255 is the transparent line between two maps.
"""

from __future__ import annotations

from pathlib import Path

import torch
import torch.nn.functional as F
from _common import (
    PHOTOGRAPH_SOURCE,
    PHOTOGRAPHS,
    RESULTS,
    parser,
    photographs,
    provenance,
    rounded,
    trunk,
    write,
)
from torch import Tensor

from inception_lib.graph.activations import activations, mosaic

STEM = ("Conv2d_1a_3x3", "Conv2d_2a_3x3", "Conv2d_2b_3x3", "Conv2d_3b_1x1", "Conv2d_4a_3x3")
MODULES = tuple(f"Mixed_{m}" for m in ("5b", "5c", "5d", "6a", "6b", "6c", "6d", "6e", "7a"))
SHOWN = {  # layer: maps shown
    "Conv2d_1a_3x3": 16,
    "Conv2d_2b_3x3": 16,
    "Conv2d_4a_3x3": 16,
    "Mixed_5b": 32,
    "Mixed_5d": 32,
    "Mixed_6a": 32,
    "Mixed_6e": 32,
    "Mixed_7a": 32,
}
COLUMNS = 8
LARGEST, REDUCED = 75, 60  # a map of more cells a side is averaged down
RULE = (
    "the channels whose variance over the grid, averaged over the three photographs, is largest; "
    "the same for each photograph, in the order of the network's channels"
)
SCALE = "one for each mosaic: 0 to the 99.5th percentile of the maps shown, what is above is cut"


def chosen(tensor: Tensor, count: int) -> Tensor:
    """Channels by the rule, from N×C×h×w."""
    return tensor.var(dim=(2, 3)).mean(0).topk(count).indices.sort().values


def palette() -> bytes:
    """Viridis for 0 to 254, paper white for 255."""
    from matplotlib import colormaps

    colours = colormaps["viridis"](torch.linspace(0, 1, 255).numpy(), bytes=True)[:, :3]
    return colours.tobytes() + b"\xff\xff\xff"


def save(image: Tensor, path: Path) -> None:
    """A palette PNG whose index 255 is transparent."""
    from PIL import Image

    picture = Image.fromarray(image.numpy()).convert("L")
    picture = Image.frombytes("P", picture.size, picture.tobytes())
    picture.putpalette(palette())
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.save(path, optimize=True, transparency=255)


def draw(name: str, tensor: Tensor, channels: Tensor, path: Path) -> dict[str, object]:
    """One layer of one photograph: the mosaic and what is needed to read it."""
    maps = tensor[channels]
    if maps.shape[-1] > LARGEST:
        maps = F.adaptive_avg_pool2d(maps, REDUCED)
    high = rounded(float(maps.flatten().quantile(0.995)))
    image, scale = mosaic(maps, COLUMNS, scale=(0.0, high))
    save(image, path)
    return {
        "name": name,
        "file": path.relative_to(RESULTS).as_posix(),
        "shape": list(tensor.shape),
        "tile": maps.shape[-1],
        "columns": COLUMNS,
        "gap": 1,
        "scale": list(scale),
        "greatest": float(tensor.max()),
        "channels": channels.tolist(),
    }


def main() -> None:
    """Run the trunk once, then draw."""
    options = parser(__doc__).parse_args()
    torch.set_num_threads(options.threads)
    source = provenance(__file__, options, images=PHOTOGRAPH_SOURCE, seed="none: nothing is random")
    found = activations(trunk(options.weights), photographs(), STEM + MODULES)
    zeros = []
    for name, tensor in found.items():
        share = (tensor == 0).double().mean(dim=(1, 2, 3))  # one a photograph
        row = {"name": name, "shape": list(tensor.shape[1:]), "mean": float(share.mean())}
        zeros.append(row | dict(zip(PHOTOGRAPHS, share.tolist(), strict=True)))
        print(f"{name:14} {row['mean']:.3f} of the values are zero")
    write("feature_maps", {"provenance": source, "zeros_after_relu": zeros})
    for i, photograph in enumerate(PHOTOGRAPHS):
        folder = RESULTS / "feature_maps" / photograph
        layers = [
            draw(name, found[name][i], chosen(found[name], count), folder / f"{name}.png")
            for name, count in SHOWN.items()
        ]
        about = {"provenance": source, "photograph": photograph, "rule": RULE, "scale": SCALE}
        about["reduced"] = f"maps of more than {LARGEST} cells a side: averaged to {REDUCED}"
        write(f"feature_maps/{photograph}", {**about, "layers": layers})


if __name__ == "__main__":
    main()
