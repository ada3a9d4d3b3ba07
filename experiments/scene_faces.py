"""One feature map of each tensor of the trained trunk, for the faces of the scene in space.

Writes results/scene_faces.json (which channel each tensor shows, and the share of zeros in it over
the photographs) and, for each of three photographs, its maps as one picture and where each lies in
it, in inception_lib/viz/static/faces.
"""

from __future__ import annotations

import json

import torch
from _common import PHOTOGRAPH_SOURCE, PHOTOGRAPHS, parser, photographs, provenance, trunk, write

from inception_lib.graph import activations, trace
from inception_lib.viz.widgets.tensor_scene import faces
from inception_lib.viz.widgets.tensor_scene.layout import lay_out

LAST = "Mixed_7a"  # the weights end with it
RULE = (
    "of each tensor the channel whose variance over the grid, averaged over the three photographs, "
    "is largest; 255 stands for the 99.5th percentile of its values, what is above is cut"
)


def main() -> None:
    """Run the trunk once, then pack."""
    options = parser(__doc__).parse_args()
    torch.set_num_threads(options.threads)
    about = provenance(__file__, options, images=PHOTOGRAPH_SOURCE, seed="none: nothing is random")
    model = trunk(options.weights)
    scene = lay_out(trace(model, 299))
    last = scene.index(f"{LAST}.concat")
    names = [box.name for box in scene.boxes[1 : last + 1]]
    found = activations(model, photographs(), names)
    channels = {name: faces.chosen(found[name]) for name in names}
    faces.FOLDER.mkdir(parents=True, exist_ok=True)
    zeros = {name: float((found[name] == 0).double().mean()) for name in names}
    rows = [{"name": name, "channel": channels[name], "zeros": zeros[name]} for name in names]
    for i, photograph in enumerate(PHOTOGRAPHS):
        packed = faces.pack({name: found[name][i] for name in names}, channels)
        path = faces.FOLDER / f"{photograph}.png"
        path.write_bytes(packed.png)
        record = {"provenance": about, "photograph": photograph, "rule": RULE}
        lines = ",\n".join(f"  {json.dumps(k)}: {json.dumps(v)}" for k, v in packed.tiles.items())
        head = json.dumps(record, indent=1, ensure_ascii=False)[:-2]
        path.with_suffix(".json").write_text(
            f'{head},\n "tiles": {{\n{lines}\n }}\n}}\n', encoding="utf-8"
        )
        print(f"{path.name}: {len(packed.png)} bytes, {len(packed.tiles)} maps")
    write("scene_faces", {"provenance": about, "rule": RULE, "maps": rows})


if __name__ == "__main__":
    main()
