"""What a few cells see of every tensor: ``python -m tests.viz.make_scene_windows`` writes it."""

from __future__ import annotations

import json
from pathlib import Path

from inception_lib.viz import TensorScene
from inception_lib.viz.widgets.tensor_scene.layout import Scene
from inception_lib.viz.widgets.tensor_scene.windows import reached, seen

FIXTURE = Path(__file__).parents[1] / "fixtures" / "tensor_scene_windows.json"
CELLS = (
    ("Conv2d_2b_3x3", (146, 0)),
    ("Mixed_5b.branch5x5_2", (34, 3)),
    ("Mixed_6a.concat", (0, 16)),
    ("Mixed_6b.branch7x7dbl_3", (2, 9)),
    ("fc", (0, 0)),
)


def build(scene: Scene) -> list[dict[str, object]]:
    """Both directions, by index of the tensor."""
    cases = []
    for name, cell in CELLS:
        i = scene.index(name)
        cases.append(
            {
                "tensor": i,
                "cell": list(cell),
                "seen": sorted([j, *window] for j, window in seen(scene, i, cell).items()),
                "reached": sorted([j, *window] for j, window in reached(scene, i, cell).items()),
            }
        )
    return cases


def main() -> None:
    """Write the fixture."""
    cases = build(TensorScene(uid="fixture")._scene)
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    FIXTURE.write_text(f"[\n{lines}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
