"""Every map into and out of the first Inception module of the trained trunk, for one photograph.

Writes results/module_faces.json and two grey JPEG mosaics beside it, in the order of the network's
channels. The tensors are those of Mixed_5b: 35×35×192 in (the max pool over Conv2d_4a_3x3),
35×35×256 out. Each map is averaged down to 24×24 and scaled by itself.
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
    trunk,
    write,
)
from torch import Tensor

from inception_lib.graph.activations import activations
from inception_lib.nets import Inception, InceptionModule

PHOTOGRAPH = "chelsea"
TILE, COLUMNS = 24, 16
QUALITY = 45  # of the JPEG: some 25 KB a mosaic
SCALE = "each map by itself: black is 0, white its 99.5th percentile over the grid, above it cut"


def mosaic(maps: Tensor, path: Path) -> None:
    """C×h×w as a mosaic of C tiles, in a grey JPEG."""
    from PIL import Image

    high = maps.flatten(1).quantile(0.995, dim=1).clamp(min=1e-6)
    tiles = F.adaptive_avg_pool2d((maps / high[:, None, None]).clamp(0, 1), TILE)
    rows = len(tiles) // COLUMNS
    image = tiles.view(rows, COLUMNS, TILE, TILE).permute(0, 2, 1, 3)
    grey = (image.reshape(rows * TILE, COLUMNS * TILE) * 255).round().to(torch.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(grey.numpy()).save(path, "JPEG", quality=QUALITY, optimize=True)


def share_of_zeros(maps: Tensor) -> float:
    """Of all numbers in them."""
    return float((maps == 0).double().mean())


def tensors_of(net: Inception, image: Tensor) -> dict[str, Tensor]:
    """The module's input, the end of each branch, and all ends together; each C×35×35."""
    before, after = activations(net, image, ("Conv2d_4a_3x3", "Mixed_5b")).values()
    module = net.get_submodule("Mixed_5b")
    assert isinstance(module, InceptionModule)
    widths = [layers[-1].out for layers in module.branches.values()]  # type: ignore[union-attr]
    parts = dict(zip(module.branches, after[0].split(widths), strict=True))
    return {"input": F.max_pool2d(before, 3, 2)[0], **parts, "output": after[0]}


def main() -> None:
    """Run the trunk once, then draw."""
    options = parser(__doc__).parse_args()
    torch.set_num_threads(options.threads)
    image = photographs()[[PHOTOGRAPHS.index(PHOTOGRAPH)]]
    tensors = tensors_of(trunk(options.weights), image)
    zeros = {name: share_of_zeros(t) for name, t in tensors.items() if name != "output"}
    layers = {}
    for name in ("input", "output"):
        maps = tensors[name]
        path = RESULTS / "module_faces" / f"{name}.jpg"
        mosaic(maps, path)
        layers[name] = {
            "file": path.relative_to(RESULTS).as_posix(),
            "shape": list(maps.shape),
            "tile": TILE,
            "columns": COLUMNS,
        }
    source = provenance(__file__, options, images=PHOTOGRAPH_SOURCE, seed="none: nothing is random")
    about = {"provenance": source, "module": "Mixed_5b", "photograph": PHOTOGRAPH, "scale": SCALE}
    write("module_faces", {**about, "zeros_after_relu": zeros, **layers})


if __name__ == "__main__":
    main()
