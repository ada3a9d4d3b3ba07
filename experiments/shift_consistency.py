"""What a step of one pixel does to the trained trunk's maps on its three grids.

A photograph is moved sideways, pixel by pixel, under the network's window. On a grid whose cells
are s pixels apart, the maps of the moved photograph should be the first maps, moved by shift/s
cells. For shifts between two cells the first maps are interpolated linearly; what is then left is
a share of the maps' energy. Cells near the border are left out. Writes
results/shift_consistency.json, and beside it each photograph as the figure shows it.
"""

from __future__ import annotations

import io

import numpy as np
import torch
from _common import PHOTOGRAPHS, RESULTS, parser, provenance, trunk, write
from PIL import Image
from skimage import data
from torch import Tensor, nn

from inception_lib.graph import receptive_field, trace
from inception_lib.graph.activations import activations

SIDE = 299
SHIFTS = 36
HEIGHT = 340  # pixels of the photograph's short side, so that the window has room to move
LAYERS = ("Mixed_5d", "Mixed_6c", "Mixed_6e", "Mixed_7a")
MIDDLE = tuple(f"Mixed_6{module}" for module in "abcde")
STRIDE = 16  # pixels between two cells of theirs
BORDER = {8: 8, 16: 4, 32: 2}  # cells left out on each side, by the grid's stride
REDUCED = 0.6  # of the strip's pixels, in the pictures that the figure shows
SOURCE = (
    "scikit-image's astronaut, chelsea and coffee (free of rights), short side 340 pixels "
    "(Lanczos), 299 rows from the middle, 299 columns from the middle on, scaled to [-1, 1]"
)


def reduced(name: str) -> Tensor:
    """A whole photograph, its short side 340 pixels, 3×H×W bytes."""
    whole = Image.fromarray(getattr(data, name)()).convert("RGB")
    scale = HEIGHT / min(whole.size)
    small = whole.resize([round(side * scale) for side in whole.size], Image.Resampling.LANCZOS)
    return torch.from_numpy(np.array(small)).permute(2, 0, 1)


def strip(name: str, down: bool = False) -> Tensor:
    """The rows under which the window moves sideways, 3×299×(299 + shifts) in [-1, 1].

    With `down`, the columns under which it moves downwards, turned so that these are the rows.
    """
    pixels = reduced(name).transpose(1, 2) if down else reduced(name)
    top, left = (
        (n - SIDE - extra) // 2 for n, extra in zip(pixels.shape[1:], (0, SHIFTS), strict=True)
    )
    cut = pixels[:, top : top + SIDE, left : left + SIDE + SHIFTS]
    return (cut.float() - 127.5) / 127.5


def picture(wide: Tensor) -> bytes:
    """The strip, reduced, as a small JPEG."""
    pixels = (127.5 * wide + 127.5).round().byte().permute(1, 2, 0).numpy()
    small = Image.fromarray(pixels)
    small = small.resize([round(side * REDUCED) for side in small.size], Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    small.save(buffer, "JPEG", quality=82, optimize=True)
    return buffer.getvalue()


def left_over(first: Tensor, moved: Tensor, cells: float, border: int) -> float:
    """Share of the moved maps' energy that the first maps, `cells` to the left, do not explain."""
    whole, part = int(cells), cells - int(cells)
    width = first.shape[-1]
    columns = torch.arange(border, width - border - whole - 1)
    rows = slice(border, first.shape[-2] - border)
    before = first[:, rows]
    expected = (1 - part) * before[..., columns + whole] + part * before[..., columns + whole + 1]
    found = moved[:, rows][..., columns]
    return float(((found - expected) ** 2).sum() / (found**2).sum())


def whole_cells(model: nn.Module, wide: Tensor, down: bool) -> dict[str, list[float]]:
    """What is left over after a shift of one cell and of two, for the modules at 17×17."""
    maps = []
    for shift in (0, STRIDE, 2 * STRIDE):
        window = wide[:, :, shift : shift + SIDE]
        image = window.transpose(1, 2) if down else window
        found = activations(model, image[None], MIDDLE)
        maps.append({n: t[0].transpose(1, 2) if down else t[0] for n, t in found.items()})
    return {
        layer: [left_over(maps[0][layer], maps[i][layer], i, BORDER[STRIDE]) for i in (1, 2)]
        for layer in MIDDLE
    }


def main() -> None:
    """Move every photograph and write what is left over."""
    arguments = parser(__doc__).parse_args()
    torch.set_num_threads(arguments.threads)
    model = trunk(arguments.weights)
    fields = receptive_field(trace(model, SIDE))
    strides = {layer: fields[layer].stride[1] for layer in LAYERS}
    photographs, by_module = {}, {}
    for name in PHOTOGRAPHS:
        wide = strip(name)
        shown = RESULTS / "shift_consistency" / f"{name}.jpg"
        shown.parent.mkdir(parents=True, exist_ok=True)
        shown.write_bytes(picture(wide))
        maps = []
        for shift in range(SHIFTS):
            found = activations(model, wide[None, :, :, shift : shift + SIDE], LAYERS)
            maps.append({layer: found[layer][0] for layer in LAYERS})

        def left(layer: str, shift: int, maps: list[dict[str, Tensor]] = maps) -> float:
            stride = strides[layer]
            return left_over(maps[0][layer], maps[shift][layer], shift / stride, BORDER[stride])

        photographs[name] = {layer: [left(layer, s) for s in range(SHIFTS)] for layer in LAYERS}
        by_module[name] = {
            "across": whole_cells(model, wide, False),
            "down": whole_cells(model, strip(name, down=True), True),
        }
    write(
        "shift_consistency",
        {
            "question": "How far are the maps of a moved photograph from the moved maps?",
            "measure": "share of the maps' energy, cells near the border left out",
            "shifts": list(range(SHIFTS)),
            "strides": strides,
            "border": {f"stride {stride}": cells for stride, cells in BORDER.items()},
            "photographs": photographs,
            "whole_cells_by_module": by_module,
            "provenance": provenance(__file__, arguments, photographs=SOURCE),
        },
    )


if __name__ == "__main__":
    main()
