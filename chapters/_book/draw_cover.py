"""Write ``cover.html``: the network in space, as the welcome page shows it.

The book builds without torch, so what the scene needs is kept beside this file. ``make notebooks``
runs this; a test holds the stored file to a fresh one.
"""

from pathlib import Path

from inception_lib.viz import TensorScene

STORED = Path(__file__).with_name("cover.html")


def draw() -> str:
    """The scene with its state, and its still picture for pages without a script."""
    return TensorScene(photos=("astronaut",), uid="cover").to_html() + "\n"


if __name__ == "__main__":
    STORED.write_text(draw(), encoding="utf-8")
    print(f"{STORED.name}: {STORED.stat().st_size / 1000:.0f} kB")
